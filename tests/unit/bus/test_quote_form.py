"""A quote in the words of system 000, the same on Redis and in Socket.IO."""

from __future__ import annotations

import json

import msgspec

from tradewind.bus.quote_form import seed_quote
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import NS_PER_MS

from builders import MORNING_NS, make_tick


def test_symbol_and_exchange_stand_apart_and_our_id_beside_them() -> None:
    quote = seed_quote(make_tick())
    assert (quote.instrument_id, quote.exchange_id, quote.instrument) == ("IF2101", "CFFEX", "IF2101.CFFEX")


def test_the_time_of_day_is_shanghais() -> None:
    quote = seed_quote(make_tick(ts_event=MORNING_NS + 500 * NS_PER_MS))
    assert (quote.update_time, quote.update_millisec) == ("09:30:00", 500)
    assert quote.timestamp == "2021-01-04T01:30:00.500Z"


def test_change_is_against_the_settlement_and_the_close_of_yesterday() -> None:
    quote = seed_quote(make_tick(last_price=105.0, pre_settlement_price=100.0, pre_close_price=84.0))
    assert (quote.change, quote.change_percent) == (5.0, 5.0)
    assert (quote.change_on_close, quote.change_percent_on_close) == (21.0, 25.0)


def test_without_yesterdays_price_there_is_no_change() -> None:
    quote = seed_quote(make_tick(pre_settlement_price=None, pre_close_price=0.0))
    assert (quote.change, quote.change_percent, quote.change_on_close) == (None, None, None)


def test_levels_beyond_the_first_come_from_the_depth_and_absent_ones_are_null() -> None:
    quote = seed_quote(make_tick(depth=((5229.8, 3, 5231.0, 4),)))
    assert (quote.bid_price1, quote.bid_volume1) == (5230.0, 1)
    assert (quote.bid_price2, quote.bid_volume2, quote.ask_price2, quote.ask_volume2) == (5229.8, 3, 5231.0, 4)
    assert (quote.bid_price3, quote.bid_volume3, quote.ask_price5) == (None, 0, None)


def test_depth_of_more_than_five_levels_is_cut() -> None:
    quote = seed_quote(make_tick(depth=tuple((5000.0 - n, n, 5300.0 + n, n) for n in range(9))))
    assert quote.bid_volume5 == 3


def test_only_a_test_quote_is_marked_as_one() -> None:
    assert not seed_quote(make_tick(flags=int(TickFlag.BASELINE))).is_test
    assert seed_quote(make_tick(flags=int(TickFlag.TEST | TickFlag.OFF_SESSION))).is_test


def test_what_the_exchange_did_not_say_is_null_in_json() -> None:
    quote = json.loads(msgspec.json.encode(seed_quote(make_tick(limit_up=None, bid_price=None))))
    assert (quote["upper_limit_price"], quote["bid_price"], quote["bid_price1"]) == (None, None, None)
