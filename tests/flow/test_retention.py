"""Files go when their time is over and not a day before, and never what the archive does not hold whole."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from tradewind.cli.main import main
from tradewind.errors import StateConflictError
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.kernel.settings import load
from tradewind.market.recording import RecordingWriter
from tradewind.runtime.history.keeping import ArchiveKeeper
from tradewind.runtime.retention.removing import Removal, Step
from tradewind.runtime.retention.table import keepings
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.ticks.writing import archive_lock

from builders import MORNING_NS, make_raw_tick

DAY = 20210104
DAY_NS = 86_400 * NS_PER_S


class House:
    """A folder with an archived day of 2021-01-04, its recording, and logs of a service."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.logs, self.records = folder, folder / "logs", folder / "recordings"
        self.logs.mkdir(parents=True)
        self.records.mkdir()

    def settings(self, *flags: str) -> TradewindSettings:
        # The disk of the machine that runs the tests is no part of them.
        shared = (f"data_dir={self.folder}", f"market.recording.folder={self.records}", "retention.pressure_percent=0")
        return load(TradewindSettings, flags=(*shared, *flags)).settings

    def record(self) -> Path:
        path = self.records / f"{DAY}_simulator.twr"
        writer = RecordingWriter(path, trading_day=DAY, source="simulator")
        for number in range(5):
            at_ns = MORNING_NS + number * NS_PER_S
            writer.append(make_raw_tick(ts_event=at_ns, ts_recv=at_ns, volume=number))
        writer.close()
        os.utime(path, ns=(MORNING_NS, MORNING_NS))
        return path

    def archive(self) -> Path:
        keeper = ArchiveKeeper(self.settings())
        with archive_lock(keeper.places):
            made = [keeper.archive(journal) for journal in keeper.journals()]
        assert [each.error for each in made] == [""]
        return keeper.places.day(DAY)

    def look(self, *flags: str, days: float, is_dry: bool = False) -> list[Step]:
        """Look so many days after the recorded morning; return what was done."""
        clock = FakeClock(MORNING_NS + round(days * DAY_NS))
        return [*Removal(self.settings(*flags), clock=clock, is_dry=is_dry).steps()]

    def log(self, name: str, text: str) -> Path:
        path = self.logs / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        os.utime(path, ns=(MORNING_NS, MORNING_NS))
        return path


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def acts(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.act, Path(step.path).name) for step in steps]


def test_by_default_no_market_data_ever_goes(house: House) -> None:
    recording = house.record()
    house.archive()
    assert house.look(days=10_000) == []
    assert recording.exists()


def test_an_archived_recording_goes_after_its_days_and_not_before(house: House) -> None:
    recording = house.record()
    day = house.archive()
    assert house.look("retention.recordings_days=30", days=30) == []
    assert acts(house.look("retention.recordings_days=30", days=31, is_dry=True)) == [("remove", recording.name)]
    assert recording.exists()
    assert acts(house.look("retention.recordings_days=30", days=31)) == [("remove", recording.name)]
    assert not recording.exists()
    assert (day / "_simulator.day.json").exists()


def test_a_recording_that_the_archive_does_not_hold_stays(house: House) -> None:
    recording = house.record()
    (step,) = house.look("retention.recordings_days=1", days=99)
    assert (step.act, step.why) == ("keep", "the archive does not hold it; `tradewind data archive`")
    assert recording.exists()


def test_a_recording_stays_while_a_file_of_its_archived_day_is_damaged(house: House) -> None:
    recording = house.record()
    part = next(house.archive().glob("instrument=*/simulator.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    (step,) = house.look("retention.recordings_days=1", days=99)
    assert step.act == "keep"
    assert "SHA-256" in step.why
    assert recording.exists()


def test_an_archived_day_goes_with_its_bars_once_its_recording_is_gone(house: House) -> None:
    recording = house.record()
    day = house.archive()
    kept = house.look("retention.archive_days=10", days=99)
    assert [(step.act, step.why) for step in kept] == [("keep", "its recording is still there")]
    recording.unlink()
    house.look("retention.archive_days=10", days=99)
    assert not day.exists()
    assert not list(house.records.rglob("*.parquet"))


def test_a_log_that_grew_old_is_put_aside_and_compressed_when_the_next_one_is(house: House) -> None:
    in_use = house.log("market.log", '{"timestamp": "2021-01-04T01:00:00Z", "event": "first"}\n')
    fresh = house.log("risk.log", '{"timestamp": "2021-01-05T12:00:00Z", "event": "of today"}\n')
    older = house.log("market.log.1", '{"timestamp": "2021-01-03T01:00:00Z", "event": "before"}\n')
    steps = house.look("retention.log_hours=24", days=1.5)
    assert [step.act for step in steps] == ["aside", "compress"]
    assert not in_use.exists()
    assert "first" in older.read_text(encoding="utf-8")
    assert fresh.exists()
    (packed,) = house.logs.glob("*.gz")
    assert "before" in gzip.decompress(packed.read_bytes()).decode()
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600


def test_a_log_that_was_being_compressed_at_a_crash_is_done_at_the_next_look(house: House) -> None:
    house.log("market.aside-1609722000", "left\n")
    house.look(days=1)
    (packed,) = house.logs.iterdir()
    assert gzip.decompress(packed.read_bytes()) == b"left\n"


def test_two_never_look_after_the_same_files(house: House) -> None:
    first = Removal(house.settings("retention.log_hours=1"), clock=FakeClock(MORNING_NS)).steps()
    house.log("market.log", '{"timestamp": "2021-01-03T01:00:00Z", "event": "of old"}\n')
    assert next(first).act == "aside"
    with pytest.raises(StateConflictError, match="another process looks after these files"):
        house.look(days=1)


def test_compressed_logs_go_after_their_days(house: House) -> None:
    path = house.log("market.20210104-090000.log.gz", "packed")
    assert house.look("retention.logs_days=30", days=29) == []
    assert acts(house.look("retention.logs_days=30", days=31)) == [("remove", path.name)]
    assert not path.exists()


def test_on_a_full_disk_logs_put_aside_go_first_and_recordings_only_where_they_may(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, packed = house.record(), house.log("market.20210104-090000.log.gz", "packed")
    house.archive()
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(100, 98, 2))
    pressed = "retention.pressure_percent=5"
    assert acts(house.look(pressed, days=2)) == [("remove", packed.name)]
    assert recording.exists()
    assert acts(house.look(pressed, "retention.recordings_days=3650", days=2)) == [("remove", recording.name)]


def test_the_table_says_the_values_in_force_and_that_orders_stay(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = {
        row.what: row for row in keepings(load(TradewindSettings, flags=("notices.keep_days=7",)).settings)
    }
    assert found["notices and sent messages"].kept.startswith("7 days")
    assert found["recordings (.twr)"].kept == "for ever"
    orders = next(row for what, row in found.items() if what.startswith("orders, fills"))
    assert "20 years" in orders.kept
    assert orders.settings == ()
    assert main(["retention", "show"]) == 0
    assert "audit chain" in capsys.readouterr().out
