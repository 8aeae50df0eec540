"""What an operator may tune about trading on paper."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class PaperSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the paper broker."""

    latency_ms: Annotated[
        float, Meta(ge=0.0, le=60_000.0, description="Milliseconds from sending to the exchange on paper; 0: at once")
    ] = 0.0
    slip_ticks: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000,
            description="Where an exchange takes no market orders: price ticks beyond the opposite price at which a "
            "limit order stands for one",
        ),
    ] = 5
    no_market_orders: Annotated[tuple[str, ...], Meta(description="Exchanges that take no market orders")] = (
        "SHFE",
        "INE",
    )
    max_finished: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Finished orders and fills kept for queries; the oldest are forgotten"),
    ] = 1_000
