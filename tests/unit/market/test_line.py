"""The line's mouth and the service that feeds it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from market_builders import shanghai
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.tick import RawTick, TickFlag
from tradewind.errors import ConfigError, ReplayFileError
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.ports import Intake
from tradewind.market.service import MarketLine, MarketService
from tradewind.market.settings import MarketSettings

from builders import MORNING_NS, make_raw_tick
from fakes import FakeCalendar, RaisingBus, Recorder


class Desk:
    """A line with everything around it, and what it published."""

    def __init__(self, **settings: Any) -> None:
        self.bus = RaisingBus()
        self.clock = LineClock()
        self.metrics = Metrics()
        self.ticks = Recorder(self.bus, CLEAN_TICKS)
        self.snapshots = Recorder(self.bus, QUOTE_SNAPSHOTS)
        self.line = MarketLine(
            settings=MarketSettings(**{"source": "replay", **settings}),
            instruments=InstrumentTable(),
            calendar=ExchangeCalendar(),
            bus=self.bus,
            clock=self.clock,
            metrics=self.metrics,
            source_name="recorded",
        )


def at(seconds: float, **changes: Any) -> RawTick:
    ts = MORNING_NS + round(seconds * NS_PER_S)
    return make_raw_tick(**{"ts_event": ts, "ts_recv": ts, "volume": 240 + round(seconds * 2), **changes})


def test_a_clean_tick_is_published_and_line_time_is_its_receive_time() -> None:
    desk = Desk()
    intake: Intake = desk.line
    intake.accept(at(0))
    intake.accept(at(1))
    assert [tick.seq for tick in desk.ticks.events] == [1, 2]
    assert desk.clock.now_ns() == MORNING_NS + NS_PER_S


def test_timers_fall_due_before_the_tick_that_moves_time_past_them() -> None:
    desk = Desk()
    seen: list[tuple[int, int]] = []
    desk.line.accept(at(0))
    desk.clock.call_at(MORNING_NS + NS_PER_S, lambda due: seen.append((due, len(desk.ticks.events))))
    desk.line.accept(at(2))
    assert seen == [(MORNING_NS + NS_PER_S, 1)]


def test_off_session_quotes_go_to_the_screens_and_never_to_the_line() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    ts = shanghai("2021-01-04 15:30:48")
    desk.line.accept(at(0, ts_event=ts, ts_recv=ts, settlement_price=5278.6))
    assert len(desk.ticks.events) == 1
    assert [snapshot.flags for snapshot in desk.snapshots.events] == [TickFlag.OFF_SESSION | TickFlag.SETTLEMENT]


@pytest.mark.parametrize("raw", [None, 5, (), ("IF2101.CFFEX",), ("IF2101.CFFEX", 1, None), ("IF2101.CFFEX", 1, "now")])
def test_what_is_no_tick_is_counted_and_the_line_goes_on(raw: Any) -> None:
    desk = Desk()
    desk.line.accept(raw)
    desk.line.accept(at(0))
    assert len(desk.ticks.events) == 1
    assert desk.line.counts().rejected == {"malformed": 1}


def test_one_absurd_receive_time_neither_moves_time_nor_fires_a_timer() -> None:
    desk = Desk()
    fired: list[int] = []
    desk.clock.call_every(60 * NS_PER_S, fired.append)
    desk.line.accept(at(0))
    desk.line.accept(at(1, ts_recv=MORNING_NS + 50 * 365 * 86_400 * NS_PER_S))
    desk.line.advance_to(MORNING_NS + 50 * 365 * 86_400 * NS_PER_S)
    assert desk.clock.now_ns() == MORNING_NS
    assert desk.line.counts().rejected == {"absurd_time": 1}
    desk.line.accept(at(1))
    assert len(desk.ticks.events) == 2


def test_a_holiday_of_ten_days_is_no_absurd_time() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    ts = shanghai("2021-01-14 10:00:00")
    desk.line.accept(at(0, ts_event=ts, ts_recv=ts))
    assert len(desk.ticks.events) == 2


def test_line_time_can_move_without_a_tick() -> None:
    desk = Desk()
    desk.line.advance_to(MORNING_NS)
    assert desk.clock.now_ns() == MORNING_NS


def test_counts_are_exact_at_any_moment_and_metrics_follow_at_a_flush() -> None:
    desk = Desk()
    for second in range(10):
        desk.line.accept(at(second))
    desk.line.accept(at(9))
    desk.line.accept(at(10, bid_price=9999.0))
    counts = desk.line.counts()
    assert (counts.ticks_in, counts.accepted) == (12, 11)
    assert counts.rejected == {"duplicate": 1}
    desk.line.flush()
    desk.line.flush()
    assert desk.metrics.ticks_in.counts == {"recorded": 12}
    assert desk.metrics.ticks_clean.counts == {"": 11}
    assert desk.metrics.ticks_rejected.counts == {"duplicate": 1}
    assert desk.metrics.ticks_repaired.counts == {"absurd_field": 1}


def test_a_test_quote_is_the_newest_one_again_with_the_next_number_and_a_mark() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    desk.line.accept(at(1, depth=((5229.8, 3, 5231.0, 4),)))
    desk.line.advance_to(MORNING_NS + 9 * NS_PER_S)
    sent = desk.line.send_test("IF2101.CFFEX")
    assert sent is desk.ticks.events[-1]
    real = desk.ticks.events[-2]
    changes = {"seq": 3, "ts_recv": MORNING_NS + 9 * NS_PER_S, "volume_delta": 0, "turnover_delta": 0.0}
    assert sent == msgspec.structs.replace(real, flags=int(TickFlag.TEST), **changes)


def test_the_real_tick_after_a_test_quote_is_judged_as_if_there_had_been_none() -> None:
    plain, tested = Desk(), Desk()
    for desk in (plain, tested):
        desk.line.accept(at(0))
    tested.line.send_test("IF2101.CFFEX")
    for desk in (plain, tested):
        desk.line.accept(at(1))
        desk.line.accept(at(1))
    expected = msgspec.structs.replace(plain.ticks.events[-1], seq=3)
    assert tested.ticks.events[-1] == expected
    assert plain.line.counts().rejected == tested.line.counts().rejected


def test_there_is_no_test_quote_of_what_was_never_quoted() -> None:
    desk = Desk()
    assert desk.line.send_test("IF2101.CFFEX") is None
    desk.line.accept(at(0, last_price=None))
    assert desk.line.send_test("IF2101.CFFEX") is None
    assert desk.ticks.events == []


def test_latency_is_sampled_from_the_first_tick_on() -> None:
    desk = Desk(latency_sample=4)
    for second in range(9):
        desk.line.accept(at(second))
    assert desk.metrics.line_latency.count == 3


def test_a_live_source_is_judged_by_its_lag_and_a_recording_is_not() -> None:
    late = at(0, ts_recv=MORNING_NS + 3600 * NS_PER_S)
    live, recorded = Desk(source="simulator"), Desk()
    live.line.accept(late)
    recorded.line.accept(late)
    assert live.line.counts().rejected == {"stale": 1}
    assert recorded.line.counts().rejected == {}


def test_the_line_runs_on_any_calendar_of_the_port() -> None:
    bus = RaisingBus()
    ticks = Recorder(bus, CLEAN_TICKS)
    line = MarketLine(
        settings=MarketSettings(),
        instruments=InstrumentTable(),
        calendar=FakeCalendar(20210104, (MORNING_NS, MORNING_NS + 60 * NS_PER_S)),
        bus=bus,
        clock=LineClock(),
        metrics=Metrics(),
        source_name="simulator",
    )
    line.accept(at(-30))
    line.accept(at(0))
    line.accept(at(64))
    assert [tick.flags for tick in ticks.events] == [TickFlag.BASELINE | TickFlag.AUCTION, 0]


class ScriptedSource:
    """Hands in these ticks, then raises or ends."""

    name = "scripted"

    def __init__(self, *ticks: RawTick, error: Exception | None = None) -> None:
        self._ticks = ticks
        self._error = error

    async def run(self, intake: Intake) -> None:
        for tick in self._ticks:
            intake.accept(tick)
        if self._error is not None:
            raise self._error


async def test_the_service_ends_when_its_source_ends_and_brings_the_metrics_up_to_date() -> None:
    desk = Desk()
    service = MarketService(source=ScriptedSource(at(0), at(1)), line=desk.line)
    await service.run()
    assert service.name == "market"
    assert desk.metrics.ticks_clean.total() == 2


async def test_a_recording_that_cannot_be_played_is_a_matter_for_the_operator() -> None:
    desk = Desk()
    source = ScriptedSource(at(0), error=ReplayFileError("day.parquet: no such file"))
    with pytest.raises(ConfigError, match=r"market\.replay\.path: day\.parquet: no such file"):
        await MarketService(source=source, line=desk.line).run()
    assert desk.metrics.ticks_clean.total() == 1


def test_the_last_quote_of_a_contract_is_the_newest_again_with_the_next_number_and_its_mark() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    assert desk.line.flowing() == ["IF2101.CFFEX"]
    desk.line.end("IF2101.CFFEX")
    newest, last = desk.ticks.events
    assert (last.seq, last.flags, last.volume_delta) == (newest.seq + 1, TickFlag.LAST, 0)
    assert (last.last_price, last.volume) == (newest.last_price, newest.volume)
    assert desk.line.flowing() == []


def test_what_has_ended_ends_once_and_is_tested_no_more() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    desk.line.end("IF2101.CFFEX")
    desk.line.end("IF2101.CFFEX")
    desk.line.end("au9999.SHFE")
    assert desk.line.send_test("IF2101.CFFEX") is None
    assert len(desk.ticks.events) == 2


def test_a_contract_that_comes_back_flows_on_under_the_next_number() -> None:
    desk = Desk()
    desk.line.accept(at(0))
    desk.line.end("IF2101.CFFEX")
    desk.line.accept(at(1))
    assert [tick.seq for tick in desk.ticks.events] == [1, 2, 3]
    assert desk.line.flowing() == ["IF2101.CFFEX"]
    assert desk.line.send_test("IF2101.CFFEX") is not None


def test_after_a_restart_what_had_ended_is_not_ended_again() -> None:
    before = Desk()
    before.line.accept(at(0))
    before.line.end("IF2101.CFFEX")
    after = Desk()
    after.line.cleaner.resume(before.ticks.events[-1:])
    assert after.line.flowing() == []
    unfinished = Desk()
    unfinished.line.cleaner.resume(before.ticks.events[:1])
    assert unfinished.line.flowing() == ["IF2101.CFFEX"]
