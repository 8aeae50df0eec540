"""Opens a lane: makes sure of its group, then handles in order what a predecessor, or we ourselves, left unfinished.

Pending entries come before new ones, so the order holds over a crash. Entries this process handled before it lost the
connection are only acknowledged. An entry that was handed out `max_deliveries` times and never acknowledged has ended
as many processes: it is set aside unseen. From the second time on entries are claimed one by one, so that only the
one being handled when a process dies is blamed for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.redis.gaps import GapRecord
from tradewind.bus.redis.keys import BROADCAST_MARK, entry_id, members_key
from tradewind.bus.redis.resp import ReplyError, code_of, payload_of
from tradewind.bus.redis.tail import read_back
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.gaps import Gaps
    from tradewind.bus.redis.reader import GroupReader, Lane
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("bus.redis")
_PAGE: Final = 200
_SUSPECT: Final = 2
"""Deliveries from which an entry is claimed alone."""
Pending = tuple[bytes, int]
"""Entry id and how often it was handed out."""


class Takeover:
    """Opens the lanes of one group."""

    def __init__(
        self,
        reader: GroupReader,
        *,
        control: Control,
        gaps: Gaps,
        metrics: Metrics,
        database: int,
        max_deliveries: int,
        remembered: int,
    ) -> None:
        self._reader = reader
        self._group = reader.group
        self._member = reader.member
        self._control = control
        self._gaps = gaps
        self._metrics = metrics
        self._database = str(database)
        self._max_deliveries = max_deliveries
        self._count = remembered

    async def open(self, lanes: Sequence[Lane]) -> None:
        """Open lanes whose shards this member holds; the reader must be paused."""
        living = await self._living()
        await self._cut_off_the_dead(living)
        for lane in lanes:
            try:
                await self._ensure_group(lane)
                await self._remember_handled(lane)
                await self._finish_pending(lane)
                await self._forget_the_dead(lane, living)
            except ReplyError as error:
                if code_of(error) != "WRONGTYPE":
                    raise
                self._metrics.bus_refused.add("wrong_key_type")
                _LOG.error("stream_is_something_else", key=lane.key, reason=str(error))
                continue
            lane.is_open = lane.has_been_open = True

    async def _ensure_group(self, lane: Lane) -> None:
        """Create the group if it is not there: for new entries at first; for all if it had been there before."""
        begin = "0" if lane.has_been_open else "$"
        try:
            await self._control.call("XGROUP", "CREATE", lane.key, self._group, begin, "MKSTREAM")
        except ReplyError as error:
            if code_of(error) != "BUSYGROUP":
                raise
            return
        if lane.has_been_open:
            self._gaps.report(GapRecord(lane.key, self._group, "stream_lost", lane.last.decode(), None))
        lane.last = b""

    async def _remember_handled(self, lane: Lane) -> None:
        """Learn the names of the events the group has done with, so that a repeat of one is known as such."""
        if not lane.audience.remembers:
            return
        for raw in await self._control.call("XINFO", "GROUPS", lane.key):
            facts = dict(zip(raw[::2], raw[1::2], strict=True))
            if facts[b"name"] == self._group.encode():
                rows = await self._control.call("XPENDING", lane.key, self._group, "-", "+", facts[b"pending"] or 1)
                unfinished = {row[0] for row in rows}
                until = facts[b"last-delivered-id"]
                for entry, event in await read_back(
                    self._control, lane.key, lane.audience.decode, self._count, until=until
                ):
                    if entry not in unfinished:
                        lane.audience.remember(event)

    async def _finish_pending(self, lane: Lane) -> None:
        begin: bytes = b"-"
        while True:
            rows = await self._control.call("XPENDING", lane.key, self._group, begin, "+", _PAGE)
            if not rows:
                return
            begin = b"(" + rows[-1][0]
            bulk: list[bytes] = []
            for entry, times in ((row[0], int(row[3])) for row in rows):
                if lane.last and entry_id(entry) <= entry_id(lane.last):
                    self._reader.handled(lane, [entry])
                elif times < _SUSPECT:
                    bulk.append(entry)
                else:
                    await self._claim(lane, bulk)
                    bulk = []
                    await self._retry(lane, (entry, times))
            await self._claim(lane, bulk)

    async def _retry(self, lane: Lane, pending: Pending) -> None:
        entry, times = pending
        if times < self._max_deliveries:
            await self._claim(lane, [entry])
            return
        for found, fields in await self._control.call("XRANGE", lane.key, entry, entry):
            lane.audience.set_aside(lane.key, found, payload_of(fields) or b"", "killed_its_handlers")
        self._reader.handled(lane, [entry])

    async def _claim(self, lane: Lane, ids: list[bytes]) -> None:
        if not ids:
            return
        entries: list[Any] = await self._control.call("XCLAIM", lane.key, self._group, self._member, 0, *ids)
        entries = [entry for entry in entries if entry and entry[1] is not None]
        if len(entries) < len(ids):
            lost = len(ids) - len(entries)
            self._gaps.report(GapRecord(lane.key, self._group, "trimmed_pending", lane.last.decode(), lost))
        self._metrics.bus_reclaimed.add(self._group.partition(BROADCAST_MARK)[0], len(entries))
        if entries:
            lane.audience.deliver(lane.key, entries)
            lane.last = entries[-1][0]
            self._reader.handled(lane, [entry[0] for entry in entries])

    async def _living(self) -> frozenset[str]:
        members = await self._control.call("ZRANGE", members_key(self._group), 0, -1)
        return frozenset({self._member, *(name.decode() for name in members)})

    async def _cut_off_the_dead(self, living: frozenset[str]) -> None:
        """Close the connections of members without a lease: one that stands still would still be given new entries."""
        clients: bytes = await self._control.call("CLIENT", "LIST", "TYPE", "normal")
        for line in clients.decode(errors="replace").splitlines():
            facts = dict(word.partition("=")[::2] for word in line.split(" "))
            group, _, member = facts.get("name", "").partition("|")
            # Another database is another platform on the same server, with groups of the same names.
            if group == self._group and member not in living and facts.get("db") == self._database:
                await self._control.call("CLIENT", "KILL", "ID", facts["id"])

    async def _forget_the_dead(self, lane: Lane, living: frozenset[str]) -> None:
        """Remove consumers that have nothing in hand any more and will not come back."""
        for raw in await self._control.call("XINFO", "CONSUMERS", lane.key, self._group):
            facts = dict(zip(raw[::2], raw[1::2], strict=True))
            if not facts[b"pending"] and facts[b"name"].decode(errors="replace") not in living:
                await self._control.call("XGROUP", "DELCONSUMER", lane.key, self._group, facts[b"name"])
