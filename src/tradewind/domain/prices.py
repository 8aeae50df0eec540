"""Exact prices out of the line's floats, and the bounds of what may be an amount at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_QUANTA: Final = tuple(Decimal(1).scaleb(-digits) for digits in range(10))


def exact_price(price: float, digits: int) -> Decimal:
    """Return the decimal that a price on the line means; it was rounded to the contract's tick at entry.

    `digits` is `Instrument.price_digits`, 0 … 9.
    """
    return Decimal(repr(price)).quantize(_QUANTA[digits])


_LARGEST: Final = Decimal(10) ** 15
_FINEST: Final = -9


def require_amount(value: Decimal, name: str) -> Decimal:
    """Return a price or an amount of money as it was given.

    Raises: ValueError: it is no number, or so large or fine that it can be none (and would be slow to count with).
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _FINEST or not -_LARGEST <= value <= _LARGEST:
        message = f"{name} must be a number between -1e15 and 1e15 with at most 9 decimals, was {str(value)[:40]}"
        raise ValueError(message)
    return value
