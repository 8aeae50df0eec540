"""What live orders hold back: margin, commission and lots, released with each fill and with the order's end.

Fills are believed, not the order's own count: an order holds back what it may still need until its fills are booked,
so nothing is counted twice and nothing is free between the two reports.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.charges import DaySplit
from tradewind.domain.order import Offset, OrderRequest, Side

if TYPE_CHECKING:
    from tradewind.domain.rates import ClosePriority

ZERO: Final = Decimal(0)
_FINEST: Final = Decimal("0.00000001")


class LiveOrder(msgspec.Struct):
    """An order as the ledger sees it; `filled` is what the order says, `booked` what its fills brought."""

    request: OrderRequest
    margin: Decimal
    commission: Decimal
    version: int = 0
    filled: int = 0
    booked: int = 0
    is_final: bool = False
    has_paid_order: bool = False
    has_paid_cancel: bool = False

    @property
    def held(self) -> int:
        """Return the lots it still holds something back for."""
        due = self.filled if self.is_final else self.request.quantity
        return max(0, due - self.booked)

    @property
    def closes(self) -> tuple[str, Direction] | None:
        """Return the position it makes smaller, `None` where it opens one."""
        if self.request.offset is Offset.OPEN:
            return None
        return self.request.instrument_id, Direction.LONG if self.request.side is Side.SELL else Direction.SHORT


class Frozen:
    """Sums over the live orders of one ledger."""

    __slots__ = ("_lots", "commission", "margin")

    def __init__(self) -> None:
        self.margin = ZERO
        self.commission = ZERO
        self._lots: dict[tuple[str, Direction], dict[Offset, int]] = {}

    def add(self, order: LiveOrder, *, sign: int) -> None:
        """Count what the order holds back now, or with sign −1 take it away."""
        quantity = order.request.quantity
        self.margin += sign * pro_rata(order.margin, order.held, quantity)
        self.commission += sign * pro_rata(order.commission, order.held, quantity)
        if order.closes is not None:
            lots = self._lots.setdefault(order.closes, {})
            offset = order.request.offset
            lots[offset] = lots.get(offset, 0) + sign * order.held
            if not lots[offset]:
                del lots[offset]
            if not lots:
                del self._lots[order.closes]

    def lots_of(
        self, key: tuple[str, Direction], held: DaySplit, *, is_date_kept: bool, priority: ClosePriority
    ) -> DaySplit:
        """Return the lots of each day that closing orders have spoken for, never more than there are."""
        by_offset = self._lots.get(key)
        if by_offset is None:
            return DaySplit(0, 0)
        if is_date_kept:
            today = by_offset.get(Offset.CLOSE_TODAY, 0)
            older = sum(by_offset.values()) - today
            return DaySplit(min(today, held.today), min(older, held.yesterday))
        total = min(sum(by_offset.values()), held.today + held.yesterday)
        if priority == "today_first":
            today = min(total, held.today)
            return DaySplit(today, total - today)
        older = min(total, held.yesterday)
        return DaySplit(total - older, older)

    @property
    def is_empty(self) -> bool:
        """True where nothing is held back."""
        return not self.margin and not self.commission and not self._lots


def pro_rata(amount: Decimal, part: int, whole: int) -> Decimal:
    """Return part ÷ whole of an amount, rounded up at the eighth decimal: what was added can be taken away exactly."""
    if part == whole:
        return amount
    return (amount * part / whole).quantize(_FINEST, rounding=ROUND_CEILING)
