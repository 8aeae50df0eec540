"""A broker's statement against our books: agreement to the cent, and a reason for each difference that has one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from portfolio_builders import DAY_2, GOLD, INDEX, MEAL, make_books, make_fill, make_move, make_settlement, money
from statement_builders import agreeing_statement, with_funds, with_lot, with_trade
from tradewind.ctp.statement import read_statement
from tradewind.domain.account import Direction
from tradewind.domain.ended_day import EndedDay
from tradewind.domain.statement import Statement
from tradewind.domain.statement_review import Difference, StatementReview
from tradewind.portfolio.reconciling import reconcile
from tradewind.testing.statement_text import statement_text

PRICES = {INDEX: "1500", GOLD: "950", MEAL: "2900"}
_ZERO = Decimal(0)


def ended_day(*fills: Any, prices: dict[str, str] | None = None) -> EndedDay:
    """Return the first day of an account with these fills; without any: some of each kind."""
    books = make_books()
    for fill in fills or usual_fills():
        books.book(fill)
    books.settle(make_settlement(prices or PRICES))
    return books.ended["a1"][-1]


def usual_fills() -> tuple[Any, ...]:
    return (
        make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"),
        make_fill("sell", "open", 4, "2910", instrument_id=MEAL, fill_id="2"),
        make_fill("buy", "close", 1, "2890", instrument_id=MEAL, fill_id="3"),
        make_fill("sell", "open", 5, "2905", instrument_id=MEAL, fill_id="4"),
    )


def found(day: EndedDay, statement: Statement, before: StatementReview | None = None) -> dict[str, Difference]:
    return {f"{each.code} {each.subject}".strip(): each for each in reconcile(day, statement, before)}


def causes(day: EndedDay, statement: Statement, before: StatementReview | None = None) -> dict[str, str]:
    return {name: each.cause for name, each in found(day, statement, before).items()}


def test_a_broker_who_counts_alike_leaves_no_difference() -> None:
    day = ended_day()
    assert (len(day.trades), len(day.positions)) == (4, 2)
    assert causes(day, agreeing_statement(day)) == {}


names = st.sampled_from([INDEX, GOLD, MEAL])
trades = st.lists(
    st.tuples(
        names, st.sampled_from(["buy", "sell"]), st.sampled_from(["open", "open", "close", "close_today"]),
        st.integers(1, 9), st.integers(400, 900),
    ),
    max_size=12,
)  # fmt: skip


@given(trades, trades, st.integers(400, 900))
@settings(max_examples=40, deadline=None)
def test_whatever_was_traded_agreement_leaves_no_difference(first: Any, second: Any, price: int) -> None:
    books = make_books()
    for day, fills in ((20260105, first), (DAY_2, second)):
        for name, side, offset, quantity, at in fills:
            books.book(make_fill(side, offset, quantity, str(at), instrument_id=name, trading_day=day))
        next_day = day + 1
        at_prices = dict.fromkeys((INDEX, GOLD, MEAL), str(price))
        books.settle(make_settlement(at_prices, trading_day=day, next_trading_day=next_day))
        ended = books.ended["a1"][-1]
        assert ended.trading_day == day
        if ended.balance > 0:
            assert reconcile(ended, agreeing_statement(ended), None) == ()


def test_another_fee_is_explained_by_the_rate_that_gives_theirs() -> None:
    day = ended_day()
    statement = agreeing_statement(day)
    # Two lots of gold, 0.00001 of 1 896 000; ours asks nothing.
    theirs = with_funds(
        with_trade(statement, 0, commission=Decimal("18.96")),
        commission="18.96", balance="-18.96", equity="-18.96", available="-18.96",
    )  # fmt: skip
    told = found(day, theirs)
    assert told["trade.commission au2604 buy 1"].detail == {"by_money": "0.00001"}
    assert told["trade.commission au2604 buy 1"].ours == _ZERO
    assert {name: each.cause for name, each in told.items()} == {
        "trade.commission au2604 buy 1": "fee_rate",
        "funds.commission": "sum_of_trades",
        "funds.balance": "sum_of_parts",
        "funds.equity": "sum_of_parts",
        "funds.available": "sum_of_parts",
    }


def test_one_rate_must_give_every_fee_of_a_product_or_explains_none() -> None:
    day = ended_day()
    statement = agreeing_statement(day)
    by_lot = with_trade(with_trade(statement, 1, commission=Decimal("8.04")), 3, commission=Decimal("10.05"))
    odd = with_trade(with_trade(statement, 1, commission=Decimal("8.04")), 3, commission=Decimal("77.77"))
    assert found(day, by_lot)["trade.commission m2605 sell 2"].detail == {"by_volume": "2.01"}
    assert causes(day, odd)["trade.commission m2605 sell 2"] == ""


def test_a_trade_that_only_they_know_is_unexplained_and_what_follows_from_it_is() -> None:
    day = ended_day()
    statement = agreeing_statement(day)
    extra = msgspec.structs.replace(
        statement.trades[2], fill_id="99", commission=Decimal("0.70"), close_pnl=Decimal(100), quantity=1
    )
    theirs = with_funds(
        msgspec.structs.replace(statement, trades=(*statement.trades, extra)),
        commission="0.70", close_pnl="100", balance="99.30", equity="99.30", available="99.30",
    )  # fmt: skip
    told = causes(day, theirs)
    assert told["trade.unknown m2605 buy 99"] == ""
    assert (told["funds.close_pnl"], told["funds.commission"], told["funds.balance"]) == (
        "sum_of_trades", "sum_of_trades", "sum_of_parts",
    )  # fmt: skip


def test_a_trade_that_only_we_know_is_named() -> None:
    day = ended_day()
    statement = agreeing_statement(day)
    theirs = msgspec.structs.replace(statement, trades=statement.trades[1:])
    assert found(day, theirs)["trade.missing au2604 buy 1"].detail["quantity"] == "2"


@pytest.mark.parametrize("written", ["  1", "0000001", "1 "])
def test_a_trade_is_found_however_its_number_is_filled_up(written: str) -> None:
    day = ended_day()
    assert causes(day, with_trade(agreeing_statement(day), 0, fill_id=written)) == {}


def test_a_trade_under_another_number_is_found_by_what_it_did() -> None:
    day = ended_day()
    assert causes(day, with_trade(agreeing_statement(day), 0, fill_id="A-4711")) == {}


def test_a_close_that_stands_on_two_lines_is_one_trade() -> None:
    day = ended_day(
        make_fill("buy", "open", 3, "2900", instrument_id=MEAL, fill_id="1"),
        make_fill("sell", "close", 3, "2910", instrument_id=MEAL, fill_id="2"),
    )
    statement = agreeing_statement(day)
    whole = statement.trades[1]
    one, two = (
        msgspec.structs.replace(
            whole, quantity=lots, commission=whole.commission * lots / 3, close_pnl=Decimal(100) * lots
        )
        for lots in (1, 2)
    )
    assert causes(day, msgspec.structs.replace(statement, trades=(statement.trades[0], one, two))) == {}


def test_another_settlement_price_explains_the_profit_the_margin_and_the_balance() -> None:
    day = ended_day(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    statement = agreeing_statement(day)
    (lot,) = statement.lots
    assert lot.position_pnl is not None
    assert lot.floating_pnl is not None
    up = Decimal("0.5") * 2000
    theirs = with_funds(
        with_lot(
            statement, 0, settlement_price=Decimal("950.5"), position_pnl=lot.position_pnl + up,
            floating_pnl=lot.floating_pnl + up, margin=Decimal(190_100),
        ),
        position_pnl="1000", balance="1000", equity="1000", margin="100", available="900",
    )  # fmt: skip
    told = causes(day, theirs)
    assert told == {
        "position.settlement_price au2604 long": "settlement_price",
        "position.position_pnl au2604 long": "settlement_price",
        "position.floating_pnl au2604 long": "settlement_price",
        "position.margin au2604 long": "settlement_price",
        "funds.position_pnl": "sum_of_positions",
        "funds.balance": "sum_of_parts",
        "funds.equity": "sum_of_parts",
        "funds.margin": "sum_of_positions",
        "funds.available": "sum_of_parts",
    }


def test_what_a_wrong_price_of_yesterday_left_is_carried_into_today() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    books.settle(make_settlement({GOLD: "950"}))
    books.settle(make_settlement({GOLD: "960"}, trading_day=DAY_2, next_trading_day=20260107))
    first, second = books.ended["a1"]
    right = Decimal("950.5")
    review = review_of(
        first,
        Difference(code="position.settlement_price", subject="au2604 long", ours=Decimal(950), theirs=right,
                   cause="settlement_price"),
        Difference(code="funds.balance", ours=first.balance, theirs=first.balance + 1000, cause="sum_of_parts"),
    )  # fmt: skip
    statement = agreeing_statement(second)
    (lot,) = statement.lots
    assert lot.position_pnl is not None
    theirs = with_funds(
        with_lot(statement, 0, pre_settlement=right, position_pnl=lot.position_pnl - 1000),
        pre_balance="1000", position_pnl="-1000",
    )  # fmt: skip
    assert causes(second, theirs, review) == {
        "position.position_pnl au2604 long": "carried",
        "funds.pre_balance": "carried",
        "funds.position_pnl": "sum_of_positions",
    }
    assert set(causes(second, theirs).values()) == {"", "sum_of_positions"}


def review_of(day: EndedDay, *differences: Difference) -> StatementReview:
    return StatementReview(
        account_id="a1",
        trading_day=day.trading_day,
        version=1,
        digest="d",
        trades=0,
        positions=0,
        differences=differences,
        difference_count=len(differences),
        unexplained_count=0,
        malformed_count=0,
        other_sections=(),
        confirmation=None,
        ts_event=0,
    )


def test_another_margin_is_explained_by_the_rate_that_gives_theirs() -> None:
    day = ended_day(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    theirs = with_funds(
        with_lot(agreeing_statement(day), 0, margin=Decimal(228_000)), margin="38000", available="-38000"
    )
    told = found(day, theirs)
    assert told["position.margin au2604 long"].detail == {"by_money": "0.12"}
    assert told["funds.margin"].cause == "sum_of_positions"
    assert told["funds.available"].cause == "sum_of_parts"


def test_a_position_that_only_one_of_us_has_is_unexplained() -> None:
    day = ended_day(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    statement = agreeing_statement(day)
    other = msgspec.structs.replace(statement, lots=(), positions=())
    assert causes(day, other)["position.missing au2604 long"] == ""
    turned = with_lot(statement, 0, direction=Direction.SHORT)
    assert {"position.missing au2604 long", "position.unknown au2604 short"} <= causes(day, turned).keys()


def test_an_option_that_only_the_broker_knows_is_named_and_hides_nothing_else() -> None:
    day = ended_day(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    agreed = agreeing_statement(day)
    call = msgspec.structs.replace(agreed.lots[0], exchange="DCE", symbol="m2605-C-3000", quantity=4)
    written = statement_text(msgspec.structs.replace(agreed, lots=(*agreed.lots, call)))
    assert causes(day, read_statement(written)) == {"position.unknown m2605-C-3000 long": ""}


def test_lots_of_another_opening_price_differ_by_trade_and_not_by_day() -> None:
    day = ended_day(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    told = causes(day, with_lot(agreeing_statement(day), 0, open_price=Decimal(947)))
    assert told == {"position.open_cost au2604 long": ""}


def test_money_that_we_do_not_know_of_is_unexplained() -> None:
    day = ended_day()
    theirs = with_funds(agreeing_statement(day), moved="500", balance="500", equity="500", available="500")
    told = causes(day, theirs)
    assert (told["funds.moved"], told["funds.balance"]) == ("", "sum_of_parts")


def test_a_balance_that_nothing_leads_to_is_unexplained_twice() -> None:
    day = ended_day()
    told = causes(day, with_funds(agreeing_statement(day), balance="500"))
    assert told == {"funds.balance": "", "statement.arithmetic": ""}


def test_fees_of_messages_that_they_charge_elsewhere_are_named() -> None:
    day = msgspec.structs.replace(ended_day(), commission=ended_day().commission + 3)
    theirs = with_funds(agreeing_statement(day), commission="-3", balance="3", equity="3", available="3")
    assert found(day, theirs)["funds.commission"].cause == "message_fees"


def test_premiums_and_exercise_fees_are_shown_because_the_books_have_none() -> None:
    day = ended_day()
    statement = with_funds(agreeing_statement(day), balance="-2", equity="-2", available="-2")
    funds = msgspec.structs.replace(statement.funds, other={"行权手续费 Exercise Fee": Decimal(2)})
    told = causes(day, msgspec.structs.replace(statement, funds=funds))
    assert told == {
        "funds.other": "", "funds.balance": "sum_of_parts", "funds.equity": "sum_of_parts",
        "funds.available": "sum_of_parts",
    }  # fmt: skip


def test_by_trade_a_statement_is_compared_with_what_was_counted_by_trade() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "948", instrument_id=GOLD, fill_id="1"))
    books.settle(make_settlement({GOLD: "950"}))
    books.pay(make_move("0"))
    books.book(make_fill("sell", "close_yesterday", 1, "955", instrument_id=GOLD, fill_id="2", trading_day=DAY_2))
    books.settle(make_settlement({GOLD: "960"}, trading_day=DAY_2, next_trading_day=20260107))
    day = books.ended["a1"][-1]
    assert (day.close_pnl, day.close_pnl_by_trade) == money(5000, 7000)
    statement = agreeing_statement(day, counting="by_trade")
    by_trade = msgspec.structs.replace(
        statement.funds, close_pnl=Decimal(7000), position_pnl=None, balance=None, floating_pnl=Decimal(12_000)
    )
    theirs = msgspec.structs.replace(with_trade(statement, 0, close_pnl=Decimal(7000)), funds=by_trade)
    assert causes(day, theirs) == {}
