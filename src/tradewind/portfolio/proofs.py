"""What must hold at every moment, computed anew: a checker asks for it, and anything it names is a fault.

Invariants I5, I6 and I7: positions are the sums of their lots and never negative, what is frozen is the sum over live
orders, equity is the same under both ways of counting, and the books sum to their account.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tradewind.domain.account import book_name
from tradewind.domain.charges import pro_rata
from tradewind.domain.margins import MarginSums, side_margin
from tradewind.portfolio.allocation import RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.portfolio.allocation import AccountLedger
    from tradewind.portfolio.books import Books
    from tradewind.portfolio.ledger import Ledger
    from tradewind.portfolio.marks import Marks

_ZERO = Decimal(0)


def faults(books: Books) -> list[str]:
    """Return what does not hold, in words; empty when all does."""
    return [
        fault
        for account in books.accounts.values()
        for fault in (
            *(fault for ledger in account.ledgers() for fault in _ledger_faults(ledger, books.marks)),
            *_book_faults(account),
            *_frozen_faults(books, account),
        )
    ]


def _ledger_faults(ledger: Ledger, marks: Marks) -> Iterator[str]:
    name = f"{ledger.account_id} {ledger.book}".strip()
    if ledger.residual():
        yield f"{name}: equity by day and by trade differ by {ledger.residual()}"
    for holding in ledger.holdings.values():
        counted = (sum(lot.quantity for lot in holding.new), sum(lot.quantity for lot in holding.old))
        if counted != (holding.today, holding.yesterday) or min(counted) < 0:
            yield f"{name}: {holding.instrument_id} {holding.direction} says {holding.split}, its lots {counted}"
    anew = MarginSums(
        side_margin(holding.terms.rates, holding.direction, ledger.margin_of(holding, marks))
        for holding in ledger.holdings.values()
    ).total()
    if ledger.margin(marks) != anew:
        yield f"{name}: margin is {ledger.margin(marks)}, of its positions {anew}"
    brought = sum((day.close_pnl - day.commission for day in ledger.contracts.values()), _ZERO)
    if brought != ledger.close_pnl - ledger.commission:
        yield f"{name}: contracts brought {brought}, the account says {ledger.close_pnl - ledger.commission}"


def _book_faults(account: AccountLedger) -> Iterator[str]:
    whole, books = account.account, list(account.books.values())
    for what in ("pre_balance", "deposit", "withdraw", "commission", "paid_in", "charged"):
        if sum((getattr(book, what) for book in books), _ZERO) != getattr(whole, what):
            yield f"{whole.account_id}: {what} of the books does not sum to the account's"
    if sum((book.balance() for book in books), _ZERO) != whole.balance():
        yield f"{whole.account_id}: equity of the books does not sum to the account's"
    for key in {key for ledger in account.ledgers() for key in ledger.holdings}:
        lots = [ledger.holdings[key].quantity if key in ledger.holdings else 0 for ledger in (whole, *books)]
        if lots[0] != sum(lots[1:]):
            yield f"{whole.account_id}: {key[0]} {key[1]} has {lots[0]} lots, its books {sum(lots[1:])}"


def _frozen_faults(books: Books, account: AccountLedger) -> Iterator[str]:
    whole = account.account
    due = {ledger: {"margin": _ZERO, "commission": _ZERO} for ledger in account.ledgers()}
    for order in books.orders.values():
        request = order.request
        if request.account_id == whole.account_id:
            own = account.books.get(book_name(request.product_code, request.strategy), account.books[RESIDUAL])
            for ledger in (whole, own):
                for what in due[ledger]:
                    due[ledger][what] += pro_rata(getattr(order, what), order.outstanding, request.quantity)
    for ledger, sums in due.items():
        for what, amount in sums.items():
            if amount != getattr(ledger.frozen, what):
                name = f"{ledger.account_id} {ledger.book}".strip()
                yield f"{name}: frozen {what} is {getattr(ledger.frozen, what)}, live orders hold {amount}"
