"""Writes the configuration of Nginx from our settings: `tradewind nginx > nginx.conf`. Pure: text out.

What it must hold to: every request says who really called (`X-Real-IP`, set anew) and whatever it says of other
proxies is passed on untouched, since the gate lets programs on this machine in unnamed and nobody else; WebSockets
are never buffered; an instance that fails is passed over while another serves; and what Nginx answers itself has the
same form and the same safety headers as what we answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.api.basket import LARGEST_BODY
from tradewind.errors import ConfigError
from tradewind.runtime.gateway.directives import bracketed, proxy_headers, rendered, text
from tradewind.runtime.gateway.module_door import module_places, module_server
from tradewind.runtime.gateway.places import api_of, control_of, module_port, push_of, quotes_of, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tradewind.runtime.gateway.directives import Line
    from tradewind.runtime.settings import TradewindSettings

_HEARTBEATS_MISSED: Final = 3
_KEPT_TO_EACH: Final = 64
_SOCKETS: Final = frozenset({"push", "control"})
"""What serves connections that last for hours."""
_HTTP_PORT, _HTTPS_PORT = 80, 443
_OWN_ANSWERS: Final = (
    (413, "@too_large", "too_large", "the body is larger than is taken anywhere (api.body_bytes)"),
    (429, "@too_many", "too_many_requests", "too many requests from this address; slow down"),
    (503, "@away", "unavailable", "no instance answers at the moment; try again"),
)
_CAUSES: Final = {503: "502 504"}
"""What Nginx itself would say instead."""
_HEALTH_AWAY: Final = (
    '{"status":"degraded","services":[{"name":"api","state":"down","is_healthy":false,"restarts":0,'
    '"last_error":"no instance of api answers; the others cannot be asked without it"}],"instances":[]}'
)
_HEAD: Final = """\
# Made by `tradewind nginx` from the settings; change those and make it again.
# Start:   nginx -c THIS_FILE          (or `tradewind nginx --run`)
# Behind it every service needs gateway.enabled = true and the same gateway.host, port, peers and certificate.
"""


def nginx_config(
    settings: TradewindSettings, *, folder: Path, static: Path | None = None, has_door: bool = False
) -> str:
    """Return the text of nginx.conf; `folder` takes pid and temporary files, `static` is the built page, if local.

    With `has_door` Nginx tells how it is at `services.gateway_health`, as each service does that is looked after.

    Raises: ConfigError: a path cannot stand in the file, TLS is half configured, or an instance has our own address.
    """
    _check(settings)
    gateway = settings.gateway
    door: list[Line] = ["", ("server", _door(settings))] if has_door else []
    lines: list[Line] = [
        *([f"user {gateway.user};"] if gateway.user else []),
        f"worker_processes {gateway.workers};",
        f"worker_rlimit_nofile {gateway.connections * 2};",
        f"pid {text(folder / 'nginx.pid')};",
        "error_log stderr warn;",
        "",
        ("events", [f"worker_connections {gateway.connections};", "multi_accept on;"]),
        "",
        (
            "http",
            [
                *_http(settings, folder),
                "",
                *_upstreams(settings),
                "",
                ("server", _server(settings, static)),
                *module_server(settings, _proxying(settings.gateway.answer_s)),
                *door,
            ],
        ),
    ]
    return _HEAD + "\n" + "\n".join(rendered(lines)) + "\n"


def _http(settings: TradewindSettings, folder: Path) -> list[Line]:
    gateway = settings.gateway
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return [
        *(f"{kind}_temp_path {text(folder / f'{kind}_temp')};" for kind in kinds),
        "access_log off;",
        "server_tokens off;",
        "sendfile on;",
        "tcp_nodelay on;",
        "default_type application/octet-stream;",
        ("types", ["text/javascript js;", "text/css css;", "image/svg+xml svg;", "font/woff2 woff2;"]),
        f"keepalive_timeout {settings.api.keep_alive_s}s;",
        "client_header_timeout 10s;",
        "client_body_timeout 10s;",
        "send_timeout 30s;",
        "large_client_header_buffers 4 8k;",
        # Instructions of many contracts are larger than other bodies; each route holds callers to its own measure.
        f"client_max_body_size {max(settings.api.body_bytes, LARGEST_BODY)};",
        f"limit_req_zone $binary_remote_addr zone=requests:10m rate={gateway.requests_per_s}r/s;",
        "limit_conn_zone $binary_remote_addr zone=sockets:10m;",
        "limit_req_status 429;",
        "limit_conn_status 429;",
        ("map $http_upgrade $connection_upgrade", ["default upgrade;", '"" close;']),
    ]


def _upstreams(settings: TradewindSettings) -> Iterator[Line]:
    """Sockets go where fewest are open; requests in turn, over connections that are kept."""
    for name, instances in _instances(settings):
        if not instances:
            continue
        # Of what failed once Nginx believes that it serves again when a request has come to its end, which a socket
        # does after hours: one client at a time would be let through till then. Asking whoever is away costs a moment.
        watched = "max_fails=0" if name in _SOCKETS else f"max_fails=1 fail_timeout={settings.gateway.retry_s}s"
        servers: list[Line] = [f"server {address} {watched};" for address in instances]
        # Socket.IO begins with polling, of which every request must come to the same instance.
        rule = {"push": ["least_conn;"], "quotes": ["ip_hash;"], "control": ["least_conn;"], "api": []}[name]
        kept = [f"keepalive {_KEPT_TO_EACH};"] if name == "api" else []
        yield (f"upstream tradewind_{name}", [f"zone tradewind_{name} 64k;", *rule, *servers, *kept])


def _server(settings: TradewindSettings, static: Path | None) -> list[Line]:
    gateway = settings.gateway
    is_tls = bool(gateway.certificate)
    lines: list[Line] = [
        f"listen {bracketed(gateway.host)}:{gateway.port}{' ssl http2' if is_tls else ''};",
        "server_name _;",
    ]
    if is_tls:
        lines += [
            f"ssl_certificate {text(gateway.certificate)};",
            f"ssl_certificate_key {text(gateway.certificate_key)};",
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_session_cache shared:tls:10m;",
            "ssl_session_tickets off;",
            # A browser that came by http:// is told where to go, not shown an error.
            "error_page 497 =308 https://$http_host$request_uri;",
            'add_header Strict-Transport-Security "max-age=31536000" always;',
        ]
    lines += [f"error_page {_CAUSES.get(status, status)} ={status} {place};" for status, place, _, _ in _OWN_ANSWERS]
    lines += [
        "",
        *_proxying(gateway.answer_s),
        # Whether a proxy before us took the path off is its own affair: what stands behind has one set of paths.
        *([f"rewrite ^{settings.api.prefix}(?:/(.*))?$ /$1;"] if settings.api.prefix else []),
        f"limit_req zone=requests burst={gateway.requests_burst} nodelay;",
        "",
        *_socket_places(settings),
        *module_places(settings),
        *_request_places(settings, static),
        "",
        *_own_answers(is_tls=is_tls),
    ]
    return lines


def _door(settings: TradewindSettings) -> list[Line]:
    """Answer from the worker itself, whoever else is away; it names its process, of which we know the parent."""
    services = settings.services
    answer = """return 200 '{"status":"ok","service":"gateway","pid":$pid}';"""
    return [
        f"listen {bracketed(services.host)}:{services.gateway_health};",
        "server_name _;",
        ("location = /health", ["default_type application/json;", answer]),
        ("location /", ["return 404;"]),
    ]


def _instances(settings: TradewindSettings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("api", api_of(settings)),
        ("push", push_of(settings)),
        ("quotes", quotes_of(settings)),
        ("control", control_of(settings)),
    )


def _proxying(answer_s: int) -> list[Line]:
    return [
        "proxy_http_version 1.1;",
        "proxy_connect_timeout 1s;",
        f"proxy_read_timeout {answer_s}s;",
        "proxy_send_timeout 10s;",
        "proxy_next_upstream error timeout;",
        "proxy_next_upstream_tries 3;",
        *proxy_headers('""'),
    ]


def _socket_places(settings: TradewindSettings) -> list[Line]:
    silent_s = round(settings.push.heartbeat_s * _HEARTBEATS_MISSED)
    common: list[Line] = [
        *proxy_headers("$connection_upgrade"),
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_buffering off;",
        f"proxy_read_timeout {silent_s}s;",
        f"proxy_send_timeout {silent_s}s;",
        f"limit_conn sockets {settings.gateway.sockets_per_address};",
        # An instance that is full says 503; another may have a place.
        "proxy_next_upstream error timeout http_503;",
    ]
    places: list[Line] = [
        (f"location {place}", ["proxy_pass http://tradewind_push;", *common])
        for place in ("= /ws", "/ws/", "/hsapi/ws/")
    ]
    if quotes_of(settings):
        places.append(("location /socket.io/", ["proxy_pass http://tradewind_quotes;", *common]))
    return places


def _request_places(settings: TradewindSettings, static: Path | None) -> list[Line]:
    places: list[Line] = [
        # Each instance counts for itself: it is scraped on its own port.
        ("location = /metrics", ["return 404;"]),
        (
            "location = /gateway/health",
            ["proxy_pass http://tradewind_api;", "error_page 502 504 =503 @health_away;"],
        ),
        ("location /api/v1/", ["proxy_pass http://tradewind_api;"]),
    ]
    if quotes_of(settings):
        places.append(("location /api/", ["proxy_pass http://tradewind_quotes;"]))
    if static is not None:
        # Only what carries its hash in its name: the page itself has a policy that the API makes for each host.
        files: list[Line] = [f"alias {text(f'{static}/assets/')};", "gzip_static on;", "try_files $uri =404;"]
        kept = 'add_header Cache-Control "public, max-age=31536000, immutable" always;'
        places.append(("location /assets/", [*files, kept, *_safety(is_tls=bool(settings.gateway.certificate))]))
    places.append(("location /", ["proxy_pass http://tradewind_api;"]))
    return places


def _own_answers(*, is_tls: bool) -> Iterator[Line]:
    dressed: list[Line] = [
        "internal;",
        "default_type application/json;",
        "add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\" always;",
        "add_header Cache-Control no-store always;",
        "add_header Retry-After 1 always;",
        *_safety(is_tls=is_tls),
    ]
    for status, place, code, message in _OWN_ANSWERS:
        body = f'{{"error":{{"code":"{code}","message":"{message}"}}}}'
        yield (f"location {place}", [*dressed, f"return {status} '{body}';"])
    yield ("location @health_away", [*dressed, f"return 503 '{_HEALTH_AWAY}';"])


def _safety(*, is_tls: bool) -> list[Line]:
    """Return the headers that a place must repeat: one `add_header` of its own hides those of the server."""
    names = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        **({"Strict-Transport-Security": "max-age=31536000"} if is_tls else {}),
    }
    return [f'add_header {name} "{value}" always;' for name, value in names.items()]


def _check(settings: TradewindSettings) -> None:
    gateway = settings.gateway
    if bool(gateway.certificate) != bool(gateway.certificate_key):
        message = "TLS needs both gateway.certificate and gateway.certificate_key; one of them is empty"
        raise ConfigError(message)
    ports = {gateway.port, module_port(settings)}
    own = {f"{bracketed(host)}:{port}" for host in (gateway.host, reachable(gateway.host)) for port in ports}
    for name, instances in _instances(settings):
        if taken := own.intersection(instances):
            message = f"gateway.{name} names {min(taken)}, the gateway's own address; give the instance another port"
            raise ConfigError(message)
