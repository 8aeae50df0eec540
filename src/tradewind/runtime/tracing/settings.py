"""Where traces are sent to; without an endpoint there are none."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.kernel.settings import SECRET


class TraceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Traces along the cause ids, by OTLP over HTTP."""

    endpoint: Annotated[
        str,
        Meta(
            pattern=r"^$|^https?://\S+$",
            description="takes traces by OTLP/HTTP, as http://127.0.0.1:4318/v1/traces; empty: none are made",
        ),
    ] = ""
    headers: Annotated[
        dict[str, str],
        Meta(description="headers sent along, as an authorization a collector asks for", extra={SECRET: True}),
    ] = {}
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="seconds one delivery may take")] = 5.0
    max_waiting: Annotated[
        int,
        Meta(ge=512, le=1_000_000, description="spans kept while the endpoint is away; what exceeds them is dropped"),
    ] = 8_192
    max_open: Annotated[
        int, Meta(ge=100, le=1_000_000, description="opportunities, instructions and orders followed at once, of each")
    ] = 10_000
