"""The books as bytes: all that `Books` folds from the record, nothing that ticks bring back by themselves.

Sums are made anew from the lots at restoring: what is kept once cannot disagree with itself.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.ended_day import EndedDay, EndedTrade
from tradewind.domain.order import Fill
from tradewind.domain.statement_review import StatementReview
from tradewind.errors import StoreError
from tradewind.portfolio.books import DAYS_KEPT, AsideFill, Books
from tradewind.portfolio.frozen import Frozen, LiveOrder
from tradewind.portfolio.ledger import ContractDay, Ledger, SettledDay
from tradewind.portfolio.lots import Holding, Lot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORM = 1
"""Raised whenever the form below changes; a snapshot of another form is not read, the journal is."""
LotRow = tuple[str, int, int, int, Decimal]


class HoldingState(msgspec.Struct, frozen=True, array_like=True):
    """One position: its lots of days before and of today."""

    instrument_id: str
    direction: Direction
    settled: Decimal | None
    version: int
    old: list[LotRow]
    new: list[LotRow]


class LedgerState(msgspec.Struct, frozen=True, array_like=True):
    """One ledger's money, positions and settled days."""

    book: str
    trading_day: int
    money: tuple[Decimal, ...]
    version: int
    ts_event: int
    holdings: list[HoldingState]
    contracts: dict[str, ContractDay]
    days: list[SettledDay]


class AccountState(msgspec.Struct, frozen=True, array_like=True):
    """One account with its books."""

    account_id: str
    ledgers: list[LedgerState]
    early: list[Fill]
    recorded: dict[str, Decimal]


class BooksState(msgspec.Struct, frozen=True, array_like=True):
    """Everything."""

    form: int
    accounts: list[AccountState]
    orders: list[LiveOrder]
    fills: dict[int, list[str]]
    moves: list[str]
    aside: list[AsideFill]
    aside_count: int
    trades: dict[str, list[EndedTrade]] = {}
    """This and what follows are absent from older states."""
    ended: dict[str, list[EndedDay]] = {}
    reviews: list[StatementReview] = []


_MONEY = (
    "pre_balance", "deposit", "withdraw", "close_pnl", "close_pnl_by_trade", "commission", "paid_in",
    "closed_by_trade", "charged",
)  # fmt: skip


def dump(books: Books, reviews: Iterable[StatementReview] = ()) -> bytes:
    """Return the books' state, and what came of brokers' statements."""
    state = BooksState(
        form=FORM,
        accounts=[
            AccountState(name, [_ledger_state(ledger) for ledger in account.ledgers()], account.early, account.recorded)
            for name, account in books.accounts.items()
        ],
        orders=list(books.orders.values()),
        fills={day: sorted(names) for day, names in books.fills.items()},
        moves=sorted(books.moves),
        aside=list(books.aside),
        aside_count=books.aside_count,
        trades=books.trades,
        ended={name: list(days) for name, days in books.ended.items()},
        reviews=list(reviews),
    )
    return msgspec.msgpack.encode(state)


def load(books: Books, data: bytes) -> list[StatementReview]:
    """Bring empty books to that state; return the reviews in it. Accounts that are no longer configured are left out.

    Raises: StoreError: it is no state of ours, or of another form: read the journal from its beginning instead.
    """
    try:
        state = msgspec.msgpack.decode(data, type=BooksState)
    except msgspec.DecodeError as error:
        message = f"the portfolio's snapshot cannot be read ({error}); delete it: the journal has everything"
        raise StoreError(message) from error
    if state.form != FORM:
        message = f"the portfolio's snapshot is of form {state.form}, readable is {FORM}; delete it"
        raise StoreError(message)
    for account_state in state.accounts:
        account = books.accounts.get(account_state.account_id)
        if account is not None:
            account.early = list(account_state.early)
            account.recorded = dict(account_state.recorded)
            for each in account_state.ledgers:
                _restore(books, account.restored(each.book), each, account.recorded)
            for ledger in account.ledgers():
                ledger.trading_day = account.account.trading_day
    books.orders = {order.request.client_order_id: order for order in state.orders}
    books.fills = {day: set(names) for day, names in state.fills.items()}
    books.moves = set(state.moves)
    books.aside.clear()
    books.aside.extend(state.aside)
    books.aside_count = state.aside_count
    books.trades = {name: list(trades) for name, trades in state.trades.items()}
    books.ended = {name: deque(days, maxlen=DAYS_KEPT) for name, days in state.ended.items()}
    books.index()
    books.hold_again()
    return state.reviews


def _ledger_state(ledger: Ledger) -> LedgerState:
    return LedgerState(
        book=ledger.book,
        trading_day=ledger.trading_day,
        money=tuple(getattr(ledger, name) for name in _MONEY),
        version=ledger.version,
        ts_event=ledger.ts_event,
        holdings=[
            HoldingState(
                holding.instrument_id,
                holding.direction,
                holding.settled,
                holding.version,
                _rows(holding.old),
                _rows(holding.new),
            )
            for holding in ledger.holdings.values()
        ],
        contracts=ledger.contracts,
        days=list(ledger.days),
    )


def _restore(books: Books, ledger: Ledger, state: LedgerState, recorded: Mapping[str, Decimal]) -> None:
    ledger.trading_day = state.trading_day
    for name, value in zip(_MONEY, state.money, strict=True):
        setattr(ledger, name, value)
    ledger.version = state.version
    ledger.ts_event = state.ts_event
    ledger.contracts = state.contracts
    ledger.days.clear()
    ledger.days.extend(state.days)
    ledger.frozen = Frozen()
    ledger.holdings.clear()
    ledger.forget_margin()
    for each in state.holdings:
        price = recorded.get(each.instrument_id)
        ledger.holdings[each.instrument_id, each.direction] = _holding(books, ledger, each, price)


def _holding(books: Books, ledger: Ledger, state: HoldingState, price: Decimal | None) -> Holding:
    terms = books.terms.find(state.instrument_id, ledger.trading_day)
    if terms is None:
        message = (
            f"{state.instrument_id} is held in account {ledger.account_id}, but its "
            f"{books.terms.why_not(state.instrument_id)} on {ledger.trading_day}: put them into market.rates_file"
        )
        raise StoreError(message)
    holding = Holding(terms, state.direction, price=price)
    holding.version = state.version
    holding.settled = state.settled
    holding.old.extend(_lots(state.old))
    holding.new.extend(_lots(state.new))
    holding.yesterday = sum(lot.quantity for lot in holding.old)
    holding.today = sum(lot.quantity for lot in holding.new)
    holding.old_open = sum((lot.price * lot.quantity for lot in holding.old), Decimal(0))
    holding.new_open = sum((lot.price * lot.quantity for lot in holding.new), Decimal(0))
    holding.recount()
    return holding


def _rows(lots: Iterable[Lot]) -> list[LotRow]:
    return [(lot.fill, lot.trading_day, lot.opened_at, lot.quantity, lot.price) for lot in lots]


def _lots(rows: list[LotRow]) -> list[Lot]:
    return [
        Lot(fill, trading_day, opened_at=opened_at, quantity=quantity, price=price)
        for fill, trading_day, opened_at, quantity, price in rows
    ]
