"""One user story: a plan follows an opportunity to a position and out of it, and its money is right to the cent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk_stage import AU, Stage, known
from tradewind.bus.desk_topics import BOOKINGS
from tradewind.domain import desk
from tradewind.domain.account import Account, Booking, Direction, Position
from tradewind.domain.instruction import Execution, InstructionLine, Intent, TriggerAction, TriggerResult
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.order import OrderStatus, Origin, Side
from tradewind.domain.plan import PlanParams

SIGNED: Any = {"actor": "chen", "source": "test"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def run_plan(stage: Stage, **params: Any) -> None:
    plan = PlanParams(account_id="paper", **{"lots": 2, **params})
    await stage.office.carry_out(desk.DefinePlan(**SIGNED, request_id="1", name="rise", params=plan))
    await stage.office.carry_out(desk.StartPlan(**SIGNED, request_id="2", name="rise"))


async def positions(stage: Stage) -> list[Position]:
    found: Any = await stage.office.answer(desk.AskPositions())
    return [position for position in found if not position.book]


async def accounts(stage: Stage) -> dict[str, Account]:
    found: Any = await stage.office.answer(desk.AskAccounts())
    return {account.book: account for account in found}


async def test_a_plan_follows_an_opportunity_to_a_position_and_its_money(stage: Stage) -> None:
    await run_plan(stage)
    stage.tick(600.00)
    stage.opportunity()
    (position,) = await positions(stage)
    assert (position.instrument_id, position.direction, position.today) == (AU, Direction.LONG, 2)
    stage.tick(600.00)
    books = await accounts(stage)
    account = books[""]
    # Bought at the ask, a tick above the bid: 2 lots × 1000 g × 0.02.
    assert account.floating_pnl == account.position_pnl == Decimal("-40.00")
    assert account.balance == 1_000_000 - Decimal(40) - account.commission
    assert account.commission > 0
    assert account.margin > 0
    assert account.frozen_margin == account.frozen_commission == 0
    assert (books["/rise"].position_pnl, books["/rise"].commission) == (account.position_pnl, account.commission)
    assert stage.failures == []


async def test_the_opportunitys_end_closes_the_position_and_what_was_earned_stays(stage: Stage) -> None:
    await run_plan(stage)
    stage.tick(600.00)
    stage.opportunity()
    stage.tick(603.00)
    stage.opportunity(state=OpportunityState.CLOSED, version=9)
    assert await positions(stage) == []
    account = (await accounts(stage))[""]
    # In at 600.02, out at 603.00: 2 × 1000 × 2.98.
    assert account.close_pnl == account.close_pnl_by_trade == Decimal("5960.00")
    assert account.balance == account.available == 1_000_000 + Decimal(5960) - account.commission
    triggers: Any = await stage.office.answer(desk.AskTriggers())
    assert [(each.action, each.result) for each in triggers] == [
        (TriggerAction.BUY, TriggerResult.SUCCESS),
        (TriggerAction.CLOSE, TriggerResult.SUCCESS),
    ]
    orders: Any = await stage.office.answer(desk.AskOrders())
    assert {order.status for order in orders} == {OrderStatus.FILLED}
    assert {order.request.cause for order in orders} == {"o1"}


async def test_what_the_gate_refuses_is_on_the_trigger_with_its_code(stage: Stage) -> None:
    await run_plan(stage, lots=400, max_lots=400)
    stage.tick(600.00)
    stage.opportunity()
    assert await positions(stage) == []
    triggers: Any = await stage.office.answer(desk.AskTriggers())
    (trigger,) = triggers
    assert trigger.result is TriggerResult.FAILED
    assert trigger.error.isupper()


async def test_a_desk_that_died_and_began_again_knows_what_it_knew(stage: Stage) -> None:
    await run_plan(stage)
    stage.tick(600.00)
    stage.opportunity()
    stage.tick(601.00)
    before, money = known(stage), (await accounts(stage))[""]
    stage.again()
    assert known(stage) == before
    stage.tick(601.00)
    after = (await accounts(stage))[""]
    assert (after.balance, after.margin, after.available) == (money.balance, money.margin, money.available)
    stage.opportunity(version=2)
    assert [position.quantity for position in await positions(stage)] == [2]
    stage.opportunity(state=OpportunityState.CLOSED, version=9)
    assert await positions(stage) == []
    assert stage.failures == []


async def test_a_snapshot_and_the_tail_give_the_same_desk_as_the_whole_journal(stage: Stage) -> None:
    await run_plan(stage)
    stage.tick(600.00)
    stage.rooms.keep_snapshot(is_due=True)
    kept = stage.journal.latest_snapshot()
    stage.opportunity()
    whole = known(stage)
    stage.again()
    assert kept is not None
    stage.journal.keep_snapshot(kept)
    assert known(stage) == whole
    stage.again()
    assert known(stage) == whole


async def test_no_order_leaves_before_the_journal_has_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, is_instant=False)
    stage.memory.commit()
    line = InstructionLine(AU, Side.BUY, Intent.OPEN, 1, Execution())
    stage.tick(600.00)
    stage.rooms.instructions.desk.submit(
        "i1",
        origin=Origin.MANAGER,
        account_id="paper",
        lines=(line,),
        actor="chen",
    )
    orders: Any = await stage.office.answer(desk.AskOrders())
    assert [order.status for order in orders] == [OrderStatus.PENDING]
    assert await positions(stage) == []
    stage.memory.commit()
    stage.memory.commit()
    assert [position.quantity for position in await positions(stage)] == [1]


async def test_what_each_fill_cost_and_earned_is_told_with_it(stage: Stage) -> None:
    told: list[Booking] = []
    stage.rooms.bus.subscribe(BOOKINGS, told.append, group="test")
    await run_plan(stage)
    stage.tick(600.00)
    stage.opportunity()
    stage.tick(603.00)
    stage.opportunity(state=OpportunityState.CLOSED, version=9)
    account = (await accounts(stage))[""]
    assert [booking.close_pnl for booking in told] == [0, Decimal("5960.00")]
    assert sum(booking.commission for booking in told) == account.commission
