"""Shares and pairs of currencies: which product of the table a symbol without a month belongs to.

They are too many to list; what a price step and a lot are follows from a symbol's first digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARES_AND_PAIRS: Final = frozenset({"US", "HK", "SSE", "SZSE", "FX"})
_BY_START: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "SSE": (("60", "A"), ("68", "STAR"), ("5", "FUND"), ("900", "B")),
    "SZSE": (("00", "A"), ("30", "A"), ("15", "FUND"), ("16", "FUND"), ("18", "FUND"), ("20", "B")),
}
_METALS: Final = ("XAU", "XAG", "XPT", "XPD")
_LARGE_NUMBERS: Final = ("JPY", "KRW", "IDR", "VND", "HUF", "CLP", "COP", "INR", "RUB", "THB", "TWD", "PHP")
"""Currencies of which a dollar is many: their pairs have three digits where others have five."""


def kind_of(exchange: str, symbol: str) -> str:
    """Return the product id of a share or a pair; empty where the exchange gives out no such symbols."""
    if exchange in {"US", "HK"}:
        return exchange
    if exchange == "FX":
        if symbol.startswith(_METALS):
            return "METAL"
        return "PAIR_3" if symbol.endswith(_LARGE_NUMBERS) else "PAIR_5"
    return next((kind for start, kind in _BY_START.get(exchange, ()) if symbol.startswith(start)), "")
