"""Lengths of bars in words, and the numbers by which the provider calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.job import BarLength

BAR_TYPES: Final[Mapping[BarLength, int]] = {
    "1m": 1, "5m": 2, "15m": 3, "30m": 4, "1h": 5, "2h": 6, "4h": 7, "1d": 8, "1w": 9, "1mo": 10, "1q": 11, "1y": 12,
}  # fmt: skip
