"""One room of the line in a process of its own, over Redis: the same order, the same events as in one process.

Inputs are read by cursor from the oldest entry kept, so that starting is recovering: the room does again what it did,
and what it had written before is known by its key and not written twice (`line_room`). Beside its topics each room
writes a mark, the key through which it is done; a mark counts once everything written ahead of it has been read, which
one XREAD over all streams shows. The market's mark says how far time has moved while no tick came.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.bus.line_order import BEGINNING, TIMER, LineKey, through
from tradewind.bus.line_room import LineRoom
from tradewind.bus.redis.cursor_reader import Batch, CursorReader
from tradewind.bus.redis.keys import shard_of
from tradewind.bus.redis.mirrors import Mirrors
from tradewind.bus.redis.resp import command, payload_of
from tradewind.bus.redis.room_streams import MARKS_KEPT, TopicReader, durable_key, mark_key, topic_writer
from tradewind.bus.topics import CLEAN_TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.line_room import RoomSubscription
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics

E = TypeVar("E")
MARKET: Final = "market"


class RoomBus:
    """`Bus` of one room; pure of connections, which `room_session` brings and takes away."""

    def __init__(
        self,
        room: str,
        *,
        reads: tuple[Topic[Any], ...],
        writes: tuple[Topic[Any], ...],
        clock: LineClock,
        settings: BusSettings,
        metrics: Metrics,
        writer: Writer,
        on_failure: Callable[[str, str, object, Exception], None],
        shard: int = 0,
    ) -> None:
        """`reads` and `writes` are the room's row of the service table; time comes from the ticks whatever it reads.

        The market writes every shard; any other room is of one.
        """
        self.room = room
        self._writer = writer
        self._clock = clock
        own_shards = tuple(range(settings.shards)) if room == MARKET else (shard,)
        self.own_mark_keys = tuple(mark_key(room, each, settings.shards) for each in own_shards)

        def source(topic: Topic[Any], of_shard: int = shard) -> TopicReader:
            key = durable_key(topic, of_shard, settings.shards)
            return TopicReader(topic, key, settings=settings, writer=writer, metrics=metrics)

        heard = () if room == MARKET else tuple(dict.fromkeys((CLEAN_TICKS, *reads)))
        self._inputs = {each.key: each for each in map(source, heard)}
        self.outputs = tuple(source(topic, each) for topic in writes for each in own_shards)
        writers = tuple(dict.fromkeys(topic.writer for topic in heard))
        self._mark_writers = {mark_key(name, shard, settings.shards).encode(): name for name in writers}
        self.mirrors = Mirrors(writer, length=settings.mirror_len) if settings.mirrors else None
        writes_to = partial(topic_writer, settings=settings, writer=writer, mirrors=self.mirrors)
        self._writes = {
            topic.name: _spread([writes_to(topic, each.key.decode()) for each in self.outputs if each.topic is topic])
            for topic in writes
        }
        self._mark = self._last_tick = BEGINNING
        self._told: dict[str, Any] = {}
        """Newest mark of each writer that may not count yet."""
        self._time_ns = 0
        self.reader = CursorReader(
            (*self._inputs, *self._mark_writers), batch=settings.batch, block_ms=settings.block_ms,
            wanted=self._wanted, on_batch=self.take, on_refused=self._on_refused,
        )  # fmt: skip
        self.line = LineRoom(room, writers=writers, clock=clock, write=self._write, on_failure=on_failure)
        self._asked: dict[bytes, Callable[[list[Any]], None]] = {}
        self.may_work: Callable[[], bool] = lambda: True
        self.on_trouble: Callable[[str], None] = lambda _reason: None

    # `Bus`

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        if self.room != MARKET:
            return self.line.publisher(topic)
        write = self._writes[topic.name]
        return lambda event: write(BEGINNING, event)

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> RoomSubscription:
        """Hear `topic` in the order of the line."""
        return self.line.subscribe(topic, handler, group=group)

    async def start(self) -> None:
        """Nothing: the session connects."""

    async def settle(self) -> None:
        """Wait until everything published so far is in Redis."""
        await self._writer.confirmed()

    async def stop(self) -> None:
        """Nothing: the session disconnects."""

    def listen(self, key: str, handler: Callable[[list[Any]], None]) -> None:
        """Give `handler` the entries of another stream, while this member works for its room; before the start."""
        self._asked[key.encode()] = handler
        self.reader.cursors[key.encode()] = b"0-0"

    # what the session does

    def resume_after(self, last: dict[str, LineKey], mark: LineKey) -> None:
        """Tell what this room had written before: the last place of each topic, and its mark."""
        self._mark = mark
        self.line.resume_after({name: max(last.get(name, BEGINNING), mark) for name in self._writes})

    @property
    def mark(self) -> LineKey:
        """Return the key through which this room is done."""
        return self._mark

    def positions(self) -> dict[bytes, bytes]:
        """Return how far each topic has been read; what is held for its turn counts as read."""
        return {key: self.reader.cursors[key] for key in self._inputs}

    def tell_again(self) -> None:
        """Say again how far this room is: what was said may be lost, and others wait for it."""
        if self.room == MARKET:
            self._time_ns = 0
            self.tell_time()
        elif self._mark > BEGINNING:
            self._write_mark(self._mark)

    def read_anew(self) -> None:
        """Read every stream from its beginning: those of before are gone; what was heard of already is known by key."""
        for key in (*self._inputs, *self._mark_writers):
            self.reader.cursors[key] = b"0-0"

    def stop_taking(self) -> None:
        """Take nothing more: another process goes on from what is written."""
        self.may_work = lambda: False

    def tell_time(self) -> None:
        """Say how far the line's time has moved, if it has: the market's mark, for all who have timers."""
        now_ns = self._clock.now_ns()
        if now_ns > self._time_ns:
            self._time_ns = now_ns
            self._write_mark((now_ns,))

    def take(self, batch: Batch) -> bool:
        """Handle what has come, in the order of the line, and say through where this room is done.

        False: this process may not work for its room now, and nothing was done.
        """
        if not self.may_work():
            return False
        unfinished: dict[str, LineKey] = {}
        for key, entries in batch:
            source = self._inputs.get(key)
            if source is not None:
                self._offer(source, entries, unfinished)
            elif key in self._asked:
                self._asked[key](entries)
            else:
                self._told[self._mark_writers[key]] = entries[-1][1]
        self._count_marks(unfinished)
        mark = self.line.work()
        if mark > self._mark:
            self._mark = mark
            self._write_mark(mark)
        return True

    def _offer(self, source: TopicReader, entries: list[Any], unfinished: dict[str, LineKey]) -> None:
        place = BEGINNING
        for place, event in source.read(entries):
            self.line.offer(source.topic.name, place, event)
        if source.topic is CLEAN_TICKS:
            self._last_tick = max(place, self._last_tick)
        if not self.reader.is_last(entries):
            # More waits at Redis: its writer is known to be done up to here, and no further.
            writer = source.topic.writer
            unfinished[writer] = min(place, unfinished.get(writer, place))

    def _count_marks(self, unfinished: dict[str, LineKey]) -> None:
        merge = self.line.merge
        if self._last_tick is not BEGINNING:
            merge.told(MARKET, through(self._last_tick))
        for name, place in unfinished.items():
            merge.told(name, place)
        for name in [name for name in self._told if name not in unfinished]:
            self._count_mark(name, self._told.pop(name))

    def _count_mark(self, name: str, fields: list[bytes]) -> None:
        try:
            mark = msgspec.json.decode(payload_of(fields) or b"", type=tuple[int, ...])
        except msgspec.DecodeError:
            return
        if name != MARKET:
            self.line.merge.told(name, mark)
        elif mark and self._last_tick is not BEGINNING:
            self.line.merge.told(MARKET, (*self._last_tick, TIMER, mark[0] + 1))

    def _write(self, topic: Topic[Any], place: LineKey, event: object) -> None:
        self._writes[topic.name](place, event)

    def _write_mark(self, mark: LineKey) -> None:
        payload = msgspec.json.encode(mark)
        for key in self.own_mark_keys:
            self._writer.lasting(command("XADD", key, "MAXLEN", "~", MARKS_KEPT, "*", "payload", payload))

    def _wanted(self) -> tuple[bytes, ...]:
        """Leave writers that are ahead waiting at Redis while more is held than should be."""
        keys = (*self._inputs, *self._mark_writers, *self._asked)
        merge = self.line.merge
        if not merge.is_full:
            return keys
        writer_of = {key: source.topic.writer for key, source in self._inputs.items()} | self._mark_writers
        return tuple(key for key in keys if key in self._asked or not merge.is_ahead(writer_of[key]))

    def _on_refused(self, reason: str) -> None:
        self.on_trouble(reason)


def _spread(writes: list[Callable[[LineKey, Any], None]]) -> Callable[[LineKey, Any], None]:
    """Return one function that writes each event to the stream of its instrument's shard."""
    if len(writes) == 1:
        return writes[0]
    shards = len(writes)

    def write(place: LineKey, event: Any) -> None:  # noqa: ANN401 - every event names its instrument
        writes[shard_of(event.instrument_id, shards)](place, event)

    return write
