"""What a source sends is recorded by trading day, and nothing that goes wrong with it reaches the line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sources_builders import KeepingIntake, options, write_wt_seconds
from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.recorder import DayRecorder
from tradewind.market.recording import RecordingIntake, read_recording
from tradewind.market.service import LineCounts, MarketService
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.settings import ReplaySettings, SimulatorSettings
from tradewind.market.sources.simulator import SimulatorSource

from builders import MORNING_NS, make_raw_tick
from waiting import eventually

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
FRIDAY_NS = MORNING_NS + 4 * DAY_NS
"""2021-01-08 09:30:00 in Shanghai."""


def recorder(folder: Path, *, is_always_open: bool = False) -> DayRecorder:
    return DayRecorder(
        folder,
        source="simulator",
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar() if is_always_open else ExchangeCalendar(),
        metrics=Metrics(),
    )


def at(ts: int, **changes: Any) -> RawTick:
    return make_raw_tick(ts_event=ts, ts_recv=ts, **changes)


def recorded(folder: Path, *ticks: RawTick, is_always_open: bool = False) -> DayRecorder:
    recording = recorder(folder, is_always_open=is_always_open)
    for tick in ticks:
        recording.append(tick)
    recording.close()
    return recording


def source_of(file: Path) -> ReplaySource:
    return ReplaySource(ReplaySettings(path=str(file), speed="max"), instruments=InstrumentTable())


class CountingLine:
    """A line's mouth over an intake that keeps everything."""

    def __init__(self, intake: KeepingIntake) -> None:
        self.accept = intake.accept
        self.advance_to = intake.advance_to
        self._ticks = intake.ticks

    def counts(self) -> LineCounts:
        return LineCounts(ticks_in=len(self._ticks), accepted=0, rejected={}, repaired={})

    def flush(self) -> None:
        """Count nothing apart."""


def played(path: Path) -> list[RawTick]:
    return [RawTick._make(raw) for raw in ticks_of(open_recording(path, options()))]


def counts(recording: DayRecorder) -> tuple[int, int]:
    recording.flush()
    return recording._metrics.ticks_recorded.total(), recording._metrics.ticks_not_recorded.total()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_trading_day_has_its_file_and_a_night_session_is_the_next_days(tmp_path: Path) -> None:
    day = at(FRIDAY_NS)
    night = at(FRIDAY_NS + 12 * HOUR_NS, instrument_id="au2602.SHFE")
    settlement = at(FRIDAY_NS + 12 * HOUR_NS + 1, settlement_price=5230.0)
    monday = at(FRIDAY_NS + 3 * DAY_NS)
    recording = recorded(tmp_path, day, night, settlement, monday)
    assert names(tmp_path) == ["20210108_simulator.twr", "20210111_simulator.twr"]
    assert played(tmp_path / "20210108_simulator.twr") == [day, settlement]
    assert played(tmp_path / "20210111_simulator.twr") == [night, monday]
    header = read_recording(tmp_path / "20210111_simulator.twr").header
    assert (header.trading_day, header.source) == (20210111, "simulator")
    assert counts(recording) == (4, 0)


def test_a_market_that_never_closes_changes_files_at_midnight_in_china(tmp_path: Path) -> None:
    midnight = MORNING_NS + 14 * HOUR_NS + HOUR_NS // 2
    ticks = [at(midnight + offset) for offset in (-1, 0, 1)]
    recorded(tmp_path, *ticks, is_always_open=True)
    assert played(tmp_path / "20210104_simulator.twr") == ticks[:2]
    assert played(tmp_path / "20210105_simulator.twr") == ticks[2:]


def test_a_restart_goes_on_with_the_days_file(tmp_path: Path) -> None:
    ticks = [at(MORNING_NS + n) for n in range(5)]
    recorded(tmp_path, *ticks[:3])
    recorded(tmp_path, *ticks[3:])
    assert names(tmp_path) == ["20210104_simulator.twr"]
    assert played(tmp_path / "20210104_simulator.twr") == ticks


def test_a_market_that_begins_anew_in_the_past_gets_a_file_of_its_own(tmp_path: Path) -> None:
    ticks = [at(MORNING_NS + n) for n in range(3)]
    for _ in range(3):
        recorded(tmp_path, *ticks)
    assert names(tmp_path) == [
        "20210104_simulator-2.twr",
        "20210104_simulator-3.twr",
        "20210104_simulator.twr",
    ]
    assert [played(path) for path in tmp_path.iterdir()] == [ticks] * 3


@pytest.mark.parametrize("there", [b"my notes", b"TWTICKS\nno frame at all, but long enough to be read as one"])
def test_a_file_that_is_damaged_or_no_recording_is_left_as_it_is(tmp_path: Path, there: bytes) -> None:
    (tmp_path / "20210104_simulator.twr").write_bytes(there)
    recording = recorded(tmp_path, at(MORNING_NS))
    assert (tmp_path / "20210104_simulator.twr").read_bytes() == there
    assert played(tmp_path / "20210104_simulator-2.twr") == [at(MORNING_NS)]
    assert recording.failure is None


def test_a_full_disk_is_told_and_counted_and_the_next_day_goes_on(tmp_path: Path) -> None:
    (tmp_path / "20210104_simulator.twr").symlink_to("/dev/full")
    intake, recording = KeepingIntake(), recorder(tmp_path)
    recorded_intake = RecordingIntake(intake, recording)
    for n in range(100):
        recorded_intake.accept(at(MORNING_NS + n))
    recorded_intake.advance_to(MORNING_NS + 2 * NS_PER_S)
    assert recording.failure is not None
    assert recording.failure.endswith("20210104_simulator.twr: No space left on device; 100 ticks wait in memory")
    assert (len(intake.ticks), intake.advances) == (100, [MORNING_NS + 2 * NS_PER_S])
    assert counts(recording) == (0, 0)
    recorded_intake.accept(at(MORNING_NS + DAY_NS))
    recording.close()
    assert counts(recording) == (1, 100)
    assert played(tmp_path / "20210105_simulator.twr") == [at(MORNING_NS + DAY_NS)]


def test_a_folder_that_cannot_be_written_is_told_and_not_raised(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recording = recorder(tmp_path / "file" / "recordings")
    recording.append(at(MORNING_NS))
    recording.advance_to(MORNING_NS + NS_PER_S)
    assert recording.failure is not None
    assert recording.failure.endswith("Not a directory; 1 ticks wait in memory")
    recording.close()
    assert counts(recording) == (0, 1)


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        (),
        ("IF2101.CFFEX",),
        make_raw_tick(ts_recv="soon"),
        make_raw_tick(ts_recv=10**30),
        make_raw_tick(ts_recv=float("nan")),
        make_raw_tick(ts_recv=float("inf")),
        make_raw_tick(instrument_id=7),
        make_raw_tick(instrument_id=["IF2101.CFFEX"]),
        make_raw_tick(last_price="high"),
        make_raw_tick(volume=10**30),
        make_raw_tick(instrument_id="\udcff"),
    ],
)
def test_what_is_no_tick_is_counted_and_spoils_nothing(tmp_path: Path, nonsense: Any) -> None:
    recording = recorded(tmp_path, at(MORNING_NS), nonsense, at(MORNING_NS + 1))
    assert played(tmp_path / "20210104_simulator.twr") == [at(MORNING_NS), at(MORNING_NS + 1)]
    assert counts(recording) == (2, 1)


def test_an_instrument_that_nobody_knows_is_recorded_with_the_others(tmp_path: Path) -> None:
    strange = at(MORNING_NS, instrument_id="zz9999.SHFE")
    known = at(MORNING_NS + 1)
    recorded(tmp_path, strange, known, strange._replace(ts_recv=MORNING_NS + 2))
    assert names(tmp_path) == ["20210104_simulator.twr"]
    assert len(played(tmp_path / "20210104_simulator.twr")) == 3


def test_few_files_are_open_however_many_days_come(tmp_path: Path) -> None:
    recording = recorder(tmp_path, is_always_open=True)
    for day in range(40):
        recording.append(at(MORNING_NS + day * DAY_NS))
    assert len(recording._open) == 16
    recording.append(at(MORNING_NS + 1))
    recording.close()
    assert len(played(tmp_path / "20210104_simulator.twr")) == 2
    assert len(names(tmp_path)) == 40
    assert counts(recording) == (41, 0)


def test_what_waits_is_written_when_time_moves_on_without_a_tick(tmp_path: Path) -> None:
    recording = recorder(tmp_path)
    recording.append(at(MORNING_NS))
    recording.advance_to(MORNING_NS + NS_PER_S - 1)
    assert counts(recording) == (0, 0)
    recording.advance_to(MORNING_NS + NS_PER_S)
    assert counts(recording) == (1, 0)
    recording.close()


async def test_a_replay_that_is_recorded_replays_alike(tmp_path: Path) -> None:
    file = write_wt_seconds(tmp_path / "day.parquet", [0, 0.5, 1.0, 8_000])
    line = KeepingIntake()
    service = MarketService(source=source_of(file), line=CountingLine(line), recorder=recorder(tmp_path / "recordings"))
    await service.run()
    recorded_file = tmp_path / "recordings" / "20210104_simulator.twr"
    again = KeepingIntake()
    assert source_of(recorded_file).play(again) == 4
    assert again.story == line.story


async def test_recording_ends_in_order_when_the_source_is_cancelled(tmp_path: Path) -> None:
    line = KeepingIntake()
    source = SimulatorSource(
        SimulatorSettings(warm_up_s=60),
        contracts=InstrumentTable().liquid(),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        clock=FakeClock(MORNING_NS),
    )
    recording = recorder(tmp_path, is_always_open=True)
    running = asyncio.create_task(MarketService(source=source, line=CountingLine(line), recorder=recording).run())
    await eventually(lambda: len(line.ticks) > 1_000)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert played(tmp_path / "20210104_simulator.twr") == line.ticks
    assert counts(recording) == (len(line.ticks), 0)
