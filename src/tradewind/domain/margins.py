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
_NOTHING = (_ZERO, _ZERO)


class SideMargin(NamedTuple):
    """Margin of lots held one way, and the group they count in; `group` is "" where each side counts for itself."""

    group: str
    direction: Direction
    amount: Decimal


def side_margin(rates: Rates, direction: Direction, amount: Decimal) -> SideMargin:
    """Place a margin in the group that its contract's rates name; without the larger-side rule it stands alone."""
    return SideMargin(rates.margin_group if rates.is_larger_side_only else "", direction, amount)


class MarginSums:
    """Margin by group and side; adding is O(1), and so is each side that is asked about.

    Source: CThostFtdcInvestorProductGroupMarginField (大边): a group's margin is the larger of long and short.
    """

    __slots__ = ("_groups", "_total")

    def __init__(self, sides: Iterable[SideMargin] = ()) -> None:
        """Begin with these."""
        self._total = _ZERO
        self._groups: dict[str, tuple[Decimal, Decimal]] = {}
        for side in sides:
            self.add(side)

    def add(self, side: SideMargin) -> None:
        """Count one side; a negative amount takes it away again."""
        if not side.group:
            self._total += side.amount
            return
        before = self._groups.get(side.group, _NOTHING)
        after = self._groups[side.group] = _sum(before, side)
        self._total += _asked(after) - _asked(before)

    def total(self) -> Decimal:
        """Return the account's margin."""
        return self._total

    def total_with(self, extra: Iterable[SideMargin]) -> Decimal:
        """Return what the margin would be with these too; nothing changes."""
        total = self._total
        changed: dict[str, tuple[Decimal, Decimal]] = {}
        for side in extra:
            if not side.group:
                total += side.amount
                continue
            before = changed.get(side.group) or self._groups.get(side.group, _NOTHING)
            after = changed[side.group] = _sum(before, side)
            total += _asked(after) - _asked(before)
        return total


def _asked(sides: tuple[Decimal, Decimal]) -> Decimal:
    return group_margin(*sides, is_larger_side_only=True)


def _sum(sides: tuple[Decimal, Decimal], side: SideMargin) -> tuple[Decimal, Decimal]:
    long, short = sides
    if side.direction is Direction.LONG:
        return long + side.amount, short
    return long, short + side.amount
