"""Statements fetched from a broker when their day is over, and confirmed there once, whatever happens between."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portfolio_builders import DAY_1, GOLD, HOUR_NS, START_NS, Desk, make_fill
from statement_builders import agreeing_statement
from tradewind.domain.statement import Statement, StatementPosition
from tradewind.errors import TransientError
from tradewind.portfolio.ending import positions_of
from tradewind.runtime.desk.statement_desk import StatementDesk
from tradewind.runtime.desk.statement_keeper import StatementAccount, StatementKeeper
from tradewind.testing.statement_text import statement_pieces, statement_text

PRICE = "912.34"


class FakeFront:
    """A broker's front: answers for the statement and its confirmation, or is away."""

    def __init__(self) -> None:
        self.statement: Statement | None = None
        self.confirm_dates: list[str] = []
        self.asked: list[str] = []
        self.confirmed = 0
        self.is_away = False
        self.waits = False
        """True while it lets nobody trade before a confirmation."""

    def queries(self, account_id: str) -> FakeFront:
        assert account_id == "a1"
        return self

    def confirm(self, account_id: str) -> None:
        assert account_id == "a1"
        self.confirmed += 1
        self.waits = False

    def wants_confirmation(self, account_id: str) -> bool:
        assert account_id == "a1"
        return self.waits

    async def query(self, name: str, fields: Any) -> list[dict[str, Any]]:
        assert (fields["BrokerID"], fields["InvestorID"]) == ("9999", "880001")
        self.asked.append(name)
        if self.is_away:
            message = "not logged in"
            raise TransientError(message)
        if name == "ReqQrySettlementInfo":
            if self.statement is None:
                return []
            return statement_pieces(statement_text(self.statement), trading_day=self.statement.day)
        return [{"ConfirmDate": date, "ConfirmTime": "20:30:00"} for date in self.confirm_dates]


class Stage:
    """An account whose first day is over, its books waiting for the broker's statement."""

    def __init__(self, tmp_path: Path, **settings: Any) -> None:
        self.folder = tmp_path
        self.desk = Desk(settlement_price="statement", **settings)
        self.desk.start()
        self.desk.clock.advance_to(START_NS + HOUR_NS)
        self.desk.fill(make_fill("buy", "open", 1, "900", instrument_id=GOLD, fill_id="7"))
        self.front = FakeFront()
        self.keeper = self.new_keeper()

    def new_keeper(self) -> StatementKeeper:
        accounts = [StatementAccount("a1", "9999", "880001")]
        return StatementKeeper(self.desk.service, StatementDesk(self.desk.service, self.folder), self.front, accounts)

    def end_day(self) -> None:
        self.desk.clock.advance_to(START_NS + 9 * HOUR_NS)

    def broker_settles(self) -> None:
        """Let the broker write what agrees with books that end their day at its price."""
        other = Desk()
        other.start()
        other.clock.advance_to(START_NS + HOUR_NS)
        other.fill(make_fill("buy", "open", 1, "900", instrument_id=GOLD, fill_id="7"))
        ledger = other.service.books.accounts["a1"].account
        assert positions_of(ledger, {})
        other.service.take_statement("a1", _prices_alone(), "prices")
        other.clock.advance_to(START_NS + 9 * HOUR_NS)
        self.front.statement = agreeing_statement(other.service.books.ended["a1"][-1])

    @property
    def reviews(self) -> list[Any]:
        return self.desk.service.statements.reviews()


def _prices_alone() -> Statement:
    line = StatementPosition(
        exchange="", symbol="au2604", long=1, long_price=None, short=0, short_price=None, pre_settlement=None,
        settlement_price=Decimal(PRICE), position_pnl=None, margin=None,
    )  # fmt: skip
    return Statement(client_id="1", day=DAY_1, positions=(line,), sections=("funds", "positions"))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, confirm_statements="auto")


async def test_a_day_that_agrees_is_settled_compared_and_confirmed_without_anybody(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    (review,) = stage.reviews
    assert (review.trading_day, review.difference_count, review.is_clean) == (DAY_1, 0, True)
    assert stage.front.confirmed == 1
    stage.front.confirm_dates = [str(DAY_1)]
    await stage.keeper.look()
    await stage.keeper.look()
    assert stage.front.confirmed == 1
    assert stage.front.asked.count("ReqQrySettlementInfo") == 1


async def test_the_text_is_kept_as_it_came(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    assert stage.front.statement is not None
    (file,) = stage.folder.rglob("*.txt")
    assert file.parent.name == "a1"
    assert file.read_bytes().decode() == statement_text(stage.front.statement)


async def test_a_person_s_confirmation_goes_to_the_broker_at_the_next_look(tmp_path: Path) -> None:
    stage = Stage(tmp_path, confirm_statements="person")
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    assert stage.front.confirmed == 0
    (review,) = stage.reviews
    stage.desk.service.statements.confirm("a1", DAY_1, review.digest, actor="wang", reason="")
    await stage.keeper.look()
    assert stage.front.confirmed == 1


async def test_a_front_that_begins_its_next_day_after_the_confirmation_is_told_again(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    stage.front.confirm_dates = [str(DAY_1)]
    await stage.keeper.look()
    stage.front.waits = True
    await stage.keeper.look()
    await stage.keeper.look()
    assert stage.front.confirmed == 2


async def test_a_front_that_waits_for_the_word_on_a_later_day_gets_none_for_an_earlier_one(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    stage.front.confirm_dates = [str(DAY_1)]
    await stage.keeper.look()
    stage.desk.clock.advance_to(START_NS + 33 * HOUR_NS)
    stage.front.waits = True
    await stage.keeper.look()
    assert stage.front.confirmed == 1


async def test_after_a_restart_nothing_is_confirmed_twice(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    stage.front.confirm_dates = ["20260106"]
    again = stage.new_keeper()
    await again.look()
    assert stage.front.confirmed == 1
    assert stage.front.asked.count("ReqQrySettlementInfo") == 1


async def test_a_front_that_is_away_is_asked_again_and_the_reason_shown(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    stage.front.is_away = True
    await stage.keeper.look()
    assert (stage.keeper.troubles, stage.reviews) == ({"a1": "not logged in"}, [])
    stage.front.is_away = False
    await stage.keeper.look()
    assert (stage.keeper.troubles, len(stage.reviews)) == ({}, 1)


async def test_a_broker_without_a_statement_yet_is_no_error_of_ours(stage: Stage) -> None:
    stage.end_day()
    await stage.keeper.look()
    assert stage.keeper.troubles == {"a1": "the broker has no statement yet"}
    assert stage.front.confirmed == 0


async def test_an_account_that_begins_today_is_confirmed_once_though_there_is_nothing_to_see(stage: Stage) -> None:
    await stage.keeper.look()
    await stage.keeper.look()
    assert (stage.front.confirmed, stage.keeper.troubles) == (1, {})


async def test_an_account_that_begins_at_night_is_confirmed_though_the_broker_has_the_evening_s_word(
    stage: Stage,
) -> None:
    stage.front.confirm_dates = ["20260104"]
    stage.front.waits = True
    await stage.keeper.look()
    assert stage.front.confirmed == 1


async def test_an_account_that_begins_today_is_left_alone_where_the_broker_has_the_word(stage: Stage) -> None:
    stage.front.confirm_dates = ["20260105"]
    await stage.keeper.look()
    assert stage.front.confirmed == 0


async def test_yesterday_s_statement_does_not_stand_for_today_s(stage: Stage) -> None:
    stage.end_day()
    stage.broker_settles()
    await stage.keeper.look()
    stage.desk.clock.advance_to(START_NS + 33 * HOUR_NS)
    await stage.keeper.look()
    await stage.keeper.look()
    assert stage.front.asked.count("ReqQrySettlementInfo") == 3
    assert [review.trading_day for review in stage.reviews] == [DAY_1]
