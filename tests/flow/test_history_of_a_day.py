"""A recorded day becomes history: archived, replayed to the same hash, queried by others, checked, repaired, moved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from documents import snippet
from tradewind.cli.main import main
from tradewind.kernel.settings import load
from tradewind.market.contracts import InstrumentTable
from tradewind.market.recording import RecordingWriter
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.settings import ReplaySettings
from tradewind.runtime.history.keeping import ArchiveKeeper
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.ticks.places import ArchivePlaces
from tradewind.stores.ticks.writing import archive_lock

from builders import make_raw_tick

pytestmark = pytest.mark.data
DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"


@pytest.fixture(scope="module")
def folder(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings with a day of the index future, archived by the command."""
    folder = tmp_path_factory.mktemp("recordings")
    writer = RecordingWriter(folder / "20210104_replay.twr", trading_day=20210104, source="replay")
    for raw in ReplaySource(ReplaySettings(path=str(data_dir / DAY)), instruments=InstrumentTable()).ticks():
        writer.append(raw)
    writer.close()
    assert main(["data", "archive", "--set", f"market.recording.folder={folder}"]) == 0
    return folder


def replayed(path: Path) -> ReplayReport:
    return replay_file(load(TradewindSettings, flags=["market.source=replay", f"market.replay.path={path}"]).settings)


def command(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, ends: int = 0) -> Any:
    capsys.readouterr()
    assert main(["data", *words, "--json", "--set", f"market.recording.folder={folder}"]) == ends
    return json.loads(capsys.readouterr().out)


def test_the_archived_day_gives_the_hash_of_the_day_itself(data_dir: Path, folder: Path) -> None:
    day = ArchivePlaces(folder / "archive").day(20210104)
    part = day / "instrument=IF2101.CFFEX" / "replay.parquet"
    reports = [replayed(path) for path in (data_dir / DAY, folder / "20210104_replay.twr", day, part)]
    assert len({report.sha256 for report in reports}) == 1
    assert {report.ticks_in for report in reports} == {27_955}


def test_the_day_is_listed_with_its_size_below_twenty_five_bytes_a_tick(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (day,) = [day for day in command(capsys, folder, "list") if day["recording"] == "replay"]
    assert (day["trading_day"], day["state"], day["ticks"], day["gaps"]) == (20210104, "archived", 27_955, 0)
    assert day["bytes"] / day["ticks"] <= 25


def test_bars_are_the_lines_own_and_the_day_is_their_sum(folder: Path) -> None:
    from tradewind.stores.ticks.bar_columns import bars_of

    places = ArchivePlaces(folder / "archive")
    minutes = [bar for _, bar in bars_of(places, "IF2101.CFFEX", "1m")]
    ((_, day),) = [found for found in bars_of(places, "IF2101.CFFEX", "1d") if found[0] == "replay"]
    assert len(minutes) >= 240
    assert (day.open, day.high, day.low, day.close) == (5230.0, 5298.0, 5192.0, 5260.0)
    assert (day.volume, day.settlement_price) == (84_288, 5278.6)


@pytest.mark.parametrize("holding", ["duckdb", "polars"])
def test_the_pages_example_of_a_query_gives_what_it_says(folder: Path, holding: str) -> None:
    example = snippet("docs/how-to/history.md", "python", f"import {holding}")
    done = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=True)
    assert "27955" in done.stdout.replace(",", "")


def test_damage_is_found_and_mended_from_the_journal(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    part = ArchivePlaces(folder / "archive").part(20210104, "replay", "IF2101.CFFEX")
    before = part.read_bytes()
    part.write_bytes(before[:-100])
    (finding,) = command(capsys, folder, "check", ends=1)
    assert finding["remedy"] == "repair"
    assert f"has {len(before) - 100} bytes, its manifest says {len(before)}" in finding["problem"]
    part.write_bytes(before[:100] + bytes([before[100] ^ 1]) + before[101:])
    (finding,) = command(capsys, folder, "check", ends=1)
    assert "SHA-256 differs" in finding["problem"]
    assert command(capsys, folder, "repair")["left"] == []
    assert command(capsys, folder, "check") == []
    assert part.read_bytes() == before


@pytest.mark.parametrize("form", ["csv", "vnpy-sqlite", "wt-dsb"])
def test_ticks_go_out_and_come_in_again(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, form: str
) -> None:
    target = tmp_path / "out"
    done = command(capsys, folder, "export", "IF2101.CFFEX", str(target), "--format", form, "--recording", "replay")
    assert done["rows"] == 27_955
    (item,) = command(capsys, tmp_path / "other", "import", str(target), "--name", "back")
    assert (item["ticks"], item["left_out"]) == (27_955, 0)
    assert [day["trading_day"] for day in item["days"]] == [20210104]


def test_what_is_not_there_or_no_recording_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    at = ["--set", f"market.recording.folder={folder}"]
    assert main(["data", "export", "zz9999.SHFE", str(tmp_path / "x"), *at]) == 1
    assert "holds no ticks of zz9999.SHFE" in capsys.readouterr().err
    (tmp_path / "notes.csv").write_text("dear diary\n")
    assert main(["data", "import", str(tmp_path / "notes.csv"), *at]) == 1
    assert "columns of no known layout" in capsys.readouterr().err
    assert main(["data", "list"]) == 1
    assert "set market.recording.folder" in capsys.readouterr().err


def test_a_disk_that_is_full_while_exporting_is_told(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    at = ["--set", f"market.recording.folder={folder}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # nobody removes the machine's /dev/full
        assert main(["data", "export", "IF2101.CFFEX", "/dev/full", *at]) == 1
    assert "/dev/full: No space left on device; nothing is exported" in capsys.readouterr().err


def test_another_journal_of_the_same_name_never_replaces_an_archived_day(folder: Path) -> None:
    settings = load(TradewindSettings, flags=[f"market.recording.folder={folder}"]).settings
    keeper = ArchiveKeeper(settings)
    (journal,) = keeper.journals()
    whole = journal.path.read_bytes()
    try:
        journal.path.unlink()
        writer = RecordingWriter(journal.path, trading_day=20210104, source="replay")
        writer.append(make_raw_tick())
        writer.close()
        with archive_lock(keeper.places):
            assert "is archived from another file" in keeper.archive(journal).error
    finally:
        journal.path.write_bytes(whole)
    assert replayed(keeper.places.day(20210104)).ticks_in == 27_955
