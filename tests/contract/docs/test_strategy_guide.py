"""The strategy of the guide goes the whole way: its checks pass, it signals as counted, and trades on paper."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import REPO, snippets
from running_platform import Running, environment, wait_for
from tradewind.kernel.settings import load
from tradewind.runtime.replay import replay_file
from tradewind.runtime.settings import TradewindSettings

EXAMPLE = REPO / "examples" / "vwap_cross"
PAGE = "docs/strategy-guide.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as a reader has it, and the reader in it."""
    shutil.copytree(EXAMPLE, tmp_path / "desk", ignore=shutil.ignore_patterns("__pycache__"))
    for each in ((tmp_path / "desk"), *(tmp_path / "desk").rglob("*")):
        each.chmod(0o700 if each.is_dir() else 0o600)
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def running(folder: Path, tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "var").mkdir(mode=0o700)
    platform = Running(
        tmp_path / "var",
        f"strategies.folder={folder / 'strategies'}",
        "strategies.enabled=",
        # The seed alone decides what the simulated market does.
        "market.simulator.seed=1",
        # A market in a hurry, without a past, and a strategy that is soon ready again: signals come within seconds.
        *("market.simulator.rate=20", "market.simulator.liveliness=5", "market.simulator.warm_up_s=0"),
        'strategies.params={"vwap_cross":{"cooldown_s":5}}',
    )
    yield platform
    platform.end()


def test_the_page_shows_the_files_of_the_example() -> None:
    shown = snippets(PAGE, "python", "toml", "json")
    names = ("strategies/vwap_cross.py", "checks/test_vwap_cross.py", "tradewind.toml", "plan.json")
    assert shown == [(EXAMPLE / name).read_text(encoding="utf-8") for name in names]


def test_the_checks_of_the_page_pass(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "checks"]
    paths = f"strategies:{REPO / 'src'}"
    ended = subprocess.run(
        command, cwd=folder, env=environment(PYTHONPATH=paths), capture_output=True, text=True, check=False
    )
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.data
def test_recorded_days_give_the_signals_that_the_page_counts(data_dir: Path, folder: Path) -> None:
    rows = re.findall(
        r"^\| (\d{4})-(\d\d)-(\d\d) \| ([\d.]+) \| (\d+) \|$",
        (REPO / PAGE).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(rows) == 4
    for year, month, day, min_lean, count in rows:
        recording = data_dir / f"futures_tick/CFFEX.IF2101_{year}{month}{day}.parquet"
        flags = ["market.source=replay", f"market.replay.path={recording}"]
        flags.append("strategies.params=" + json.dumps({"vwap_cross": {"min_lean": float(min_lean)}}))
        report = replay_file(load(TradewindSettings, file=folder / "tradewind.toml", flags=flags).settings)
        assert report.signals_by_strategy == {"vwap_cross": int(count)}


@pytest.mark.process
@pytest.mark.timeout(120)
def test_its_plan_trades_on_the_paper_account(folder: Path, running: Running) -> None:
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with running.client() as client:
        assert client.post("/api/v1/plans", json=plan, headers={"Idempotency-Key": "define"}).status_code == 200
        assert client.post("/api/v1/plans/vwap_cross/start", headers={"Idempotency-Key": "start"}).status_code == 200
        entries = wait_for(
            lambda: [each for each in client.get("/api/v1/triggers").json() if each["order_id"]], patience_s=60
        )
        assert {each["strategy"] for each in entries} == {"vwap_cross"}
        wait_for(lambda: any(each["book"] == "/vwap_cross" for each in client.get("/api/v1/accounts").json()))


@pytest.mark.parametrize("page", [PAGE, "docs/strategy-guide.en.md"])
def test_the_settings_of_the_example_are_accepted(page: str, folder: Path) -> None:
    (written,) = snippets(page, "toml")
    (folder / "tradewind.toml").write_text(written, encoding="utf-8")
    limits = load(TradewindSettings, file=folder / "tradewind.toml").settings.pretrade.limits
    assert [limit.key for limit in limits if limit.scope == "strategy"] == ["vwap_cross"]
