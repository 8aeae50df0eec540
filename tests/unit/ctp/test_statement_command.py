"""`tradewind statement read FILE`: what a statement holds, from the file alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.cli.main import main

TEXT = """\
                 交易结算单(盯市)
客户号：880001    客户名称：甲
日期：20260105
资金状况  币种：人民币
期初结存：  100.00   期末结存：  100.00
持仓汇总
|合约|买持|买均价|卖持|卖均价|今结算|
|au2604|1|950.0|0|0|951.0|
|au2606|?|950.0|0|0|951.0|
"""


def test_what_a_file_holds_is_said_with_the_lines_nobody_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "statement.txt"
    file.write_bytes(TEXT.encode("gb18030"))
    assert main(["statement", "read", str(file)]) == 1
    said = capsys.readouterr().out
    assert "client 880001, day 20260105, CNY" in said
    assert "positions  1" in said
    assert "unreadable line 9 (positions): 买持: '?' is no number" in said


def test_a_file_that_can_be_read_whole_ends_well(tmp_path: Path) -> None:
    file = tmp_path / "statement.txt"
    file.write_text(TEXT.replace("|?|", "|2|"), encoding="utf-8")
    assert main(["statement", "read", str(file)]) == 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statement", "read", str(tmp_path / "none.txt")]) == 1
    assert "none.txt cannot be read: No such file" in capsys.readouterr().err


def test_a_platform_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statement", "list", "--set", "api.port=1"]) == 1
    assert "no platform answers at" in capsys.readouterr().err
