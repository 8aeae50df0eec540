"""How far a reader has come in streams of which it must miss nothing and take nothing twice, kept on Redis beside them.

A place is noted once what was read up to it is on record elsewhere, never before: after a kill some is read again,
which its reader knows by name, and nothing is passed over. With the streams their places are lost too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tradewind.bus.redis.keys import place_key
from tradewind.bus.redis.resp import command

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tradewind.bus.redis.requests import Call
    from tradewind.bus.redis.writer import Writer


class Places:
    """The places of one reader in some streams."""

    def __init__(self, reader: str, keys: Collection[bytes], *, writer: Writer) -> None:
        self._keys = {key: place_key(reader, key.decode()) for key in keys}
        self._writer = writer
        self._noted: dict[bytes, bytes] = {}
        self._waiting: set[bytes] = set()
        self.is_known = False
        """True once a place was found, or noted: what was before it has been heard."""

    async def find(self, key: bytes, call: Call) -> bytes | None:
        """Return the place in a stream, `None` where none is kept, or nobody keeps one."""
        if key not in self._keys:
            return None
        place: bytes | None = await call("GET", self._keys[key])
        if place is not None:
            self._noted[key] = place
            self.is_known = True
        return place

    def note(self, cursors: Mapping[bytes, bytes], when_kept: Callable[[Callable[[], None]], None]) -> None:
        """Keep how far the streams are read now; `when_kept` calls back when that may be relied on."""
        for key in self._keys:
            cursor = cursors.get(key)
            if cursor is not None and key not in self._waiting and cursor != self._noted.get(key):
                self._noted[key] = cursor
                self._waiting.add(key)
                when_kept(partial(self._write, key, cursor))

    def _write(self, key: bytes, cursor: bytes) -> None:
        self._waiting.discard(key)
        self.is_known = True
        self._writer.lasting(command("SET", self._keys[key], cursor))
