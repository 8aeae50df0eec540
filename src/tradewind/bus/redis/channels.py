"""Pub/Sub: at most once, to whoever listens now. Messages of our channels go to the groups of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from tradewind.bus.redis.keys import SPACE, shard_of
from tradewind.bus.redis.resp import ReplyError, command
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from tradewind.bus.redis.delivery import Audience
    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.ownership import Ownership
    from tradewind.bus.redis.writer import Writer


class Channels:
    """The subscribed channels of this process, over one connection."""

    def __init__(self, *, member: str, shards: int, writer: Writer) -> None:
        self._marker = f"{SPACE}:settle:{member}"
        self._shards = shards
        self._writer = writer
        self._link: Link | None = None
        self._audiences: dict[bytes, tuple[tuple[Audience[Any], Ownership], ...]] = {}
        self._confirmed: set[bytes] = set()
        self._markers: deque[asyncio.Future[None]] = deque()
        self._asked_s = 0.0

    def add(self, audience: Audience[Any], ownership: Ownership) -> None:
        """Hand a channel's messages to an audience too, where its group's member holds the instrument's shard."""
        channel = audience.topic.wire_name.encode()
        is_known = channel in self._audiences
        self._audiences[channel] = (*self._audiences.get(channel, ()), (audience, ownership))
        if not is_known and self._link is not None:
            self._link.write(command("SUBSCRIBE", channel))

    @property
    def is_listening(self) -> bool:
        """Tell whether Redis has confirmed every channel."""
        return self._confirmed >= self._audiences.keys()

    def attach(self, link: Link) -> None:
        """Listen over this connection."""
        self._link = link
        link.write(command("SUBSCRIBE", self._marker, *self._audiences))

    def detach(self) -> None:
        """The connection is gone."""
        self._link = None
        self._asked_s = 0.0
        self._confirmed.clear()
        while self._markers:
            future = self._markers.popleft()
            if not future.done():
                future.set_result(None)

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self._link is not None and not self._asked_s:
            self._asked_s = monotonic_s()
            self._link.write(command("PING"))

    def silent_s(self) -> float:
        """Return for how long a sign of life has been owed."""
        return monotonic_s() - self._asked_s if self._asked_s else 0.0

    async def passed(self) -> None:
        """Wait until every passing command written before has been carried out, and its messages handled here."""
        if self._link is None:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._markers.append(future)
        self._writer.passing(command("PUBLISH", self._marker, b""))
        await future

    def drain(self, gets: Gets) -> None:
        """Take messages and confirmations."""
        while (reply := gets()) is not False:
            if isinstance(reply, ReplyError):
                continue
            kind = reply[0]
            if kind == b"message":
                self._take(reply[1], reply[2])
            elif kind == b"subscribe":
                self._confirmed.add(reply[1])
            elif kind == b"pong":
                self._asked_s = 0.0

    def _take(self, channel: bytes, payload: bytes) -> None:
        if channel == self._marker.encode():
            if self._markers and not (future := self._markers.popleft()).done():
                future.set_result(None)
            return
        for audience, ownership in self._audiences.get(channel, ()):
            audience.take_message(channel.decode(), payload, partial(self._is_ours, ownership))

    def _is_ours(self, ownership: Ownership, event: Any) -> bool:  # noqa: ANN401 - every event names its instrument
        return ownership.holds(shard_of(event.instrument_id, self._shards))
