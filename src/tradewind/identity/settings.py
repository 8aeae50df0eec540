"""Settings of the identity room."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may come in, from where, and for how long."""

    seed_clients: Annotated[
        Literal["loopback", "token"],
        Meta(
            description="Clients of the replaced systems (GET /opportunities, /health, /gateway/health, the WebSocket "
            "/ws/opportunities, and the quotes port): `loopback` lets programs on this machine in without a token, "
            "`token` nobody."
        ),
    ] = "loopback"
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="Further names this server is reached by, as the Host header has them: `desk.example:8888`."),
    ] = ()
    origins: Annotated[
        tuple[str, ...],
        Meta(description="Further pages that may use it from a browser: scheme, host and port, nothing else."),
    ] = ()
    cookie: Annotated[
        Literal["host", "plain"],
        Meta(
            description="`host`: the strict __Host- cookie, which needs https or a loopback address; `plain`: for "
            "browsers that refuse it on loopback (Safari); only while listening on loopback."
        ),
    ] = "host"
    session_idle_s: Annotated[
        int, Meta(ge=60, le=604_800, description="A browser session ends after this long without use.")
    ] = 1_800
    session_absolute_s: Annotated[
        int, Meta(ge=60, le=2_592_000, description="A browser session ends this long after signing in, used or not.")
    ] = 43_200
    max_sessions: Annotated[
        int, Meta(ge=1, le=10_000, description="Browser sessions kept; one more ends the one unused for longest.")
    ] = 64
    lockout_after: Annotated[
        int, Meta(ge=1, le=100, description="Wrong tokens from one address before it has to wait between tries.")
    ] = 5
    lockout_first_s: Annotated[
        int, Meta(ge=1, le=60, description="First wait after too many wrong tokens; it doubles with each further one.")
    ] = 1
    lockout_max_s: Annotated[int, Meta(ge=1, le=3_600, description="Longest wait after wrong tokens.")] = 300
    lockout_addresses: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Addresses remembered; one more forgets the one quiet for longest.")
    ] = 10_000
