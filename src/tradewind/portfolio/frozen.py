"""What live orders hold back: margin, commission and lots, released with each fill and with the order's end.

Fills are believed, not the order's own count: an order holds back what it may still need until its fills are booked,
so nothing is counted twice and nothing is free between the two reports.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.charges import DaySplit
from tradewind.domain.order import Offset, OrderRequest, Side

if TYPE_CHECKING:
    from tradewind.domain.rates import ClosePriority

ZERO: Final = Decimal(0)


class LiveOrder(msgspec.Struct):
    """An order as the ledger sees it; `filled` is what the order says, `booked` what its fills brought.

    The last three are what it holds back in the ledgers at present, so that just that is taken away again.
    """

    request: OrderRequest
    margin: Decimal
    commission: Decimal
    version: int = 0
    filled: int = 0
    booked: int = 0
    is_final: bool = False
    has_paid_order: bool = False
    has_paid_cancel: bool = False
    lots_held: int = 0
    margin_held: Decimal = ZERO
    commission_held: Decimal = ZERO

    @property
    def outstanding(self) -> int:
        """Return the lots it must still hold something back for."""
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

    def move(self, order: LiveOrder, *, lots: int, margin: Decimal, commission: Decimal) -> None:
        """Hold back that much more for an order, or less."""
        self.margin += margin
        self.commission += commission
        key = order.closes
        if key is not None:
            spoken_for = self._lots.setdefault(key, {})
            offset = order.request.offset
            spoken_for[offset] = spoken_for.get(offset, 0) + lots

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
