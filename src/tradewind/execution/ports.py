"""What a broker is to the execution room: three calls out, reports back, and nothing taken for granted.

Calls never wait. What they return says only what became of the call (the return codes of CTP's Req… functions); what
becomes of the order comes back in reports, late, twice, in any order or never. A report of an order carries the
exchange's view; only a fill report moves money.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.order import Offset, Order, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.order import OrderRequest
    from tradewind.domain.tick import Tick


class SendOutcome(StrEnum):
    """What became of a call to the broker."""

    SENT = "sent"
    """On its way; CTP returns 0."""
    BUSY = "busy"
    """Not sent for certain, try again later; CTP returns -2 or -3."""
    UNKNOWN = "unknown"
    """Perhaps sent; CTP returns -1. Never tried again: asked."""
    REFUSED = "refused"
    """Not sent, and trying again would not help; the reason was reported from inside the call."""
    STALE = "stale"
    """Not sent for certain: its reference is of a session that is over. It gets a new one, is journalled, and sent."""


class VenueStatus(StrEnum):
    """Where an order stands by the exchange's word."""

    LIVE = "live"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class OrderReport(msgspec.Struct, frozen=True, tag=True):
    """The exchange's view of one order (OnRtnOrder).

    `client_order_id` is "" where the broker finds none of ours: an order of another program or desk. `filled_quantity`
    is the exchange's count; the fills that make it up come by themselves. Times in ns UTC.
    """

    account_id: str
    client_order_id: str
    order_id: str
    instrument_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal | None
    status: VenueStatus
    filled_quantity: int
    trading_day: int
    ts_event: int
    reason_code: str = ""
    reason: str = ""


class FillReport(msgspec.Struct, frozen=True, tag=True):
    """Lots that were done (OnRtnTrade). `client_order_id` is "" where only `order_id` is known, now or for ever."""

    account_id: str
    client_order_id: str
    order_id: str
    fill_id: str
    instrument_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal
    trading_day: int
    ts_event: int


class SendFailed(msgspec.Struct, frozen=True, tag=True):
    """An order did not go out, or perhaps not (OnRspOrderInsert, OnErrRtnOrderInsert, a link that broke)."""

    client_order_id: str
    outcome: SendOutcome
    code: str
    reason: str
    ts_event: int


class CancelFailed(msgspec.Struct, frozen=True, tag=True):
    """A cancel was refused, or may not have gone out (OnRspOrderAction, OnErrRtnOrderAction)."""

    client_order_id: str
    outcome: SendOutcome
    code: str
    reason: str
    ts_event: int


class QueryAnswer(msgspec.Struct, frozen=True, tag=True):
    """All orders and fills of the trading day the broker knows, as they were after the query was asked.

    `is_complete` only when every page came and all earlier reports of the private stream were delivered before this:
    what is missing in a complete answer does not exist there.
    """

    query_id: str
    is_complete: bool
    orders: tuple[OrderReport, ...]
    fills: tuple[FillReport, ...]
    ts_event: int
    trading_day: int = 0
    """The day it tells of, 0 where it is not bound to one: orders of earlier days are not in it any more."""
    accounts: frozenset[str] | None = None
    """The accounts it tells of, `None` for all: of others nothing may be concluded."""


class Difference(msgspec.Struct, frozen=True):
    """One thing that our books and the broker's do not agree about, each in its own words."""

    code: str
    """position_today, position_yesterday, funds_before_trading, funds_close_pnl or funds_commission."""
    subject: str
    ours: str
    theirs: str


class HoldingsReport(msgspec.Struct, frozen=True, tag=True):
    """Positions and funds of an account were compared with our books, both at rest; what differs."""

    account_id: str
    differences: tuple[Difference, ...]
    ts_event: int


class AccountLink(msgspec.Struct, frozen=True, kw_only=True):
    """How one account stands with its broker, for people to see; times in ns UTC, amounts in lots and messages."""

    account_id: str
    state: str
    reason: str
    since_ts: int
    front: str
    trading_day: int
    is_working: bool
    is_settlement_confirmed: bool
    queries_waiting: int
    query: str
    """The query that is not answered yet, "" for none."""
    flow_limit: int
    """Orders and cancels the front takes in a second."""
    flow_used: int
    external_orders: int
    external_fills: int
    counts: dict[str, int]
    funds: dict[str, str]
    differences: tuple[Difference, ...]
    compared_ts: int | None


class ConnectionReport(msgspec.Struct, frozen=True, tag=True):
    """The broker can, or can no longer, be reached for orders."""

    is_connected: bool
    reason: str
    ts_event: int


Report = OrderReport | FillReport | SendFailed | CancelFailed | QueryAnswer | ConnectionReport | HoldingsReport


class Broker(Protocol):
    """Carries orders to an exchange. All calls and all reports are on the thread of the line."""

    @property
    def name(self) -> str:
        """Return the name shown in settings and pages."""
        ...

    @property
    def on_tick(self) -> Callable[[Tick], None] | None:
        """Return what wants every clean tick, `None` for a broker that has an exchange of its own."""
        ...

    @property
    def loses_reports(self) -> bool:
        """Return `False` where every report arrives for certain: then nothing is asked for regularly."""
        ...

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:
        """Begin to report; `known` are the orders of earlier lives, for their keys. A `ConnectionReport` follows.

        A report may come at once, from inside any call; orders not final in `known` with an `order_id` stand.
        """
        ...

    def close(self) -> None:
        """Report nothing more."""
        ...

    def reference(self, request: OrderRequest) -> str:
        """Choose what the broker's protocol will call a new order; it is journalled before `send`. "" for our id."""
        ...

    def accounts(self) -> tuple[AccountLink, ...]:
        """Return how each account stands, none for a broker that has no link for each."""
        ...

    def send(self, order: Order) -> SendOutcome:
        """Send a new order, once: whoever calls makes sure that it is durable and was never sent before."""
        ...

    def cancel(self, order: Order) -> SendOutcome:
        """Ask the exchange to take an order back; asking twice does no harm."""
        ...

    def query(self, query_id: str) -> SendOutcome:
        """Ask for all orders and fills of the day; a `QueryAnswer` of that id follows, or never."""
        ...
