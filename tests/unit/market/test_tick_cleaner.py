"""The table of cleaners: unknown instruments, bounds, counts over all."""

from __future__ import annotations

from typing import Any

import pytest

from market_builders import make_rules, reason_of, tick_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.cleaning import TickCleaner
from tradewind.market.contracts import InstrumentTable
from tradewind.market.reasons import RejectReason

from builders import MORNING_NS, make_raw_tick


def make_tick_cleaner(**rules: Any) -> TickCleaner:
    return TickCleaner(instruments=InstrumentTable(), calendar=ExchangeCalendar(), rules=make_rules(**rules))


@pytest.mark.parametrize("instrument_id", ["zz2101.CFFEX", "IF2101", "IO2101-C-5000.CFFEX", ""])
def test_an_unknown_instrument_is_rejected_and_leaves_nothing_behind(instrument_id: str) -> None:
    cleaner = make_tick_cleaner()
    outcome = cleaner.clean(make_raw_tick(instrument_id=instrument_id))
    assert reason_of(outcome) is RejectReason.UNKNOWN_INSTRUMENT
    assert cleaner.scorecards() == []
    assert cleaner.rejected() == {"unknown_instrument": 1}


@pytest.mark.parametrize("raw", [None, 7, (), [], {}, ([],), (b"IF2101.CFFEX",), (7, 8, 9)])
def test_what_has_no_instrument_is_malformed(raw: Any) -> None:
    cleaner = make_tick_cleaner()
    assert reason_of(cleaner.clean(raw)) is RejectReason.MALFORMED


def test_instruments_are_bounded_and_those_that_flow_go_on() -> None:
    cleaner = make_tick_cleaner(max_instruments=2)
    for symbol in ("IF2101", "IF2102"):
        tick_of(cleaner.clean(make_raw_tick(instrument_id=f"{symbol}.CFFEX")))
    assert reason_of(cleaner.clean(make_raw_tick(instrument_id="IF2103.CFFEX"))) is RejectReason.INSTRUMENT_LIMIT
    following = make_raw_tick(ts_event=MORNING_NS + NS_PER_S, ts_recv=MORNING_NS + NS_PER_S)
    assert tick_of(cleaner.clean(following)).seq == 2


def test_counts_add_up_over_all_instruments() -> None:
    cleaner = make_tick_cleaner()
    for symbol in ("IF2101", "IF2102"):
        raw = make_raw_tick(instrument_id=f"{symbol}.CFFEX", bid_price=9999.0)
        tick_of(cleaner.clean(raw))
        reason_of(cleaner.clean(raw))
    cleaner.clean(None)
    assert cleaner.accepted() == 2
    assert cleaner.rejected() == {"malformed": 1, "duplicate": 2}
    assert cleaner.repaired() == {"absurd_field": 2}


def test_every_instrument_has_its_own_sequence_and_scorecard() -> None:
    cleaner = make_tick_cleaner()
    assert tick_of(cleaner.clean(make_raw_tick())).seq == 1
    assert tick_of(cleaner.clean(make_raw_tick(instrument_id="IF2102.CFFEX"))).seq == 1
    card = cleaner.scorecard("IF2102.CFFEX")
    assert card is not None
    assert (card.accepted, card.last_seen_ns, card.trading_day) == (1, MORNING_NS, 20210104)
    assert cleaner.scorecard("IF2103.CFFEX") is None
