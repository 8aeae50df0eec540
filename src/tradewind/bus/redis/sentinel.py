"""Asks sentinels which server is the master now; every connection begins with it, so a failover is only a reconnection.

The first sentinel that answers is believed, and what it names must say itself that it is the master (`link`): in the
seconds of a failover some still name the old one, and then it is asked again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.redis.link import Link
from tradewind.bus.redis.resp import ReplyError, code_of, command
from tradewind.bus.redis.tls import context_of, refusal_of
from tradewind.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from tradewind.bus.redis.address import RedisAddress

_PASSWORD_ERRORS: Final = frozenset({"WRONGPASS", "NOAUTH", "NOPERM"})
_PARTS: Final = 2


async def locate(address: RedisAddress, *, timeout_s: float) -> RedisAddress:
    """Return the server to talk to: the one of the URL, or the master that the sentinels name.

    Raises:
        ConfigError: the sentinels refuse our password, or know no master of that name.
        TransientError: none of them answers.
    """
    if not address.sentinels:
        return address
    reasons: list[str] = []
    for host, port in address.sentinels:
        sentinel = msgspec.structs.replace(address, host=host, port=port)
        try:
            master = await _ask(sentinel, timeout_s)
        except (OSError, TimeoutError) as error:
            if (refusal := refusal_of(sentinel, error)) is not None:
                raise refusal from error
            reasons.append(f"{host}:{port}: {str(error) or 'no answer'}")
        else:
            if master is not None:
                return msgspec.structs.replace(address, host=master[0], port=master[1])
            reasons.append(f"{host}:{port}: knows no {address.service}")
    message = f"no sentinel says where {address.service} is ({'; '.join(reasons)})"
    if all("knows no" in reason for reason in reasons):
        message += "; correct the service in bus.url"
        raise ConfigError(message)
    raise TransientError(message)


async def _ask(sentinel: RedisAddress, timeout_s: float) -> tuple[str, int] | None:
    """Return the master that one sentinel names, `None` if it knows none.

    Raises:
        ConfigError: it refuses our password.
        OSError, TimeoutError: it does not answer.
    """
    loop = asyncio.get_running_loop()
    link: Link | None = None
    try:
        async with asyncio.timeout(timeout_s):
            _, link = await loop.create_connection(
                lambda: Link(lambda _gets: None, lambda: None), sentinel.host, sentinel.port, ssl=context_of(sentinel)
            )
            replies = await link.greet(
                [_hello(sentinel), command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinel.service)]
            )
    finally:
        if link is not None:
            link.close()
    return _read(sentinel, replies)


def _hello(sentinel: RedisAddress) -> bytes:
    if sentinel.sentinel_password:
        return command("HELLO", 2, "AUTH", "default", sentinel.sentinel_password)
    return command("HELLO", 2)


def _read(sentinel: RedisAddress, replies: list[Any]) -> tuple[str, int] | None:
    for reply in replies:
        if isinstance(reply, ReplyError) and code_of(reply) in _PASSWORD_ERRORS:
            was = "refused the password" if sentinel.sentinel_password else "wants a password and none is set"
            message = f"the sentinel at {sentinel.shown} {was} ({code_of(reply)}); set bus.sentinel_password"
            raise ConfigError(message)
    named = replies[1]
    if isinstance(named, ReplyError):
        message = f"what answers at {sentinel.shown} is no sentinel ({named}); correct bus.url"
        raise ConfigError(message)
    return (named[0].decode(), int(named[1])) if isinstance(named, list) and len(named) == _PARTS else None
