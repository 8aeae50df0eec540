"""`tradewind replay`: what it prints, and what it promises under `--json`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sources_builders import csv_text, write_wt_seconds
from tradewind.cli.main import main
from tradewind.runtime.replay import ReplayReport

PROMISED = ("ticks_in", "rejected", "features", "signals", "opportunities", "alerts", "ticks_per_s", "sha256")


def test_the_promised_keys_come_first_and_every_other_is_named_in_the_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wt_seconds(tmp_path / "minute.parquet", [0, 0.5, 1.0, 8_000])
    assert main(["replay", str(path), "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out)
    assert tuple(report)[: len(PROMISED)] == PROMISED
    assert (report["ticks_in"], report["rejected"], report["features"]) == (4, {"off_session": 1}, 3)
    assert len(report["sha256"]) == 64
    assert report["ticks_per_s"] > 0
    assert main(["replay", "--help"]) == 0
    words = capsys.readouterr().out.replace(",", " ").split()
    assert set(ReplayReport.__struct_fields__) - {word.strip(".") for word in words} == set()


def test_what_is_imperfect_about_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "day.csv"
    path.write_text(csv_text(*({} for _ in range(30)), {"LastPrice": "x"}), encoding="utf-8")
    assert main(["replay", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "remark         1 unreadable rows were skipped, first row 32: " in printed
    assert "bad rows       1" in printed


def test_another_speed_is_refused_with_what_to_use_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "day.parquet", "--speed", "60"]) == 2
    assert "to watch at a speed use `tradewind run`" in capsys.readouterr().err
