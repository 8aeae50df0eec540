"""Margin of a whole account, group by group, and what it would be with more lots: for the ledger and for what-if alike.

The ledger fills `MarginSums` from its positions; the gate fills one of its own from POSITIONS (book "", `margin` is a
side's margin before the larger side counts) and asks `total_with` before it lets an order pass.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.account import Direction
from tradewind.domain.charges import group_margin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.rates import Rates

_ZERO = Decimal(0)


class SideMargin(NamedTuple):
    """Margin of lots held one way, and the group they count in; `group` is "" where each side counts for itself."""

    group: str
    direction: Direction
    amount: Decimal


def side_margin(rates: Rates, direction: Direction, amount: Decimal) -> SideMargin:
    """Place a margin in the group that its contract's rates name; without the larger-side rule it stands alone."""
    return SideMargin(rates.margin_group if rates.is_larger_side_only else "", direction, amount)


class MarginSums:
    """Margin by group and side; adding is O(1), asking what more lots would take is O(groups they touch).

    Source: CThostFtdcInvestorProductGroupMarginField (大边): a group's margin is the larger of long and short.
    """

    __slots__ = ("_alone", "_groups")

    def __init__(self, sides: Iterable[SideMargin] = ()) -> None:
        """Begin with these."""
        self._alone = _ZERO
        self._groups: dict[str, tuple[Decimal, Decimal]] = {}
        for side in sides:
            self.add(side)

    def add(self, side: SideMargin) -> None:
        """Count one side; a negative amount takes it away again."""
        if not side.group:
            self._alone += side.amount
            return
        long, short = self._groups.get(side.group, (_ZERO, _ZERO))
        self._groups[side.group] = _sum(long, short, side)

    def total(self) -> Decimal:
        """Return the account's margin."""
        larger = (group_margin(long, short, is_larger_side_only=True) for long, short in self._groups.values())
        return sum(larger, self._alone)

    def total_with(self, extra: Iterable[SideMargin]) -> Decimal:
        """Return what the margin would be with these too; nothing changes."""
        total = self.total()
        changed: dict[str, tuple[Decimal, Decimal]] = {}
        for side in extra:
            if not side.group:
                total += side.amount
                continue
            long, short = changed.get(side.group) or self._groups.get(side.group, (_ZERO, _ZERO))
            changed[side.group] = _sum(long, short, side)
        for group, sides in changed.items():
            total += max(sides) - max(self._groups.get(group, (_ZERO, _ZERO)))
        return total


def _sum(long: Decimal, short: Decimal, side: SideMargin) -> tuple[Decimal, Decimal]:
    if side.direction is Direction.LONG:
        return long + side.amount, short
    return long, short + side.amount
