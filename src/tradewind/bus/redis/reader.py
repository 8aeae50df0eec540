"""Reads the streams of one group in batches; acknowledgements leave with the next read, or with what we write.

An entry is acknowledged only after everything that its handlers published is in Redis: a crash in between repeats the
entry, it never loses what should have followed from it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tradewind.bus.redis.keys import stream_key
from tradewind.bus.redis.resp import ReplyError, command
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.delivery import Audience
    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.ownership import Ownership
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings

_LOG = get_log("bus.redis")


class Lane:
    """One stream as one group reads it."""

    __slots__ = ("audience", "has_been_open", "is_open", "key", "last", "shard")

    def __init__(self, key: str, shard: int, audience: Audience[Any]) -> None:
        self.key = key
        self.shard = shard
        self.audience = audience
        self.is_open = False
        self.has_been_open = False
        self.last = b""
        """Newest entry handled in this life of the stream; empty before the first."""


class GroupReader:
    """One group's lanes, read over one connection."""

    def __init__(
        self,
        group: str,
        *,
        member: str,
        settings: BusSettings,
        ownership: Ownership,
        writer: Writer,
        on_trouble: Callable[[], None],
    ) -> None:
        self.group = group
        self.member = member
        self.ownership = ownership
        self.lanes: dict[bytes, Lane] = {}
        self.audiences: dict[str, Audience[Any]] = {}
        self.is_reset = False
        """True after Redis said that a group or a stream is gone."""
        self._settings = settings
        self._writer = writer
        self._on_trouble = on_trouble
        self._link: Link | None = None
        self._asked_s = 0.0
        self._answer: asyncio.Future[None] | None = None
        self._is_paused = True
        self._acks: list[bytes] = []
        self._asked_keys: list[bytes] = []
        self._question = b""
        self._head = (
            *("XREADGROUP", "GROUP", group, member, "COUNT", settings.batch, "BLOCK", settings.block_ms),
            "STREAMS",
        )

    def add(self, audience: Audience[Any]) -> list[str]:
        """Follow a topic; return the keys that need a group."""
        self.audiences[audience.topic.name] = audience
        if audience.topic.delivery != "stream":
            return []
        keys = []
        for shard in range(self._settings.shards):
            key = stream_key(audience.topic.wire_name, shard, self._settings.shards)
            self.lanes[key.encode()] = Lane(key, shard, audience)
            keys.append(key)
        return keys

    @property
    def client_id(self) -> int:
        """Return Redis' number of our connection; 0 when there is none."""
        return 0 if self._link is None else self._link.client_id

    @property
    def is_waiting(self) -> bool:
        """Tell whether a read is at Redis now."""
        return self._asked_s > 0

    def silent_s(self) -> float:
        """Return for how long a read has been unanswered beyond the time it may block."""
        if not self._asked_s:
            return 0.0
        return monotonic_s() - self._asked_s - self._settings.block_ms / 1e3

    def attach(self, link: Link) -> None:
        """Read over this connection, once `resume` is called."""
        self._link = link

    def detach(self) -> None:
        """The connection is gone; every lane must be opened anew."""
        self._link = None
        self._is_paused = True
        self._acks.clear()
        for lane in self.lanes.values():
            lane.is_open = False
        self._answered()

    def pause(self) -> asyncio.Future[None]:
        """Ask no more; the future ends when the read at Redis, if there is one, has been answered and handled."""
        self._is_paused = True
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
        answer = self._answer
        if not self._asked_s:
            self._answered()
        return answer

    def resume(self) -> None:
        """Read the open lanes."""
        self._is_paused = False
        self._ask()

    def drain(self, gets: Gets) -> None:
        """Take a batch. Behind a full one more is waiting, and is asked for before this one is handled."""
        while (reply := gets()) is not False:
            if reply.__class__ is int:  # an acknowledgement's
                continue
            self._asked_s = 0.0
            if isinstance(reply, ReplyError):
                self.is_reset = True
                self._is_paused = True
                _LOG.warning("stream_read_refused", group=self.group, reason=str(reply))
                self._on_trouble()
            elif reply:
                self._take(reply)
            if not self._asked_s:
                if not self._is_paused:
                    self._ask()
                else:
                    self._send_acks()
                    self._answered()

    def handled(self, lane: Lane, ids: list[bytes]) -> None:
        """Acknowledge entries as soon as what followed from them is safe."""
        acknowledge = command("XACK", lane.key, self.group, *ids)
        self._writer.when_confirmed(lambda: self._writer.passing(acknowledge))

    def _take(self, reply: list[Any]) -> None:
        if not self._is_paused and any(len(entries) >= self._settings.batch for _, entries in reply):
            self._ask()
        for key, entries in reply:
            self._handle(self.lanes[key], entries)

    def _ask(self) -> None:
        """Send the next read, and with it the acknowledgements that may go already."""
        if self._link is None or self._asked_s:
            return
        keys = [key for key, lane in self.lanes.items() if lane.is_open and lane.audience.handlers]
        if not keys:
            self._send_acks()
            return
        if keys != self._asked_keys:
            self._asked_keys = keys
            self._question = command(*self._head, *keys, *(b">" for _ in keys))
        self._asked_s = monotonic_s()
        self._link.write(b"".join((*self._acks, self._question)))
        self._acks.clear()

    def _send_acks(self) -> None:
        if self._link is not None and self._acks:
            self._link.write(b"".join(self._acks))
        self._acks.clear()

    def _handle(self, lane: Lane, entries: list[Any]) -> None:
        if not lane.is_open or not lane.audience.handlers:
            # Cancelled meanwhile: they stay pending and are found when somebody subscribes again.
            lane.is_open = False
            return
        if not self.ownership.holds(lane.shard):
            # This process stood still for longer than its lease: the entries are another member's now.
            lane.is_open = False
            self._on_trouble()
            return
        lane.audience.deliver(lane.key, entries)
        lane.last = entries[-1][0]
        ids = [entry[0] for entry in entries]
        if self._asked_s or self._writer.spooled:
            # A read waits at Redis and would hold up what is written behind it; or something must be safe first.
            self.handled(lane, ids)
        else:
            self._acks.append(command("XACK", lane.key, self.group, *ids))

    def _answered(self) -> None:
        self._asked_s = 0.0
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(None)
