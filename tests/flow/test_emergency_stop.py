"""One user story (C-001-9): the emergency stop stops plans, cancels orders, refuses new ones, and stays."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk_stage import AU, Stage
from tradewind.domain import desk
from tradewind.domain.instruction import Execution, InstructionStatus
from tradewind.domain.order import OrderStatus, Side
from tradewind.domain.plan import PlanParams
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.errors import InputError

SIGNED: Any = {"actor": "chen", "source": "test"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.tick(600.00)
    return stage


async def submit(stage: Stage, key: str, **changes: Any) -> Any:
    line = desk.WishedLine(**{"instrument_id": AU, "side": Side.BUY, "quantity": 1, **changes})
    return await stage.office.carry_out(desk.Submit(**SIGNED, request_id=key, account_id="paper", lines=(line,)))


async def press(stage: Stage, **changes: Any) -> Any:
    stop = desk.SetMode(**{**SIGNED, "request_id": "stop", "mode": TradingMode.HALTED, "reason": "drill", **changes})
    return await stage.office.carry_out(stop)


async def release(stage: Stage, phrase: str, key: str = "go") -> Any:
    return await stage.office.carry_out(
        desk.SetMode(**SIGNED, request_id=key, mode=TradingMode.ACTIVE, phrase=phrase, reason="drill over")
    )


async def test_one_act_stops_plans_cancels_live_orders_and_refuses_new_ones(stage: Stage) -> None:
    await stage.office.carry_out(
        desk.DefinePlan(**SIGNED, request_id="p", name="rise", params=PlanParams(account_id="paper"))
    )
    await stage.office.carry_out(desk.StartPlan(**SIGNED, request_id="s", name="rise"))
    await submit(stage, "rests", execution=Execution(limit_price=Decimal("590.00")))
    await press(stage)
    orders: Any = await stage.office.answer(desk.AskOrders())
    assert [order.status for order in orders] == [OrderStatus.CANCELLED]
    plans: Any = await stage.office.answer(desk.AskPlans())
    assert [plan.is_active for plan in plans] == [False]
    told = await submit(stage, "after")
    assert (told.status, told.reason_code) == (InstructionStatus.REJECTED, "HALTED")
    states: Any = await stage.office.answer(desk.AskTradingStates())
    assert [(state.scope, state.mode, state.actor, state.reason) for state in states] == [
        (Scope.PLATFORM, TradingMode.HALTED, "chen", "drill")
    ]


async def test_it_holds_over_a_restart_and_only_the_typed_phrase_lifts_it(stage: Stage) -> None:
    await press(stage)
    stage.again()
    stage.tick(600.00)
    assert (await submit(stage, "a")).reason_code == "HALTED"
    with pytest.raises(InputError, match="RESUME PLATFORM"):
        await release(stage, "please")
    assert (await submit(stage, "b")).reason_code == "HALTED"
    await release(stage, "RESUME PLATFORM", key="go2")
    assert (await submit(stage, "c")).status is not InstructionStatus.REJECTED


async def test_it_works_while_nothing_can_be_recorded_and_is_found_again_on_disk(stage: Stage) -> None:
    stage.memory.failure = "the database is away"
    await press(stage)
    stage.again()
    states: Any = await stage.office.answer(desk.AskTradingStates())
    assert [state.mode for state in states] == [TradingMode.HALTED]


async def test_a_file_on_disk_is_enough(stage: Stage) -> None:
    (stage.folder / "EMERGENCY_STOP").write_text("")
    assert (await submit(stage, "after")).reason_code.upper() == "HALTED"
    (stage.folder / "EMERGENCY_STOP").unlink(missing_ok=True)
    stage.rooms.pretrade.look()
    assert (await submit(stage, "later")).reason_code == "HALTED"


async def test_a_halted_account_leaves_others_alone(stage: Stage) -> None:
    await press(stage, scope=Scope.ACCOUNT, key="elsewhere")
    assert (await submit(stage, "here")).status is not InstructionStatus.REJECTED


async def test_reducing_lets_positions_be_closed_and_nothing_be_opened(stage: Stage) -> None:
    await submit(stage, "before")
    await press(stage, mode=TradingMode.REDUCING)
    assert (await submit(stage, "more")).reason_code == "REDUCING"
    told = await submit(stage, "less", side=Side.SELL, intent="close")
    assert told.status is not InstructionStatus.REJECTED


async def test_a_room_that_fails_halts_trading_by_itself(stage: Stage) -> None:
    def broken(_order: object) -> None:
        raise RuntimeError

    stage.rooms.portfolio.books.follow = broken  # type: ignore[method-assign, assignment]  # the failure under test
    await submit(stage, "one")
    states: Any = await stage.office.answer(desk.AskTradingStates())
    assert [(state.mode, state.actor) for state in states] == [(TradingMode.HALTED, "supervisor")]
