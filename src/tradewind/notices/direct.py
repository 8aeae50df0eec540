"""What wishes that went straight to the desk say of themselves: contract, side, lots and price, and no number.

A ticket's or a close button's instruction never went through the book: nobody knows it by its id. Whether it opened or
closed stands in its orders alone, which come before its end and are remembered until then.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDS: Final = frozenset({"done", "rejected", "cancelled", "expired"})
AT_WORK: Final = frozenset({"working", "partly_done", "cancelling"})
_MOST: Final = 2_000
_PRICE: Final = Decimal("0.0001")


class _Execution(msgspec.Struct):
    limit_price: Decimal | None = None


class _Line(msgspec.Struct):
    instrument_id: str
    side: str
    quantity: int
    execution: _Execution
    intent: str = ""
    filled_quantity: int = 0
    turnover: Decimal = Decimal(0)
    reason_code: str = ""


class Trail(msgspec.Struct):
    """What the orders of one instruction were for, and whether one of them was rejected."""

    offsets: set[str]
    has_rejected: bool = False


class Trails:
    """Remembers of the newest instructions what their orders were for; forgets the oldest."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._trails: dict[str, Trail] = {}

    def heard(self, instruction_id: str, offset: str, status: str) -> None:
        """Note an order of an instruction."""
        trail = self._trails.setdefault(instruction_id, Trail(set()))
        trail.offsets.add(offset)
        trail.has_rejected = trail.has_rejected or status == "rejected"
        while len(self._trails) > self._most:
            del self._trails[next(iter(self._trails))]

    def of(self, instruction_id: str) -> Trail:
        """Return what is remembered of an instruction; nothing after a restart."""
        return self._trails.get(instruction_id) or Trail(set())


def trade_words(lines: Sequence[Any], trail: Trail, *, reason_code: str, reason: str) -> dict[str, str]:
    """Return the words of a wish that has come to its end: of its first contract, and how many there were.

    Raises: msgspec.ValidationError: its lines are of a form that nobody here knows.
    """
    known = msgspec.convert(lines, list[_Line], strict=False)
    first = known[0]
    is_filled = all(line.filled_quantity >= line.quantity for line in known)
    code = next((line.reason_code for line in known if line.reason_code), "")
    return {
        "instrument_id": first.instrument_id,
        "side": first.side,
        "offset": offset_of(trail.offsets) or (first.intent if first.intent in {"open", "close"} else ""),
        "quantity": str(first.quantity),
        "filled": str(first.filled_quantity),
        "outcome": "filled" if is_filled else "part" if any(line.filled_quantity for line in known) else "nothing",
        "price": _price(first),
        "lines": str(len(known)),
        "reason": "" if is_filled else reason or reason_code or code,
    }


def offset_of(offsets: set[str]) -> str:
    """Return the one offset of all; "close" for lots of several days, "" where some were opened and some closed."""
    if len(offsets) < 2:  # noqa: PLR2004 - of one there is nothing to choose
        return next(iter(offsets), "")
    return "" if "open" in offsets else "close"


def price_text(price: Decimal | None) -> str:
    """Return a price as people write it; "" for a market order's."""
    return "" if price is None else f"{price.quantize(_PRICE).normalize():f}"


def _price(line: _Line) -> str:
    """Return what was paid on average; what was asked for where nothing was filled."""
    if line.filled_quantity:
        return price_text(line.turnover / line.filled_quantity)
    return price_text(line.execution.limit_price)
