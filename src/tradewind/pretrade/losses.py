"""Daily loss and drawdown of accounts, products and strategies, and what a limit reached asks for.

The day's result is balance − opening balance − what was paid in. Drawdown is measured from the highest equity seen,
money paid in or out taken off it. The highest equity lives in snapshots: a crash takes back what it rose since the
last one, never the day's loss, and never a halt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.trading_state import Scope
from tradewind.pretrade.limits import LimitBook, ScopeKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.account import Account
    from tradewind.pretrade.settings import ScopeLimits

ZERO: Final = Decimal(0)
DAILY_LOSS: Final = "daily_loss"
DRAWDOWN: Final = "drawdown"


class Loss(msgspec.Struct, frozen=True):
    """One loss limit of one scope: how much may be lost, and how much is."""

    rule: str
    place: ScopeKey
    limit: Decimal
    actual: Decimal
    trading_day: int

    @property
    def is_reached(self) -> bool:
        """True when nothing more may be lost."""
        return self.actual >= self.limit


class Equity(msgspec.Struct):
    """The day of one account or book, and the highest its equity was."""

    account: str
    book: str
    trading_day: int
    base: Decimal
    equity: Decimal
    flow: Decimal
    peak: Decimal

    @property
    def result(self) -> Decimal:
        """Return what the day has brought."""
        return self.equity - self.base - self.flow


class Losses:
    """All accounts and books."""

    def __init__(self, limits: LimitBook) -> None:
        self._limits = limits
        self.equities: dict[tuple[str, str], Equity] = {}
        self._of_place: dict[ScopeKey, list[Equity]] = {}
        self.reached: dict[ScopeKey, tuple[Loss, ...]] = {}
        """The limits that are reached now, by scope."""

    def on_account(self, account: Account) -> tuple[ScopeKey, ...]:
        """Take the ledger's word; return the scopes whose losses it may change: none where no money moved."""
        flow = account.deposit - account.withdraw
        key = (account.account_id, account.book)
        known = self.equities.get(key)
        told = (account.balance, flow, account.trading_day, account.pre_balance)
        if known is not None and told == (known.equity, known.flow, known.trading_day, known.base):
            return ()
        if known is None:
            peak = max(account.pre_balance + flow, account.balance)
            known = Equity(*key, account.trading_day, account.pre_balance, account.balance, flow, peak)
            self.restore(known)
        else:
            before = known.flow if known.trading_day == account.trading_day else ZERO
            known.peak = max(known.peak + flow - before, account.balance)
            known.trading_day, known.base = account.trading_day, account.pre_balance
            known.equity, known.flow = account.balance, flow
        places = _places(account.account_id, account.book)
        for place in places:
            self._look(place)
        return places

    def _look(self, place: ScopeKey) -> None:
        reached = tuple(loss for loss in self.of(place) if loss.is_reached)
        if reached:
            self.reached[place] = reached
        else:
            self.reached.pop(place, None)

    def restore(self, equity: Equity) -> None:
        """Take what another life knew."""
        self.equities[(equity.account, equity.book)] = equity
        for place in _places(equity.account, equity.book):
            self._of_place.setdefault(place, []).append(equity)

    def of(self, place: ScopeKey) -> Iterator[Loss]:
        """Yield the loss limits of a scope and where they stand."""
        equities = self._of_place.get(place)
        if not equities:
            return
        limits = self._limits.of(*place)
        day = max(equity.trading_day for equity in equities)
        base = sum((equity.base + equity.flow for equity in equities), ZERO)
        result = sum((equity.result for equity in equities), ZERO)
        peak = sum((equity.peak for equity in equities), ZERO)
        down = peak - sum((equity.equity for equity in equities), ZERO)
        for rule, limit, actual in (
            (DAILY_LOSS, _lowest(limits.max_daily_loss, limits.max_daily_loss_ratio, base), -result),
            (DRAWDOWN, _lowest(limits.max_drawdown, limits.max_drawdown_ratio, peak), down),
        ):
            if limit is not None:
                yield Loss(rule, place, limit, max(actual, ZERO), day)

    def limits_of(self, place: ScopeKey) -> ScopeLimits:
        """Return the limits of a scope."""
        return self._limits.of(*place)


def _lowest(amount: Decimal | None, ratio: Decimal | None, base: Decimal) -> Decimal | None:
    """Return the stricter of an amount and a part of `base`; a part of nothing is no limit."""
    part = base * ratio if ratio is not None and base > 0 else None
    if amount is None or part is None:
        return part if amount is None else amount
    return min(amount, part)


def _places(account_id: str, book: str) -> tuple[ScopeKey, ...]:
    if not book:
        return ((Scope.ACCOUNT, account_id),)
    product, _, strategy = book.partition("/")
    return tuple((scope, key) for scope, key in ((Scope.PRODUCT, product), (Scope.STRATEGY, strategy)) if key)
