"""One room of the line in a process of its own, over Redis: the same order, the same events as in one process.

Inputs are read by cursor from the oldest entry kept, so that starting is recovering: the room does again what it did,
and what it had written before is known by its key and not written twice (`line_room`). Beside its topics each room
writes a mark, the key through which it is done; a mark counts once everything written ahead of it has been read, which
one XREAD over all streams shows. The market's mark says how far time has moved while no tick came. Where entries are
packs the mark rides in the last of a turn. Which streams are read depends on what the room hears (`room_inputs`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.bus.codec import UNREADABLE
from tradewind.bus.line_order import BEGINNING, TIMER, LineKey, through
from tradewind.bus.line_room import LineRoom
from tradewind.bus.packs import AHEAD, is_pack
from tradewind.bus.redis.cursor_reader import NOTHING_READ, Batch, CursorReader
from tradewind.bus.redis.keys import entry_id, entry_of, shard_of
from tradewind.bus.redis.mirrors import Mirrors
from tradewind.bus.redis.packing import Packing
from tradewind.bus.redis.passage import Passage
from tradewind.bus.redis.resp import command
from tradewind.bus.redis.room_inputs import RoomInputs
from tradewind.bus.redis.room_streams import MARKS_KEPT, TopicReader, durable_key, mark_key, mark_of, topic_writer
from tradewind.bus.redis.timing import ReadingTimes
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, SIGNALS
from tradewind.kernel.clock import SystemClock

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
        unread: frozenset[str] = frozenset(),
    ) -> None:
        """`reads`, `writes`, `unread` are the room's row of the service table; time comes from the ticks in any case.

        The market writes every shard; any other room is of one.
        """
        self.room = room
        self._writer = writer
        self._clock = clock
        own_shards = tuple(range(settings.shards)) if room == MARKET else (shard,)
        self.own_mark_keys = tuple(mark_key(room, each, settings.shards) for each in own_shards)
        self._tick_key = durable_key(CLEAN_TICKS, shard, settings.shards).encode()
        self.mirrors = Mirrors(writer, length=settings.mirror_len) if settings.mirrors else None
        heard = () if room == MARKET else tuple(dict.fromkeys((CLEAN_TICKS, *reads)))

        def source(topic: Topic[Any], of_shard: int = shard) -> TopicReader:
            key = durable_key(topic, of_shard, settings.shards)
            return TopicReader(topic, key, settings=settings, writer=writer, metrics=metrics, unread=unread)

        self.outputs = tuple(source(topic, each) for topic in writes for each in own_shards)
        self.packing = Packing(self.outputs, writer=writer) if settings.codec == "packed" else None
        self._writes = self._make_writes(writes, settings)
        self.line = self._make_line(heard, on_failure)
        marks = {mark_key(name, shard, settings.shards).encode(): name for name in _writers_of(heard)}
        self.inputs = RoomInputs(
            {each.key: each for each in map(source, heard)}, marks, line=self.line, is_packed=self.packing is not None
        )
        self.reader = CursorReader(
            self.inputs.keys, batch=settings.batch, block_ms=settings.block_ms,
            wanted=self._wanted, on_batch=self.take, on_refused=self._on_refused,
        )  # fmt: skip
        self._mark = BEGINNING
        self._last_tick: LineKey = BEGINNING
        self._told: dict[str, LineKey] = {}
        """Newest mark of each writer that may not count yet."""
        self._time_ns = 0
        self._passage = Passage(SystemClock().now_ns)
        self._times = ReadingTimes(room, metrics.observe_hop)
        self._asked: dict[bytes, Callable[[list[Any]], None]] = {}
        self.may_work: Callable[[], bool] = lambda: True
        self.on_trouble: Callable[[str], None] = lambda _reason: None

    def _make_writes(
        self, writes: tuple[Topic[Any], ...], settings: BusSettings
    ) -> dict[str, Callable[[LineKey, Any], None]]:
        packers = {} if self.packing is None else self.packing.packers

        def write_to(output: TopicReader) -> Callable[[LineKey, Any], None]:
            return topic_writer(
                output.topic, output.key.decode(), settings=settings, writer=self._writer, mirrors=self.mirrors,
                packer=packers.get(output.key),
            )  # fmt: skip

        return {
            topic.name: _spread([write_to(each) for each in self.outputs if each.topic is topic]) for topic in writes
        }

    def _make_line(
        self, heard: tuple[Topic[Any], ...], on_failure: Callable[[str, str, object, Exception], None]
    ) -> LineRoom:
        packers = {} if self.packing is None else self.packing.packers
        # Features go to their packer past any Python.
        fast = {each.topic.name: packers[each.key] for each in self.outputs if packers and each.topic is FEATURES}
        return LineRoom(
            self.room, writers=_writers_of(heard), clock=self._clock, write=self._write, on_failure=on_failure,
            packers=fast, relay=fast.get(FEATURES.name), on_loose=self._writer.flush_soon,
        )  # fmt: skip

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
        """Return how far each topic is done with: what is held for its turn counts as read, and what nobody hears.

        Of ticks that are not read it is the one at which the line is here.
        """
        tick = entry_of(self.line.core.frontier)
        return {
            key: self.reader.cursors[key] if is_read else tick if key == self._tick_key else b"$"
            for key, is_read in self.inputs.topics_read()
        }

    def read_to(self) -> dict[bytes, bytes]:
        """Return the last entry read of each topic's stream that is read: what Redis should have still."""
        return self.inputs.read_to(self.reader.cursors)

    def tell_again(self) -> None:
        """Say again how far this room is: what was said may be lost, and others wait for it."""
        if self.room == MARKET:
            self._time_ns = 0
            self.tell_time()
        elif self._mark > BEGINNING:
            self._write_mark(self._mark)

    def read_anew(self) -> None:
        """Read every stream from its beginning: those of before are gone; what was heard of already is known by key."""
        for key in self.inputs.keys:
            self.reader.cursors[key] = NOTHING_READ

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
        """Handle what has come, in the order of the line, and say through where this room is done; false if it may not.

        Another member may be at work by now: what this one would make of it is not the room's.
        """
        if not self.may_work():
            return False
        unfinished: dict[str, LineKey] = {}
        self._passage.read()
        self._times.begin()
        for key, entries in batch:
            source = self.inputs.source_of(key)
            if source is not None:
                self._offer(source, entries, unfinished)
            elif key in self._asked:
                self._asked[key](entries)
            elif mark := mark_of(entries[-1][1]):
                self._note(self.inputs.writer_of(key), mark)
        self._count_marks(unfinished)
        mark = self.line.work()
        if mark > self._mark:
            self._mark = mark
            self._tell_mark(mark)
        self._writer.flush()
        self._times.end()
        return True

    def _offer(self, source: TopicReader, entries: list[Any], unfinished: dict[str, LineKey]) -> None:
        place, mark, size = BEGINNING, None, 0
        for raw_id, fields in entries:
            payload = source.payload_of(raw_id, fields)
            if payload is not None:
                size += len(payload)
                last, mark = self._offer_one(source, raw_id, payload)
                place = last or place
        if source.topic is FEATURES:
            self._passage.features_came(entry_id(entries[-1][0]))
        writer = source.topic.writer
        if source.topic is CLEAN_TICKS:
            self._last_tick = max(place, self._last_tick)
        if not self.reader.is_last(entries):
            # More waits at Redis: its writer is known to be done up to here, and no further.
            here = mark or place
            unfinished[writer] = min(here, unfinished.get(writer, here))
        elif mark is not None:
            self._note(writer, mark)
        if self.packing is not None:
            self.reader.aim(len(entries), size)

    def _offer_one(self, source: TopicReader, raw_id: bytes, payload: bytes) -> tuple[LineKey | None, LineKey | None]:
        """Take in what an entry holds; return up to where its writer is known to be by it, and the mark that rides."""
        try:
            if is_pack(payload):
                last, mark, count = self.line.offer_pack(source.topic.name, source.body, payload, entry_id(raw_id))
                self._count(source.topic.name, count)
                return None if source.topic.name in AHEAD else last, mark
            place, event = source.event_of(raw_id, payload)
        except UNREADABLE as error:
            source.refuse(raw_id, payload, error)
            return None, None
        if source.topic is FEATURES:
            self.inputs.need_ticks()
        self.line.offer(source.topic.name, place, event)
        self._count(source.topic.name, 1)
        return place, None

    def _count(self, topic: str, events: int) -> None:
        if self._times.is_on and events and self.line.hears(topic):
            self._times.count(topic, events)

    def _note(self, writer: str, mark: LineKey) -> None:
        """Note a mark that may not count yet; of one that rode and one that was written the later says more."""
        self._told[writer] = max(mark, self._told.get(writer, BEGINNING))

    def _count_marks(self, unfinished: dict[str, LineKey]) -> None:
        told = self.line.core.told
        if self._last_tick is not BEGINNING:
            told(MARKET, through(self._last_tick))
        for name, place in unfinished.items():
            told(name, place)
        for name in [name for name in self._told if name not in unfinished]:
            mark = self._told.pop(name)
            if name != MARKET:
                told(name, mark)
            elif self._last_tick is not BEGINNING:
                told(MARKET, (*self._last_tick, TIMER, mark[0] + 1))

    def _write(self, topic: Topic[Any], place: LineKey, event: Any) -> None:  # noqa: ANN401 - an event of the topic
        self._writes[topic.name](place, self._passage.noted(event, place) if topic is SIGNALS else event)

    def _tell_mark(self, mark: LineKey) -> None:
        """Let the mark ride with what is packed, or write it to the stream of marks."""
        if self.packing is None or not self.packing.mark(mark):
            self._write_mark(mark)

    def _write_mark(self, mark: LineKey) -> None:
        if self.packing is not None:
            # A mark stands behind all that it speaks of.
            self.packing.gather()
        payload = msgspec.json.encode(mark)
        for key in self.own_mark_keys:
            self._writer.lasting(command("XADD", key, "MAXLEN", "~", MARKS_KEPT, "*", "payload", payload))

    def _wanted(self) -> tuple[bytes, ...]:
        return (*self.inputs.wanted(self.reader.cursors), *self._asked)

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


def _writers_of(topics: tuple[Topic[Any], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(topic.writer for topic in topics))
