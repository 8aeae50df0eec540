"""What a gap report says: silences by the volume traded in them, edges of sections, whole sections without a tick."""

from __future__ import annotations

from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.gaps import Gap, GapFinder, GapReport
from tradewind.market.settings import CleaningSettings
from tradewind.stores.ticks.manifest import Loss

from builders import MORNING_NS, make_raw_tick

MORNING_END = MORNING_NS + 7_200 * NS_PER_S
AFTERNOON = MORNING_NS + 12_600 * NS_PER_S
AFTERNOON_END = MORNING_NS + 19_800 * NS_PER_S
LONG_AFTER = MORNING_NS + 86_400 * NS_PER_S


def report_of(ticks: list[RawTick], *, now_ns: int = LONG_AFTER, losses: tuple[Loss, ...] = ()) -> GapReport:
    finder = GapFinder(
        20210104, instruments=InstrumentTable(), calendar=ExchangeCalendar(), settings=CleaningSettings()
    )
    finder.add(ticks)
    return finder.report("zeromq", losses=losses, now_ns=now_ns)


def every_second(begin: int, end: int, *, volume: int = 0, step: int = 1) -> list[RawTick]:
    times = range(begin, end + 1, NS_PER_S)
    return [make_raw_tick(ts_event=ts, ts_recv=ts, volume=volume + n * step) for n, ts in enumerate(times)]


def whole_day() -> list[RawTick]:
    return [*every_second(MORNING_NS, MORNING_END), *every_second(AFTERNOON, AFTERNOON_END, volume=7_200)]


def gaps_of(report: GapReport) -> list[Gap]:
    return [gap for session in report.instruments[0].sessions for gap in session.gaps]


def test_a_whole_day_has_no_gap() -> None:
    report = report_of(whole_day())
    assert gaps_of(report) == []
    assert [session.coverage_percent for session in report.instruments[0].sessions] == [100.0, 100.0]
    assert report.instruments[0].sessions[0].usual_interval_ms == 1_000.0


def test_a_silence_in_which_was_traded_is_a_gap_with_its_volume_and_what_would_have_come() -> None:
    ticks = whole_day()
    del ticks[1_001:1_060]
    (gap,) = gaps_of(report_of(ticks))
    assert gap == Gap(
        kind="silence",
        from_ns=MORNING_NS + 1_000 * NS_PER_S,
        until_ns=MORNING_NS + 1_060 * NS_PER_S,
        volume=60,
        ticks_estimated=59,
    )


def test_a_silence_in_which_nothing_was_traded_is_only_quiet() -> None:
    ticks = [tick._replace(volume=5) for tick in whole_day()]
    del ticks[1_001:1_060]
    report = report_of(ticks)
    assert [(gap.kind, gap.volume, gap.ticks_estimated) for gap in gaps_of(report)] == [("quiet", 0, 0)]
    assert list(report.gaps()) == []


def test_what_was_missed_at_the_edges_of_a_section_is_told_with_its_volume() -> None:
    ticks = [*every_second(MORNING_NS + 600 * NS_PER_S, MORNING_END - 300 * NS_PER_S, volume=600)]
    ticks += every_second(AFTERNOON, AFTERNOON_END, volume=7_200)
    begin, end = gaps_of(report_of(ticks))
    assert (begin.kind, begin.from_ns, begin.volume) == ("begin", MORNING_NS, 600)
    assert (end.kind, end.until_ns, end.volume) == ("end", MORNING_END, 300)


def test_a_section_without_a_tick_is_absent() -> None:
    (gap,) = gaps_of(report_of(every_second(MORNING_NS, MORNING_END)))
    assert (gap.kind, gap.from_ns, gap.until_ns) == ("absent", AFTERNOON, AFTERNOON_END)


def test_a_section_still_under_way_is_judged_up_to_now() -> None:
    half = MORNING_NS + 3_600 * NS_PER_S
    assert gaps_of(report_of(every_second(MORNING_NS, half), now_ns=half)) == []
    (gap,) = gaps_of(report_of(every_second(MORNING_NS, half), now_ns=half + 600 * NS_PER_S))
    assert (gap.kind, gap.volume) == ("end", 0)


def test_volume_that_goes_back_is_counted() -> None:
    ticks = whole_day()
    ticks[10] = ticks[10]._replace(volume=1)
    assert report_of(ticks).instruments[0].volume_backwards == 1


def test_what_the_recorder_lost_is_in_the_report() -> None:
    loss = Loss(ticks=3, from_ns=1, until_ns=2)
    assert report_of(whole_day(), losses=(loss,)).losses == (loss,)


def test_a_contract_nobody_knows_is_counted_without_hours() -> None:
    (found,) = report_of([make_raw_tick(instrument_id="zz9999.SHFE")]).instruments
    assert (found.ticks, found.sessions) == (1, ())
