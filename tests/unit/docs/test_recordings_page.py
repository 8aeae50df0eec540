"""What the page on recordings says of layouts, fields and formats is so, and its programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from documents import REPO, snippet, snippets
from tradewind.domain.tick import RawTick
from tradewind.kernel.settings import load
from tradewind.market.reasons import RejectReason
from tradewind.market.sources.layouts import ctp_csv, lean_quotes, lean_trades, tq_bars, tq_ticks, wt_ticks
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings

PAGE = "docs/recordings.md"
PAGES = (PAGE, "docs/recordings.en.md")
LAYOUTS = (
    wt_ticks.LAYOUT,
    tq_ticks.LAYOUT,
    tq_bars.LAYOUT,
    lean_trades.STOCKS,
    lean_trades.FUTURES,
    lean_quotes.LAYOUT,
)


def text_of(page: str) -> str:
    return (REPO / page).read_text(encoding="utf-8")


def replayed(path: Path) -> ReplayReport:
    flags = ["market.source=replay", f"market.replay.path={path}"]
    return replay_file(load(TradewindSettings, flags=flags).settings)


def run(program: str, folder: Path, *arguments: str) -> str:
    file = folder / "program.py"
    file.write_text(snippet(PAGE, "python", program), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file), *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def day(tmp_path: Path) -> Path:
    file = tmp_path / "day.csv"
    file.write_text(snippets(PAGE, "csv")[0], encoding="utf-8")
    return file


@pytest.mark.parametrize("page", PAGES)
def test_every_layout_is_listed_with_the_columns_it_needs(page: str) -> None:
    rows = [line for line in text_of(page).splitlines() if line.startswith("| `")]
    for layout in LAYOUTS:
        (row,) = [row for row in rows if f"`{layout.name}`" in row.split("|")[1]]
        assert set(layout.required) <= set(re.findall(r"\w+", row.split("|")[3])), layout.name
    assert any(f"`{ctp_csv.NAME}`" in row for row in rows)


@pytest.mark.parametrize("page", PAGES)
def test_the_fields_of_a_recorded_tick_are_listed_in_their_order(page: str) -> None:
    listed = re.search(r"^`instrument_id`.*?^`settlement_price` `depth`$", text_of(page), re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert tuple(re.findall(r"`(\w+)`", listed[0])) == RawTick._fields


@pytest.mark.parametrize("page", PAGES)
def test_every_field_of_the_report_and_every_reason_is_explained(page: str) -> None:
    text = text_of(page)
    fields = (*ReplayReport.__struct_fields__, *RejectReason)
    assert [name for name in fields if f"`{name}`" not in text] == []


def test_the_csv_shown_is_played(day: Path) -> None:
    report = replayed(day)
    assert (report.ticks_in, report.ticks_clean, report.malformed_rows) == (2, 2, 0)


def test_the_recorder_shown_writes_what_replays_alike_and_the_reader_shown_reads_it(day: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "day.twr"
    assert run("RecordingWriter", tmp_path, str(day), str(recorded), "20251201") == "2 ticks written, 0 dropped\n"
    assert replayed(recorded).sha256 == replayed(day).sha256
    header, ticks = run("struct.Struct", tmp_path, str(recorded)).splitlines()
    assert header == "{'version': 2, 'trading_day': 20251201, 'source': 'day.csv'}"
    assert ticks.startswith("2 ticks; the first: ['au2602.SHFE', ")
