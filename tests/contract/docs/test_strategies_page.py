"""The strategies shown to writers of strategies run: over a recorded day, from the watched folder, as the page says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from documents import REPO, snippet, snippets
from tradewind.kernel.settings import load
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings
from tradewind.strategies.answers import MAX_REASONS, MAX_SIGNALS, MAX_TEXT
from tradewind.strategies.registry import BUILTINS

PAGE = "docs/strategies.md"
DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"
SHOWN = {"breakout": "class Breakout", "three_bars": "class ThreeBars", "second_opinion": "class SecondOpinion"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The strategies of the page, each in a file of its own, as a reader would save them."""
    tmp_path.chmod(0o700)
    for name, beginning in SHOWN.items():
        file = tmp_path / f"{name}.py"
        file.write_text(snippet(PAGE, "python", beginning), encoding="utf-8")
        file.chmod(0o600)
    return tmp_path


def replayed(data_dir: Path, folder: Path, *flags: str) -> ReplayReport:
    base = ["market.source=replay", f"market.replay.path={data_dir / DAY}", f"strategies.folder={folder}"]
    return replay_file(load(TradewindSettings, flags=[*base, *flags]).settings)


@pytest.mark.data
def test_the_strategies_of_the_page_signal_on_a_recorded_day_beside_the_built_in_ones(
    data_dir: Path, folder: Path
) -> None:
    report = replayed(data_dir, folder)
    assert set(report.signals_by_strategy) == set(SHOWN) | set(BUILTINS)
    assert report.sha256 == replayed(data_dir, folder).sha256


@pytest.mark.data
def test_the_parameters_of_the_page_make_a_choosier_strategy(data_dir: Path, folder: Path, tmp_path: Path) -> None:
    written = next(text for text in snippets(PAGE, "toml") if "[strategies.params" in text)
    settings = tomllib.loads(written)["strategies"]
    file = tmp_path / "tradewind.toml"
    file.write_text(written.replace(f'"{settings["folder"]}"', f'"{folder}"'), encoding="utf-8")
    flags = ["market.source=replay", f"market.replay.path={data_dir / DAY}", "strategies.enabled="]
    choosy = replay_file(load(TradewindSettings, file=file, flags=flags).settings)
    usual = replayed(data_dir, folder, "strategies.enabled=")
    assert set(choosy.signals_by_strategy) == set(SHOWN)
    assert 0 < choosy.signals_by_strategy["breakout"] < usual.signals_by_strategy["breakout"]


@pytest.mark.data
def test_the_strategy_of_the_readme_signals_too(data_dir: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "breakout.py"
    file.write_text(snippet("README.md", "python", "class Breakout"), encoding="utf-8")
    file.chmod(0o600)
    report = replayed(data_dir, tmp_path, "strategies.enabled=")
    assert set(report.signals_by_strategy) == {"breakout"}


@pytest.mark.parametrize("page", [PAGE, "docs/strategies.en.md"])
def test_the_settings_and_limits_the_page_names_are_the_real_ones(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    settings = load(TradewindSettings).settings.strategies
    named = re.findall(r"`(?:strategies\.)?([a-z]+(?:_[a-z]+)+)`", text)
    assert {"max_errors", "quarantine_s", "hang_ms", "async_backlog"} <= set(named)
    for value in (settings.max_errors, settings.max_signals_per_minute, settings.cpu_samples, settings.async_backlog):
        assert re.search(rf"\b{value}\b", text), value
    for limit in (MAX_SIGNALS, MAX_REASONS, MAX_TEXT):
        assert re.search(rf"(?<!\d){limit}(?!\d)", text), limit
