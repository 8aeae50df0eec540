"""The arithmetic of margin and commission: one formula each, for the ledger, the gate, what-if and backtests alike."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain.account import Direction
from tradewind.domain.order import Offset

if TYPE_CHECKING:
    from tradewind.domain.rates import ClosePriority, CommissionRate, MarginRate

_FINEST: Final = Decimal("0.00000001")


def margin_of(
    rate: MarginRate, direction: Direction, *, price: Decimal, quantity: int, contract_multiplier: int
) -> Decimal:
    """Margin of lots held one way, at the price the broker counts them at.

    Source: price × multiplier × lots × ratio by money + lots × by volume (CTP).
    """
    return margin_of_value(
        rate, direction, value=price * quantity, quantity=quantity, contract_multiplier=contract_multiplier
    )


def margin_of_value(
    rate: MarginRate, direction: Direction, *, value: Decimal, quantity: int, contract_multiplier: int
) -> Decimal:
    """Margin of lots counted at different prices: `value` is Σ price × lots."""
    if direction is Direction.LONG:
        by_money, by_volume = rate.long_by_money, rate.long_by_volume
    else:
        by_money, by_volume = rate.short_by_money, rate.short_by_volume
    return value * contract_multiplier * by_money + by_volume * quantity


def commission_of(
    rate: CommissionRate, offset: Offset, *, price: Decimal, quantity: int, contract_multiplier: int
) -> Decimal:
    """Commission of a fill; one that closes lots of both days is counted in two parts by the caller."""
    by_money, by_volume = rate.of(offset)
    return price * (contract_multiplier * quantity) * by_money + by_volume * quantity


def group_margin(long: Decimal, short: Decimal, *, is_larger_side_only: bool) -> Decimal:
    """Margin asked for a group of contracts from the margins of its two sides (大边: the larger only)."""
    return max(long, short) if is_larger_side_only else long + short


class DaySplit(NamedTuple):
    """Lots of today and of days before."""

    today: int
    yesterday: int


def closing_split(
    offset: Offset, quantity: int, held: DaySplit, *, is_date_kept: bool, priority: ClosePriority
) -> DaySplit | None:
    """Return from which days a close takes its lots, `None` where there are not enough of those it may take.

    Where the exchange keeps dates apart a plain close means yesterday's; elsewhere closing today or yesterday is only
    closing, and the order of closing decides. Source: CTP developer's guide §4.7.1 and "order of closing".
    """
    if is_date_kept:
        if offset is Offset.CLOSE_TODAY:
            return DaySplit(quantity, 0) if quantity <= held.today else None
        return DaySplit(0, quantity) if quantity <= held.yesterday else None
    if quantity > held.today + held.yesterday:
        return None
    if priority == "today_first":
        today = min(quantity, held.today)
        return DaySplit(today, quantity - today)
    yesterday = min(quantity, held.yesterday)
    return DaySplit(quantity - yesterday, yesterday)


def closing_commission(rate: CommissionRate, split: DaySplit, *, price: Decimal, contract_multiplier: int) -> Decimal:
    """Commission of a closing fill: each day's lots at their own rate."""
    today = commission_of(
        rate, Offset.CLOSE_TODAY, price=price, quantity=split.today, contract_multiplier=contract_multiplier
    )
    older = commission_of(
        rate, Offset.CLOSE, price=price, quantity=split.yesterday, contract_multiplier=contract_multiplier
    )
    return today + older


def pro_rata(amount: Decimal, part: int, whole: int) -> Decimal:
    """Return part ÷ whole of an amount, rounded up at the eighth decimal: what was added can be taken away exactly."""
    if part == whole:
        return amount
    return (amount * part / whole).quantize(_FINEST, rounding=ROUND_CEILING)
