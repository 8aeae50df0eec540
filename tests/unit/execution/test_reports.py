"""Reports late, twice, out of order, or of strangers."""

from __future__ import annotations

from decimal import Decimal

from execution_desk import Desk, fill_report, order_report
from tradewind.domain.order import Origin
from tradewind.execution.ports import (
    CancelFailed,
    ConnectionReport,
    Difference,
    HoldingsReport,
    QueryAnswer,
    SendFailed,
    SendOutcome,
    VenueStatus,
)

from builders import MORNING_NS

CANCELLED = VenueStatus.CANCELLED


def cancel_failed(outcome: SendOutcome = SendOutcome.REFUSED, key: str = "o1") -> CancelFailed:
    return CancelFailed(key, outcome, "too_late", "not now", MORNING_NS)


def test_an_order_is_accepted_filled_in_parts_and_filled() -> None:
    desk = Desk()
    desk.accepted()
    assert desk.status() == ("accepted", 0, "")
    desk.broker.say(fill_report(fill_id="t1", quantity=2, price=Decimal("5230.0")))
    assert desk.status() == ("partial", 2, "")
    desk.broker.say(fill_report(fill_id="t2", quantity=3, price=Decimal("5230.2")))
    assert desk.status() == ("filled", 5, "")
    assert desk.now().avg_price == (2 * Decimal("5230.0") + 3 * Decimal("5230.2")) / 5
    assert desk.alarms == []


def test_a_fill_carries_whose_it_is_back_to_the_instruction() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(fill_report())
    fill = desk.fills[0]
    assert (fill.client_order_id, fill.instruction_id, fill.product_code, fill.strategy) == ("o1", "i1", "p1", "s1")


def test_a_fill_that_comes_before_the_order_report_counts_at_once() -> None:
    desk = Desk()
    desk.approve()
    desk.broker.say(fill_report(quantity=5))
    desk.broker.say(order_report(status=VenueStatus.FILLED, filled=5))
    assert desk.status() == ("filled", 5, "")
    assert desk.alarms == []


def test_a_fill_under_the_exchanges_id_alone_waits_for_the_order() -> None:
    desk = Desk()
    desk.approve()
    desk.broker.say(fill_report(client_order_id="", order_id="Eo1", quantity=2))
    assert desk.fills == []
    desk.broker.say(order_report(filled=2))
    assert desk.status() == ("partial", 2, "")
    assert [fill.client_order_id for fill in desk.fills] == ["o1"]


def test_a_fill_told_twice_counts_once() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(fill_report())
    desk.broker.say(fill_report())
    assert desk.status() == ("partial", 1, "")
    assert len(desk.fills) == 1
    assert desk.metrics.reports_ignored.counts["known_fill"] == 1


def test_both_sides_of_a_trade_with_ourselves_count_under_one_id() -> None:
    desk = Desk()
    desk.accepted("a")
    desk.accepted("b")
    desk.broker.say(fill_report("a", "t1"))
    desk.broker.say(fill_report("b", "t1", side=desk.now("b").request.side.opposite))
    assert (desk.status("a")[1], desk.status("b")[1]) == (1, 1)


def test_an_order_cancelled_at_the_exchange_lives_on_until_its_fills_are_here() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(order_report(status=CANCELLED, filled=2))
    desk.broker.say(order_report(filled=1))
    assert desk.status() == ("accepted", 0, "")
    desk.broker.say(fill_report(fill_id="t1"))
    assert desk.status() == ("partial", 1, "")
    desk.broker.say(fill_report(fill_id="t2"))
    assert desk.status() == ("cancelled", 2, "cancelled")
    assert desk.alarms == []


def test_fills_that_do_not_come_are_asked_for_and_then_a_person_is_called_once() -> None:
    desk = Desk()
    desk.accepted()
    report = order_report(status=CANCELLED, filled=2)
    desk.broker.say(report)
    before = len(desk.broker.queries)
    desk.advance(2.1)
    assert len(desk.broker.queries) == before + 1
    desk.answer(report)
    desk.advance(31)
    desk.answer(report)
    assert desk.kinds() == ["fills_missing"]
    desk.advance(31)
    desk.answer(report, fills=(fill_report(quantity=2),))
    assert desk.status() == ("cancelled", 2, "cancelled")


def test_reports_that_come_too_late_change_nothing() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(order_report(status=CANCELLED))
    version = desk.now().version
    desk.broker.say(order_report())
    desk.broker.say(order_report(status=VenueStatus.REJECTED))
    assert (desk.status()[0], desk.now().version) == ("cancelled", version)
    assert desk.alarms == []


def test_a_late_fill_reopens_an_order_calls_a_person_and_asks_how_it_stands() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(order_report(status=CANCELLED))
    before = len(desk.broker.queries)
    desk.broker.say(fill_report())
    assert desk.status() == ("partial", 1, "")
    assert desk.kinds() == ["late_fill"]
    assert len(desk.broker.queries) == before + 1
    desk.answer(order_report(status=CANCELLED, filled=1))
    assert desk.status() == ("cancelled", 1, "cancelled")


def test_more_lots_than_were_asked_count_and_ask_for_a_halt() -> None:
    desk = Desk()
    desk.accepted(quantity=2)
    desk.broker.say(fill_report(quantity=3))
    assert desk.status() == ("filled", 3, "")
    assert [fill.quantity for fill in desk.fills] == [3]
    assert [(alarm.kind.value, alarm.wants_halt) for alarm in desk.alarms] == [("overfill", True)]
    desk.broker.say(fill_report(fill_id="t2"))
    assert desk.status() == ("filled", 4, "")
    assert desk.metrics.execution_alarms.counts == {"overfill": 2}


def test_an_order_the_exchange_has_and_we_never_sent_asks_for_a_halt_and_is_not_sent() -> None:
    desk = Desk(is_instant=False)
    desk.approve()
    desk.broker.say(order_report())
    desk.journal.commit()
    desk.advance(1)
    assert desk.broker.sent == []
    assert [(alarm.kind.value, alarm.wants_halt) for alarm in desk.alarms] == [("never_sent_but_known", True)]


def test_two_exchange_ids_under_one_of_ours_ask_for_a_halt() -> None:
    desk = Desk()
    desk.accepted()
    desk.broker.say(order_report(order_id="another"))
    assert [(alarm.kind.value, alarm.wants_halt) for alarm in desk.alarms] == [("sent_twice", True)]
    assert desk.now().order_id == "Eo1"


def test_a_sent_order_nobody_answers_for_is_unknown_asked_for_and_a_person_is_called() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(4.9)
    assert desk.status()[0] == "sent"
    before = len(desk.broker.queries)
    desk.advance(0.2)
    assert desk.status() == ("unknown", 0, "timed_out")
    assert len(desk.broker.queries) == before + 1
    desk.advance(10.1)
    assert desk.kinds() == ["unanswered"]


def test_an_order_a_complete_query_does_not_have_is_lost_but_not_before_it_could_have_arrived() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(5.1)
    desk.answer()
    assert desk.status()[0] == "unknown"
    desk.advance(5.1)
    desk.answer()
    assert desk.status()[0] == "unknown"
    desk.advance(5.1)
    desk.answer()
    assert desk.status() == ("rejected", 0, "lost")
    assert desk.kinds() == ["unanswered", "lost"]
    assert desk.broker.sent == ["o1"]


def test_an_order_given_up_for_lost_that_turns_up_lives_and_calls_a_person() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(5.1)
    for _ in range(3):
        desk.answer()
        desk.advance(5.1)
    assert desk.status() == ("rejected", 0, "lost")
    desk.broker.say(order_report())
    assert desk.status() == ("accepted", 0, "")
    assert desk.kinds()[-1] == "contradiction"


def test_an_order_of_an_earlier_day_that_is_not_told_of_any_more_has_lapsed_with_its_day() -> None:
    desk = Desk()
    desk.accepted()
    desk.advance(31)
    query_id, day = desk.broker.queries[-1], 20210105
    desk.broker.say(QueryAnswer(query_id, is_complete=True, orders=(), fills=(), ts_event=MORNING_NS, trading_day=day))
    assert desk.status() == ("cancelled", 0, "expired")
    assert desk.alarms == []


def test_an_incomplete_answer_proves_nothing() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(30)
    desk.answer(is_complete=False)
    assert desk.status()[0] == "unknown"


def test_an_answer_to_an_older_query_proves_nothing() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(5.1)
    old = desk.broker.queries[-1]
    desk.advance(20)
    assert desk.broker.queries[-1] != old
    desk.broker.queries.append(old)
    desk.answer()
    assert desk.status()[0] == "unknown"


def test_a_query_that_is_not_answered_is_asked_again() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(5.1)
    before = len(desk.broker.queries)
    desk.advance(10.1)
    assert len(desk.broker.queries) == before + 1


def test_everything_is_asked_for_regularly() -> None:
    desk = Desk(reconcile_s=30.0)
    desk.advance(31)
    assert len(desk.broker.queries) == 2
    desk.answer()
    desk.advance(31)
    assert len(desk.broker.queries) == 3


def test_a_cut_puts_what_was_not_answered_in_doubt_and_leaves_what_stands() -> None:
    desk = Desk()
    desk.accepted("a")
    desk.approve("b")
    desk.broker.say(ConnectionReport(is_connected=False, reason="cut", ts_event=0))
    assert (desk.status("a")[0], desk.status("b")[0]) == ("accepted", "unknown")
    desk.approve("c")
    assert desk.broker.sent == ["a", "b"]
    desk.broker.say(ConnectionReport(is_connected=True, reason="", ts_event=0))
    desk.answer(order_report("a"), order_report("b"))
    assert desk.status("b")[0] == "accepted"
    assert desk.broker.sent == ["a", "b", "c"]


def test_a_refusal_after_sending_rejects_and_a_busy_broker_is_then_a_refusal_too() -> None:
    desk = Desk()
    desk.approve("a")
    desk.approve("b")
    desk.broker.say(SendFailed("a", SendOutcome.REFUSED, "no_money", "too poor", MORNING_NS))
    desk.broker.say(SendFailed("b", SendOutcome.BUSY, "busy", "too many", MORNING_NS))
    desk.broker.say(SendFailed("nobody", SendOutcome.REFUSED, "no", "", MORNING_NS))
    assert (desk.status("a"), desk.status("b")) == (("rejected", 0, "no_money"), ("rejected", 0, "busy"))
    desk.advance(60)
    assert desk.broker.sent == ["a", "b"]


def test_a_late_doubt_about_sending_is_asked() -> None:
    desk = Desk()
    desk.approve()
    before = len(desk.broker.queries)
    desk.broker.say(SendFailed("o1", SendOutcome.UNKNOWN, "link", "broke", MORNING_NS))
    assert desk.status() == ("unknown", 0, "link")
    assert len(desk.broker.queries) == before + 1


def test_a_cancel_nobody_answers_is_unknown_and_the_order_is_not_taken_for_cancelled() -> None:
    desk = Desk()
    desk.accepted()
    desk.cancel()
    desk.advance(5.1)
    order = desk.now()
    assert (order.status.value, order.is_cancel_sent, order.is_cancel_unknown) == ("accepted", True, True)


def test_a_cancel_that_never_arrived_is_sent_again_and_given_up_after_its_tries() -> None:
    desk = Desk(cancel_tries=2)
    desk.accepted()
    desk.cancel()
    for _ in range(3):
        desk.advance(5.1)
        desk.answer(order_report())
    assert desk.broker.cancelled == ["o1", "o1"]
    assert desk.kinds() == ["cancel_given_up"]
    assert not desk.now().is_cancel_unknown
    desk.cancel()
    assert desk.broker.cancelled == ["o1"] * 3


def test_a_cancel_that_did_arrive_shows_in_the_answer() -> None:
    desk = Desk()
    desk.accepted()
    desk.cancel()
    desk.advance(5.1)
    desk.answer(order_report(status=CANCELLED))
    assert desk.status() == ("cancelled", 0, "cancelled")
    desk.advance(60)
    assert desk.broker.cancelled == ["o1"]


def test_a_refused_cancel_is_told_and_tried_again_in_a_while() -> None:
    desk = Desk(cancel_tries=2)
    desk.accepted()
    desk.cancel()
    desk.broker.say(cancel_failed())
    order = desk.now()
    assert (order.status.value, order.is_cancel_sent, order.reason_code) == ("accepted", False, "too_late")
    desk.advance(5.1)
    assert desk.broker.cancelled == ["o1", "o1"]
    desk.broker.say(cancel_failed())
    desk.advance(5.1)
    assert desk.kinds() == ["cancel_given_up"]


def test_a_cancel_in_doubt_is_asked_and_one_refused_at_once_is_tried_again() -> None:
    desk = Desk()
    desk.accepted("a")
    desk.broker.outcomes.append(SendOutcome.UNKNOWN)
    desk.cancel("a")
    assert desk.now("a").is_cancel_unknown
    desk.accepted("b")
    desk.broker.outcomes.append(SendOutcome.REFUSED)
    desk.cancel("b")
    assert desk.now("b").reason_code == "broker_refused"
    desk.broker.say(cancel_failed(SendOutcome.UNKNOWN, "a"))
    desk.broker.say(cancel_failed(key="nobody"))
    desk.advance(5.1)
    assert desk.broker.cancelled == ["a", "b", "b"]


def test_an_order_of_a_stranger_is_shown_counted_and_never_cancelled() -> None:
    desk = Desk()
    desk.broker.say(order_report("", order_id="X9"))
    desk.broker.say(fill_report("", order_id="X9", quantity=2))
    order = desk.now("external:CFFEX:X9")
    assert (order.request.origin, order.status.value, order.filled_quantity) == (Origin.EXTERNAL, "partial", 2)
    assert [fill.client_order_id for fill in desk.fills] == [""]
    desk.cancel("external:CFFEX:X9")
    assert desk.broker.cancelled == []
    assert [found.client_order_id for found in desk.room.queries.working()] == ["external:CFFEX:X9"]


def test_a_fill_nobody_knows_the_order_of_counts_in_the_end_and_joins_it_when_it_turns_up() -> None:
    desk = Desk()
    desk.broker.say(fill_report("", order_id="X9", quantity=2))
    desk.advance(10.1)
    assert [(fill.client_order_id, fill.quantity) for fill in desk.fills] == [("", 2)]
    desk.broker.say(order_report("", order_id="X9", filled=2))
    assert desk.status("external:CFFEX:X9")[1] == 2


def test_a_fill_booked_as_a_strangers_that_was_ours_is_counted_and_a_person_is_called() -> None:
    desk = Desk()
    desk.approve()
    desk.broker.say(fill_report("", order_id="Eo1"))
    desk.advance(10.1)
    desk.broker.say(order_report(filled=1))
    assert desk.status() == ("partial", 1, "")
    assert [(fill.fill_id, fill.client_order_id) for fill in desk.fills] == [("t1", ""), ("t1", "o1")]
    assert "adopted_fill" in desk.kinds()
    desk.broker.say(fill_report())
    assert len(desk.fills) == 2


def test_an_answer_for_some_accounts_concludes_nothing_about_the_others() -> None:
    desk = Desk()
    desk.approve()
    desk.advance(20)
    desk.answer(accounts=frozenset({"b"}))
    assert desk.status()[0] == "unknown"
    desk.advance(20)
    desk.answer(accounts=frozenset({"a1"}))
    assert desk.status() == ("rejected", 0, "lost")


def test_what_the_broker_holds_and_our_books_do_not_calls_a_person_once() -> None:
    desk = Desk()
    difference = Difference("position_today", "IF2101.CFFEX long", "2", "3")
    for differences in ((difference,), (difference,), (), (difference,)):
        desk.broker.say(HoldingsReport("a1", differences, 0))
    assert desk.kinds() == ["holdings_differ", "holdings_differ"]
    assert desk.alarms[0].account_id == "a1"
    assert desk.alarms[0].detail == "position_today IF2101.CFFEX long: ours 2, the broker's 3"
