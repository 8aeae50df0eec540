"""The features room on the bus: what it publishes, what it passes over, what it says to the API."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from features_builders import at, feature_room
from tradewind.domain.tick import Tick, TickFlag
from tradewind.errors import UnknownInstrumentError
from tradewind.features import FeatureQueries
from tradewind.kernel.clock import NS_PER_S

from builders import make_instrument, make_tick, make_ticks


def test_each_tick_gives_one_snapshot_named_after_it() -> None:
    room = feature_room()
    room.feed(*make_ticks([5230.0, 5231.0, 5232.0]))
    assert [(snap.instrument_id, snap.seq) for snap in room.features] == [("IF2101.CFFEX", seq) for seq in (1, 2, 3)]
    assert room.metrics.features.total() == 3


def test_a_tick_delivered_twice_counts_once() -> None:
    room = feature_room()
    first, second = make_ticks([5230.0, 5231.0])
    room.feed(first, second, first, second)
    assert [snap.seq for snap in room.features] == [1, 2]
    assert room.features[-1].windows[0].sample_size == 2
    assert room.metrics.gaps.total() == 0


def test_a_jump_in_sequence_is_a_gap_and_the_line_goes_on() -> None:
    room = feature_room()
    room.feed(*make_ticks([5230.0, 5231.0, 5232.0, 5233.0])[::3])
    assert room.metrics.gaps.counts == {"features": 1}
    assert len(room.features) == 2


def test_coming_in_late_is_no_gap() -> None:
    room = feature_room()
    room.feed(make_tick(seq=4711))
    assert room.metrics.gaps.total() == 0


def test_the_book_is_measured() -> None:
    room = feature_room()
    room.feed(make_tick(bid_price=5230.0, bid_volume=3, ask_price=5230.8, ask_volume=1))
    (snap,) = room.features
    assert snap.spread == 0.8  # not 0.8000000000001819
    assert snap.imbalance == 0.5
    assert snap.microprice == pytest.approx((5230.0 * 1 + 5230.8 * 3) / 4)


def test_at_the_limit_one_side_is_absent() -> None:
    room = feature_room()
    room.feed(make_tick(ask_price=None, ask_volume=0, bid_volume=7))
    (snap,) = room.features
    assert (snap.spread, snap.microprice, snap.imbalance) == (None, None, 1.0)


def test_an_empty_book_has_no_imbalance() -> None:
    room = feature_room()
    room.feed(make_tick(bid_price=None, bid_volume=0, ask_price=None, ask_volume=0))
    assert room.features[0].imbalance is None


def test_the_day_change_is_against_the_settlement() -> None:
    room = feature_room()
    room.feed(make_tick(last_price=5242.281, pre_settlement_price=5216.2, pre_close_price=5227.0))
    assert room.features[0].day_change_percent == pytest.approx(0.5)
    room.feed(make_tick(seq=2, pre_settlement_price=None))
    assert room.features[1].day_change_percent is None


def test_indicators_are_absent_until_they_have_seen_enough() -> None:
    room = feature_room(indicator_interval="tick")
    room.feed(*make_ticks([5230.0 + i * 0.2 for i in range(40)]))
    first = {
        name: next(snap.seq for snap in room.features if getattr(snap, name) is not None)
        for name in ("ema_fast", "ema_slow", "macd", "macd_signal", "rsi", "bollinger_mid", "atr")
    }
    assert first == {
        "ema_fast": 12,
        "ema_slow": 26,
        "macd": 26,
        "macd_signal": 34,
        "rsi": 15,
        "bollinger_mid": 20,
        "atr": 14,
    }


def test_rsi_is_fifty_in_a_market_that_stands_still() -> None:
    room = feature_room(indicator_interval="tick")
    room.feed(*make_ticks([5230.0] * 40))
    last = room.features[-1]
    assert (last.rsi, last.atr, last.macd_histogram) == (50.0, 0.0, 0.0)
    assert last.bollinger_upper == last.bollinger_lower == 5230.0


def test_between_two_samples_the_indicators_stand_still() -> None:
    room = feature_room(indicator_interval="5s", ema_fast=1, ema_slow=2)
    room.feed(*make_ticks([float(price) for price in range(100, 125)]))  # half a second apart
    assert [snap.ema_fast for snap in room.features] == [None] * 10 + [109.0] * 10 + [119.0] * 5


def test_instruments_do_not_mix() -> None:
    room = feature_room(make_instrument(), make_instrument(instrument_id="IC2101.CFFEX"))
    for index, price in enumerate([5230.0, 5231.0], start=1):
        room.feed(make_tick(seq=index, last_price=price))
        room.feed(make_tick(instrument_id="IC2101.CFFEX", seq=index, last_price=price + 1000))
    by_id = FeatureQueries(room.service)
    newest = by_id.latest("IC2101.CFFEX")
    assert newest is not None
    assert newest.windows[0].low == 6230.0
    assert [snap.instrument_id for snap in by_id.all()] == ["IF2101.CFFEX", "IC2101.CFFEX"]
    assert by_id.latest("au2512.SHFE") is None


def test_an_unknown_instrument_is_refused_by_name() -> None:
    room = feature_room()
    with pytest.raises(UnknownInstrumentError, match=r"xx9999\.SHFE"):
        room.feed(make_tick(instrument_id="xx9999.SHFE"))


def test_one_instrument_too_many_is_refused_and_counted() -> None:
    room = feature_room(make_instrument(), make_instrument(instrument_id="IC2101.CFFEX"), max_instruments=1)
    room.feed(make_tick())
    with pytest.raises(UnknownInstrumentError, match="max_instruments"):
        room.feed(make_tick(instrument_id="IC2101.CFFEX"))
    room.feed(make_tick(seq=2))
    assert FeatureQueries(room.service).counts().refused_ticks == 1
    assert len(room.features) == 2
    room.service.flush()
    assert room.metrics.features_passed_over.counts == {"refused": 1}


def test_ticks_that_no_bar_takes_are_counted_by_reason_before_the_room_goes() -> None:
    room = feature_room()
    room.feed(make_tick(ts_event=at(12), ts_recv=at(12)))
    room.service.detach()
    assert room.metrics.features_passed_over.counts == {"off_session": 1}


def test_rooms_of_one_process_count_together() -> None:
    rooms = [feature_room() for _ in range(2)]
    metrics = rooms[0].metrics
    rooms[1].service._metrics = metrics
    for room in rooms:
        room.feed(make_tick(ts_event=at(12), ts_recv=at(12)))
        room.service.flush()
        room.service.flush()
    assert metrics.features_passed_over.counts == {"off_session": 2}


def test_attaching_twice_is_attaching_once() -> None:
    room = feature_room()
    room.service.attach()
    room.feed(make_tick())
    assert len(room.features) == 1


def test_a_detached_room_hears_nothing() -> None:
    room = feature_room()
    room.service.detach()
    room.feed(make_tick())
    assert room.features == []


def test_a_window_is_found_by_name() -> None:
    room = feature_room(windows=("5s", "120t"))
    room.feed(make_tick())
    assert [window.window for window in room.features[0].windows] == ["5s", "120t"]
    assert room.features[0].window("120t") is room.features[0].windows[1]


def ended(tick: Tick, **changes: Any) -> Tick:
    """Return the quote once more as the last one of its contract."""
    return msgspec.structs.replace(tick, seq=tick.seq + 1, flags=int(TickFlag.LAST), volume_delta=0, **changes)


def test_the_last_tick_of_a_contract_makes_no_features_and_ends_it() -> None:
    room = feature_room()
    first, second = make_ticks([5230.0, 5231.0])
    room.feed(first, second, ended(second))
    assert [snap.seq for snap in room.features] == [1, 2]
    assert room.service.latest == {}


def test_the_bar_under_way_is_closed_when_its_minute_is_over_though_the_contract_ended() -> None:
    room = feature_room()
    first, second = make_ticks([5230.0, 5231.0])
    room.feed(first, second, ended(second))
    assert room.bars == []
    room.clock.advance_to(second.ts_recv + 120 * NS_PER_S)
    (bar,) = room.bars
    assert (bar.close, bar.tick_count, bar.seq) == (5231.0, 2, 2)


def test_a_contract_that_comes_back_begins_anew_and_in_the_same_bar() -> None:
    room = feature_room()
    first, second, third = make_ticks([5230.0, 5231.0, 5232.0])
    back = msgspec.structs.replace(third, seq=4)
    room.feed(first, second, ended(second), back)
    assert [snap.windows[0].sample_size for snap in room.features] == [1, 2, 1]
    assert room.metrics.gaps.total() == 0
    room.clock.advance_to(second.ts_recv + 120 * NS_PER_S)
    assert [(bar.open, bar.tick_count) for bar in room.bars] == [(5230.0, 3)]


def test_ticks_of_the_time_before_the_end_are_passed_over() -> None:
    room = feature_room()
    first, second, third = make_ticks([5230.0, 5231.0, 5232.0])
    back = msgspec.structs.replace(third, seq=4)
    room.feed(first, second, ended(second), second, back, ended(second), msgspec.structs.replace(third, seq=5))
    assert [snap.seq for snap in room.features] == [1, 2, 4, 5]


def test_the_end_of_what_was_never_followed_is_nothing() -> None:
    room = feature_room()
    room.feed(make_tick(seq=9, flags=int(TickFlag.LAST)))
    assert (room.features, room.service.latest) == ([], {})


def test_detached_no_bar_of_an_ended_contract_comes_after() -> None:
    room = feature_room()
    first, second = make_ticks([5230.0, 5231.0])
    room.feed(first, second, ended(second))
    room.service.detach()
    room.clock.advance_to(second.ts_recv + 120 * NS_PER_S)
    assert room.bars == []
