"""Builders of what travels to and from the execution room."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tradewind.domain.order import ApprovedOrder, CancelRequest, Order, OrderRequest, OrderStatus
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.testing.order_samples import sample_order, sample_request

from builders import MORNING_NS

_REQUEST = sample_request(
    instruction_id="i1",
    account_id="a1",
    product_code="p1",
    strategy="s1",
    instrument_id="IF2101.CFFEX",
    quantity=5,
    price=Decimal("5230.0"),
    actor="policy",
    trading_day=20210104,
    ts_event=MORNING_NS,
    cause="opportunity:1",
)


def make_request(client_order_id: str = "o1", **changes: Any) -> OrderRequest:
    """Return a limit order to buy 5 lots of IF2101 to open, with these fields changed."""
    return msgspec.structs.replace(_REQUEST, client_order_id=client_order_id, **changes)


def make_approved(client_order_id: str = "o1", **changes: Any) -> ApprovedOrder:
    """Return the same, approved."""
    request = make_request(client_order_id, **changes)
    return ApprovedOrder(request, f"d-{client_order_id}", Decimal(1000), Decimal(10), request.ts_event)


def make_order(client_order_id: str = "o1", **changes: Any) -> Order:
    """Return the same as an order that is pending; `request_…` changes go to the request."""
    request = {
        name.removeprefix("request_"): changes.pop(name) for name in tuple(changes) if name.startswith("request_")
    }
    pending = sample_order(
        make_request(client_order_id, **request),
        status=OrderStatus.PENDING,
        version=1,
        order_id="",
        margin=Decimal(1000),
        commission=Decimal(10),
        ts_event=MORNING_NS,
    )
    return msgspec.structs.replace(pending, **changes)


def make_cancel(client_order_id: str = "o1") -> CancelRequest:
    """Return the wish of a person to have it back."""
    return CancelRequest(client_order_id, "li", "changed my mind", MORNING_NS)


def make_mode(mode: TradingMode, *, scope: Scope = Scope.PLATFORM, key: str = "", version: int = 1) -> TradingState:
    """Return the mode of a scope."""
    return TradingState(scope, key, mode, "li", "test", "a test", version, MORNING_NS)
