"""CTP's letters for what we say in words, and back.

Source: ThostFtdcUserApiDataType.h 6.7.11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, PriceType, Side, TimeInForce
from tradewind.execution.ports import VenueStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

SIDE_LETTERS: Final[Mapping[Side, str]] = {Side.BUY: "0", Side.SELL: "1"}
SIDES: Final[Mapping[str, Side]] = {letter: side for side, letter in SIDE_LETTERS.items()}
HEDGE_LETTERS: Final[Mapping[str, str]] = {"speculation": "1", "arbitrage": "2", "hedge": "3", "market_maker": "5"}
DIRECTIONS: Final[Mapping[str, Direction]] = {"2": Direction.LONG, "3": Direction.SHORT}
OFFSETS: Final[Mapping[str, Offset]] = {
    "0": Offset.OPEN,
    "1": Offset.CLOSE,
    "2": Offset.CLOSE,
    "3": Offset.CLOSE_TODAY,
    "4": Offset.CLOSE_YESTERDAY,
    "5": Offset.CLOSE,
    "6": Offset.CLOSE,
}
"""2 is a forced close, 5 a forced reduction, 6 a local forced close: somebody else's, and they close."""
_KEPT_OFFSETS: Final[Mapping[Offset, str]] = {
    Offset.OPEN: "0",
    Offset.CLOSE: "1",
    Offset.CLOSE_TODAY: "3",
    Offset.CLOSE_YESTERDAY: "4",
}

Triple = tuple[str, str, str]
"""(OrderPriceType, TimeCondition, VolumeCondition)"""
TRIPLES: Final[Mapping[tuple[PriceType, TimeInForce], Triple]] = {
    (PriceType.LIMIT, TimeInForce.DAY): ("2", "3", "1"),
    (PriceType.LIMIT, TimeInForce.FAK): ("2", "1", "1"),
    (PriceType.LIMIT, TimeInForce.FOK): ("2", "1", "3"),
    (PriceType.MARKET, TimeInForce.DAY): ("1", "3", "1"),
    (PriceType.MARKET, TimeInForce.FAK): ("1", "1", "1"),
    (PriceType.MARKET, TimeInForce.FOK): ("1", "1", "3"),
}

_SUBMIT_REFUSED: Final = "4"
_UNKNOWN: Final = "a"
_STATUSES: Final[Mapping[str, VenueStatus]] = {
    "0": VenueStatus.FILLED,
    "1": VenueStatus.LIVE,
    "2": VenueStatus.CANCELLED,
    "3": VenueStatus.LIVE,
    "4": VenueStatus.CANCELLED,
    "5": VenueStatus.CANCELLED,
    _UNKNOWN: VenueStatus.LIVE,
    "b": VenueStatus.LIVE,
    "c": VenueStatus.LIVE,
}
"""2 and 4 are out of the exchange's queue for good."""
_EMPTY: Final = 1e300


def offset_letter(offset: Offset, *, is_date_kept: bool) -> str:
    """Return what CTP calls an offset: where days are not kept apart, every close is a plain one."""
    if is_date_kept or offset is Offset.OPEN:
        return _KEPT_OFFSETS[offset]
    return "1"


def status_of(order_status: str, submit_status: str) -> VenueStatus:
    """Return where an order stands. Cancelled and never accepted is rejected; an unknown letter is live: ask on."""
    status = _STATUSES.get(order_status, VenueStatus.LIVE)
    if order_status == "5" and submit_status == _SUBMIT_REFUSED:
        return VenueStatus.REJECTED
    return status


def is_on_its_way(row: Mapping[str, Any]) -> bool:
    """Tell whether an order has reached the front and not its exchange: it has no number there yet."""
    return row["OrderStatus"] == _UNKNOWN and not str(row["OrderSysID"]).strip()


def number(value: float) -> float | None:
    """Return a price or an amount, `None` where CTP means there is none (DBL_MAX)."""
    return None if abs(value) >= _EMPTY else value
