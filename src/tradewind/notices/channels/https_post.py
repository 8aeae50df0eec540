"""One HTTPS POST to a host that the settings allow: no redirect, no second address, a bounded answer, one deadline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httptools
import msgspec

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Mapping

_MOST_ANSWER: Final = 65_536
_READ: Final = 16_384
_PRINTABLE: Final = range(0x21, 0x7F)


class Target(msgspec.Struct, frozen=True):
    """Where to: host, port, path with its query. The path may hold a key and is never shown."""

    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"Target({self.host}:{self.port}, ***)"


class Answer(msgspec.Struct, frozen=True):
    """Status and the beginning of the body."""

    status: int
    body: bytes


def target_of(url: str, *, hosts: Collection[str], setting: str) -> Target:
    """Return where an address leads.

    Raises: ConfigError: it is no https address of a host that is allowed; the message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        parts, port = urlsplit(""), 0
    is_plain = all(ord(mark) in _PRINTABLE for mark in url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment or not is_plain or not port:
        message = f"{setting} must be an https address without user or fragment"
        raise ConfigError(message)
    if parts.hostname not in hosts:
        message = (
            f"{setting} leads to {parts.hostname}, which is none of notices.hook_hosts ({', '.join(hosts)}); "
            "add it there if it is meant"
        )
        raise ConfigError(message)
    path = parts.path or "/"
    return Target(parts.hostname, port, f"{path}?{parts.query}" if parts.query else path)


async def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    query: str = "",
    context: ssl.SSLContext,
    timeout_s: float,
) -> Answer:
    """Send the body and return the answer.

    Raises: OSError, TimeoutError: there was none in time. ValueError: it is no HTTP, or too long.
    """
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context, limit=_MOST_ANSWER)
        try:
            writer.write(_request(target, body, headers, query))
            await writer.drain()
            return await _answer(reader)
        finally:
            # Nobody waits for the other side's goodbye; one that said it first has closed this side already.
            if not writer.is_closing():
                writer.transport.abort()


def _request(target: Target, body: bytes, headers: Mapping[str, str], query: str) -> bytes:
    path = target.path + (("&" if "?" in target.path else "?") + query if query else "")
    host = target.host if target.port == 443 else f"{target.host}:{target.port}"  # noqa: PLR2004 - HTTPS's own port
    told = {"Host": host, "User-Agent": "tradewind", "Connection": "close", "Content-Length": str(len(body)), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


class _Received:
    """Takes what the parser finds."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_complete = False

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.is_complete = True


async def _answer(reader: asyncio.StreamReader) -> Answer:
    received = _Received()
    parser = httptools.HttpResponseParser(received)
    taken = 0
    try:
        while not received.is_complete and taken < _MOST_ANSWER:
            piece = await reader.read(_READ)
            taken += len(piece)
            if not piece:
                break
            parser.feed_data(piece)
    except httptools.HttpParserError as error:
        if not received.is_complete:  # what follows a whole answer is nobody's concern
            message = "the answer is no HTTP"
            raise ValueError(message) from error
    status = parser.get_status_code()
    if not status:
        message = "the connection was closed without an answer"
        raise ConnectionResetError(message)
    return Answer(status, bytes(received.body[:_MOST_ANSWER]))
