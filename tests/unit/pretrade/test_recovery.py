"""A restart is no event: the journal read again gives the state that was, in one piece, in two, or heard twice."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pretrade_days import STEPS, Day
from pretrade_harness import GateDesk, make_account, open_desk
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.order import (
    ApprovedOrder,
    CancelRequest,
    Fill,
    Order,
    OrderStatus,
    RefusedOrder,
    TimeInForce,
)
from tradewind.pretrade.service import PretradeService
from tradewind.pretrade.state import Kept


def kept(service: PretradeService) -> Kept:
    """Return a snapshot without the equities, which the ledger tells anew."""
    return msgspec.structs.replace(msgspec.msgpack.decode(service.snapshot(), type=Kept), equities=[])


def fresh(desk: GateDesk) -> PretradeService:
    return desk.new_service(OrderedBus(on_failure=desk._raise))


def folded(desk: GateDesk, log: list[tuple[str, Any]], *, times: int = 1) -> PretradeService:
    service = fresh(desk)
    for topic, event in log:
        for _ in range(times):
            service.apply(topic, event)
    return service


@given(STEPS)
@settings(deadline=None, max_examples=40)
def test_the_fold_of_all_events_is_the_live_state(steps: list[tuple[str, int]]) -> None:
    desk = Day().play(steps).desk
    assert kept(folded(desk, desk.log)) == kept(desk.service)


@given(STEPS)
@settings(deadline=None, max_examples=20)
def test_every_event_applied_twice_changes_nothing(steps: list[tuple[str, int]]) -> None:
    desk = Day().play(steps).desk
    assert kept(folded(desk, desk.log, times=2)) == kept(desk.service)


@given(STEPS, st.integers(0, 200))
@settings(deadline=None, max_examples=30)
def test_a_snapshot_and_the_tail_are_the_fold_of_all(steps: list[tuple[str, int]], cut: int) -> None:
    desk = Day().play(steps).desk
    cut = min(cut, len(desk.log))
    service = fresh(desk)
    service.restore(folded(desk, desk.log[:cut]).snapshot())
    for topic, event in desk.log[cut:]:
        service.apply(topic, event)
    assert kept(service) == kept(desk.service)


@given(STEPS)
@settings(deadline=None, max_examples=30)
def test_counters_are_what_a_recount_of_the_order_log_gives(steps: list[tuple[str, int]]) -> None:
    day = Day().play(steps)
    counters = day.desk.service.gate.desk.counters
    told = {
        place: (count.orders, count.cancels, count.cancel_messages, count.filled_orders, count.live)
        for place, count in counters.counts.items()
    }
    assert told == recount(day.desk.log, exempt=counters.rule("IF2101.CFFEX").exempt)  # type: ignore[union-attr]


def recount(log: list[tuple[str, Any]], *, exempt: tuple[TimeInForce, ...]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Count from the log alone, order by order, as somebody with paper and pencil would."""
    approved = {event.order.client_order_id: event.order for _, event in log if isinstance(event, ApprovedOrder)}
    found: dict[tuple[str, str], list[int]] = {}
    for own, request in approved.items():
        row = found.setdefault((request.account_id, request.instrument_id), [0] * 5)
        mine = [event for _, event in log if getattr(event, "client_order_id", None) == own]
        over_at = next((i for i, e in enumerate(mine) if isinstance(e, Order) and e.is_final), len(mine))
        cancels = {e.ts_event for e in mine[:over_at] if isinstance(e, CancelRequest)}
        is_cancelled = any(isinstance(e, Order) and e.status is OrderStatus.CANCELLED for e in mine)
        is_counted = request.time_in_force not in exempt
        row[0] += 1
        row[1] += is_counted and bool(cancels or is_cancelled)
        row[2] += len(cancels)
        row[3] += any(isinstance(e, Fill) for e in mine)
        row[4] += is_counted and not cancels and over_at == len(mine)
    return {place: tuple(row) for place, row in found.items()}


def test_the_highest_equity_is_in_the_snapshot() -> None:
    desk = open_desk()
    desk.account(balance=make_account().balance + 7)
    service = fresh(desk)
    service.restore(desk.service.snapshot())
    assert service.gate.desk.losses.equities[("A1", "")].peak == make_account().balance + 7


def test_a_topic_that_is_not_ours_changes_nothing() -> None:
    desk = open_desk()
    before = desk.service.snapshot()
    desk.service.apply("instructions", object())
    desk.service.apply("nothing", object())
    assert desk.service.snapshot() == before


def test_applying_publishes_nothing() -> None:
    desk = open_desk(refusals=1)
    desk.ask(strategy="S1", quantity=0)
    bus = OrderedBus(on_failure=desk._raise)
    heard: list[str] = []
    bus.tap(lambda topic, _event: heard.append(topic.name))
    service = desk.new_service(bus)
    for topic, event in desk.log:
        service.apply(topic, event)
    assert heard == []
    assert service.queries.states()[0].key == "S1"


def test_decisions_go_on_with_the_next_number_after_a_restart() -> None:
    desk = open_desk()
    desk.approve()
    refused = desk.ask(quantity=0)
    assert isinstance(refused, RefusedOrder)
    service = folded(desk, desk.log)
    assert service.gate.judge(desk.request(), desk.clock.now_ns()).decision_id == "D000000003"


def test_orders_over_a_restart_still_hold_their_margin() -> None:
    desk = open_desk()
    desk.approve(quantity=3)
    service = folded(desk, desk.log)
    was, now = desk.service.gate.desk.funds.purse("A1"), service.gate.desk.funds.purse("A1")
    assert (now.frozen_margin, now.frozen_commission, now.margin) == (
        was.frozen_margin,
        was.frozen_commission,
        was.margin,
    )
