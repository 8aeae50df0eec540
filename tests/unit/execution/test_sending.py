"""Approved orders on their way out: durable first, once, in turn, or taken back before."""

from __future__ import annotations

import pytest

from desk_orders import make_mode
from execution_desk import Desk, order_report
from tradewind.bus.desk_topics import TRADING_STATES
from tradewind.domain.order import Offset
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.execution.ports import ConnectionReport, SendFailed, SendOutcome, VenueStatus

from builders import MORNING_NS


def test_an_order_is_sent_only_once_its_journal_entry_is_durable() -> None:
    desk = Desk(is_instant=False)
    desk.approve()
    assert (desk.status()[0], desk.broker.sent) == ("pending", [])
    desk.journal.commit()
    assert (desk.status()[0], desk.broker.sent) == ("sent", ["o1"])


def test_the_brokers_own_name_of_an_order_is_in_the_journal_before_it_is_sent() -> None:
    desk = Desk(is_instant=False)
    desk.approve()
    assert [order.broker_ref for order in desk.orders] == ["ref-o1"]
    assert desk.broker.sent == []


def test_an_order_whose_session_ended_gets_a_new_name_that_is_durable_before_it_is_sent() -> None:
    desk = Desk(is_instant=False)
    desk.broker.outcomes.append(SendOutcome.STALE)
    desk.approve()
    desk.journal.commit()
    assert (desk.status()[0], desk.now().broker_ref, desk.broker.sent) == ("pending", "ref-o1-1", ["o1"])
    desk.advance(1)
    assert desk.broker.sent == ["o1"]
    desk.journal.commit()
    assert (desk.status()[0], desk.broker.sent) == ("sent", ["o1", "o1"])


def test_orders_keep_their_turn_while_one_waits_for_its_new_name() -> None:
    desk = Desk(is_instant=False)
    desk.broker.outcomes.append(SendOutcome.STALE)
    desk.approve("o1")
    desk.approve("o2")
    desk.journal.commit()
    assert desk.broker.sent == ["o1"]
    desk.journal.commit()
    assert desk.broker.sent == ["o1", "o1", "o2"]


def test_a_second_approval_of_an_id_changes_nothing_and_sends_nothing() -> None:
    desk = Desk()
    desk.approve(quantity=5)
    desk.approve(quantity=50)
    desk.approve()
    assert desk.broker.sent == ["o1"]
    assert desk.now().request.quantity == 5
    assert [order.version for order in desk.orders] == [1, 2]


def test_nothing_new_is_sent_before_the_broker_told_all_it_knows() -> None:
    desk = Desk(is_there=False)
    desk.approve()
    desk.broker.say(ConnectionReport(is_connected=True, reason="", ts_event=0))
    assert desk.broker.sent == []
    assert not desk.room.queries.broker().is_reconciled
    desk.answer(is_complete=False)
    assert desk.broker.sent == []
    desk.advance(6)
    desk.answer()
    assert desk.broker.sent == ["o1"]
    assert desk.room.queries.broker().is_reconciled


def test_a_full_queue_refuses_with_a_code() -> None:
    desk = Desk(is_instant=False, max_queue=2)
    for key in ("a", "b", "c"):
        desk.approve(key)
    assert desk.status("c") == ("rejected", 0, "queue_full")
    queue = desk.room.queries.queues()[0]
    assert (queue.account_id, queue.orders, queue.oldest_ts) == ("a1", 2, MORNING_NS)
    desk.journal.commit()
    assert desk.broker.sent == ["a", "b"]


def test_each_account_has_a_queue_of_its_own() -> None:
    desk = Desk(is_instant=False, max_queue=1)
    desk.approve("a", account_id="a1")
    desk.approve("b", account_id="a2")
    desk.journal.commit()
    assert desk.broker.sent == ["a", "b"]


def test_orders_go_no_faster_than_the_account_may_and_none_overtakes() -> None:
    desk = Desk(messages_per_s=10.0, burst=2)
    for key in ("a", "b", "c", "d"):
        desk.approve(key)
    assert desk.broker.sent == ["a", "b"]
    desk.advance(0.11)
    assert desk.broker.sent == ["a", "b", "c"]
    desk.advance(0.1)
    assert desk.broker.sent == ["a", "b", "c", "d"]


def test_a_cancel_goes_before_orders_that_wait() -> None:
    desk = Desk(messages_per_s=10.0, burst=1)
    desk.accepted("a")
    desk.approve("b")
    desk.cancel("a")
    desk.advance(0.11)
    assert (desk.broker.cancelled, desk.broker.sent) == (["a"], ["a"])
    desk.advance(0.1)
    assert desk.broker.sent == ["a", "b"]


def test_a_cancel_of_an_order_that_waits_keeps_it_from_ever_going_out() -> None:
    desk = Desk(is_instant=False)
    desk.approve()
    desk.cancel()
    desk.journal.commit()
    desk.advance(60)
    assert desk.broker.sent == desk.broker.cancelled == []
    assert desk.status() == ("cancelled", 0, "cancelled")


def test_an_order_that_waited_too_long_is_taken_back_instead_of_going_out_late() -> None:
    desk = Desk(is_there=False, max_wait_s=3.0)
    desk.approve()
    desk.advance(4)
    assert desk.status() == ("cancelled", 0, "queue_expired")
    desk.broker.say(ConnectionReport(is_connected=True, reason="", ts_event=0))
    desk.answer()
    assert desk.broker.sent == []


def test_a_busy_broker_is_tried_again_later_and_the_order_stays_pending() -> None:
    desk = Desk(busy_wait_s=0.5)
    desk.broker.outcomes.extend([SendOutcome.BUSY, SendOutcome.BUSY])
    desk.approve()
    assert desk.status()[0] == "pending"
    desk.advance(0.6)
    assert desk.status()[0] == "pending"
    desk.advance(0.6)
    assert (desk.status()[0], desk.broker.sent) == ("sent", ["o1"] * 3)


def test_an_order_whose_sending_is_in_doubt_is_unknown_asked_for_and_not_sent_again() -> None:
    desk = Desk()
    desk.broker.outcomes.append(SendOutcome.UNKNOWN)
    desk.approve()
    assert desk.status() == ("unknown", 0, "send_unknown")
    assert len(desk.broker.queries) == 2
    desk.advance(30)
    assert desk.broker.sent == ["o1"]


def test_a_refusal_from_inside_the_call_gives_its_reason() -> None:
    desk = Desk()
    desk.broker.outcomes.append(SendOutcome.REFUSED)
    desk.broker.during_call = [SendFailed("o1", SendOutcome.REFUSED, "no_money", "too poor", MORNING_NS)]
    desk.approve()
    assert desk.status() == ("rejected", 0, "no_money")


def test_a_refusal_without_a_reason_still_ends_the_order() -> None:
    desk = Desk()
    desk.broker.outcomes.append(SendOutcome.REFUSED)
    desk.approve()
    assert desk.status() == ("rejected", 0, "broker_refused")


def test_what_a_broker_reports_from_inside_the_call_comes_after_the_order_was_sent() -> None:
    desk = Desk()
    desk.broker.during_call = [order_report()]
    desk.approve()
    assert [order.status.value for order in desk.orders] == ["pending", "sent", "accepted"]


def test_a_journal_that_has_failed_lets_nothing_wait() -> None:
    desk = Desk()
    desk.journal.failure = "disk full"
    desk.approve()
    assert desk.status() == ("rejected", 0, "journal_failed")
    assert desk.now().reason == "disk full"


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (Scope.PLATFORM, ""),
        (Scope.ACCOUNT, "a1"),
        (Scope.PRODUCT, "p1"),
        (Scope.STRATEGY, "s1"),
        (Scope.INSTRUMENT, "IF2101.CFFEX"),
    ],
)
def test_a_halt_empties_the_queue_and_cancels_what_works_in_its_scope(scope: Scope, key: str) -> None:
    desk = Desk(is_instant=False)
    desk.approve("working")
    desk.journal.commit()
    desk.broker.say(order_report("working"))
    desk.approve("waiting")
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED, scope=scope, key=key))
    desk.journal.commit()
    assert desk.status("waiting") == ("cancelled", 0, "halted")
    assert (desk.broker.sent, desk.broker.cancelled) == (["working"], ["working"])
    desk.approve("later")
    assert desk.status("later") == ("cancelled", 0, "halted")


def test_a_halt_elsewhere_leaves_an_order_alone() -> None:
    desk = Desk()
    desk.accepted()
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED, scope=Scope.STRATEGY, key="another"))
    assert desk.broker.cancelled == []


def test_reducing_takes_back_what_opens_and_leaves_what_closes() -> None:
    desk = Desk()
    desk.accepted("opens", offset=Offset.OPEN)
    desk.accepted("closes", offset=Offset.CLOSE_TODAY)
    desk.publish(TRADING_STATES, make_mode(TradingMode.REDUCING))
    assert desk.broker.cancelled == ["opens"]
    desk.approve("opens too", offset=Offset.OPEN)
    desk.approve("closes too", offset=Offset.CLOSE)
    assert desk.status("opens too") == ("cancelled", 0, "reducing")
    assert desk.status("closes too")[0] == "sent"


def test_an_older_mode_does_not_lift_a_newer_one() -> None:
    desk = Desk()
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED, version=2))
    desk.publish(TRADING_STATES, make_mode(TradingMode.ACTIVE, version=1))
    desk.approve()
    assert desk.status() == ("cancelled", 0, "halted")


def test_a_halt_of_a_thousand_orders_sends_every_cancel_at_the_rate_of_the_account() -> None:
    desk = Desk(messages_per_s=1_000.0, burst=1_000, max_queue=2_000)
    for number in range(1_000):
        desk.accepted(f"o{number}")
        desk.advance(0.001)
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED))
    desk.advance(1.0)
    assert len(set(desk.broker.cancelled)) == 1_000


def test_an_order_halted_while_in_doubt_is_cancelled_when_it_turns_up() -> None:
    desk = Desk()
    desk.broker.outcomes.append(SendOutcome.UNKNOWN)
    desk.approve()
    desk.publish(TRADING_STATES, make_mode(TradingMode.HALTED))
    assert desk.broker.cancelled == []
    desk.broker.say(order_report())
    assert desk.broker.cancelled == ["o1"]


def test_an_order_sent_and_asked_back_is_cancelled_once_the_exchange_has_it() -> None:
    desk = Desk()
    desk.approve()
    desk.cancel()
    desk.cancel()
    assert desk.broker.cancelled == []
    desk.broker.say(order_report())
    assert desk.broker.cancelled == ["o1"]
    assert desk.now().is_cancel_sent
    desk.broker.say(order_report(status=VenueStatus.CANCELLED))
    assert desk.status() == ("cancelled", 0, "cancelled")


def test_a_cancel_of_an_unknown_or_finished_order_does_nothing() -> None:
    desk = Desk()
    desk.cancel("never heard of")
    desk.accepted()
    desk.broker.say(order_report(status=VenueStatus.REJECTED, reason_code="no"))
    desk.cancel()
    assert desk.broker.cancelled == []
