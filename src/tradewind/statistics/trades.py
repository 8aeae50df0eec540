"""Fills of the day summed up: one row for each account, product, strategy, contract, side and trading day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import Fill, Side
from tradewind.domain.statistics import TradeStatistic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TradeKey = tuple[str, str, str, str, Side, int]
"""Account, product, strategy, contract, side, trading day."""
FillKey = tuple[str, int, str, str]
DAYS_OF_FILLS: Final = 5
"""Trading days whose fills are remembered one by one, so that a repeated one counts once; as the ledger does."""
ZERO: Final = Decimal(0)


class TradeSum(msgspec.Struct):
    """The running sums of one row; `value` is Σ price × lots."""

    multiplier: int
    fills: int = 0
    quantity: int = 0
    value: Decimal = ZERO
    commission: Decimal = ZERO
    ts_event: int = 0


class Trades:
    """All rows of days that are not over."""

    def __init__(self, multiplier_of: Callable[[str], int | None]) -> None:
        """`multiplier_of` says a contract's units per lot, `None` where nobody knows the contract."""
        self.sums: dict[TradeKey, TradeSum] = {}
        self.seen: dict[int, set[FillKey]] = {}
        self.ended: dict[str, int] = {}
        """Newest trading day of each account that is over."""
        self._multiplier_of = multiplier_of

    def fill(self, fill: Fill) -> TradeKey | None:
        """Count a fill once; return its row, `None` where it changes none: repeated, of an ended day, or unknown."""
        names = self.seen.setdefault(fill.trading_day, set())
        if fill.key in names:
            return None
        names.add(fill.key)
        multiplier = self._multiplier_of(fill.instrument_id)
        if multiplier is None or fill.trading_day <= self.ended.get(fill.account_id, 0):
            return None
        key = _key(fill)
        row = self.sums.get(key)
        if row is None:
            row = self.sums[key] = TradeSum(multiplier)
        row.fills += 1
        row.quantity += fill.quantity
        row.value += fill.price * fill.quantity
        row.ts_event = max(row.ts_event, fill.ts_event)
        return key

    def charge(self, fill: Fill, commission: Decimal) -> TradeKey | None:
        """Add what a fill cost; return its row, `None` where there is none to add to."""
        key = _key(fill)
        row = self.sums.get(key)
        if row is None or not commission:
            return None
        row.commission += commission
        return key

    def has_seen(self, fill: Fill) -> bool:
        """Say whether this very fill was counted, or passed over, before."""
        return fill.key in self.seen.get(fill.trading_day, ())

    def end_day(self, account_id: str, trading_day: int) -> list[TradeKey]:
        """Drop an account's rows up to this day; return which they were."""
        self.ended[account_id] = max(trading_day, self.ended.get(account_id, 0))
        gone = [key for key in self.sums if key[0] == account_id and key[5] <= trading_day]
        for key in gone:
            del self.sums[key]
        for day in sorted(self.seen)[:-DAYS_OF_FILLS]:
            del self.seen[day]
        return gone

    def row(self, key: TradeKey, *, version: int, ts_event: int) -> TradeStatistic:
        """Return a row as it stands; of one that is gone, with no fills."""
        sums = self.sums.get(key) or TradeSum(0)
        return TradeStatistic(
            *key,
            fills=sums.fills,
            quantity=sums.quantity,
            turnover=sums.value * sums.multiplier,
            avg_price=sums.value / sums.quantity if sums.quantity else None,
            commission=sums.commission,
            version=version,
            ts_event=sums.ts_event or ts_event,
        )

    def keys(self) -> Iterable[TradeKey]:
        """Return the rows there are."""
        return self.sums.keys()


def _key(fill: Fill) -> TradeKey:
    return (
        fill.account_id, fill.product_code, fill.strategy, fill.instrument_id, fill.side, fill.trading_day,
    )  # fmt: skip
