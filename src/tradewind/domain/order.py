"""Orders and fills: what is asked of the exchange, how far it got, and what came of it.

An order belongs to an instruction and passes the gate before anybody may send it: `OrderRequest` → `ApprovedOrder` or
`RefusedOrder` → `Order` (every change a new version) → `Fill`. Prices and money are exact decimals, quantities whole
lots.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Side(StrEnum):
    """What an order does: CTP Direction, FIX 54."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """Return the other one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Offset(StrEnum):
    """Whether it opens a position or closes one, and whose day's: CTP CombOffsetFlag, FIX 77."""

    OPEN = "open"
    CLOSE = "close"
    CLOSE_TODAY = "close_today"
    CLOSE_YESTERDAY = "close_yesterday"


class PriceType(StrEnum):
    """At a price or better, or at whatever the book offers."""

    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(StrEnum):
    """For the day; fill what can be and kill the rest (FAK); fill all or kill all (FOK)."""

    DAY = "day"
    FAK = "fak"
    FOK = "fok"


class Origin(StrEnum):
    """Who wanted an instruction: it is why each of its orders exists."""

    MANAGER = "manager"
    CLOSE_BUTTON = "close_button"
    STRATEGY = "strategy"
    REBALANCE = "rebalance"
    RISK = "risk"
    EXTERNAL = "external"
    """Found at the exchange and not ours: it counts, and nobody here works it."""


class OrderStatus(StrEnum):
    """Where an order stands; the moves between them are `TRANSITIONS`."""

    PENDING = "pending"
    """Approved, not sent yet: it waits for the journal or for its turn."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """Perhaps at the exchange, perhaps not; only a query or the exchange's own report resolves it."""
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


_S = OrderStatus
TRANSITIONS: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    _S.PENDING: frozenset({_S.SENT, _S.UNKNOWN, _S.CANCELLED, _S.REJECTED, _S.ACCEPTED, _S.PARTIAL, _S.FILLED}),
    _S.SENT: frozenset({_S.UNKNOWN, _S.ACCEPTED, _S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED}),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED}),
    # A live order has new versions without moving: the exchange named it, a cancel went out.
    _S.ACCEPTED: frozenset({_S.ACCEPTED, _S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED, _S.UNKNOWN}),
    _S.PARTIAL: frozenset({_S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.UNKNOWN}),
    # What was thought to be over moves again where the exchange knows better: money wins over our belief. A fill
    # beyond the quantity leaves it filled; an order given up for lost, and only that, may stand after all.
    _S.FILLED: frozenset({_S.FILLED}),
    _S.CANCELLED: frozenset({_S.PARTIAL, _S.FILLED, _S.CANCELLED}),
    _S.REJECTED: frozenset({_S.ACCEPTED, _S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED}),
}
FINAL_STATUSES: Final = frozenset({_S.FILLED, _S.CANCELLED, _S.REJECTED})


def advance(status: OrderStatus, to: OrderStatus) -> OrderStatus:
    """Return `to` if the table allows the move.

    Raises: StateConflictError: it does not.
    """
    if to not in TRANSITIONS[status]:
        allowed = ", ".join(sorted(TRANSITIONS[status])) or "nothing"
        message = f"an order cannot go from {status} to {to}; allowed: {allowed}"
        raise StateConflictError(message)
    return to


class OrderRequest(msgspec.Struct, frozen=True):
    """One order as it is to be sent, if the gate lets it pass. `price` is `None` for a market order alone.

    `client_order_id` is ours and unique for ever: the same id is the same order. `product_code` is the fund,
    `strategy` the strategy whose book it belongs to ("" for none). `cause` names the opportunity, button or child of
    an algorithm behind it. `ts_event` in ns UTC of the line, `trading_day` as YYYYMMDD.
    """

    client_order_id: str
    instruction_id: str
    account_id: str
    product_code: str
    strategy: str
    instrument_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal | None
    price_type: PriceType
    time_in_force: TimeInForce
    origin: Origin
    actor: str
    trading_day: int
    ts_event: int
    cause: str


class CancelRequest(msgspec.Struct, frozen=True):
    """The wish to take an order back; never refused by the gate, only counted."""

    client_order_id: str
    actor: str
    reason: str
    ts_event: int


class Refusal(msgspec.Struct, frozen=True):
    """One rule's no: the rule, a stable code, where it applies, the limit and what it was."""

    rule: str
    code: str
    scope: str
    limit: str
    actual: str


class ApprovedOrder(msgspec.Struct, frozen=True):
    """An order that passed the gate; nothing but the gate makes one. `margin` and `commission` are to be frozen."""

    order: OrderRequest
    decision_id: str
    margin: Decimal
    commission: Decimal
    ts_event: int


class RefusedOrder(msgspec.Struct, frozen=True):
    """An order that did not pass, with every rule that said no."""

    order: OrderRequest
    decision_id: str
    refusals: tuple[Refusal, ...]
    ts_event: int


class Order(msgspec.Struct, frozen=True):
    """An order and how far it got; every change is a new `version` of the same `client_order_id`.

    `order_id` is the exchange's, "" until it told one. `turnover` is Σ price × quantity of its fills, so that the
    average is exact. `reason_code` and `reason` say why it was rejected, cancelled, or is not known.
    """

    request: OrderRequest
    status: OrderStatus
    version: int
    filled_quantity: int
    turnover: Decimal
    order_id: str
    margin: Decimal
    commission: Decimal
    is_cancel_sent: bool
    is_cancel_unknown: bool
    reason_code: str
    reason: str
    ts_event: int
    broker_ref: str = ""
    """What the broker's own protocol calls it, chosen before it is sent; "" where our id does."""

    @property
    def client_order_id(self) -> str:
        """Return our id."""
        return self.request.client_order_id

    @property
    def remaining_quantity(self) -> int:
        """Return the lots not filled."""
        return self.request.quantity - self.filled_quantity

    @property
    def avg_price(self) -> Decimal | None:
        """Return the average price of its fills, `None` before the first."""
        return self.turnover / self.filled_quantity if self.filled_quantity else None

    @property
    def is_final(self) -> bool:
        """True when nothing more is expected of it."""
        return self.status in FINAL_STATUSES


class Fill(msgspec.Struct, frozen=True):
    """A piece of an order that was done: the only thing that moves positions and money.

    Unique by (exchange, trading_day, fill_id, side): an exchange gives both sides of a self-trade one id.
    `client_order_id` is "" for a fill of an order that is not ours. Times in ns UTC.
    """

    fill_id: str
    order_id: str
    client_order_id: str
    instruction_id: str
    account_id: str
    product_code: str
    strategy: str
    instrument_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal
    trading_day: int
    ts_event: int
    ts_recv: int

    @property
    def key(self) -> tuple[str, int, str, str]:
        """Return what makes it unique."""
        return (self.instrument_id.rpartition(".")[2], self.trading_day, self.fill_id, self.side)
