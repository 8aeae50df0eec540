"""The work of one room of the line, in Python: what comes in is held for its turn, what goes out gets its key.

The compiled core has the same under the same names (`native/line_core.c`); this is what it must be equal to, and what
runs where it is not there. `line_room` makes one or the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.bus.line_order import BEGINNING, TIMER, KeyMaker, LineKey, LineMerge, due_of
from tradewind.bus.packs import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.flat import BodyCodec
    from tradewind.bus.packs import AnyPacker
    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import LineClock

_TIMED = 4
"""Length of a mark that says how far time has moved after a tick: (ms, n, TIMER, until_ns)."""


class PlainLineCore:
    """See the module; `handlers` is the room's own table of who hears which topic, and may change at any time."""

    def __init__(
        self,
        *,
        room: str,
        writers: tuple[str, ...],
        handlers: Mapping[str, list[Callable[[Any], None]]],
        clock: LineClock,
        write: Callable[[Topic[Any], LineKey, Any], None],
        on_failure: Callable[[str, str, object, Exception], None],
        on_loose: Callable[[], None],
        tick_topic: str,
        relay: AnyPacker | None,
        max_held: int,
    ) -> None:
        """Tell `on_loose` of what was packed out of any turn; pack ticks' times into `relay` as time moves on."""
        self._room = room
        self._handlers = handlers
        self._clock = clock
        self._write = write
        self._on_failure = on_failure
        self._on_loose = on_loose
        self._tick_topic = tick_topic
        self._relay = relay
        self._keys = KeyMaker(room)
        self._merge = LineMerge(room, writers, max_held=max_held)
        self._written: Mapping[str, LineKey] = {}
        self._relayed: LineKey = BEGINNING
        self._tick: LineKey = BEGINNING
        self._is_handling = False
        self.told = self._merge.told
        self.is_ahead = self._merge.is_ahead
        self.await_only = self._merge.await_only
        self.repeated = 0

    @property
    def is_full(self) -> bool:
        """True when more is held than should be."""
        return self._merge.is_full

    @property
    def frontier(self) -> LineKey:
        """Return the mark before which everything has its turn."""
        return self._merge.frontier

    def resume_after(self, written: Mapping[str, LineKey], relayed: LineKey) -> None:
        """Learn the last key of each topic that was written before, and up to where times were relayed."""
        self._written = dict(written)
        self._relayed = relayed

    def publisher(self, topic: Topic[Any], packer: AnyPacker | None) -> Callable[[Any], None]:
        """Return the function that publishes to a topic: into its packer, or through `write` where it has none."""
        name, keys, clock = topic.name, self._keys, self._clock

        def publish(event: Any) -> None:  # noqa: ANN401 - an event of the topic
            if not self._is_handling:
                keys.at_timers_after(self._tick, clock.now_ns())
            key = keys.next()
            if key <= self._written.get(name, BEGINNING):
                self.repeated += 1
            elif packer is None:
                self._write(topic, key, event)
            else:
                packer.add(key, event)
                if not self._is_handling:
                    self._on_loose()

        return publish

    def offer(self, topic: str, key: LineKey, event: Any) -> bool:  # noqa: ANN401 - of any topic
        """Take in one event; false if it was seen before, or nobody hears it."""
        is_news = False
        if topic == self._tick_topic:
            is_news = self._merge.time(key, event.ts_recv)
        if self._handlers.get(topic):
            is_news = self._merge.offer(topic, key, event)
        return is_news

    def unpack(
        self, topic: str, codec: BodyCodec, payload: bytes, ms: int, number: int
    ) -> tuple[LineKey | None, LineKey | None, int]:
        """Take in a pack; return the place of its last event, its mark, and how many events it holds.

        Raises: ValueError, OverflowError, RecursionError: it is malformed; none of it has been taken in.
        """
        is_tick = topic == self._tick_topic
        events, times, mark = unpacked(codec, payload, (ms, number), is_tick=is_tick)
        for tick, ts_recv in times:
            self._merge.time(tick, ts_recv)
        for key, event in events:
            self.offer(topic, key, event)
        return events[-1][0] if events else None, mark, len(events)

    def work(self) -> LineKey:
        """Handle all whose turn has come; return the mark through which this room is done."""
        for place, _, topic, event in self._merge.release():
            if topic:
                self._handle(place, topic, event)
                continue
            self._clock.advance_to(event)
            self._tick = place
            if self._relay is not None and place > self._relayed:
                self._relay.add_time(place, event)
        frontier = self._merge.frontier
        if len(frontier) == _TIMED and frontier[2] == TIMER:
            self._clock.advance_to(frontier[3] - 1)
        return frontier

    def _handle(self, place: LineKey, topic: str, event: object) -> None:
        due_ns = due_of(place)
        if due_ns is not None:
            self._clock.stand_at(due_ns)
        self._keys.at(place)
        self._is_handling = True
        try:
            for handler in tuple(self._handlers.get(topic, ())):
                try:
                    handler(event)
                except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                    self._on_failure(topic, self._room, event, error)
        finally:
            self._is_handling = False
