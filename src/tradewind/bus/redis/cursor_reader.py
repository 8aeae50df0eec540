"""Reads several streams by cursor over one connection, from the oldest entry kept to the newest and on from there.

A room that is started anew reads what is still kept to find back to its state, which groups cannot give. The next read
is on its way while a batch is handled. A batch says of each stream whether more waits, because a mark (`room_bus`) is
worth nothing before everything written ahead of it has been read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.redis.resp import ReplyError, command
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.link import Gets, Link

NOTHING_READ: Final = b"0-0"
"""The cursor before the oldest entry."""
_AT_ONCE_BYTES: Final = 262_144
Batch = list[tuple[bytes, list[Any]]]
"""Per stream with something new: its key and the entries (id, fields)."""


class CursorReader:
    """The cursors, and the one read that is under way."""

    def __init__(
        self,
        keys: tuple[bytes, ...],
        *,
        batch: int,
        block_ms: int,
        wanted: Callable[[], tuple[bytes, ...]],
        on_batch: Callable[[Batch], bool | None],
        on_refused: Callable[[str], None],
        pause_s: float = 0.0,
    ) -> None:
        """Ask for `wanted()` before each read: what it leaves out waits at Redis.

        A batch for which `on_batch` returns false was not taken: it is read again after `go_on`, or over the next
        connection.

        With `pause_s` a read is asked for only so long after the one before it, so that what comes in between comes
        together.
        """
        self.cursors: dict[bytes, bytes] = dict.fromkeys(keys, NOTHING_READ)
        self._most = self._batch = self._asked = batch
        self._block_ms = block_ms
        self._is_more = False
        self._block_s = block_ms / 1e3
        self._wanted = wanted
        self._on_batch = on_batch
        self._on_refused = on_refused
        self._pause_s = pause_s
        self._link: Link | None = None
        self._asked_s = 0.0

    def attach(self, link: Link) -> None:
        """Begin to read over this connection."""
        self._link = link
        self._ask()

    def go_on(self) -> None:
        """Read again, if a batch was not taken."""
        self._ask()

    def detach(self) -> None:
        """The connection is gone; cursors stay."""
        self._link = None
        self._asked_s = 0.0

    def is_last(self, entries: list[Any]) -> bool:
        """Tell whether these were all there were when Redis answered."""
        return len(entries) < self._asked

    def aim(self, entries: int, size: int) -> None:
        """Ask for about as many entries next as hold `_AT_ONCE_BYTES`, after so many that were of this size.

        What is read at once is held at once: heavy entries by the hundred would be more than any cache holds.
        """
        if entries:
            self._batch = max(1, min(self._most, _AT_ONCE_BYTES * entries // max(size, 1)))

    def silent_s(self) -> float:
        """Return for how long a read has been unanswered beyond the time it may block."""
        return monotonic_s() - self._asked_s - self._block_s if self._asked_s else 0.0

    def drain(self, gets: Gets) -> None:
        """Take batches; the owner's handling may ask for other streams next."""
        while (reply := gets()) is not False:
            self._asked_s = 0.0
            if isinstance(reply, ReplyError):
                self._on_refused(str(reply))
                return
            batch: Batch = reply or []
            if self._on_batch(batch) is False:
                return
            self._is_more = False
            for key, entries in batch:
                self.cursors[key] = entries[-1][0]
                self._is_more |= len(entries) >= self._asked
            if self._pause_s:
                asyncio.get_running_loop().call_later(self._pause_s, self._ask)
            else:
                self._ask()

    def _ask(self) -> None:
        keys = self._wanted()
        if self._link is not None and not self._asked_s and keys:
            self._asked_s = monotonic_s()
            self._asked = self._batch
            # Where more was likely to wait it is soon said that there is none.
            block_ms = 1 if self._is_more else self._block_ms
            cursors = (self.cursors[key] for key in keys)
            self._link.write(command("XREAD", "COUNT", self._batch, "BLOCK", block_ms, "STREAMS", *keys, *cursors))
