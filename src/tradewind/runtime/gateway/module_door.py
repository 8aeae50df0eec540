"""The part of nginx.conf by which collector modules, and clients of system 002, find the control servers.

At the one entry their paths stand beside ours; at the port that existing modules know there is nothing else, and no
TLS, of which they know nothing. A module's hash stands in the address it asks for: none of it is ever logged.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tradewind.runtime.gateway.directives import bracketed, proxy_headers
from tradewind.runtime.gateway.places import control_of, module_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.runtime.gateway.directives import Line
    from tradewind.runtime.settings import TradewindSettings

_UPSTREAM: Final = "http://tradewind_control"
_ROUTES: Final = ("/module/", "/workflow/", "/scheduler/")
# What Nginx says of a request that fails names its address; only what has no request may be said here.
_SILENT: Final = "error_log stderr emerg;"
_OWN_ANSWERS: Final = (
    ("413", 413, "@module_too_large", "the body is larger than is taken anywhere"),
    ("429", 429, "@module_too_many", "too many requests from this address; slow down"),
    ("502 503 504", 503, "@module_away", "no control server answers at the moment; try again"),
)


def module_places(settings: TradewindSettings) -> Iterator[Line]:
    """Yield the places of the control servers; none where there is no control server."""
    if not control_of(settings):
        return
    control = settings.control
    # The server gives a silent module up itself; Nginx only what the server has forgotten.
    silent_s = math.ceil(control.silent_s + control.ping_s)
    answers = [f"error_page {causes} ={status} {place};" for causes, status, place, _ in _OWN_ANSWERS]
    # One that is starting, or has lost its store, says 503; another may serve.
    shared: list[Line] = [_SILENT, *answers, "proxy_next_upstream error timeout http_503;"]
    yield (
        "location = /websocket",
        [
            f"proxy_pass {_UPSTREAM};",
            *shared,
            *proxy_headers("$connection_upgrade"),
            "proxy_set_header Upgrade $http_upgrade;",
            "proxy_buffering off;",
            f"proxy_read_timeout {silent_s}s;",
            f"proxy_send_timeout {silent_s}s;",
            f"limit_conn sockets {settings.gateway.sockets_per_address};",
        ],
    )
    for route in _ROUTES:
        yield (f"location {route}", [f"proxy_pass {_UPSTREAM};", *shared])
    for _, status, place, message in _OWN_ANSWERS:
        body = f'{{"code":"3002","message":"{message}","result":null}}'
        dressed = ["internal;", "default_type application/json;", "add_header Cache-Control no-store always;"]
        retry = [] if status == 413 else ["add_header Retry-After 1 always;"]  # noqa: PLR2004 - trying again is no use
        yield (f"location {place}", [*dressed, *retry, f"return {status} '{body}';"])


def module_server(settings: TradewindSettings, proxying: list[Line]) -> Iterator[Line]:
    """Yield the server at the port that existing modules know; none where they find control servers themselves."""
    if not (port := module_port(settings)):
        return
    gateway = settings.gateway
    yield ""
    yield (
        "server",
        [
            f"listen {bracketed(gateway.host)}:{port};",
            "server_name _;",
            _SILENT,
            *proxying,
            f"limit_req zone=requests burst={gateway.requests_burst} nodelay;",
            "",
            *module_places(settings),
            ("location /", ["return 404;"]),
        ],
    )
