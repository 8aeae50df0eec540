"""What the edges may ask the portfolio: funds, positions, the lots behind them, and where every yuan comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.order import Refusal
from tradewind.domain.prices import require_amount
from tradewind.portfolio.books import AsideFill
from tradewind.portfolio.day_results import result_now
from tradewind.portfolio.ledger import SettledDay

if TYPE_CHECKING:
    from tradewind.domain.day_result import DayResult
    from tradewind.kernel.clock import Clock
    from tradewind.portfolio.books import Books
    from tradewind.portfolio.equity import EquityPoint, EquitySamples
    from tradewind.portfolio.ledger import Ledger


class LotView(msgspec.Struct, frozen=True):
    """One lot, and what it brings: `base_price` is what it is counted from today (its own, or the settlement price)."""

    fill: str
    trading_day: int
    opened_at: int
    is_today: bool
    quantity: int
    open_price: Decimal
    base_price: Decimal
    contract_multiplier: int
    last_price: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal


class BalanceLine(msgspec.Struct, frozen=True):
    """One part of a balance: its kind, the contract it stands with ("" for none), and the amount with its sign."""

    kind: str
    instrument_id: str
    amount: Decimal


class PortfolioQueries:
    """Answers from the books as they stand; every answer is a copy that never changes."""

    def __init__(self, books: Books, samples: EquitySamples, clock: Clock) -> None:
        self._books = books
        self._samples = samples
        self._clock = clock

    def accounts(self, *, with_books: bool = False) -> list[Account]:
        """Return every account's funds, with those of its books where asked."""
        now = self._clock.now_ns()
        return [
            ledger.account(self._books.marks, now) for ledger in self._books.ledgers() if with_books or not ledger.book
        ]

    def account(self, account_id: str, book: str = "") -> Account | None:
        """Return the funds of an account or one of its books, `None` where there is none."""
        ledger = self._ledger(account_id, book)
        return None if ledger is None else ledger.account(self._books.marks, self._clock.now_ns())

    def positions(self, account_id: str | None = None, book: str = "") -> list[Position]:
        """Return what is held, of one account or of all, in the account's own ledger or in that book."""
        now = self._clock.now_ns()
        return [
            ledger.position(holding, self._books.marks, now)
            for ledger in self._books.ledgers()
            if ledger.book == book and account_id in {None, ledger.account_id}
            for holding in ledger.holdings.values()
            if holding.quantity
        ]

    def lots(self, account_id: str, instrument_id: str, direction: Direction, book: str = "") -> list[LotView]:
        """Return the lots behind a position, the oldest first; their profits sum to the position's exactly."""
        ledger = self._ledger(account_id, book)
        holding = None if ledger is None else ledger.holdings.get((instrument_id, direction))
        if holding is None:
            return []
        views = []
        for lot, is_today in [*((lot, False) for lot in holding.old), *((lot, True) for lot in holding.new)]:
            base = lot.price if is_today or holding.settled is None else holding.settled
            units = direction.sign * lot.quantity * holding.terms.multiplier
            price = base if holding.price is None else holding.price
            views.append(
                LotView(
                    fill=lot.fill,
                    trading_day=lot.trading_day,
                    opened_at=lot.opened_at,
                    is_today=is_today,
                    quantity=lot.quantity,
                    open_price=lot.price,
                    base_price=base,
                    contract_multiplier=holding.terms.multiplier,
                    last_price=holding.price,
                    position_pnl=(price - base) * units,
                    floating_pnl=(price - lot.price) * units,
                )
            )
        return views

    def explain(self, account_id: str, book: str = "") -> list[BalanceLine]:
        """Return the parts that a balance is made of; they sum to it exactly."""
        ledger = self._ledger(account_id, book)
        if ledger is None:
            return []
        lines = [
            BalanceLine("pre_balance", "", ledger.pre_balance),
            BalanceLine("deposit", "", ledger.deposit),
            BalanceLine("withdraw", "", -ledger.withdraw),
        ]
        for instrument_id, day in ledger.contracts.items():
            lines.append(BalanceLine("close_pnl", instrument_id, day.close_pnl))
            lines.append(BalanceLine("commission", instrument_id, -day.commission))
        lines += [
            BalanceLine("position_pnl", holding.instrument_id, holding.position_pnl)
            for holding in ledger.holdings.values()
        ]
        return [line for line in lines if line.amount]

    def equity_days(self, account_id: str, book: str = "") -> list[SettledDay]:
        """Return the settled days, the oldest first."""
        ledger = self._ledger(account_id, book)
        return [] if ledger is None else list(ledger.days)

    def results_now(self, account_id: str) -> list[DayResult]:
        """Return the day so far of an account and each of its books; nothing where there is no such account."""
        account = self._books.accounts.get(account_id)
        now = self._clock.now_ns()
        return [] if account is None else [result_now(each, self._books.marks, now) for each in account.ledgers()]

    def equity_samples(self, account_id: str) -> list[EquityPoint]:
        """Return the samples of an account's equity since this process began, the oldest first."""
        return self._samples.of(account_id)

    def aside(self) -> list[AsideFill]:
        """Return the fills that could not be booked, the oldest first."""
        return list(self._books.aside)

    def check_cash(self, account_id: str, book: str, amount: Decimal) -> Refusal | None:
        """Say why money may not move so, `None` where it may: nobody takes out more than is available."""
        scope = f"account:{account_id}" + (f" book:{book}" if book else "")
        funds = self.account(account_id, book)
        if funds is None:
            known = ", ".join(self._books.accounts)
            return Refusal("cash", "unknown_account", scope, f"one of {known} and its books", account_id)
        if not _is_amount(amount):
            limit = "a number other than 0, up to 1e15, of at most 9 decimals"
            return Refusal("cash", "bad_amount", scope, limit, str(amount)[:40])
        whole = self.account(account_id)
        available = funds.available if whole is None else min(funds.available, whole.available)
        if amount < 0 and -amount > available:
            return Refusal("cash", "insufficient_funds", scope, str(available), str(-amount))
        return None

    def _ledger(self, account_id: str, book: str) -> Ledger | None:
        account = self._books.accounts.get(account_id)
        if account is None:
            return None
        return account.books.get(book) if book else account.account


def _is_amount(amount: Decimal) -> bool:
    try:
        return bool(require_amount(amount, "amount"))
    except ValueError:
        return False
