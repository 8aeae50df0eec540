"""Prices as exact decimals: the line carries floats rounded to the tick, money is counted in decimals."""

from __future__ import annotations

from decimal import Decimal


def exact_price(price: float, digits: int) -> Decimal:
    """Return the decimal that a price of the line stands for: 3899.2000000000003 with 1 digit is 3899.2."""
    return Decimal(f"{price:.{digits}f}")
