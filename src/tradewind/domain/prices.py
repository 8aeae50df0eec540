"""Prices of the line made exact: what a tick carries as a float is a whole number of price steps in decimals."""

from __future__ import annotations

from decimal import Decimal


def exact_price(price: float, digits: int) -> Decimal:
    """Return the price a float of the line stands for, with the contract's `digits` after the point."""
    return Decimal(f"{price:.{digits}f}")
