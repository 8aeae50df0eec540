"""Any sequence of fills, orders, cash moves and settlements: what must hold at every step, and after every restart.

The oracle knows nothing of lots: money is what was paid in, what sales brought and purchases cost, and what is held at
its price.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import hypothesis.strategies as st
import msgspec
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from portfolio_builders import (
    GOLD,
    GOLD_LATER,
    INDEX,
    MEAL,
    FakeRates,
    all_rates,
    approved,
    contracts,
    make_fill,
    make_move,
    make_order,
    make_rates,
    make_request,
    make_settlement,
)
from tradewind.domain.account import Direction
from tradewind.domain.order import ApprovedOrder, Fill, Offset, OrderStatus, Side
from tradewind.domain.rates import CommissionRate
from tradewind.portfolio import AccountSettings, Books, PortfolioSettings
from tradewind.portfolio.proofs import faults
from tradewind.portfolio.state import BooksState, dump, load

from builders import make_tick

FIRST_DAY: Final = 20260101
MULTIPLIER: Final = {INDEX: 300, GOLD: 1000, GOLD_LATER: 1000, MEAL: 10}
ODD = CommissionRate(
    *(Decimal(text) for text in ("0.000023", "0.1", "0.0000337", "0", "0.00031", "0.7", "0.01", "0.03"))
)
BOOKS: Final = ("", "P/a", "P/b", "Q/a")

instruments = st.sampled_from(tuple(MULTIPLIER))
prices = st.integers(min_value=500, max_value=9_999).map(lambda cents: Decimal(cents) / 10)
quantities = st.integers(min_value=1, max_value=6)
books_of_fills = st.sampled_from(BOOKS)
closes = st.sampled_from([Offset.CLOSE, Offset.CLOSE_TODAY, Offset.CLOSE_YESTERDAY])
sides = st.sampled_from(list(Side))


def rates() -> FakeRates:
    priced = all_rates(commission=ODD)
    priced.by_id[MEAL] = make_rates(MEAL, commission=ODD, close_priority="today_first")
    return priced


def new_books() -> Books:
    accounts = (AccountSettings(id="a1", books=("P/a",)),)
    return Books(PortfolioSettings(accounts=accounts, max_books=4), contracts(), rates())


def fold(books: Books, events: list[tuple[str, Any]]) -> Books:
    for name, event in events:
        getattr(books, name)(event)
    return books


def state_of(books: Books) -> BooksState:
    return msgspec.msgpack.decode(dump(books), type=BooksState)


class Model:
    """What an accountant with a pencil would write: lots by day, and money in and out."""

    def __init__(self) -> None:
        self.lots: dict[tuple[str, Direction], list[int]] = {}
        self.money = Decimal(0)
        self.price: dict[str, Decimal] = {}
        self.ticked: dict[str, Decimal] = {}

    def take(self, fill: Fill) -> bool:
        sign = 1 if fill.side is Side.BUY else -1
        if fill.offset is Offset.OPEN:
            key = (fill.instrument_id, Direction.LONG if sign > 0 else Direction.SHORT)
            self.lots.setdefault(key, [0, 0])[0] += fill.quantity
        else:
            key = (fill.instrument_id, Direction.SHORT if sign > 0 else Direction.LONG)
            if not self._close(self.lots.get(key, [0, 0]), fill):
                return False
        if fill.instrument_id not in self.ticked:
            self.price[fill.instrument_id] = fill.price
        self.money -= sign * fill.price * fill.quantity * MULTIPLIER[fill.instrument_id]
        return True

    def _close(self, lots: list[int], fill: Fill) -> bool:
        left = fill.quantity
        if fill.instrument_id in (GOLD, GOLD_LATER):
            order = [0] if fill.offset is Offset.CLOSE_TODAY else [1]
        else:
            order = [0, 1] if fill.instrument_id == MEAL else [1, 0]
        if sum(lots[day] for day in order) < left:
            return False
        for day in order:
            part = min(left, lots[day])
            lots[day] -= part
            left -= part
        return True

    def end_day(self, settled: dict[str, Decimal], expired: str) -> None:
        for (instrument_id, direction), lots in self.lots.items():
            if sum(lots) and instrument_id == expired:
                self.money += direction.sign * sum(lots) * settled[expired] * MULTIPLIER[expired]
                lots[:] = [0, 0]
            lots[:] = [0, sum(lots)]
        held = {instrument_id for (instrument_id, _), lots in self.lots.items() if sum(lots)}
        self.price = {**self.ticked, **{instrument_id: settled[instrument_id] for instrument_id in held}}

    def worth(self) -> Decimal:
        held = sum(
            direction.sign * sum(lots) * self.price[instrument_id] * MULTIPLIER[instrument_id]
            for (instrument_id, direction), lots in self.lots.items()
            if sum(lots)
        )
        return self.money + held


class AnySequence(RuleBasedStateMachine):
    """Drives the books and the pencil side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.books = new_books()
        self.model = Model()
        self.events: list[tuple[str, Any]] = []
        self.day = FIRST_DAY
        self.fills: list[Fill] = []
        self.early: list[Fill] = []
        self.orders: list[ApprovedOrder] = []
        self.versions = 0
        self.saved = (dump(self.books), 0)

    def apply(self, name: str, event: Any) -> None:
        self.events.append((name, event))
        getattr(self.books, name)(event)

    @initialize()
    def open_account(self) -> None:
        self.apply("pay", make_move("1000000", move_id="open:a1", trading_day=self.day))
        self.model.money += 1_000_000
        for instrument_id in (INDEX, GOLD):  # the others are filled before their first tick
            self.tick(instrument_id, Decimal(700))

    @rule(instrument_id=instruments, price=prices)
    def tick(self, instrument_id: str, price: Decimal) -> None:
        self.books.marks.note(make_tick(instrument_id=instrument_id, last_price=float(price), trading_day=self.day))
        digits = 0 if instrument_id == MEAL else 1
        price = price.quantize(Decimal(1).scaleb(-digits))
        self.books.marks.note(make_tick(instrument_id=instrument_id, last_price=float(price), trading_day=self.day))
        self.books.mark(instrument_id, price)
        self.model.price[instrument_id] = self.model.ticked[instrument_id] = price

    @rule(
        instrument_id=instruments,
        side=sides,
        quantity=quantities,
        price=prices,
        book=books_of_fills,
        is_early=st.booleans(),
    )
    def open(self, instrument_id: str, side: Side, quantity: int, price: Decimal, book: str, *, is_early: bool) -> None:
        self._fill(
            instrument_id, side, Offset.OPEN, quantity, price=price, book=book, is_early=is_early and quantity == 1
        )

    @rule(instrument_id=instruments, side=sides, offset=closes, quantity=quantities, price=prices, book=books_of_fills)
    def close(
        self, instrument_id: str, side: Side, offset: Offset, *, quantity: int, price: Decimal, book: str
    ) -> None:
        self._fill(instrument_id, side, offset, quantity, price=price, book=book, is_early=False)

    def _fill(
        self,
        instrument_id: str,
        side: Side,
        offset: Offset,
        quantity: int,
        *,
        price: Decimal,
        book: str,
        is_early: bool,
    ) -> None:
        product, _, strategy = book.partition("/")
        fill = make_fill(
            side, offset, quantity, str(price),
            instrument_id=instrument_id, product_code=product, strategy=strategy,
            trading_day=self.day + is_early,
        )  # fmt: skip
        before = self.books.aside_count
        self.apply("book", fill)
        self.fills.append(fill)
        if is_early:
            self.early.append(fill)
        else:
            assert self.model.take(fill) == (self.books.aside_count == before)

    @precondition(lambda self: self.fills)
    @rule(data=st.data())
    def repeat_a_fill(self, data: st.DataObject) -> None:
        fill = data.draw(st.sampled_from(self.fills))
        if fill.trading_day >= self.day - 3:
            before = state_of(self.books)
            self.apply("book", fill)
            assert state_of(self.books) == before

    @rule(
        side=sides,
        quantity=quantities,
        instrument_id=instruments,
        offset=st.sampled_from(list(Offset)),
        book=books_of_fills,
        money=prices,
    )
    def approve(
        self, side: Side, quantity: int, instrument_id: str, offset: Offset, *, book: str, money: Decimal
    ) -> None:
        product, _, strategy = book.partition("/")
        request = make_request(
            side, offset, quantity,
            instrument_id=instrument_id, product_code=product, strategy=strategy, trading_day=self.day,
        )  # fmt: skip
        approval = approved(request, margin=str(money), commission=str(money / 100))
        self.apply("approve", approval)
        self.orders.append(approval)

    @precondition(lambda self: self.orders)
    @rule(
        data=st.data(),
        status=st.sampled_from([OrderStatus.ACCEPTED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.FILLED]),
        is_cancel_sent=st.booleans(),
        filled=st.integers(min_value=0, max_value=6),
    )
    def follow(self, data: st.DataObject, status: OrderStatus, *, is_cancel_sent: bool, filled: int) -> None:
        approval = data.draw(st.sampled_from(self.orders))
        self.versions += 1
        self.apply(
            "follow",
            make_order(
                approval, status, self.versions,
                is_cancel_sent=is_cancel_sent, filled_quantity=min(filled, approval.order.quantity),
            ),
        )  # fmt: skip

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), price=prices)
    def fill_an_order(self, data: st.DataObject, price: Decimal) -> None:
        request = data.draw(st.sampled_from(self.orders)).order
        if request.trading_day != self.day or request.offset is not Offset.OPEN:
            return
        fill = make_fill(
            request.side, request.offset, 1, str(price),
            instrument_id=request.instrument_id, product_code=request.product_code, strategy=request.strategy,
            client_order_id=request.client_order_id, trading_day=self.day,
        )  # fmt: skip
        self.apply("book", fill)
        self.fills.append(fill)
        assert self.model.take(fill)

    @rule(amount=st.integers(min_value=-5_000, max_value=5_000), book=books_of_fills)
    def pay(self, amount: int, book: str) -> None:
        self.apply("pay", make_move(str(Decimal(amount) / 7).strip()[:9], book=book, trading_day=self.day))
        self.model.money += self.events[-1][1].amount

    @rule(price=prices, expired=st.sampled_from(["", MEAL, INDEX]))
    def settle(self, price: Decimal, expired: str) -> None:
        settled = {instrument_id: price + index for index, instrument_id in enumerate(MULTIPLIER)}
        self.apply(
            "settle",
            make_settlement(
                {name: str(value) for name, value in settled.items()},
                trading_day=self.day, next_trading_day=self.day + 1, expired=(expired,) if expired else (),
            ),
        )  # fmt: skip
        self.model.end_day(settled, expired)
        self.day += 1
        early, self.early = self.early, []
        for fill in early:
            self.model.take(fill)

    @rule()
    def save(self) -> None:
        self.saved = (dump(self.books), len(self.events))

    @rule()
    def a_restart_ends_where_no_restart_would_be(self) -> None:
        from_snapshot = new_books()
        load(from_snapshot, self.saved[0])
        fold(from_snapshot, self.events[self.saved[1] :])
        from_the_beginning = fold(new_books(), self.events)
        assert state_of(from_snapshot) == state_of(from_the_beginning) == state_of(self.books)
        for one, other in zip(from_snapshot.ledgers(), from_the_beginning.ledgers(), strict=True):
            assert one.account(from_snapshot.marks, 0) == other.account(from_the_beginning.marks, 0)
        assert not faults(from_snapshot)

    @invariant()
    def every_proof_holds(self) -> None:
        assert faults(self.books) == []

    @invariant()
    def positions_are_the_sums_of_trades(self) -> None:
        ledger = self.books.ledger("a1", "")
        held = {key: [holding.today, holding.yesterday] for key, holding in ledger.holdings.items() if holding.quantity}
        assert held == {key: lots for key, lots in self.model.lots.items() if sum(lots)}

    @invariant()
    def money_is_conserved(self) -> None:
        ledger = self.books.ledger("a1", "")
        if ledger.trading_day:
            assert ledger.balance() + ledger.charged == self.model.worth()


AnySequence.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_sequence = AnySequence.TestCase
