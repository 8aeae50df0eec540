"""Exact prices out of the line's floats, and the bounds of what may be an amount at all."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

_LARGEST: Final = Decimal(10) ** 15
_FINEST: Final = -9


@lru_cache(maxsize=16_384)
def exact_price(price: float, digits: int) -> Decimal:
    """Return the decimal that a price of the line stands for: 3899.2000000000003 with 1 digit is 3899.2.

    Prices come again and again, so the newest are remembered; when there are too many the oldest are forgotten.
    """
    return Decimal(f"{price:.{digits}f}")


def require_amount(value: Decimal, name: str) -> Decimal:
    """Return a price or an amount of money as it was given.

    Raises: ValueError: it is no number, or so large or fine that it can be none (and would be slow to count with).
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _FINEST or not -_LARGEST <= value <= _LARGEST:
        message = f"{name} must be a number between -1e15 and 1e15 with at most 9 decimals, was {str(value)[:40]}"
        raise ValueError(message)
    return value
