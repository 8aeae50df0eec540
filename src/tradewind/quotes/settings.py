"""What an operator may choose about the quotes port."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class QuotesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where clients of system 000 are served, how much is kept for whom, and when a client is given up."""

    enabled: Annotated[
        bool, Meta(description="serve clients of system 000 (Socket.IO and its REST) in `tradewind run`")
    ] = False
    host: Annotated[str, Meta(min_length=1, description="address to listen on; 0.0.0.0 for every interface")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65_535, description="port to listen on; 0 takes a free one")] = 5_502
    page_url: Annotated[
        str,
        Meta(description="where browsers are sent that ask this port for a page; empty: api.port of the same host"),
    ] = ""
    max_clients: Annotated[int, Meta(ge=1, le=100_000, description="connections in all; more are answered 503")] = 2_000
    rooms: Annotated[int, Meta(ge=1, description="symbols one client may subscribe to one by one")] = 500
    event_bytes: Annotated[int, Meta(ge=512, description="largest event a client may send, in bytes")] = 16_384
    message_bytes: Annotated[
        int, Meta(ge=4_096, description="largest message that is read at all; beyond it the connection ends")
    ] = 131_072
    events_per_minute: Annotated[
        int, Meta(ge=1, description="events a client may send a minute; beyond it the connection ends")
    ] = 240
    queued_bytes: Annotated[
        int, Meta(ge=16_384, description="bytes that may wait for one client; beyond it only the newest per symbol")
    ] = 262_144
    queued_packets: Annotated[
        int, Meta(ge=16, description="answers that may wait for one client; beyond it the connection ends")
    ] = 512
    socket_bytes: Annotated[
        int, Meta(ge=0, description="send buffer the kernel may keep a client, in bytes; 0 leaves it to the kernel")
    ] = 262_144
    stalled_s: Annotated[float, Meta(gt=0, description="seconds a client may take nothing before it is given up")] = (
        30.0
    )
    turn_quotes: Annotated[
        int, Meta(ge=1, description="quotes gathered in one turn of the loop; one more sends them at once")
    ] = 1_024
    max_instruments: Annotated[
        int, Meta(ge=1, description="instruments whose newest quote is kept; further ones are counted, not served")
    ] = 20_000
    ping_interval_s: Annotated[int, Meta(ge=1, le=300, description="seconds between two pings of Engine.IO")] = 25
    ping_timeout_s: Annotated[int, Meta(ge=1, le=300, description="seconds a client may take to answer a ping")] = 20
    keep_alive_s: Annotated[int, Meta(ge=1, le=3_600, description="an idle HTTP connection is closed after this")] = 75
    stop_grace_s: Annotated[int, Meta(ge=1, le=300, description="seconds requests under way get to end at a stop")] = 3
    page_rows: Annotated[int, Meta(ge=1, description="rows of a page when the request names no per_page")] = 20
    max_page_rows: Annotated[int, Meta(ge=1, description="most rows a page may have")] = 1_000
    tests_per_minute: Annotated[int, Meta(ge=1, description="test quotes that may be sent a minute, by all")] = 60
    test_wait_s: Annotated[
        float, Meta(gt=0, le=60, description="seconds a test quote may take through the line before we say it is lost")
    ] = 2.0
