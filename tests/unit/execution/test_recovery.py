"""Starting is recovering: what a crash leaves open is asked, never sent again; a fold is the live state."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk_orders import make_approved, make_cancel, make_mode
from execution_desk import _EVENTS, Desk, fill_report, order_report
from tradewind.bus.desk_topics import CANCEL_REQUESTS, TRADING_STATES
from tradewind.domain.trading_state import TradingMode
from tradewind.execution import ExecutionService
from tradewind.execution.book import OrderBook
from tradewind.execution.ports import VenueStatus
from tradewind.kernel.clock import LineClock

from builders import MORNING_NS


def fresh_room(desk: Desk) -> ExecutionService:
    return ExecutionService(
        settings=desk.settings,
        bus=desk.bus,
        clock=desk.clock,
        metrics=desk.metrics,
        broker=desk.broker,
        journal=desk.journal,
        on_alarm=desk.alarms.append,
    )


def test_an_order_approved_and_never_published_was_never_sent_and_is_cancelled() -> None:
    desk = Desk()
    desk.room.detach()
    desk.approve()
    desk.crash()
    assert desk.status() == ("cancelled", 0, "restart")
    desk.answer()
    assert desk.broker.sent == []


@pytest.mark.parametrize("is_answered", [False, True])
def test_an_order_that_may_have_been_sent_is_asked_for_before_anything_new_goes_out(*, is_answered: bool) -> None:
    desk = Desk()
    desk.approve()
    desk.crash()
    assert desk.status() == ("unknown", 0, "restart")
    desk.approve("new")
    assert desk.broker.sent == ["o1"]
    desk.answer(*([order_report()] if is_answered else []))
    assert desk.broker.sent == ["o1", "new"]
    assert desk.status()[0] == ("accepted" if is_answered else "unknown")


def test_an_order_pending_in_the_journal_counts_as_perhaps_sent_and_ends_lost_when_not_found() -> None:
    desk = Desk(is_there=False)
    desk.approve()
    desk.broker.is_there = True
    desk.crash()
    assert desk.status() == ("unknown", 0, "restart")
    for _ in range(4):
        desk.answer()
        desk.advance(5.1)
    assert desk.status() == ("rejected", 0, "lost")
    assert desk.broker.sent == []


def test_what_was_not_durable_never_happened() -> None:
    desk = Desk(is_instant=False)
    desk.approve()
    desk.crash()
    assert desk.room.queries.orders() == ()


def test_fills_missed_while_away_come_with_the_query() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(fill_report(fill_id="t1"))
    desk.crash()
    report = order_report(status=VenueStatus.FILLED, filled=5)
    desk.answer(report, fills=(fill_report(fill_id="t1"), fill_report(fill_id="t2", quantity=4)))
    assert desk.status() == ("filled", 5, "")
    assert [fill.fill_id for fill in desk.fills] == ["t2"]


def test_a_fill_that_is_durable_before_its_order_moves_the_order_all_the_same() -> None:
    desk = Desk(is_instant=False)
    desk.accepted()
    desk.journal.commit()
    desk.broker.say(order_report())
    desk.journal.commit()
    desk.broker.say(fill_report(quantity=2))
    desk.journal._entries.pop()
    desk.journal.commit()
    desk.crash()
    assert desk.status() == ("partial", 2, "")
    assert [(order.status.value, order.filled_quantity) for order in desk.orders] == [("partial", 2)]


def test_a_cancel_under_way_is_asked_for_and_sent_again_where_it_never_arrived() -> None:
    desk = Desk()
    desk.accepted()
    desk.cancel()
    desk.crash()
    assert desk.now().is_cancel_unknown
    desk.answer(order_report())
    assert desk.broker.cancelled == ["o1", "o1"]


def test_a_wish_to_cancel_outlives_the_crash() -> None:
    desk = Desk()
    desk.approve()
    desk.cancel()
    desk.crash()
    desk.answer(order_report())
    assert desk.broker.cancelled == ["o1"]


def test_a_halt_outlives_the_crash_and_takes_back_what_stands() -> None:
    desk = Desk()
    desk.accepted()
    desk.room.detach()
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED))
    desk.crash()
    desk.answer(order_report())
    assert desk.broker.cancelled == ["o1"]
    desk.approve("o2")
    assert desk.status("o2") == ("cancelled", 0, "halted")


def test_an_order_the_exchange_knew_and_a_complete_query_has_not_is_over_and_calls_a_person() -> None:
    desk = Desk()
    desk.accepted()
    desk.crash()
    desk.advance(11)
    desk.answer()
    assert desk.status() == ("cancelled", 0, "not_found")
    assert desk.kinds() == ["lost"]


def test_the_broker_is_given_the_orders_of_earlier_lives() -> None:
    desk = Desk()
    desk.accepted()
    desk.crash()
    assert [(order.client_order_id, order.broker_ref) for order in desk.broker.known] == [("o1", "ref-o1")]


def test_a_room_that_is_detached_hears_nothing_and_fires_no_timer() -> None:
    desk = Desk()
    desk.approve()
    desk.room.detach()
    desk.approve("later")
    desk.advance(100)
    assert desk.status()[0] == "sent"
    assert len(desk.broker.queries) == 1
    desk.room.detach()


def test_foreign_topics_change_nothing() -> None:
    desk = Desk()
    desk.room.apply("bars", make_approved())
    assert desk.room.queries.orders() == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_happened_the_fold_and_the_snapshot_with_its_tail_are_the_live_state(data: st.DataObject) -> None:
    desk = Desk(max_orders=100)
    acts = data.draw(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 4), st.integers(1, 3)), max_size=30))
    for act, number, lots in acts:
        _act(desk, act, f"o{number}", lots)
    entries = [
        (entry.kind, msgspec.json.decode(entry.payload, type=_EVENTS[entry.kind])) for entry in desk.journal.read(0)
    ]
    live = desk.room.snapshot()
    whole = fresh_room(desk)
    for kind, event in entries:
        whole.apply(kind, event)
        whole.apply(kind, event)
    assert whole.snapshot() == live
    cut = data.draw(st.integers(0, len(entries)))
    head, tail = fresh_room(desk), fresh_room(desk)
    for kind, event in entries[:cut]:
        head.apply(kind, event)
    tail.restore(head.snapshot())
    for kind, event in entries[cut:]:
        tail.apply(kind, event)
    assert tail.snapshot() == live


def _act(desk: Desk, act: int, key: str, lots: int) -> None:
    match act:
        case 0 | 1:
            desk.approve(key)
        case 2:
            desk.broker.say(order_report(key))
        case 3:
            desk.broker.say(fill_report(key, f"t{key}{lots}", lots))
        case 4:
            desk.publish(CANCEL_REQUESTS, make_cancel(key))
        case 5:
            desk.broker.say(order_report(key, VenueStatus.CANCELLED))
        case 6:
            desk.publish(TRADING_STATES, make_mode(tuple(TradingMode)[lots - 1], version=lots))
        case _:
            desk.advance(lots * 2)


def test_a_book_that_is_full_forgets_the_oldest_finished_orders_but_not_that_they_were() -> None:
    desk = Desk(max_orders=100)
    desk.accepted("stays")
    for number in range(120):
        desk.accepted(f"o{number}")
        desk.broker.say(order_report(f"o{number}", VenueStatus.CANCELLED))
    assert len(desk.room.queries.orders()) <= 100
    assert desk.room.queries.order("o0") is None
    assert desk.status("stays")[0] == "accepted"
    sent = len(desk.broker.sent)
    desk.approve("o0")
    assert len(desk.broker.sent) == sent


def test_queries_tell_of_one_account_or_of_all() -> None:
    desk = Desk()
    desk.approve("a", account_id="a1")
    desk.accepted("b", account_id="a2")
    desk.broker.say(order_report("b", VenueStatus.CANCELLED))
    assert [order.client_order_id for order in desk.room.queries.orders("a2")] == ["b"]
    assert [order.client_order_id for order in desk.room.queries.orders()] == ["a", "b"]
    assert desk.room.queries.working("a2") == ()
    assert desk.room.queries.alarms() == ()


def test_a_book_does_not_know_an_order_nobody_approved() -> None:
    book = OrderBook(max_orders=100)
    assert "o1" not in book
    assert book.find_by_order_id("IF2101.CFFEX", "E1") is None


def test_a_room_that_resumed_before_the_first_tick_asks_on_and_does_not_relive_the_decades() -> None:
    desk = Desk()
    desk.room.detach()
    desk.clock = LineClock()
    desk.begin()
    asked = len(desk.broker.queries)
    desk.clock.advance_to(MORNING_NS)
    desk.advance(25)
    assert asked < len(desk.broker.queries) < asked + 5
