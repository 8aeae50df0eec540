"""Whatever comes in whatever order, what was let through never exceeds a limit, and nothing stays counted."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings

from pretrade_days import MAX_GROSS, MAX_NET, STEPS, Day
from pretrade_harness import INDEX, NEXT_INDEX, limit, open_desk
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.domain.account import Direction
from tradewind.domain.order import OrderStatus, Side
from tradewind.domain.trading_state import Scope


def lots_of(day: Day, account: str, book: str, instrument_id: str) -> tuple[int, int]:
    long, short = (day.held.get((account, book, instrument_id, side), 0) for side in (Direction.LONG, Direction.SHORT))
    return long, short


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_positions_never_exceed_a_limit_for_any_interleaving(steps: list[tuple[str, int]]) -> None:
    day = Day()
    for what, number in steps:
        day.step(what, number)
        for instrument_id in (INDEX, NEXT_INDEX):
            long, short = lots_of(day, "A1", "", instrument_id)
            assert min(long, short) >= 0
            assert long + short <= MAX_GROSS
            assert abs(long - short) <= MAX_NET


@given(STEPS)
@settings(deadline=None, max_examples=40)
def test_even_if_every_working_order_were_filled_they_would_not(steps: list[tuple[str, int]]) -> None:
    day = Day().play(steps)
    for request in list(day.live):
        while request in day.live:
            day.step("fill", day.live.index(request))
    for instrument_id in (INDEX, NEXT_INDEX):
        long, short = lots_of(day, "A1", "", instrument_id)
        assert min(long, short) >= 0
        assert long + short <= MAX_GROSS


@given(STEPS)
@settings(deadline=None, max_examples=40)
def test_when_all_is_told_and_over_the_gate_holds_what_the_ledger_does(steps: list[tuple[str, int]]) -> None:
    day = Day().play(steps)
    while day.live:
        day.step("finish", 0)
    while day.unheard:
        day.step("hear", 0)
    while day.untold:
        day.step("tell", 0)
    desk = day.desk.service.gate.desk
    assert len(desk.working) == 0
    for account in ("A1", "A2"):
        purse = desk.funds.purse(account)
        assert purse.frozen_margin == purse.frozen_commission == 0
    for (account, book, instrument_id, direction), holding in desk.holdings.all_holdings():
        assert holding.quantity == day.held.get((account, book, instrument_id, direction), 0)
        assert (holding.pending_today, holding.pending_yesterday) == (0, 0)
        assert (holding.closing_today, holding.closing_yesterday) == (0, 0)
    for instrument_id in (INDEX, NEXT_INDEX):
        lots = desk.holdings.lots((Scope.PLATFORM, ""), instrument_id)
        assert (lots.buys, lots.sells, lots.open_buys, lots.open_sells) == (0, 0, 0, 0)
        sides = zip(lots_of(day, "A1", "", instrument_id), lots_of(day, "A2", "", instrument_id), strict=True)
        assert (lots.long, lots.short) == tuple(sum(side) for side in sides)


def test_two_requests_in_a_row_cannot_use_the_same_room() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=1))
    first, second = desk.request(), desk.request()

    def ask_both(_event: object) -> None:
        # Both wait on the bus before the gate has seen either.
        desk.publish("order_requests", first)
        desk.publish("order_requests", second)

    desk.bus.subscribe(INSTRUCTIONS, ask_both, group="a room")
    desk.publish("instructions", None)
    assert [type(decision).__name__ for decision in desk.decisions] == ["ApprovedOrder", "RefusedOrder"]


def test_a_late_fill_of_an_order_thought_over_is_held() -> None:
    desk = open_desk()
    request = desk.approve(quantity=2)
    desk.cancelled(request)
    desk.order(request, OrderStatus.PARTIAL, 1)
    desk.fill(request)
    lots = desk.service.gate.desk.holdings.lots((Scope.ACCOUNT, "A1"), INDEX)
    assert lots.long == 1


def test_an_old_version_of_an_order_that_is_over_does_not_bring_it_back() -> None:
    desk = open_desk()
    request = desk.approve()
    desk.order(request, OrderStatus.ACCEPTED)
    desk.cancelled(request)
    desk.versions[request.client_order_id] = 0
    desk.order(request, OrderStatus.ACCEPTED)
    assert desk.service.queries.working() == 0
    assert desk.codes(side=Side.SELL, price=Decimal("5229.0")) == set()
