"""The newest entries of a stream as events, for those who start anew and for those who must know what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tradewind.bus.codec import UNREADABLE
from tradewind.bus.redis.resp import payload_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.control import Control

E = TypeVar("E")


async def read_back(
    control: Control, key: str, decode: Callable[[bytes], E], count: int, *, until: bytes = b"+"
) -> list[tuple[bytes, E]]:
    """Return up to `count` events up to the entry `until`, with their ids, oldest first; unreadable ones left out."""
    found: list[tuple[bytes, E]] = []
    for entry, fields in reversed(await control.call("XREVRANGE", key, until, "-", "COUNT", count)):
        payload = payload_of(fields)
        if payload is None:
            continue
        try:
            found.append((entry, decode(payload)))
        except UNREADABLE:
            continue
    return found
