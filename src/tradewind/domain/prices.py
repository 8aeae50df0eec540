"""Exact prices out of the line's floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_QUANTA: Final = tuple(Decimal(1).scaleb(-digits) for digits in range(10))


def exact_price(price: float, digits: int) -> Decimal:
    """Return the decimal that a price on the line means; it was rounded to the contract's tick at entry.

    `digits` is `Instrument.price_digits`, 0 … 9.
    """
    return Decimal(repr(price)).quantize(_QUANTA[digits])
