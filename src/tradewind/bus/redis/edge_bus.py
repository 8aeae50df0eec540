"""What an edge hears of the line over Redis: every event of every topic, as it comes, from any number of processes.

Each edge process reads the streams for itself, beginning with the newest entries kept, so that who connects finds the
state of things and not an empty page. An entry's ordinal in its stream, counted by Redis itself, is the same for every
process: a client cut off from one resumes on another by it (`on_position`). Nothing is published here. Test
ticks are for nobody's screen: one edge, which the test asks, hears the opportunity at their end and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from tradewind.bus.codec import UNREADABLE
from tradewind.bus.desk_topics import DESK_TOPICS
from tradewind.bus.fleet_topics import FLEET_TOPICS
from tradewind.bus.line_order import BEGINNING, LineKey
from tradewind.bus.packs import MANY, Skimmed, is_pack
from tradewind.bus.people_topics import PEOPLE_TOPICS
from tradewind.bus.redis.cursor_reader import Batch, CursorReader
from tradewind.bus.redis.keys import entry_id
from tradewind.bus.redis.room_streams import TopicReader, durable_key
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.domain.trial import TRIAL_ID
from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics

E = TypeVar("E")
_COPIES: Final = DESK_TOPICS.keys() | PEOPLE_TOPICS.keys() | FLEET_TOPICS.keys()


class EdgeSubscription:
    """A handler's place on one topic of an `EdgeBus`."""

    __slots__ = ("_handler", "_handlers")

    def __init__(self, handlers: list[Callable[[Any], None]], handler: Callable[[Any], None]) -> None:
        self._handlers = handlers
        self._handler = handler

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        if self._handler in self._handlers:
            self._handlers.remove(self._handler)


class EdgeStream:
    """One topic as an edge reads it."""

    def __init__(self, source: TopicReader) -> None:
        self.source = source
        self.is_copy = source.topic.name in _COPIES
        """True for a copy of what is on record: no test tick gets there, and not all of it has a contract."""
        self.handlers: list[Callable[[Any], None]] = []
        self.newest: LineKey = BEGINNING
        self.may_skim: Callable[[], bool] = lambda: False
        self.on_newest: Callable[[Skimmed], None] = lambda _newest: None
        self.ordinal = 0
        """Entries ever added to the stream, up to the last one read."""

    def is_news(self, place: LineKey) -> bool:
        """Tell whether an event was not heard before: its writer may have written it twice."""
        if place <= self.newest:
            return False
        self.newest = place
        return True


class EdgeBus:
    """`Bus` of a process that only listens; pure of connections, which `edge_session` brings and takes away."""

    def __init__(
        self,
        reads: tuple[Topic[Any], ...],
        *,
        settings: BusSettings,
        metrics: Metrics,
        writer: Writer,
        on_failure: Callable[[str, str, object, Exception], None],
        hears_trials: bool = False,
        edge: str = "",
    ) -> None:
        """`hears_trials`: of test ticks, hand over the opportunity at their end.

        How long what comes rarely takes is told under the name of the `edge`.
        """
        self._edge = edge
        self._metrics = metrics
        self._is_packed = settings.codec == "packed"
        self._trial_topic = OPPORTUNITIES.name if hears_trials else ""
        self._on_failure = on_failure
        self.streams: dict[bytes, EdgeStream] = {}
        self._of_topic: dict[str, list[EdgeStream]] = {topic.name: [] for topic in reads}
        for topic in reads:
            # The order line is one: what it told is not split by instrument, nor what people or the fleet are told.
            shards = 1 if topic.name in _COPIES else settings.shards
            for shard in range(shards):
                source = TopicReader(
                    topic, durable_key(topic, shard, shards), settings=settings, writer=writer, metrics=metrics
                )
                stream = self.streams[source.key] = EdgeStream(source)
                self._of_topic[topic.name].append(stream)
        self.is_deaf = False
        """True while what comes is to be read later."""
        self.begun = (0, 0)
        """Entries before this id are of a passage of a replay that is over."""
        self.readers = self._make_readers(settings)
        self.on_position: Callable[[str, int], None] = lambda _topic, _ordinal: None
        """Told before an event is handed over: its topic and its ordinal, the same in every process."""
        self.on_trouble: Callable[[str], None] = lambda _reason: None
        self.on_level: Callable[[], None] | None = None
        """Told after each batch behind which nothing waited when Redis answered."""

    def _make_readers(self, settings: BusSettings) -> tuple[CursorReader, ...]:
        """Return one reader of all, or two where what comes with every tick may wait for more of it to come."""
        hot = tuple(key for key, stream in self.streams.items() if stream.source.topic.name in MANY)
        pause_s = settings.edge_pause_ms / 1e3
        groups = {hot: pause_s, tuple(key for key in self.streams if key not in hot): 0.0}
        return tuple(
            CursorReader(
                keys, batch=settings.batch, block_ms=settings.block_ms, wanted=lambda keys=keys: keys,  # type: ignore[misc]  # bound at once
                on_batch=self.take, on_refused=self._on_refused, pause_s=pause,
            )
            for keys, pause in (groups if pause_s else {tuple(self.streams): 0.0}).items()
            if keys
        )  # fmt: skip

    def begin_at(self, stream: EdgeStream, cursor: bytes, ordinal: int) -> None:
        """Read a stream from behind `cursor`, the entry of that ordinal."""
        stream.ordinal = ordinal
        self.stand_at(stream.source.key, cursor)

    def stand_at(self, key: bytes, cursor: bytes) -> None:
        """Read a stream from behind `cursor` on."""
        for reader in self.readers:
            if key in reader.cursors:
                reader.cursors[key] = cursor

    def cursors(self) -> dict[bytes, bytes]:
        """Return how far each stream has been read."""
        return {key: cursor for reader in self.readers for key, cursor in reader.cursors.items()}

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return a function that refuses: an edge writes no topic."""

        def refuse(_event: E) -> NoReturn:
            message = f"an edge publishes nothing, was asked to publish to {topic.name}"
            raise TypeError(message)

        return refuse

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> EdgeSubscription:
        """Hear every event of `topic`; one process is one group here."""
        del group
        handlers = self._of_topic[topic.name][0].handlers
        handlers.append(handler)
        for stream in self._of_topic[topic.name]:
            stream.handlers = handlers
        return EdgeSubscription(handlers, handler)

    def skim(self, topic: Topic[Any], may: Callable[[], bool], take: Callable[[Skimmed], None]) -> None:
        """While `may()`, hand packs of `topic` to `take`, the newest of each instrument, and to no handler.

        For who keeps nothing but the newest: the others are not even read.
        """
        for stream in self._of_topic[topic.name]:
            stream.may_skim, stream.on_newest = may, take

    async def start(self) -> None:
        """Nothing: the session connects."""

    async def settle(self) -> None:
        """Nothing is ever under way between two calls."""

    async def stop(self) -> None:
        """Nothing: the session disconnects."""

    def take(self, batch: Batch) -> bool:
        """Hand over what has come; false while that is for nobody."""
        if self.is_deaf:
            return False
        for key, entries in batch:
            if entry_id(entries[0][0]) < self.begun:
                continue
            stream = self.streams[key]
            first = stream.ordinal + 1
            stream.ordinal += len(entries)
            begun_ns = perf_ns()
            size = self._hand_over(stream, entries, first)
            if self._edge and stream.source.topic.name not in MANY:
                # Of what comes with every tick a pack holds many; and it would have to be counted each time.
                taken_ns = perf_ns() - begun_ns
                self._metrics.observe_hop(stream.source.topic.name, self._edge, taken_ns // len(entries))
            if stream.source.topic.name in MANY and self._is_packed:
                self.readers[0].aim(len(entries), size)
        if self.on_level is not None and all(self.readers[0].is_last(entries) for _, entries in batch):
            self.on_level()
        return True

    def _hand_over(self, stream: EdgeStream, entries: list[Any], first: int) -> int:
        """Hand over the events of some entries; return how many bytes they were."""
        size = 0
        source, name = stream.source, stream.source.topic.name
        on_position, hears_all = self.on_position, stream.is_copy or name == self._trial_topic
        for ordinal, (raw_id, fields) in enumerate(entries, first):
            payload = source.payload_of(raw_id, fields)
            if payload is None:
                continue
            size += len(payload)
            try:
                if is_pack(payload) and stream.may_skim():
                    self._skim(stream, raw_id, payload)
                    continue
                found = source.events_of(raw_id, payload, after=stream.newest)
            except UNREADABLE as error:
                source.refuse(raw_id, payload, error)
                continue
            if not found or not stream.is_news(found[-1][0]):
                continue
            for _, event in found:
                if hears_all or event.instrument_id != TRIAL_ID:
                    on_position(name, ordinal)
                    self._call(stream, event)
        return size

    def _skim(self, stream: EdgeStream, raw_id: bytes, payload: bytes) -> None:
        found, last = stream.source.newest_of(raw_id, payload, after=stream.newest)
        if last is not None and stream.is_news(last):
            for newest in found:
                if newest[0].instrument_id != TRIAL_ID:
                    stream.on_newest(newest)

    def _call(self, stream: EdgeStream, event: object) -> None:
        for handler in tuple(stream.handlers):
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                self._on_failure(stream.source.topic.name, "edge", event, error)

    def _on_refused(self, reason: str) -> None:
        self.on_trouble(reason)
