"""Keeps our streams short without hiding it from anybody: never past the slowest group, up to a hard limit.

A stream keeps `max_len` events for those who start anew. Older ones go once every group has acknowledged them. A group
that stands still keeps the stream growing up to `hard_max_len`; then the stream is cut all the same, and each group
that lost entries gets a gap record with their number.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.redis.gaps import GapRecord
from tradewind.bus.redis.keys import BROADCAST_MARK, entry_id, presence_key
from tradewind.bus.redis.resp import ReplyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.gaps import Gaps
    from tradewind.bus.settings import BusSettings

_MARKS: Final = 256
Facts = dict[bytes, Any]


class Trimmer:
    """Trims one stream; asked again and again while this process writes to it."""

    def __init__(self, key: str, *, settings: BusSettings, gaps: Gaps, events: Callable[[], int] | None = None) -> None:
        """`events` says how many events this process ever wrote there, where an entry holds any number of them."""
        self._key = key
        self._events = events
        self._max_len = settings.max_len
        self._hard_max_len = settings.hard_max_len
        self._gaps = gaps
        self._marks: deque[tuple[int, bytes]] = deque(maxlen=_MARKS)
        """(events ever added, newest id) at earlier looks: by them the id `max_len` events ago is known."""
        self._marks_apart = max(1, settings.max_len // (_MARKS // 4))
        self._reported: dict[str, int] = {}
        """Group → how many entries were gone when its last gap was reported."""

    async def trim(self, control: Control) -> None:
        """Look at the stream once and cut what may go."""
        try:
            stream = _facts(await control.call("XINFO", "STREAM", self._key))
        except ReplyError:  # nobody has written yet, or it was removed
            self._marks.clear()
            return
        added, length = int(stream[b"entries-added"]), int(stream[b"length"])
        if self._events is not None:
            added = self._events()
        self._note(added, stream[b"last-generated-id"])
        if self._events is None and length <= self._max_len:
            return
        boundary = self._boundary(added, self._max_len)
        if boundary is not None:
            slowest = [await self._oldest_needed(control, group) for group in await self._groups(control)]
            until = min([boundary, *slowest], key=entry_id)
            length -= int(await control.call("XTRIM", self._key, "MINID", "~", until))
        hard = self._boundary(added, self._hard_max_len) if self._events is not None else None
        if hard is not None:
            await self._cut(control, "MINID", hard)
        elif length > self._hard_max_len:
            await self._cut(control, "MAXLEN", self._hard_max_len)

    def _note(self, added: int, newest: bytes) -> None:
        """Remember where the stream is, as often as it takes to tell `max_len` from here."""
        if self._marks and added < self._marks[-1][0]:
            self._marks.clear()
            self._reported.clear()
        if not self._marks or added - self._marks[-1][0] >= self._marks_apart:
            self._marks.append((added, newest))

    def _boundary(self, added: int, length: int) -> bytes | None:
        """Return an id with at least `length` events after it."""
        found = None
        for count, newest in self._marks:
            if added - count < length:
                break
            found = newest
        return found

    async def _groups(self, control: Control) -> list[Facts]:
        """Return the groups, after dropping those whose only member vanished long ago."""
        groups = []
        for raw in await control.call("XINFO", "GROUPS", self._key):
            group = _facts(raw)
            name = group[b"name"].decode(errors="replace")
            if BROADCAST_MARK in name and not await control.call("EXISTS", presence_key(name)):
                await control.call("XGROUP", "DESTROY", self._key, group[b"name"])
            else:
                groups.append(group)
        return groups

    async def _oldest_needed(self, control: Control, group: Facts) -> bytes:
        """Return the oldest id that a group has not acknowledged; its last one if nothing is pending."""
        if group[b"pending"]:
            summary = await control.call("XPENDING", self._key, group[b"name"])
            if summary[1]:
                oldest: bytes = summary[1]
                return oldest
        last: bytes = group[b"last-delivered-id"]
        return last

    async def _cut(self, control: Control, by: str, limit: bytes | int) -> None:
        """Cut to the hard limit, past whoever lags, and say who lost how many entries."""
        before = [_facts(raw) for raw in await control.call("XINFO", "GROUPS", self._key)]
        await control.call("XTRIM", self._key, by, "~", limit)
        stream = _facts(await control.call("XINFO", "STREAM", self._key))
        first = stream[b"first-entry"]
        if not first:
            return
        gone = int(stream[b"entries-added"]) - int(stream[b"length"])
        for group in before:
            if entry_id(group[b"last-delivered-id"]) < entry_id(first[0]):
                self._report(group, gone)

    def _report(self, group: Facts, gone: int) -> None:
        """Report what a group lost by this cut, not what it had lost before."""
        name, last = group[b"name"].decode(errors="replace"), group[b"last-delivered-id"]
        # A group made before the first entry has read none; for others Redis may not know the number.
        read = 0 if last == b"0-0" else group.get(b"entries-read")
        lost = None if read is None else gone - max(int(read), self._reported.get(name, 0))
        if lost is None or lost > 0:
            self._gaps.report(GapRecord(self._key, name, "trimmed", last.decode(), lost))
        self._reported[name] = gone


def _facts(raw: list[Any]) -> Facts:
    return dict(zip(raw[::2], raw[1::2], strict=True))
