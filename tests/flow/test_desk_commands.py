"""People at the desk: tickets, closing with a second look, money in and out; each act once, each refusal in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk_stage import AU, RB, Stage
from tradewind.domain import desk
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Execution, InstructionStatus, Intent
from tradewind.domain.order import OrderStatus, Side
from tradewind.errors import InputError, StateConflictError, TransientError

SIGNED: Any = {"actor": "chen", "source": "test"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.tick(600.00)
    return stage


async def buy(stage: Stage, quantity: int = 2, key: str = "buy", **changes: Any) -> Any:
    line = desk.WishedLine(**{"instrument_id": AU, "side": Side.BUY, "quantity": quantity, **changes})
    return await stage.office.carry_out(desk.Submit(**SIGNED, request_id=key, account_id="paper", lines=(line,)))


def close_of(quantity: int | None = None) -> dict[str, Any]:
    return {"account_id": "paper", "instrument_id": AU, "direction": Direction.LONG, "quantity": quantity}


async def test_a_ticket_becomes_a_position_and_the_same_ticket_again_does_nothing(stage: Stage) -> None:
    for _ in range(2):
        told = await buy(stage)
        assert told.status is InstructionStatus.DONE or told.status is InstructionStatus.WORKING
    orders: Any = await stage.office.answer(desk.AskOrders())
    assert [(order.request.actor, order.status) for order in orders] == [("chen", OrderStatus.FILLED)]


async def test_closing_takes_what_was_shown_and_its_confirmation(stage: Stage) -> None:
    await buy(stage)
    shown: Any = await stage.office.answer(desk.AskClose(**close_of()))
    assert shown.quantity == 2
    assert shown.what_if.is_approved
    done: Any = await stage.office.carry_out(
        desk.Close(**SIGNED, request_id="c1", confirmation=shown.confirmation, **close_of())
    )
    assert done.instruction_id == "C:c1"
    assert await stage.office.answer(desk.AskPositions()) == []
    again: Any = await stage.office.carry_out(
        desk.Close(**SIGNED, request_id="c1", confirmation=shown.confirmation, **close_of())
    )
    assert again.instruction_id == "C:c1"


async def test_a_position_that_has_changed_since_it_was_shown_is_not_closed(stage: Stage) -> None:
    await buy(stage)
    shown: Any = await stage.office.answer(desk.AskClose(**close_of()))
    await buy(stage, 1, key="more")
    with pytest.raises(StateConflictError, match="not what was shown"):
        await stage.office.carry_out(
            desk.Close(**SIGNED, request_id="c1", confirmation=shown.confirmation, **close_of())
        )
    with pytest.raises(StateConflictError, match="not what was shown"):
        await stage.office.carry_out(desk.Close(**SIGNED, request_id="c2", confirmation="guessed", **close_of()))


async def test_part_of_a_position_is_closed(stage: Stage) -> None:
    await buy(stage, 3)
    shown: Any = await stage.office.answer(desk.AskClose(**close_of(1)))
    await stage.office.carry_out(desk.Close(**SIGNED, request_id="c1", confirmation=shown.confirmation, **close_of(1)))
    held: Any = await stage.office.answer(desk.AskPositions())
    assert {position.quantity for position in held} == {2}


async def test_what_if_says_what_it_would_cost_and_sends_nothing(stage: Stage) -> None:
    line = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=1)
    big = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=400)
    answer: Any = await stage.office.answer(desk.AskWhatIf(account_id="paper", lines=(line, big)))
    assert answer.lines[0].is_approved
    assert answer.lines[0].margin > 0
    assert not answer.lines[1].is_approved
    assert {refusal.code for refusal in answer.lines[1].refusals}
    assert await stage.office.answer(desk.AskOrders()) == ()


async def test_money_goes_in_once_and_no_more_comes_out_than_is_there(stage: Stage) -> None:
    move = desk.MoveCash(**SIGNED, request_id="m1", account_id="paper", amount=Decimal("500000.50"))
    first: Any = await stage.office.carry_out(move)
    account: Any = await stage.office.carry_out(move)
    assert account == first
    assert account.deposit - account.withdraw in {Decimal("500000.50"), Decimal("1500000.50")}
    with pytest.raises(InputError, match="at most"):
        await stage.office.carry_out(
            desk.MoveCash(**SIGNED, request_id="m2", account_id="paper", amount=Decimal(-99_000_000))
        )


async def test_a_resting_order_is_taken_back(stage: Stage) -> None:
    await buy(stage, execution=Execution(limit_price=Decimal("599.00")))
    live: Any = await stage.office.answer(desk.AskOrders(is_live=True))
    (order,) = live
    await stage.office.carry_out(desk.CancelOrder(**SIGNED, request_id="x1", client_order_id=order.client_order_id))
    stage.tick(598.00)
    assert await stage.office.answer(desk.AskOrders(is_live=True)) == ()
    assert await stage.office.answer(desk.AskPositions()) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (desk.AskClose(**close_of()), "no long position"),
        (desk.AskLots(account_id="nobody", instrument_id=AU, direction=Direction.LONG), "there is no account 'nobody'"),
        (desk.AskEquity(account_id="nobody"), "there are: paper"),
        (
            desk.AskWhatIf(account_id="paper", lines=(desk.WishedLine(instrument_id=RB, side=Side.BUY, quantity=1),)),
            "no quote yet",
        ),
    ],
)
async def test_questions_about_what_there_is_not_are_refused_in_words(
    stage: Stage, message: desk.Question, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        await stage.office.answer(message)


async def test_a_contract_nobody_knows_is_refused(stage: Stage) -> None:
    with pytest.raises(InputError, match="xx9999"):
        await buy(stage, instrument_id="xx9999.SHFE")


async def test_a_close_without_a_position_ends_with_its_reason(stage: Stage) -> None:
    told = await buy(stage, side=Side.SELL, intent=Intent.CLOSE)
    assert (told.status, told.reason_code) == (InstructionStatus.REJECTED, "nothing_to_close")


async def test_while_nothing_can_be_recorded_nothing_is_done(stage: Stage) -> None:
    stage.memory.failure = "the disk is full"
    with pytest.raises(TransientError, match="the disk is full"):
        await buy(stage)
    assert await stage.office.answer(desk.AskOrders()) == ()


async def test_a_desk_that_is_not_open_says_why(stage: Stage) -> None:
    stage.rooms.close("MariaDB at 127.0.0.1 does not answer")
    with pytest.raises(TransientError, match="MariaDB at 127"):
        await stage.office.answer(desk.AskAccounts())
    assert await stage.office.answer(desk.AskTradingStates()) == ()
