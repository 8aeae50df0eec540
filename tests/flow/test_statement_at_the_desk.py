"""A statement handed in at the desk: compared with what was traded, kept as it came, confirmed by whoever may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk_stage import AU, Stage
from statement_builders import agreeing_statement, with_funds
from tradewind.domain import desk
from tradewind.domain.account import Settlement
from tradewind.domain.order import Side
from tradewind.domain.statement import Statement
from tradewind.domain.statement_review import AskStatements, ConfirmStatement, TakeStatement
from tradewind.errors import InputError, StateConflictError
from tradewind.testing.statement_text import statement_text

SIGNED: Any = {"actor": "chen", "source": "test"}


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    """Return a desk that bought two lots of gold on a day that is over."""
    stage = Stage(tmp_path)
    stage.tick(600.00)
    line = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=2)
    await stage.office.carry_out(desk.Submit(**SIGNED, request_id="buy", account_id="paper", lines=(line,)))
    portfolio = stage.rooms.portfolio
    day = portfolio.books.accounts["paper"].account.trading_day
    portfolio.books.settle(Settlement("paper", day, day + 1, {}, (), "test", 1))
    return stage


def statement_of(stage: Stage) -> Statement:
    return agreeing_statement(stage.rooms.portfolio.books.ended["paper"][-1])


def kept_texts(folder: Path) -> list[str]:
    return [file.read_bytes().decode() for file in folder.rglob("statements/paper/*.txt")]


async def take(stage: Stage, statement: Statement, key: str = "t1") -> Any:
    text = statement_text(statement)
    return await stage.office.carry_out(TakeStatement(**SIGNED, request_id=key, account_id="paper", text=text))


async def test_a_statement_that_agrees_is_shown_and_confirmed_by_its_digest(stage: Stage, tmp_path: Path) -> None:
    taken = await take(stage, statement_of(stage))
    assert (taken.review.difference_count, taken.review.trades, taken.malformed) == (0, 1, ())
    view: Any = await stage.office.answer(AskStatements())
    assert [review.digest for review in view.reviews] == [taken.digest]
    assert kept_texts(tmp_path) == [statement_text(statement_of(stage))]
    wrong = ConfirmStatement(
        **SIGNED, request_id="c0", account_id="paper", trading_day=taken.trading_day, digest="another"
    )
    with pytest.raises(StateConflictError):
        await stage.office.carry_out(wrong)
    right = ConfirmStatement(
        **SIGNED, request_id="c1", account_id="paper", trading_day=taken.trading_day, digest=taken.digest
    )
    confirmed: Any = await stage.office.carry_out(right)
    assert confirmed.confirmation.actor == "chen"


async def test_what_came_of_it_is_there_after_a_restart(stage: Stage) -> None:
    await take(stage, with_funds(statement_of(stage), balance="0.01"))
    before: Any = await stage.office.answer(AskStatements())
    assert before.reviews[0].unexplained_count > 0
    stage.again()
    after: Any = await stage.office.answer(AskStatements())
    assert after.reviews == before.reviews


async def test_a_text_that_is_no_statement_is_refused_in_words(stage: Stage) -> None:
    with pytest.raises(InputError, match="none of its sections"):
        await stage.office.carry_out(
            TakeStatement(**SIGNED, request_id="t9", account_id="paper", text="hello\n|a|b|\n")
        )
