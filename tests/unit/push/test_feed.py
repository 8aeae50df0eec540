"""One topic's newest values and counts."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from push_builders import EPOCH, make_opportunity, make_signal
from signals_builders import make_snapshot
from tradewind.domain.account import Direction, Position
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.tick import TickFlag
from tradewind.push.feed import (
    Ended,
    Feed,
    feature_intake,
    in_chunks,
    newest_intake,
    off_session_intake,
    pick,
    tick_intake,
)
from tradewind.push.settings import PushSettings
from tradewind.push.topics import PUSH_TOPICS

from builders import make_tick


def make_feed(name: str, **changes: int) -> Feed:
    topic = next(topic for topic in PUSH_TOPICS if topic.name == name)
    return Feed(topic, settings=PushSettings(**changes), epoch=EPOCH)  # type: ignore[arg-type]  # whole-number settings only


def test_a_tick_is_kept_as_the_newest_of_its_instrument() -> None:
    feed = make_feed("quotes")
    on_tick = tick_intake(feed, lambda: None)
    on_tick(make_tick(seq=1))
    on_tick(make_tick(seq=2, last_price=5231.0))
    assert feed.offset == 2
    assert [tick.last_price for tick in feed.values.values()] == [5231.0]


def test_a_tick_delivered_twice_counts_once() -> None:
    feed = make_feed("quotes")
    on_tick = tick_intake(feed, lambda: None)
    for seq in (1, 2, 2, 1):
        on_tick(make_tick(seq=seq))
    assert feed.offset == 2


def test_a_jump_in_the_sequence_is_a_gap_and_the_tick_is_shown() -> None:
    gaps: list[int] = []
    feed = make_feed("quotes")
    on_tick = tick_intake(feed, lambda: gaps.append(1))
    for seq in (1, 2, 5, 6):
        on_tick(make_tick(seq=seq))
    assert (len(gaps), feed.offset) == (1, 4)


def test_a_quote_outside_trading_hours_is_shown_and_does_not_hide_the_next_tick() -> None:
    feed = make_feed("quotes")
    on_tick, on_quote = tick_intake(feed, lambda: None), off_session_intake(feed)
    on_quote(make_tick(seq=900, flags=TickFlag.OFF_SESSION))
    on_tick(make_tick(seq=1))
    assert [tick.seq for tick in feed.values.values()] == [1]
    assert feed.offset == 2


def test_nothing_is_noted_of_a_hot_topic_while_nobody_watches() -> None:
    feed = make_feed("quotes")
    tick_intake(feed, lambda: None)(make_tick())
    assert feed.log is None
    assert not feed.is_watched


def test_a_cold_topic_is_logged_from_the_start_so_that_the_first_client_may_resume() -> None:
    feed = make_feed("signals")
    feed.accept(make_signal(signal_id="a"))
    assert feed.keep_log().holds(0)


def test_a_closed_opportunity_leaves_the_snapshot_and_does_not_come_back_when_delivered_again() -> None:
    feed = make_feed("opportunities")
    closed = make_opportunity(version=2, state=OpportunityState.CLOSED)
    feed.accept(make_opportunity())
    feed.accept(closed)
    feed.accept(closed)
    feed.accept(make_opportunity())
    assert feed.values == {}
    assert feed.offset == 2


def test_an_older_version_of_an_opportunity_is_passed_over() -> None:
    feed = make_feed("opportunities")
    feed.accept(make_opportunity(version=3))
    feed.accept(make_opportunity(version=2))
    assert [opportunity.version for opportunity in feed.values.values()] == [3]


def test_a_position_follows_the_market_without_a_new_version_and_never_goes_back() -> None:
    feed = make_feed("positions")
    feed.accept(make_position(position_pnl="10", version=3, ts_event=1))
    feed.accept(make_position(position_pnl="20", version=3, ts_event=2))
    feed.accept(make_position(position_pnl="30", version=2, ts_event=3))
    feed.accept(make_position(position_pnl="40", version=3, ts_event=2))
    assert [str(position.position_pnl) for position in feed.values.values()] == ["20"]
    assert feed.offset == 2


def make_position(*, position_pnl: str, version: int, ts_event: int) -> Position:
    nothing = Decimal(0)
    return Position(
        "A1",
        "",
        "au2512.SHFE",
        Direction.LONG,
        today=1,
        yesterday=0,
        frozen_today=0,
        frozen_yesterday=0,
        open_cost=nothing,
        position_cost=nothing,
        margin=nothing,
        last_price=None,
        position_pnl=Decimal(position_pnl),
        floating_pnl=nothing,
        contract_multiplier=1000,
        opened_at=0,
        version=version,
        ts_event=ts_event,
    )


def test_the_oldest_signals_leave_when_the_snapshot_is_full() -> None:
    feed = make_feed("signals", snapshot_events=2)
    for name in "abc":
        feed.accept(make_signal(signal_id=name))
    assert list(feed.values) == ["b", "c"]


def test_a_value_is_encoded_once_while_it_is_the_newest() -> None:
    feed = make_feed("quotes")
    first, second = make_tick(seq=1), make_tick(seq=2)
    on_tick = tick_intake(feed, lambda: None)
    on_tick(first)
    assert feed.encode(first) is feed.encode(first)
    on_tick(second)
    assert feed.encode(second) is feed.encode(second)
    assert feed.encode(second) != feed.encode(first)


def test_picking_by_instrument_works_where_the_key_is_something_else() -> None:
    values = {"a": make_signal(signal_id="a"), "b": make_signal(signal_id="b", instrument_id="au2512.SHFE")}
    assert list(pick(values, ("au2512.SHFE",), is_by_instrument=False)) == ["b"]
    assert pick(values, None, is_by_instrument=False) is values


def test_chunks_hold_at_least_one_value_and_all_of_them_together() -> None:
    values = {str(number): b"x" * 10 for number in range(5)}
    chunks = list(in_chunks(values, bytes, 25))
    assert [len(parts) for _, parts in chunks] == [2, 2, 1]
    assert [key for keys, _ in chunks for key in keys] == list(values)
    assert len(list(in_chunks(values, bytes, 1))) == 5


LAST = int(TickFlag.LAST)


def test_the_last_tick_of_a_contract_is_told_and_then_shown_to_nobody_who_comes() -> None:
    quotes, features = make_feed("quotes"), make_feed("features")
    ended = Ended(9)
    on_tick, on_features = tick_intake(quotes, lambda: None, ended, also=(features,)), feature_intake(features, ended)
    told: list[Any] = []
    quotes.watch(lambda _key, tick: told.append(tick.flags))
    on_tick(make_tick(seq=1))
    on_features(make_snapshot(seq=1))
    on_tick(make_tick(seq=2, flags=LAST))
    # Features are on a stream of their own: the last of them may come later.
    on_features(make_snapshot(seq=1))
    assert told == [0, LAST]
    assert (quotes.values, features.values, quotes.offset) == ({}, {}, 2)


def test_what_is_redelivered_after_the_end_is_no_news_and_a_contract_may_come_back() -> None:
    feed = make_feed("quotes")
    gaps: list[int] = []
    on_tick = tick_intake(feed, lambda: gaps.append(1))
    for tick in (make_tick(seq=1), make_tick(seq=2, flags=LAST), make_tick(seq=2, flags=LAST), make_tick(seq=1)):
        on_tick(tick)
    assert (feed.values, feed.offset) == ({}, 2)
    on_tick(make_tick(seq=3))
    assert [tick.seq for tick in feed.values.values()] == [3]
    assert gaps == []


def test_of_ends_the_oldest_is_forgotten() -> None:
    ended = Ended(1)
    ended.note(make_tick(seq=5, flags=LAST))
    ended.note(make_tick(instrument_id="au2512.SHFE", seq=5, flags=LAST))
    assert not ended.has_seen(make_tick(seq=4))
    assert ended.has_seen(make_tick(instrument_id="au2512.SHFE", seq=4))


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6).map(sorted), max_size=6))
def test_the_newest_of_many_counts_as_all_of_them_would(packs: list[list[int]]) -> None:
    gaps: list[list[int]] = [[], []]
    each, newest = make_feed("quotes"), make_feed("quotes")
    on_tick, on_newest = (
        tick_intake(each, lambda: gaps[0].append(1)),
        newest_intake(newest, lambda: gaps[1].append(1), Ended(9)),
    )
    begin = 0
    for pack in packs:
        # As a writer numbers: upwards, with holes.
        seqs = [begin + seq for seq in sorted(set(pack))]
        begin = seqs[-1]
        for seq in seqs:
            on_tick(make_tick(seq=seq))
        holes = sum(later - seq != 1 for seq, later in pairwise(seqs))
        on_newest((make_tick(seq=seqs[-1]), seqs[0], len(seqs), holes))
    assert newest.offset == each.offset
    assert newest.values == each.values
    assert len(gaps[0]) == len(gaps[1])


def test_the_newest_of_many_heard_before_changes_nothing() -> None:
    feed = make_feed("quotes")
    on_newest = newest_intake(feed, lambda: None, Ended(9))
    on_newest((make_tick(seq=5), 1, 5, 0))
    on_newest((make_tick(seq=4), 2, 3, 0))
    on_newest((make_tick(seq=6), 4, 3, 0))
    assert feed.offset == 6
    assert [tick.seq for tick in feed.values.values()] == [6]


def test_a_last_tick_that_stands_for_many_ends_its_contract_too() -> None:
    quotes, features, ended = make_feed("quotes"), make_feed("features"), Ended(9)
    on_newest = newest_intake(quotes, lambda: None, ended, also=(features,))
    on_features = newest_intake(features, lambda: None, ended)
    on_features((make_snapshot(seq=2), 1, 2, 0))
    on_newest((make_tick(seq=3, flags=LAST), 1, 3, 0))
    # What stands for the contract's time before comes late, or twice.
    on_features((make_snapshot(seq=3), 3, 1, 0))
    on_newest((make_tick(seq=2), 1, 2, 0))
    assert (quotes.values, features.values, quotes.offset, features.offset) == ({}, {}, 3, 2)


def test_an_opportunity_says_when_it_was_first_written_for_clients_and_a_signal_does_not() -> None:
    moments = iter((7, 8))
    topics = {topic.name: topic for topic in PUSH_TOPICS}
    feeds = {
        name: Feed(topics[name], settings=PushSettings(), epoch=EPOCH, wall_ns=lambda: next(moments))
        for name in ("opportunities", "signals")
    }
    event = make_opportunity()
    feeds["opportunities"].accept(event)
    written = feeds["opportunities"].encode(event)
    assert msgspec.json.decode(written)["ts_pushed"] == 7
    assert msgspec.json.decode(written, type=Opportunity) == event
    assert feeds["opportunities"].encode(event) == written
    assert b"ts_pushed" not in feeds["signals"].encode(make_signal())
