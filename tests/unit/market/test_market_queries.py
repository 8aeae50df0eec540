"""What the API may ask: instruments that flow, scorecards, where a session stands."""

from __future__ import annotations

import pytest

from market_builders import shanghai
from tradewind.errors import UnknownInstrumentError
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.queries import MarketQueries, SessionPhase
from tradewind.market.service import MarketLine
from tradewind.market.settings import MarketSettings

from builders import make_raw_tick
from fakes import RaisingBus


def make_queries() -> tuple[MarketQueries, MarketLine, Metrics]:
    instruments, calendar, clock, metrics = InstrumentTable(), ExchangeCalendar(), LineClock(), Metrics()
    line = MarketLine(
        settings=MarketSettings(source="replay"),
        instruments=instruments,
        calendar=calendar,
        bus=RaisingBus(),
        clock=clock,
        metrics=metrics,
        source_name="recorded",
    )
    return MarketQueries(instruments=instruments, line=line, calendar=calendar, clock=clock), line, metrics


def test_instruments_are_those_that_flow_and_listed_is_everything() -> None:
    queries, line, _ = make_queries()
    assert queries.instruments() == []
    line.accept(make_raw_tick())
    assert [instrument.instrument_id for instrument in queries.instruments()] == ["IF2101.CFFEX"]
    assert len(queries.listed()) == 789


def test_scorecards_and_counts_are_up_to_date_when_asked() -> None:
    queries, line, metrics = make_queries()
    line.accept(make_raw_tick())
    line.accept(make_raw_tick())
    assert queries.counts().rejected == {"duplicate": 1}
    assert metrics.ticks_rejected.counts == {"duplicate": 1}
    assert [card.accepted for card in queries.scorecards()] == [1]
    card = queries.scorecard("IF2101.CFFEX")
    assert card is not None
    assert card.rejected == {"duplicate": 1}
    assert queries.scorecard("IF2102.CFFEX") is None


def test_facts_of_an_unknown_instrument_are_refused() -> None:
    queries, _, _ = make_queries()
    assert queries.instrument("au2512.SHFE").contract_multiplier == 1000
    with pytest.raises(UnknownInstrumentError):
        queries.session("zz2512.SHFE")


@pytest.mark.parametrize(
    ("moment", "phase", "change", "trading_day"),
    [
        ("2021-01-08 16:00:00", "closed", "2021-01-08 20:55:00", 20210108),
        ("2021-01-08 20:56:00", "auction", "2021-01-08 21:00:00", 20210111),
        ("2021-01-09 01:00:00", "trading", "2021-01-09 02:30:00", 20210111),
        ("2021-01-10 12:00:00", "break", "2021-01-11 09:00:00", 20210111),
        ("2021-01-11 10:20:00", "break", "2021-01-11 10:30:00", 20210111),
        ("2021-01-11 14:00:00", "trading", "2021-01-11 15:00:00", 20210111),
        ("2021-01-11 15:00:02", "trading", "2021-01-11 15:00:00", 20210111),
    ],
)
def test_a_session_says_where_it_stands_and_what_comes_next(
    moment: str, phase: SessionPhase, change: str, trading_day: int
) -> None:
    queries, _, _ = make_queries()
    state = queries.session("au2102.SHFE", shanghai(moment))
    assert (state.phase, state.next_change_ns, state.trading_day) == (phase, shanghai(change), trading_day)
    assert state.is_calendar_verified


def test_beyond_the_known_holidays_the_calendar_says_so() -> None:
    queries, _, _ = make_queries()
    assert not queries.session("au2702.SHFE", shanghai("2027-01-04 10:00:00")).is_calendar_verified


def test_without_a_moment_line_time_is_meant() -> None:
    queries, line, _ = make_queries()
    line.accept(make_raw_tick())
    assert queries.session("IF2101.CFFEX").phase == "trading"
