"""The front's own books: whatever is traded and however days end, money is neither made nor lost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradewind.testing.ctp_front.contracts import Contract
from tradewind.testing.ctp_front.lots import LONG, SHORT, Books, Money

BUY, SELL = "0", "1"
OPEN, CLOSE, CLOSE_TODAY = "0", "1", "3"
_START = Decimal(1_000_000)
_steps = st.lists(
    st.tuples(st.sampled_from("ocs"), st.sampled_from((BUY, SELL)), st.integers(1, 5), st.integers(900, 1100)),
    max_size=25,
)


def _contract(*, is_date_kept: bool, closes_today_first: bool) -> Contract:
    return Contract(
        symbol="xx2506",
        exchange="SHFE",
        product="xx",
        name="xx",
        multiplier=10,
        price_tick=Decimal(1),
        hours_id="night_2300",
        is_date_kept=is_date_kept,
        expire_date=20250616,
        closes_today_first=closes_today_first,
    )


class Life:
    """Books beside the plainest count there is: cash paid and got for lots, and what the lots are worth."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.books = Books(Money(_START))
        self.cash = _START
        self.day = 20250401
        self.trades = 0

    def held(self, direction: str, *, is_today: bool | None = None) -> int:
        return sum(
            lot.quantity
            for lot in self.books.held(self.contract.symbol, direction)
            if is_today is None or (lot.open_day == str(self.day)) is is_today
        )

    def trade(self, direction: str, offset: str, price: int, quantity: int) -> None:
        self.trades += 1
        self.books.trade(
            self.contract,
            trade_id=str(self.trades),
            direction=direction,
            offset=offset,
            price=Decimal(price),
            quantity=quantity,
            day=str(self.day),
        )
        paid = price * quantity * self.contract.multiplier
        self.cash -= self.books.trades[-1].commission + (paid if direction == BUY else -paid)

    def close(self, direction: str, price: int, quantity: int) -> None:
        held = SHORT if direction == BUY else LONG
        if not self.contract.is_date_kept:
            lots = min(quantity, self.held(held))
            if lots:
                self.trade(direction, CLOSE, price, lots)
            return
        for offset, is_today in ((CLOSE_TODAY, True), (CLOSE, False)):
            lots = min(quantity, self.held(held, is_today=is_today))
            if lots:
                self.trade(direction, offset, price, lots)
                quantity -= lots

    def settle(self, price: int) -> None:
        """End the day as `Investor.roll` does."""
        balance = self.equity(price)
        for lot in self.books.lots:
            lot.basis = Decimal(price)
        self.books = Books(Money(balance), self.books.lots)
        self.day += 1

    def equity(self, price: int) -> Decimal:
        money = self.books.money
        profit = self.books.position_pnl({self.contract.symbol: Decimal(price)})
        return money.pre_balance + money.close_pnl + profit - money.commission

    def worth(self, price: int) -> Decimal:
        return self.cash + (self.held(LONG) - self.held(SHORT)) * price * self.contract.multiplier


@given(steps=_steps, is_date_kept=st.booleans(), closes_today_first=st.booleans())
def test_equity_is_cash_and_the_worth_of_lots_at_every_moment(
    steps: list[tuple[str, str, int, int]],
    *,
    is_date_kept: bool,
    closes_today_first: bool,
) -> None:
    life = Life(_contract(is_date_kept=is_date_kept, closes_today_first=closes_today_first))
    for kind, direction, quantity, price in steps:
        if kind == "o":
            life.trade(direction, OPEN, price, quantity)
        elif kind == "c":
            life.close(direction, price, quantity)
        else:
            life.settle(price)
        assert life.equity(price) == life.worth(price)
