"""What an operator may choose about the order line as a whole."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class TradingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the order line."""

    enabled: Annotated[
        bool, Meta(description="run the order line: ledger, risk gate, orders (on paper unless told otherwise)")
    ] = True
    snapshot_entries: Annotated[
        int,
        Meta(ge=100, description="journal entries after which the rooms' state is kept, so that a start reads less"),
    ] = 20_000
    products: Annotated[
        tuple[str, ...], Meta(description="products (funds) that orders may name, beside those of plans and accounts")
    ] = ()
