"""How far a reader is behind its streams, in seconds of Redis' own clock: it names entries by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.keys import entry_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.bus.redis.control import Control

_AT_THE_END: Final = b"$"


async def behind_s(control: Control, cursors: Mapping[bytes, bytes]) -> float:
    """Return for how long the entry has been waiting that waits longest to be read; 0 where none does.

    A cursor `$` stands at the end whatever comes: that stream is not read.
    """
    waiting = []
    for key, cursor in cursors.items():
        if cursor == _AT_THE_END:
            continue
        for entry, _ in await control.call("XRANGE", key, b"(" + cursor, "+", "COUNT", 1):
            waiting.append(entry_id(entry)[0])
    if not waiting:
        return 0.0
    seconds, micros = await control.call("TIME")
    return max(0.0, int(seconds) + int(micros) / 1e6 - min(waiting) / 1e3)
