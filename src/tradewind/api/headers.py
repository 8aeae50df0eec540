"""Headers in and out: the request's as a plain dict, and what every answer carries for the browser's safety."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]

JSON_HEADER: Final = (b"content-type", b"application/json")
_ALWAYS: Final[RawHeaders] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
DATA_HEADERS: Final[RawHeaders] = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    *_ALWAYS,
]
"""For answers that are data: a browser that renders one by accident runs and loads nothing."""

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; connect-src 'self' {push}; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; require-trusted-types-for 'script'; trusted-types tradewind vue 'allow-duplicates'"
)
_PERMISSIONS: Final = b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Read a request's headers; one sent twice is joined, so that a doubled Host or Origin matches nothing."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1")
        value = value_bytes.decode("latin-1")
        if name in headers:
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return headers


def page_headers(push_origin: str) -> RawHeaders:
    """Return the headers of a page that may open sockets to `push_origin` and nothing else beyond ourselves."""
    policy = _PAGE_POLICY.format(push=push_origin)
    return [(b"content-security-policy", policy.encode()), (b"permissions-policy", _PERMISSIONS), *_ALWAYS]


def host_name_of(host: str) -> str:
    """Return a Host header without its port."""
    return host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
