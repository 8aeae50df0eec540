"""The arithmetic of margin and commission: one formula each, for the ledger, the gate, what-if and backtests alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.account import Direction

if TYPE_CHECKING:
    from decimal import Decimal

    from tradewind.domain.order import Offset
    from tradewind.domain.rates import CommissionRate, MarginRate


def margin_of(
    rate: MarginRate, direction: Direction, *, price: Decimal, quantity: int, contract_multiplier: int
) -> Decimal:
    """Margin of lots held one way, at the price the broker counts them at.

    Source: price × multiplier × lots × ratio by money + lots × by volume (CTP).
    """
    if direction is Direction.LONG:
        by_money, by_volume = rate.long_by_money, rate.long_by_volume
    else:
        by_money, by_volume = rate.short_by_money, rate.short_by_volume
    return price * (contract_multiplier * quantity) * by_money + by_volume * quantity


def commission_of(
    rate: CommissionRate, offset: Offset, *, price: Decimal, quantity: int, contract_multiplier: int
) -> Decimal:
    """Commission of a fill; one that closes lots of both days is counted in two parts by the caller."""
    by_money, by_volume = rate.of(offset)
    return price * (contract_multiplier * quantity) * by_money + by_volume * quantity


def group_margin(long: Decimal, short: Decimal, *, is_larger_side_only: bool) -> Decimal:
    """Margin asked for a group of contracts from the margins of its two sides (大边: the larger only)."""
    return max(long, short) if is_larger_side_only else long + short
