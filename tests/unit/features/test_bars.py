"""Bars are cut along the trading hours and closed exactly once, by a tick or by the timer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features_builders import FeatureRoom, at, feature_room
from tradewind.domain.tick import Tick, TickFlag
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

from builders import make_tick
from fakes import FakeCalendar


def tick(seq: int, ts: int, price: float = 5230.0, lots: int = 1, **changes: Any) -> Tick:
    return make_tick(
        **{
            "seq": seq,
            "ts_event": ts,
            "ts_recv": ts,
            "last_price": price,
            "volume_delta": lots,
            "turnover_delta": lots * price * 300,
            **changes,
        }
    )


def spans(room: FeatureRoom) -> list[tuple[int, int, int]]:
    """(ts_open, ts_close, ticks) of the bars so far."""
    return [(bar.ts_open, bar.ts_close, bar.tick_count) for bar in room.bars]


def test_the_first_tick_of_the_next_minute_closes_a_bar() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30), 10.0), tick(2, at(9, 30, 59.9), 12.0, 3), tick(3, at(9, 31), 11.0))
    (bar,) = room.bars
    assert (bar.open, bar.high, bar.low, bar.close) == (10.0, 12.0, 10.0, 12.0)
    assert (bar.volume, bar.turnover, bar.seq) == (4, 10.0 * 300 + 36.0 * 300, 2)
    assert (bar.ts_open, bar.ts_close) == (at(9, 30), at(9, 31))


def test_the_timer_closes_a_bar_when_no_tick_comes() -> None:
    room = feature_room(bar_grace_ms=1_000)
    room.feed(tick(1, at(9, 30)))
    room.clock.advance_to(at(9, 31, 0.999))
    assert room.bars == []
    room.clock.advance_to(at(9, 31, 1))
    assert spans(room) == [(at(9, 30), at(9, 31), 1)]


def test_a_bar_closed_by_the_timer_is_not_closed_again_by_the_next_tick() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)))
    room.clock.advance_to(at(9, 31, 30))
    room.feed(tick(2, at(9, 31, 40)))
    assert len(room.bars) == 1


def test_a_bar_closed_by_a_tick_is_not_closed_again_by_its_timer() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)), tick(2, at(9, 31)))
    room.clock.advance_to(at(9, 31, 30))
    assert len(room.bars) == 1


def test_a_tick_on_its_way_within_the_grace_still_counts() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)), tick(2, at(9, 30, 59.5), ts_recv=at(9, 31, 0.5)))
    room.clock.advance_to(at(9, 31, 2))
    assert spans(room) == [(at(9, 30), at(9, 31), 2)]


def test_a_tick_later_than_its_bar_is_counted_not_applied() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)))
    room.clock.advance_to(at(9, 31, 2))
    room.feed(tick(2, at(9, 30, 59), 9999.0, ts_recv=at(9, 31, 3)), tick(3, at(9, 31, 5)))
    room.clock.advance_to(at(9, 33))
    assert room.service.counts().late_ticks == 1
    assert [bar.high for bar in room.bars] == [5230.0, 5230.0]


def test_a_minute_without_ticks_makes_no_bar() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)), tick(2, at(9, 35)))
    room.clock.advance_to(at(9, 40))
    assert spans(room) == [(at(9, 30), at(9, 31), 1), (at(9, 35), at(9, 36), 1)]


def test_a_tick_at_the_closing_instant_belongs_to_the_last_bar() -> None:
    room = feature_room()
    room.feed(tick(1, at(14, 59, 30)), tick(2, at(15)), tick(3, at(15, 0, 0.4)), tick(4, at(15, 0, 3)))
    room.clock.advance_to(at(15, 0, 5))
    assert spans(room) == [(at(14, 59), at(15), 4)]


def test_the_last_bar_of_a_section_waits_for_the_closing_tolerance() -> None:
    room = feature_room(bar_grace_ms=1_000, close_tolerance_ms=3_000)
    room.feed(tick(1, at(14, 59, 30)))
    room.clock.advance_to(at(15, 0, 3.999))
    assert room.bars == []
    room.clock.advance_to(at(15, 0, 4))
    assert len(room.bars) == 1


def test_a_closing_tick_alone_still_makes_the_last_bar() -> None:
    room = feature_room()
    room.feed(tick(1, at(14, 57)), tick(2, at(15, 0, 0.5)))
    room.clock.advance_to(at(15, 1))
    assert spans(room)[-1] == (at(14, 59), at(15), 1)


def test_a_closing_tick_after_its_bar_was_closed_is_late() -> None:
    room = feature_room(bar_grace_ms=0, close_tolerance_ms=0)
    room.feed(tick(1, at(14, 59, 30)))
    room.clock.advance_to(at(15, 0, 1))
    room.feed(tick(2, at(15, 0, 0.5), ts_recv=at(15, 0, 2)))
    assert (len(room.bars), room.service.counts().late_ticks) == (1, 1)


def test_no_bar_reaches_over_a_break() -> None:
    room = feature_room()
    room.feed(tick(1, at(11, 29, 59)), tick(2, at(11, 30, 0.4)), tick(3, at(13)))
    room.clock.advance_to(at(13, 2))
    assert spans(room) == [(at(11, 29), at(11, 30), 2), (at(13), at(13, 1), 1)]


def test_the_auction_tick_belongs_to_the_first_bar() -> None:
    room = feature_room()
    room.feed(
        tick(1, at(9, 29, 0.4), 10.0, 240, flags=int(TickFlag.AUCTION)),
        tick(2, at(9, 29, 0.9), 10.0, 0, flags=int(TickFlag.AUCTION)),
        tick(3, at(9, 30, 0.4), 11.0),
    )
    room.clock.advance_to(at(9, 32))
    assert spans(room) == [(at(9, 30), at(9, 31), 3)]
    assert (room.bars[0].open, room.bars[0].volume) == (10.0, 241)


def test_an_auction_between_sections_belongs_to_the_section_it_opens() -> None:
    calendar = FakeCalendar(20210104, (at(0), at(1)), (at(9), at(10)))
    room = feature_room(calendar=calendar)
    room.feed(tick(1, at(0, 30)), tick(2, at(8, 59), flags=int(TickFlag.AUCTION)), tick(3, at(9, 0, 30)))
    room.clock.advance_to(at(9, 2))
    assert spans(room) == [(at(0, 30), at(0, 31), 1), (at(9), at(9, 1), 2)]


def test_a_tick_outside_trading_makes_no_bar_and_is_counted() -> None:
    room = feature_room()
    room.feed(tick(1, at(12)), tick(2, at(16)))
    room.clock.advance_to(at(17))
    assert room.bars == []
    assert room.service.counts().off_session_ticks == 2


def test_where_sections_touch_a_tick_after_the_joint_belongs_to_the_next() -> None:
    class Touching(FakeCalendar):
        def section_at(self, hours_id: str, ts: int) -> Any:
            return self._day.sections[0 if ts < at(12) else 1] if ts != at(12) else super().section_at(hours_id, ts)

    room = feature_room(calendar=Touching(20210104, (at(0), at(12)), (at(12), at(23))))
    room.feed(tick(1, at(11, 59, 59)), tick(2, at(12)), tick(3, at(12, 0, 1)))
    room.clock.advance_to(at(12, 2))
    assert spans(room) == [(at(11, 59), at(12), 2), (at(12), at(12, 1), 1)]


def test_detaching_publishes_no_half_bar_and_stops_the_timer() -> None:
    room = feature_room()
    room.feed(tick(1, at(9, 30)))
    room.service.detach()
    room.clock.advance_to(at(9, 40))
    assert room.bars == []


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0, 300, 500, 20_000, 61_000, 600_000]), st.integers(0, 3_000)), max_size=60
    )
)
def test_bars_hold_every_tick_once_and_never_overlap(steps: list[tuple[int, int]]) -> None:
    """Whatever the silences and delays: volumes add up, bars follow each other, each closes once."""
    room = feature_room()
    ts = recv = at(9, 30)
    for seq, (gap_ms, delay_ms) in enumerate(steps, start=1):
        ts += gap_ms * NS_PER_MS
        recv = max(recv, ts + delay_ms * NS_PER_MS)
        if ts >= at(11, 30):
            break
        room.feed(tick(seq, ts, ts_recv=recv))
    room.clock.advance_to(at(12))
    fed = len(room.features)
    assert sum(bar.tick_count for bar in room.bars) + room.service.counts().late_ticks == fed
    assert sum(bar.volume for bar in room.bars) == sum(bar.tick_count for bar in room.bars)
    opens = [bar.ts_open for bar in room.bars]
    assert opens == sorted(set(opens))
    assert all((bar.ts_open - at(9, 30)) % (60 * NS_PER_S) == 0 for bar in room.bars)
