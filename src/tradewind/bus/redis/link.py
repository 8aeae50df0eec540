"""One connection to Redis: bytes out, replies in, and the greeting that proves who we are and who answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import hiredis

from tradewind.bus.redis.resp import ReplyError, code_of, command
from tradewind.bus.redis.tls import context_of, refusal_of
from tradewind.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from tradewind.bus.redis.address import RedisAddress

Gets = Callable[[], Any]
"""Returns the next reply, or `False` when there is none yet."""
_OLDEST_SERVER: Final = 7
_PASSWORD_ERRORS: Final = frozenset({"WRONGPASS", "NOAUTH", "NOPERM"})


class Link(asyncio.Protocol):
    """A connection; `drain(gets)` is called when replies may be ready, `gets()` returns `False` when none is left."""

    def __init__(
        self,
        drain: Callable[[Gets], None],
        on_lost: Callable[[], None],
        on_room: Callable[[], None] | None = None,
    ) -> None:
        self._reader = hiredis.Reader()
        self._gets = self._reader.gets
        self._drain = drain
        self._on_lost = on_lost
        self._on_room = on_room
        self._greeting: asyncio.Future[list[Any]] | None = None
        self._greeted: list[Any] = []
        self._greeting_size = 0
        self._transport: asyncio.Transport | None = None
        self.client_id = 0
        self.is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; small writes leave at once."""
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Feed the parser and let the owner take what is complete; garbage ends the connection."""
        self._reader.feed(data)
        try:
            if self._greeting is not None:
                self._greet(self._greeting)
            else:
                self._drain(self._gets)
        except hiredis.ProtocolError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, once."""
        self._transport = None
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(ConnectionResetError(str(exc or "closed by Redis")))
        self._on_lost()

    def pause_writing(self) -> None:
        """Redis takes less than we write."""
        self.is_paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self.is_paused = False
        if self._on_room is not None:
            self._on_room()

    def write(self, data: bytes) -> None:
        """Send; after the connection was lost it goes nowhere, and the owner has been told."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def greet(self, commands: list[bytes]) -> list[Any]:
        """Send the first commands and return their replies; from then on replies go to the owner."""
        self._greeting = asyncio.get_running_loop().create_future()
        self._greeting_size = len(commands)
        self.write(b"".join(commands))
        try:
            return await self._greeting
        finally:
            self._greeting = None

    def _greet(self, greeting: asyncio.Future[list[Any]]) -> None:
        while len(self._greeted) < self._greeting_size and (reply := self._gets()) is not False:
            self._greeted.append(reply)
        if len(self._greeted) == self._greeting_size and not greeting.done():
            greeting.set_result(self._greeted)


async def open_link(
    address: RedisAddress,
    *,
    name: str,
    timeout_s: float,
    drain: Callable[[Gets], None],
    on_lost: Callable[[], None],
    on_room: Callable[[], None] | None = None,
) -> Link:
    """Connect, say the password, choose the database, check that the server can do what we need.

    Raises:
        ConfigError: the password or the certificate is refused, the database does not exist, the server is too old, a
            node of a cluster, or no Redis.
        TransientError: nobody answers, it is still loading its data, or it is a replica.
    """
    loop = asyncio.get_running_loop()

    def make() -> Link:
        return Link(drain, on_lost, on_room)

    link: Link | None = None
    try:
        async with asyncio.timeout(timeout_s):
            if address.path:
                _, link = await loop.create_unix_connection(make, address.path)
            else:
                tls = context_of(address)
                _, link = await loop.create_connection(make, address.host, address.port, ssl=tls)
            _judge(address, link, await link.greet(_greeting(address, name)))
    except TimeoutError as error:
        _end(link)
        message = f"Redis at {address.shown} did not answer within {timeout_s:g} s"
        raise TransientError(message) from error
    except OSError as error:
        _end(link)
        if address.is_tls and (refusal := refusal_of(address, error)) is not None:
            raise refusal from error
        message = f"Redis at {address.shown} cannot be reached ({error}); start it or correct bus.url"
        raise TransientError(message) from error
    except (ConfigError, TransientError):
        _end(link)
        raise
    return link


def _end(link: Link | None) -> None:
    if link is not None:
        with contextlib.suppress(OSError):
            link.close()


def _greeting(address: RedisAddress, name: str) -> list[bytes]:
    if address.password:
        hello = command("HELLO", 2, "AUTH", address.user or "default", address.password)
    else:
        hello = command("HELLO", 2)
    return [hello, command("CLIENT", "SETNAME", name), command("SELECT", address.database)]


def _judge(address: RedisAddress, link: Link, replies: list[Any]) -> None:
    """Take the connection's id from the greeting, or say what is wrong in one line."""
    hello, _, selected = replies
    if isinstance(hello, ReplyError):
        raise _refusal(address, hello)
    if not isinstance(hello, list):
        message = f"what answers at {address.shown} is no Redis; correct bus.url"
        raise ConfigError(message)
    facts = dict(zip(hello[::2], hello[1::2], strict=False))
    if facts.get(b"mode") == b"cluster":
        message = (
            f"Redis at {address.shown} is a node of a Redis Cluster, which the bus does not speak to; give bus.url one "
            "server, or a master and its replicas behind sentinels"
        )
        raise ConfigError(message)
    version = bytes(facts.get(b"version", b"0")).decode(errors="replace")
    if not version.partition(".")[0].isdigit() or int(version.partition(".")[0]) < _OLDEST_SERVER:
        message = f"Redis at {address.shown} is {version}; the bus needs version {_OLDEST_SERVER} or newer"
        raise ConfigError(message)
    if isinstance(selected, ReplyError):
        message = f"Redis at {address.shown} has no database {address.database} ({selected}); correct bus.url"
        raise ConfigError(message)
    if facts.get(b"role") != b"master":
        message = (
            f"Redis at {address.shown} is a replica and takes no writes; bus.url must name the master or sentinels"
        )
        raise TransientError(message)
    link.client_id = int(facts.get(b"id", 0))


def _refusal(address: RedisAddress, error: Exception) -> ConfigError | TransientError:
    code = code_of(error)
    if code in _PASSWORD_ERRORS:
        was = "refused the password" if address.password else "wants a password and none is set"
        return ConfigError(f"Redis at {address.shown} {was} ({code}); set bus.password or put it into bus.url")
    if code == "ERR":
        return ConfigError(f"Redis at {address.shown} did not understand us ({error}); is it version 7 or newer?")
    return TransientError(f"Redis at {address.shown} is not ready: {error}")
