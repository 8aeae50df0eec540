"""Copies, on Redis, of what the order line tells and people are told, for any process that shows it: never of record.

An event goes out once it is durable, so that a crash leaves nothing there that the record does not know. While Redis is
away the order line goes on: what happens waits in the writer's spool, and of what only changes its worth the newest is
told when Redis is back. Then the streams are compared with what is true: what they lack is written, and where they tell
of something that never was (the record is another one, or was taken back) they begin anew, and with them all who read.
Sums that ended on record without anybody being told, because the process died in between, are told to be over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.codec import UNREADABLE, build_codec
from tradewind.bus.desk_topics import ORDER_STATISTICS, POSITION_GROUPS, TOLD, TRADE_STATISTICS
from tradewind.bus.people_topics import CHAT, NOTICES
from tradewind.bus.redis.continuity import end_turn
from tradewind.bus.redis.links import AWAY
from tradewind.bus.redis.resp import command, payload_of
from tradewind.bus.redis.room_streams import durable_key
from tradewind.domain.statistics import emptied
from tradewind.kernel.log import get_log
from tradewind.push.topics import PUSH_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tradewind.bus.ports import Bus
    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.edge_session import EdgeSession
    from tradewind.bus.redis.writer import Writer
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.topics import PushTopic
    from tradewind.stores.ports import Journal

_LOG = get_log("desk")
_GROUP: Final = "copies"
_KEPT: Final = 8_000
"""Entries that a stream keeps at least; four for each live value where those are many."""
_ANEW: Final = 2_000
"""Entries after which every live value is written again: the newest so many and their values are always kept."""
_PAGE: Final = 500
_CONFIRM_S: Final = 5.0


_NUMBERED: Final[Mapping[str, Callable[[Any], int]]] = {
    NOTICES.name: lambda notice: notice.notice_id,
    CHAT.name: lambda message: message.message_id,
}
_SUMS: Final = frozenset({TRADE_STATISTICS.name, ORDER_STATISTICS.name, POSITION_GROUPS.name})
"""Rows that are gone with the last of what they sum up, and of which nothing is kept then."""


class _Copy:
    """One topic: its stream, and the newest of each value."""

    def __init__(self, told: PushTopic, *, most: int) -> None:
        assert told.source is not None  # noqa: S101 - chosen by it
        self.name = told.name
        self.key = durable_key(told.source, 0, 1)
        self.is_worth = told.mode == "latest"
        """True where only the newest is worth anything: what was told before is no event of its own."""
        codec = build_codec(told.source, "json")
        self.encode, self.decode = codec.encode, codec.decode
        self.key_of, self.is_repeat, self.is_over = told.key_of, told.is_repeat, told.is_over
        self.values: dict[str, Any] = {}
        self.written = 0
        self.dropped = 0
        """Values let go that were not over: there were more than anybody is shown."""
        self._most = most

    def take(self, event: Any) -> bool:  # noqa: ANN401 - any event of the order line
        """Note an event; tell whether it is news."""
        key = self.key_of(event)
        old = self.values.get(key)
        if old is not None and self.is_repeat(event, old):
            return False
        if not self.is_worth:
            # What happened last stands last, as in the stream.
            self.values.pop(key, None)
        self.values[key] = event
        if len(self.values) > self._most:
            self._let_go()
        return True

    def _let_go(self) -> None:
        """Make room: what is over goes first, its end was told."""
        over = next((key for key, value in self.values.items() if self.is_over(value)), None)
        if over is None:
            self.dropped += self.is_worth
            over = next(iter(self.values))
        del self.values[over]

    def is_ahead(self, theirs: Any) -> bool:  # noqa: ANN401 - as above
        """Tell whether a stream's newest value is of a future, or a past, that we know nothing of."""
        ours = self.values.get(self.key_of(theirs))
        if ours is None:
            # Once some had to go, what is not at hand may well have been.
            return self.is_worth and not self.dropped and not self.is_over(theirs)
        version = getattr(theirs, "version", 0)
        return bool(version > getattr(ours, "version", 0))

    def end_of(self, _theirs: Any, /) -> Any | None:  # noqa: ANN401 - as above
        """Return what ends a stream's value of which nothing is known here, `None` where nothing is to be said."""
        return None


class _SumsCopy(_Copy):
    """Sums of what is of record: one that is not at hand sums up nothing any more, so its end was not told yet."""

    def is_ahead(self, theirs: Any) -> bool:  # noqa: ANN401 - as above
        """Tell whether a stream's newest row is of another future; one of a past that is over is ended by `end_of`."""
        return self.key_of(theirs) in self.values and super().is_ahead(theirs)

    def end_of(self, theirs: Any, /) -> Any | None:  # noqa: ANN401 - as above
        """Return the row with nothing in it; `None` where that was told, or where rows had to be let go."""
        return None if self.dropped or self.is_over(theirs) else emptied(theirs)


class _PersonalCopy(_Copy):
    """What people were told or wrote: each has a number in the record, which are given in order."""

    def __init__(self, told: PushTopic, *, number_of: Callable[[Any], int], most: int) -> None:
        super().__init__(told, most=most)
        self._number_of = number_of
        self._highest = 0

    def take(self, event: Any) -> bool:  # noqa: ANN401 - as above
        """Note an event; tell whether it is news."""
        self._highest = max(self._highest, self._number_of(event))
        return super().take(event)

    def is_ahead(self, theirs: Any) -> bool:  # noqa: ANN401 - as above
        """Tell whether a stream's newest value is of another record: its numbers mean something else there."""
        ours = self.values.get(self.key_of(theirs))
        if ours is None:
            return self._number_of(theirs) > self._highest
        return bool(theirs.created_at != ours.created_at) or super().is_ahead(theirs)


class DeskCopies:
    """Writes the copies of one order line; a service (`kernel.service`) that compares them."""

    name = "copies"

    def __init__(
        self,
        *,
        journal: Journal,
        writer: Writer,
        session: EdgeSession,
        metrics: Metrics,
        most: int,
        most_live: int,
    ) -> None:
        """Take as many as push shows: `most` events of a topic told event by event, `most_live` values of another."""
        self._journal = journal
        self._writer = writer
        self._session = session
        self._metrics = metrics
        told = {topic.source.name: topic for topic in PUSH_TOPICS if topic.source is not None}
        self.copies = {
            topic.name: (_SumsCopy if topic.name in _SUMS else _Copy)(
                told[topic.name], most=most_live if told[topic.name].mode == "latest" else most
            )
            for topic in TOLD
        }
        for topic, number_of in _NUMBERED.items():
            self.copies[topic] = _PersonalCopy(told[topic], number_of=number_of, most=most)
        self._waiting: deque[tuple[int, _Copy, Any]] = deque()
        self._is_told_to_wait = False
        self._is_open = False
        self._wanted = asyncio.Event()

    @property
    def trouble(self) -> str | None:
        """Return which topics have more live values than copies keep, `None` while everything is there."""
        full = [f"{copy.name} ({copy.dropped})" for copy in self.copies.values() if copy.dropped]
        if not full:
            return None
        return f"values that other processes are not told anew: {', '.join(full)}; raise push.snapshot_keys"

    def attach(self, bus: Bus) -> None:
        """Hear what the order line tells, and what people are told beside it."""
        for topic in (*TOLD, NOTICES, CHAT):
            copy = self.copies[topic.name]
            bus.subscribe(topic, lambda event, copy=copy: self._hear(copy, event), group=_GROUP)  # type: ignore[misc]

    def remember(self, topic: str, events: Iterable[Any]) -> None:
        """Know what happened before this start, the oldest first."""
        for event in events:
            self.copies[topic].take(event)

    def open(self) -> None:
        """Begin to compare: from now on it is known here what is true."""
        self._is_open = True
        self._wanted.set()

    async def want(self) -> None:
        """Have the streams compared: a connection has just come about."""
        self._wanted.set()

    async def run(self) -> None:
        """Compare whenever it is wanted, until cancelled; what Redis breaks off is begun anew when it is back."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._is_open and self._session.links.state == "connected":
                with contextlib.suppress(*AWAY):
                    await self._heal()

    async def _heal(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONFIRM_S):
                await self._writer.confirmed()
        control = self._session.links.control
        theirs = {copy.name: await self._read(copy, control) for copy in self.copies.values()}
        ahead = [copy.name for copy in self.copies.values() if any(map(copy.is_ahead, theirs[copy.name].values()))]
        if ahead:
            _LOG.warning("desk_copies_begin_anew", topics=ahead)
            self._metrics.bus_gaps.add("trading/copies_anew")
            await control.call("UNLINK", *(copy.key for copy in self.copies.values()))
            self._session.epoch = await end_turn(control, self._session.epoch)
            theirs = {name: {} for name in theirs}
        healed = {copy.name: self._mend(copy, theirs[copy.name]) for copy in self.copies.values()}
        if any(healed.values()):
            _LOG.info("desk_copies_healed", **{name: count for name, count in healed.items() if count})

    def _hear(self, copy: _Copy, event: Any) -> None:  # noqa: ANN401 - any event of the order line
        dropped = copy.dropped
        if not copy.take(event):
            return
        if copy.dropped > dropped:
            self._metrics.bus_dropped.add("copies_full")
            if not dropped:
                _LOG.warning("desk_copies_full", topic=copy.name, values=len(copy.values))
        self._waiting.append((self._journal.last_seq, copy, event))
        if self._journal.failure is not None:
            # Nothing becomes durable now: who watches must see all the same that trading has been halted.
            self._release(everything=True)
        elif not self._is_told_to_wait:
            self._is_told_to_wait = True
            self._journal.when_durable(self._journal.last_seq, self._go_on)

    def _go_on(self) -> None:
        self._is_told_to_wait = False
        self._release()
        if self._waiting:
            self._is_told_to_wait = True
            self._journal.when_durable(self._waiting[-1][0], self._go_on)

    def _release(self, *, everything: bool = False) -> None:
        waiting, durable = self._waiting, self._journal.durable_seq
        while waiting and (everything or waiting[0][0] <= durable):
            _, copy, event = waiting.popleft()
            if not copy.is_worth or self._session.links.state == "connected":
                self._write(copy, event)

    def _write(self, copy: _Copy, event: Any) -> None:  # noqa: ANN401 - as above
        self._put(copy, event)
        if copy.is_worth and copy.written >= max(_ANEW, len(copy.values)):
            copy.written = 0
            for value in copy.values.values():
                self._put(copy, value)
            copy.written = 0

    def _put(self, copy: _Copy, event: Any) -> None:  # noqa: ANN401 - as above
        copy.written += 1
        kept = max(_KEPT, 4 * len(copy.values)) if copy.is_worth else _KEPT
        self._writer.lasting(command("XADD", copy.key, "MAXLEN", "~", kept, "*", "payload", copy.encode(event)))

    async def _read(self, copy: _Copy, control: Control) -> Mapping[str, Any]:
        """Return the newest of each value that a stream tells, page by page: the order line goes on in between."""
        newest: dict[str, Any] = {}
        last = b"-"
        while True:
            page: list[Any] = await control.call("XRANGE", copy.key, last, "+", "COUNT", _PAGE)
            for _, fields in page:
                with contextlib.suppress(*UNREADABLE):
                    event = copy.decode(payload_of(fields) or b"")
                    key = copy.key_of(event)
                    old = newest.get(key)
                    if old is None or not copy.is_repeat(event, old):
                        newest[key] = event
            if len(page) < _PAGE:
                return newest
            last = b"(" + page[-1][0]
            await asyncio.sleep(0)

    def _mend(self, copy: _Copy, theirs: Mapping[str, Any]) -> int:
        """Write what a stream lacks; return how much that was."""
        count = 0
        for key, ours in copy.values.items():
            other = theirs.get(key)
            if (other is None and not copy.is_over(ours)) or (other is not None and not copy.is_repeat(ours, other)):
                self._put(copy, ours)
                count += 1
        for end in [copy.end_of(other) for key, other in theirs.items() if key not in copy.values]:
            if end is not None:
                self._put(copy, end)
                count += 1
        return count
