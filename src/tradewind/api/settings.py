"""Settings of the REST edge."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where REST and the page are served, what they keep at hand, and how much one caller may ask."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on; 0.0.0.0 for every interface.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65_535, description="Port of REST and the page; 0 takes a free one.")] = 8_888
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^(?:/[A-Za-z0-9_-]{1,40}){0,4}$",
            description="Path of the host under which people reach the page and REST, such as `/tradewind`; empty: "
            "the host's root. A proxy may pass it on or take it off; without it everything is still answered.",
        ),
    ] = ""
    push_url: Annotated[
        str,
        Meta(
            description="Where browsers find push, if not on push.port of the same host: behind a proxy with TLS "
            "`wss://desk.example/ws`; a path such as `/ws` means the page's own address."
        ),
    ] = ""
    reconnect_tries: Annotated[
        int, Meta(ge=5, le=10, description="How often the page tries to reconnect before it asks its user.")
    ] = 10
    body_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216, description="Largest request body taken, in bytes.")] = (
        65_536
    )
    rate_per_s: Annotated[
        float, Meta(gt=0, description="Requests per second that one session (or address) may make, on average.")
    ] = 1_000.0
    rate_burst: Annotated[int, Meta(ge=1, description="Requests one session (or address) may make at once.")] = 2_000
    rate_callers: Annotated[
        int, Meta(ge=1, description="Callers whose rate is remembered; one more forgets the one known for longest.")
    ] = 10_000
    keep_alive_s: Annotated[int, Meta(ge=1, le=3_600, description="An idle connection is closed after this long.")] = 75
    connections: Annotated[
        int, Meta(ge=1, description="Connections served at once; beyond it new requests are answered 503.")
    ] = 2_000
    stop_grace_s: Annotated[
        int, Meta(ge=1, le=300, description="Time that requests under way are given to end when stopping.")
    ] = 3
    default_limit: Annotated[
        int, Meta(ge=1, le=10_000, description="Entries in a list when the request names no limit.")
    ] = 200
    recent_signals: Annotated[int, Meta(ge=1, le=100_000, description="Signals kept for reading; older ones go.")] = (
        1_000
    )
    recent_alerts: Annotated[int, Meta(ge=1, le=100_000, description="Alerts kept for reading; older ones go.")] = 1_000
    recent_bars: Annotated[
        int, Meta(ge=1, le=100_000, description="Closed bars kept for reading per instrument; older ones go.")
    ] = 800
    open_opportunities: Annotated[
        int, Meta(ge=1, le=100_000, description="Opportunities kept for reading while open; the stalest goes.")
    ] = 2_000
    closed_opportunities: Annotated[
        int, Meta(ge=1, le=100_000, description="Closed opportunities kept for reading; older ones go.")
    ] = 300
    max_instruments: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Instruments shown; further ones are counted, not kept.")
    ] = 20_000
    hsapi_needs_version: Annotated[
        bool,
        Meta(
            description="Whether programs of system 004 must name the version they looked at to approve or reject; "
            "otherwise who names none decides on the one in force."
        ),
    ] = False
