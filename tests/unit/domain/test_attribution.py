"""Profits parted by whatever sum to the account's own profit, to the cent, whatever was traded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from portfolio_builders import (
    DAY_1,
    DAY_2,
    DAY_3,
    GOLD,
    INDEX,
    MEAL,
    approved,
    make_books,
    make_fill,
    make_request,
    money,
)
from tradewind.domain.account import Booking, Settlement
from tradewind.domain.attribution import By, attribution, kind_of, slippage_of
from tradewind.domain.day_result import DayResult, TradeResult
from tradewind.portfolio import Books
from tradewind.portfolio.day_results import result_now

DAYS = (DAY_1, DAY_2, DAY_3)
trades = st.tuples(
    st.sampled_from([INDEX, GOLD, MEAL]),
    st.sampled_from(["buy", "sell"]),
    st.sampled_from(["open", "open", "close"]),
    st.integers(min_value=1, max_value=5),
    st.integers(min_value=400, max_value=900),
    st.sampled_from(["", "fund_a", "fund_b"]),
    st.sampled_from(["wang", "li", ""]),
)
days = st.lists(st.tuples(st.lists(trades, max_size=8), st.integers(min_value=400, max_value=900)), max_size=3)


def traded(booking: Booking) -> TradeResult:
    """Return a booking as the record keeps it."""
    fill = booking.fill
    return TradeResult(
        trade_id=f"{fill.trading_day}-{fill.fill_id}-{fill.side}",
        account_id=fill.account_id,
        product_code=fill.product_code,
        strategy=fill.strategy,
        trader=booking.trader,
        instruction_id=fill.instruction_id,
        instrument_id=fill.instrument_id,
        trading_day=fill.trading_day,
        side=fill.side.value,
        position_offset=fill.offset.value,
        quantity=fill.quantity,
        price=fill.price,
        contract_multiplier=booking.contract_multiplier,
        commission=booking.commission,
        close_pnl=booking.close_pnl,
        close_pnl_by_trade=booking.close_pnl_by_trade,
        opened_at=booking.opened_at,
        ts_event=fill.ts_event,
    )


class Life:
    """An account that trades over some days, and what the record hears of it."""

    def __init__(self) -> None:
        self.books: Books = make_books()
        self.trades: list[TradeResult] = []
        self.results: list[DayResult] = []
        self.day = DAY_1

    def trade(self, *wish: Any) -> None:
        name, side, offset, lots, price, product, trader = wish
        what: dict[str, Any] = {"instrument_id": name, "product_code": product, "trading_day": self.day}
        request = make_request(side, offset, lots, actor=trader, **what)
        self.books.approve(approved(request))
        fill = make_fill(side, offset, lots, str(price), client_order_id=request.client_order_id, **what)
        self.books.book(fill)
        self.trades += [traded(each) for each in self.books.bookings]
        self.books.bookings.clear()

    def settle(self, price: int) -> None:
        following = DAYS[DAYS.index(self.day) + 1] if self.day != DAY_3 else 20260108
        prices = {name: Decimal(price) for name in (INDEX, GOLD, MEAL)}
        self.books.settle(Settlement("a1", self.day, following, prices, (), "test", 9))
        self.results += self.books.results
        self.books.results.clear()
        self.day = following

    def mark(self, price: int) -> None:
        for name in (INDEX, GOLD, MEAL):
            self.books.mark(name, Decimal(price))

    def all(self) -> list[DayResult]:
        now = [result_now(each, self.books.marks, 10) for each in self.books.accounts["a1"].ledgers()]
        return [each for each in (*self.results, *now) if each.account_id == "a1"]


def lived(told: list[tuple[list[tuple[Any, ...]], int]]) -> Life:
    life = Life()
    for number, (wishes, price) in enumerate(told):
        for wish in wishes:
            life.trade(*wish)
        if number + 1 < len(told):
            life.settle(price)
        else:
            life.mark(price)
    return life


@given(days, st.sampled_from(By))
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_profit_of_the_account_to_the_last_digit(told: list[Any], by: By) -> None:
    life = lived(told)
    whole = [each for each in life.all() if not each.book]
    net = sum((each.net for each in whole), Decimal(0))
    parted = attribution(by, [each for each in life.all() if each.book], life.trades, {}, ledger_net=net)
    assert sum((row.net for row in parted.rows), Decimal(0)) == net
    assert parted.total.net == net
    assert parted.is_exact
    assert parted.difference == parted.undivided == 0
    assert net == whole[-1].balance - 1_000_000


@given(days)
@settings(max_examples=40, deadline=None)
def test_the_parts_of_each_ledgers_day_are_its_profit(told: list[Any]) -> None:
    for each in lived(told).all():
        for name in ("close_pnl", "position_pnl", "commission"):
            assert sum((getattr(part, name) for part in each.parts), Decimal(0)) == getattr(each, name), name


def test_a_trader_is_given_what_their_fills_came_to_and_nobody_what_was_carried_in() -> None:
    life = Life()
    life.trade(INDEX, "buy", "open", 2, 500, "fund_a", "wang")
    life.settle(510)
    life.trade(INDEX, "sell", "close", 1, 530, "fund_a", "li")
    life.mark(520)
    today = [each for each in life.all() if each.book and each.trading_day == DAY_2]
    net = sum((each.net for each in today), Decimal(0))
    rows = {row.name: row for row in attribution(By.TRADER, today, life.trades[1:], {}, ledger_net=net).rows}
    # Two lots carried from 510 to 520; li sold one of them ten points above that.
    assert rows[""].gross == 2 * 10 * 300
    assert rows["li"].gross == 10 * 300
    assert rows["li"].sold == 1


def test_a_profit_of_which_no_parts_are_kept_is_told_as_such() -> None:
    life = Life()
    life.trade(INDEX, "buy", "open", 1, 500, "", "")
    life.settle(510)
    bare = [msgspec.structs.replace(each, parts=()) for each in life.results if each.book]
    parted = attribution(By.INSTRUMENT, bare, [], {}, ledger_net=Decimal(3_000))
    assert (parted.undivided, parted.difference) == money(3_000, 0)
    assert parted.rows == ()


def test_parts_that_do_not_sum_to_the_account_are_told_as_inexact() -> None:
    life = Life()
    life.trade(INDEX, "buy", "open", 1, 500, "", "")
    life.settle(510)
    parted = attribution(By.BOOK, [each for each in life.results if each.book], [], {}, ledger_net=Decimal("3000.01"))
    assert (parted.is_exact, parted.difference) == (False, Decimal("0.01"))


@pytest.mark.parametrize(("side", "lost"), [("buy", 600), ("sell", -600)])
def test_slippage_is_lost_by_buying_above_the_price_the_instruction_saw(side: str, lost: int) -> None:
    life = Life()
    life.trade(INDEX, side, "open", 1, 502, "", "")
    trade = msgspec.structs.replace(life.trades[0], instruction_id="M:1")
    assert slippage_of(trade, {("M:1", INDEX): Decimal(500)}) == lost
    assert slippage_of(trade, {}) is None


def test_the_kind_of_a_contract_is_its_letters() -> None:
    assert [kind_of(name) for name in ("au2606.SHFE", "IF2603.CFFEX", "600519.SSE")] == ["au", "IF", "600519.SSE"]
