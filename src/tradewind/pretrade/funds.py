"""An account's money as the gate counts it: the ledger's word, plus every order it has not heard of yet.

Margin stands in two sums. What is frozen counts every opening order in full, as the ledger freezes it. What the account
would bind after all orders were filled counts the larger side only where the exchange does (大边).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.account import Direction
from tradewind.domain.charges import group_margin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.account import Account
    from tradewind.domain.rates import Rates

ZERO: Final = Decimal(0)
ALONE: Final = ""
"""The group of contracts whose sides do not share margin."""


class Group:
    """Contracts of one account whose two sides are margined together; `ALONE` those each of whose sides counts."""

    __slots__ = ("is_larger_side_only", "long", "short")

    def __init__(self, name: str) -> None:
        self.is_larger_side_only = name != ALONE
        self.long = self.short = ZERO

    def margin(self, direction: Direction | None = None, more: Decimal = ZERO) -> Decimal:
        """Return what is asked for it, with `more` on one side."""
        long = self.long + more if direction is Direction.LONG else self.long
        short = self.short + more if direction is Direction.SHORT else self.short
        return group_margin(long, short, is_larger_side_only=self.is_larger_side_only)


class Purse:
    """One account. `margin` is that of positions and orders together, `frozen_…` that of orders and newest fills."""

    __slots__ = ("account", "frozen_commission", "frozen_margin", "groups", "margin", "pending_commission")

    def __init__(self) -> None:
        self.account: Account | None = None
        self.groups: dict[str, Group] = {}
        self.margin = ZERO
        self.frozen_margin = ZERO
        self.frozen_commission = ZERO
        self.pending_commission = ZERO

    def take(self, account: Account) -> None:
        """Take the ledger's word; commission it has charged since is pending no more."""
        told = self.account
        if told is None or told.trading_day != account.trading_day:
            self.pending_commission = ZERO
        else:
            charged = account.commission - told.commission
            self.pending_commission = max(self.pending_commission - max(charged, ZERO), ZERO)
        self.account = account

    @property
    def available(self) -> Decimal | None:
        """Return what a new order may use, `None` while the ledger has told nothing."""
        account = self.account
        if account is None:
            return None
        told = account.available + account.frozen_margin + account.frozen_commission
        return told - self.frozen_margin - self.frozen_commission - self.pending_commission

    def margin_after(self, name: str, direction: Direction, more: Decimal) -> Decimal:
        """Return the margin of positions and orders with one more order filled."""
        group = self.groups.get(name)
        if group is None:
            return self.margin + more
        return self.margin - group.margin() + group.margin(direction, more)

    def move(self, name: str, direction: Direction, change: Decimal) -> None:
        """Change one side of one group."""
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(name)
        before = group.margin()
        if direction is Direction.LONG:
            group.long += change
        else:
            group.short += change
        self.margin += group.margin() - before


def group_of(rates: Rates | None) -> str:
    """Return the group a contract's margin counts in; unknown rates, or none that share a side, make it stand alone."""
    return rates.margin_group if rates is not None and rates.is_larger_side_only else ALONE


class Funds:
    """All accounts."""

    def __init__(self) -> None:
        self._purses: dict[str, Purse] = {}

    def purse(self, account_id: str) -> Purse:
        """Return an account's, ready to be changed."""
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse()
        return purse

    def all(self) -> Iterator[tuple[str, Purse]]:
        """Yield every account."""
        yield from self._purses.items()
