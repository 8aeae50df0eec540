"""The table of an order's life: every state with every event."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from desk_orders import make_order
from tradewind.domain.order import FINAL_STATUSES, TRANSITIONS, OrderStatus
from tradewind.execution.order_state import LOST, REACTIONS, OrderEvent, State, fill_event, moved, react, status_of

STATES: tuple[State, ...] = get_args(State)
PAIRS = tuple(itertools.product(STATES, OrderEvent))
MONEY = {OrderEvent.FILL, OrderEvent.LAST_FILL, OrderEvent.OVERFILL}
OVER: tuple[State, ...] = ("filled", "cancelled", "rejected", "lost")


def test_the_table_answers_every_pair_and_no_other() -> None:
    assert set(REACTIONS) == set(PAIRS)
    assert len(PAIRS) == 9 * 14


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_a_move_of_the_table_is_one_that_orders_may_make(state: State, event: OrderEvent) -> None:
    after = REACTIONS[state, event].state
    if after is not None and after != state:
        assert status_of(after) in TRANSITIONS[status_of(state)]


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_an_order_that_is_over_moves_for_money_alone_unless_its_end_was_our_own_conclusion(
    state: State, event: OrderEvent
) -> None:
    after = REACTIONS[state, event]
    if state in {"filled", "cancelled", "rejected"} and event not in MONEY:
        assert after.state is None
    if state in OVER and event in MONEY:
        assert after.is_alarm


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_what_is_over_for_us_but_live_for_the_exchange_calls_a_person(state: State, event: OrderEvent) -> None:
    after = REACTIONS[state, event]
    if state in OVER and after.state in {"accepted", "partial"}:
        assert after.is_alarm


@pytest.mark.parametrize("event", sorted(MONEY))
@pytest.mark.parametrize("state", STATES)
def test_no_money_is_ever_ignored(state: State, event: OrderEvent) -> None:
    reaction = REACTIONS[state, event]
    assert reaction.state is not None or reaction.is_alarm


@pytest.mark.parametrize("state", ["sent", "unknown", "accepted", "partial"])
def test_what_was_sent_is_never_pending_again(state: State) -> None:
    assert all(REACTIONS[state, event].state != "pending" for event in OrderEvent)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("pending", OrderEvent.SENT, "sent"),
        ("pending", OrderEvent.SEND_UNKNOWN, "unknown"),
        ("sent", OrderEvent.TIMED_OUT, "unknown"),
        ("sent", OrderEvent.CUT, "unknown"),
        ("pending", OrderEvent.RESTARTED, "unknown"),
        ("unknown", OrderEvent.VENUE_LIVE, "accepted"),
        ("unknown", OrderEvent.NOT_FOUND, "lost"),
        ("sent", OrderEvent.NOT_FOUND, None),
        ("sent", OrderEvent.SEND_REFUSED, "rejected"),
        ("sent", OrderEvent.FILL, "partial"),
        ("cancelled", OrderEvent.LAST_FILL, "filled"),
        ("lost", OrderEvent.VENUE_LIVE, "accepted"),
        ("cancelled", OrderEvent.VENUE_LIVE, None),
        ("accepted", OrderEvent.TIMED_OUT, None),
    ],
)
def test_the_rules_of_orders_under_faults_hold(state: State, event: OrderEvent, after: State | None) -> None:
    assert REACTIONS[state, event].state == after


def test_an_order_given_up_for_lost_is_rejected_to_others_and_told_apart_by_its_reason() -> None:
    lost = moved(make_order(), "lost", ts=0, reason_code="not_found")
    assert (lost.status, lost.reason_code) == (OrderStatus.REJECTED, LOST)
    assert react(lost, OrderEvent.VENUE_LIVE).state == "accepted"
    rejected = moved(make_order(), "rejected", ts=0, reason_code="no_money")
    assert react(rejected, OrderEvent.VENUE_LIVE).state is None


def test_a_move_raises_the_version_and_ends_the_wait_for_a_cancel_where_it_is_over() -> None:
    order = make_order(status=OrderStatus.ACCEPTED, is_cancel_sent=True, is_cancel_unknown=True, version=4)
    assert moved(order, "partial", ts=0).is_cancel_sent
    after = moved(order, "cancelled", ts=0)
    assert (after.version, after.is_cancel_sent, after.is_cancel_unknown) == (5, False, False)
    assert after.status in FINAL_STATUSES


@pytest.mark.parametrize(("lots", "event"), [(1, OrderEvent.FILL), (3, OrderEvent.LAST_FILL), (4, OrderEvent.OVERFILL)])
def test_a_fill_is_judged_by_what_remains(lots: int, event: OrderEvent) -> None:
    assert fill_event(make_order(filled_quantity=2), lots) is event
