"""Orders as the line writes them, one field or another changed: for tests, benches and authors of adapters.

Three lots of gold bought to open by a strategy, and what became of that. Prices in quote currency, money in CNY.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from tradewind.domain.order import (
    Offset,
    Order,
    OrderRequest,
    OrderStatus,
    Origin,
    PriceType,
    Side,
    TimeInForce,
)

SAMPLE_NS: Final = 1_767_325_500_000_000_000
"""2026-01-02 03:45 UTC, in the day session."""
SAMPLE_DAY: Final = 20260102
_REQUEST: Final = OrderRequest(
    client_order_id="o-1",
    instruction_id="i-1",
    account_id="A1",
    product_code="P1",
    strategy="momentum",
    instrument_id="au2606.SHFE",
    side=Side.BUY,
    offset=Offset.OPEN,
    quantity=3,
    price=Decimal("450.02"),
    price_type=PriceType.LIMIT,
    time_in_force=TimeInForce.DAY,
    origin=Origin.STRATEGY,
    actor="momentum",
    trading_day=SAMPLE_DAY,
    ts_event=SAMPLE_NS,
    cause="op-1",
)


def sample_request(**changes: Any) -> OrderRequest:  # noqa: ANN401 - fields of any type
    """Return a limit order as a room asks for it, with these fields changed."""
    return msgspec.structs.replace(_REQUEST, **changes)


def sample_order(request: OrderRequest = _REQUEST, **changes: Any) -> Order:  # noqa: ANN401 - fields of any type
    """Return what becomes of a request: accepted by the exchange and nothing done yet, with these fields changed."""
    order = Order(
        request=request,
        status=OrderStatus.ACCEPTED,
        version=2,
        filled_quantity=0,
        turnover=Decimal(0),
        order_id="  880012",
        margin=Decimal("108004.80"),
        commission=Decimal("30.05"),
        is_cancel_sent=False,
        is_cancel_unknown=False,
        reason_code="",
        reason="",
        ts_event=SAMPLE_NS,
    )
    return msgspec.structs.replace(order, **changes)
