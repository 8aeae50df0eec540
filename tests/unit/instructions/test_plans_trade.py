"""What a running plan does about opportunities and prices, and what it leaves on record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from instructions_harness import IF, Desk
from tradewind.bus.desk_topics import TRIGGERS
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Trigger, TriggerAction, TriggerResult
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.order import Offset, OrderStatus, Origin, Side
from tradewind.domain.plan import PlanParams, Sizing
from tradewind.domain.trading_state import Scope
from tradewind.errors import InputError, StateConflictError

BOOK = "fund/rise"


def running(**changes: Any) -> Desk:
    desk = Desk()
    params = msgspec.structs.replace(PlanParams(account_id="paper", product_code="fund", lots=2), **changes)
    desk.room.desk.define_plan("rise", params, actor="chen")
    desk.room.desk.start_plan("rise", actor="chen")
    desk.tick()
    return desk


def triggers(desk: Desk) -> list[Trigger]:
    newest = {trigger.trigger_id: trigger for trigger in desk.said(TRIGGERS)}
    return list(newest.values())


def hold(desk: Desk, quantity: int, direction: Direction = Direction.LONG, **changes: Any) -> None:
    desk.position(quantity, direction=direction, **changes)
    desk.position(quantity, direction=direction, book=BOOK, **changes)


def test_an_opportunity_becomes_an_order_of_the_plans_own_book_with_a_trigger_record() -> None:
    desk = running()
    desk.opportunity()
    (request,) = desk.requests
    assert (request.side, request.offset, request.quantity) == (Side.BUY, Offset.OPEN, 2)
    assert (request.product_code, request.strategy, request.origin) == ("fund", "rise", Origin.STRATEGY)
    assert request.cause == "o1"
    (trigger,) = triggers(desk)
    assert (trigger.action, trigger.result, trigger.price) == (
        TriggerAction.BUY,
        TriggerResult.PENDING,
        Decimal("5230.2"),
    )
    assert trigger.order_id == request.client_order_id
    desk.fill_all()
    assert triggers(desk)[0].result is TriggerResult.SUCCESS


def test_each_opportunity_is_entered_once_however_many_versions_come() -> None:
    desk = running()
    for version in range(1, 5):
        desk.opportunity(version=version)
    desk.fill_all()
    desk.opportunity(version=6)
    assert len(desk.requests) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"confidence": 0.5},
        {"state": OpportunityState.TRACKING},
        {"state": OpportunityState.CLOSED},
        {"instrument_id": "rb2105.SHFE"},
    ],
)
def test_what_the_plan_is_not_about_is_left_alone_without_a_record(changes: dict[str, Any]) -> None:
    desk = running(instruments=("IF.CFFEX",))
    desk.tick(3500.0, instrument_id="rb2105.SHFE", limit_up=None, limit_down=None)
    desk.opportunity(**changes)
    assert desk.requests == []
    assert triggers(desk) == []


@pytest.mark.parametrize("params", [{"sides": "sell"}, {"strategies": ("macd",)}, {"min_contributions": 2}])
def test_the_plans_filters_hold(params: dict[str, Any]) -> None:
    desk = running(**params)
    desk.opportunity()
    assert desk.requests == []


def test_a_refused_entry_fails_its_trigger_with_the_gates_code() -> None:
    desk = running()
    desk.refuses = "MARGIN"
    desk.opportunity()
    (trigger,) = triggers(desk)
    assert (trigger.result, trigger.error) == (TriggerResult.FAILED, "MARGIN")


def test_the_position_is_closed_when_its_opportunity_closes() -> None:
    desk = running()
    hold(desk, 2)
    desk.opportunity(state=OpportunityState.CLOSED, version=9)
    (request,) = desk.requests
    assert (request.side, request.offset, request.quantity) == (Side.SELL, Offset.CLOSE, 2)
    assert triggers(desk)[0].action is TriggerAction.CLOSE


def test_the_position_is_closed_when_the_other_side_appears_and_not_turned_at_once() -> None:
    desk = running()
    hold(desk, 2)
    desk.opportunity(side="sell", opportunity_id="o2")
    assert [(request.side, request.offset) for request in desk.requests] == [(Side.SELL, Offset.CLOSE)]


@pytest.mark.parametrize(
    ("direction", "price", "code"),
    [
        (Direction.LONG, 5228.0, "stop"),
        (Direction.LONG, 5234.0, "profit"),
        (Direction.SHORT, 5232.0, "stop"),
        (Direction.SHORT, 5226.0, "profit"),
    ],
)
def test_stop_and_profit_close_at_so_many_ticks_from_the_opening_price(
    direction: Direction, price: float, code: str
) -> None:
    desk = running(stop_ticks=10, profit_ticks=20)
    hold(desk, 2, direction)
    inside = 5229.0 if direction is Direction.LONG else 5231.0
    desk.tick(inside, at_s=2.0)
    assert desk.requests == []
    desk.tick(price, at_s=3.0)
    desk.tick(price, at_s=4.0)
    (request,) = desk.requests
    assert request.side is (Side.SELL if direction is Direction.LONG else Side.BUY)
    assert code in triggers(desk)[0].condition


def test_a_position_is_held_no_longer_than_the_plan_says() -> None:
    desk = running(max_holding_s=60)
    hold(desk, 1, opened_at=10**9)
    desk.tick(at_s=60.0)
    assert desk.requests == []
    desk.tick(at_s=61.0)
    assert len(desk.requests) == 1


def test_after_an_exit_the_plan_waits_before_it_enters_again_and_says_so_once() -> None:
    desk = running(cooldown_s=30)
    hold(desk, 2)
    desk.opportunity(state=OpportunityState.CLOSED)
    desk.fill_all()
    hold(desk, 0, version=2)
    for version in (1, 2):
        desk.opportunity(opportunity_id="o2", version=version)
    assert len(desk.requests) == 1
    assert [trigger.action for trigger in triggers(desk)] == [TriggerAction.CLOSE, TriggerAction.HOLD]
    desk.tick(at_s=32.0)
    desk.opportunity(opportunity_id="o2", version=3)
    assert len(desk.requests) == 2


def test_no_more_contracts_than_allowed_are_held_at_once() -> None:
    desk = running(max_instruments=1)
    desk.tick(3500.0, instrument_id="rb2105.SHFE", limit_up=None, limit_down=None)
    hold(desk, 1, instrument_id="rb2105.SHFE")
    desk.opportunity()
    assert desk.requests == []
    assert triggers(desk)[0].condition.endswith("max_instruments")


def test_margin_sizing_takes_what_a_share_of_the_balance_carries() -> None:
    desk = running(sizing=Sizing.MARGIN, share=Decimal("0.5"))
    desk.account(1_000_000)
    desk.opportunity()
    # 5230.2 × 300 × 10 % = 156 906 a lot; half a million carries three.
    assert desk.requests[0].quantity == 3


def test_risk_sizing_takes_what_loses_a_share_of_the_balance_at_the_stop() -> None:
    desk = running(sizing=Sizing.RISK, share=Decimal("0.01"), stop_ticks=50)
    desk.account(1_000_000)
    desk.opportunity()
    # 50 ticks × 0.2 × 300 = 3 000 a lot; ten thousand may be lost.
    assert desk.requests[0].quantity == 3


def test_sizing_without_funds_or_rates_enters_nothing_and_says_why() -> None:
    desk = running(sizing=Sizing.MARGIN)
    desk.opportunity()
    desk.account(1_000_000)
    desk.table.rates.clear()
    desk.opportunity(opportunity_id="o2")
    assert desk.requests == []
    assert [trigger.trigger_id.rpartition(":")[2] for trigger in triggers(desk)] == ["no_balance", "unknown_rates"]


def test_changed_parameters_wait_for_the_next_start() -> None:
    desk = running()
    desk.room.desk.define_plan("rise", PlanParams(account_id="paper", lots=7), actor="chen")
    assert desk.room.desk.plans()[0].params.lots == 2
    desk.room.desk.stop_plan("rise", actor="chen")
    assert desk.room.desk.start_plan("rise", actor="chen").params.lots == 7


def test_a_hot_swap_uses_them_without_a_stop() -> None:
    desk = running()
    desk.room.desk.define_plan("rise", PlanParams(account_id="paper", lots=7), actor="chen")
    assert desk.room.desk.swap_plan("rise", actor="chen").params.lots == 7
    desk.opportunity()
    assert desk.requests[0].quantity == 7


def test_a_stopped_plan_enters_nothing_and_takes_back_what_was_under_way() -> None:
    desk = running()
    desk.opportunity()
    desk.room.desk.stop_plan("rise", actor="chen")
    assert [cancel.client_order_id for cancel in desk.cancels] == [desk.requests[0].client_order_id]
    desk.moves(desk.requests[0].client_order_id, OrderStatus.CANCELLED, is_cancel_sent=True)
    assert (triggers(desk)[0].result, triggers(desk)[0].error) == (TriggerResult.FAILED, "plan_stopped")
    desk.opportunity(opportunity_id="o2")
    assert len(desk.requests) == 1


@pytest.mark.parametrize(
    ("scope", "key", "is_active"),
    [
        (Scope.PLATFORM, "", False),
        (Scope.STRATEGY, "rise", False),
        (Scope.STRATEGY, "other", True),
        (Scope.INSTRUMENT, IF, True),
    ],
)
def test_an_emergency_stop_stops_the_plans_it_covers(scope: Scope, key: str, *, is_active: bool) -> None:
    desk = running()
    desk.halt(scope, key)
    assert desk.room.desk.plans()[0].is_active is is_active


def test_commands_that_do_not_fit_are_refused_in_words() -> None:
    desk = running()
    with pytest.raises(StateConflictError, match="runs already"):
        desk.room.desk.start_plan("rise", actor="chen")
    with pytest.raises(InputError, match="there is no plan 'fall'; there are: rise"):
        desk.room.desk.stop_plan("fall", actor="chen")
    with pytest.raises(InputError, match="letters, digits"):
        desk.room.desk.define_plan("a/b", PlanParams(account_id="paper"), actor="chen")
    desk.room.desk.stop_plan("rise", actor="chen")
    with pytest.raises(StateConflictError, match="does not run"):
        desk.room.desk.swap_plan("rise", actor="chen")
