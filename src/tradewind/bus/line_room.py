"""One room of the line on its own: a `Bus` that hears and speaks in the order of the line, whoever carries it.

Pure: what comes from the network is offered, what goes there is handed to `write` with its key. Time is the room's
own `LineClock`, moved by the ticks it hears of, so that timers fire between the same two ticks as in one process. A
room that starts again is offered what is still kept of its inputs; what it had written before is recognised by its
key and not written twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.bus.line_order import BEGINNING, TIMER, KeyMaker, LineKey, LineMerge, due_of
from tradewind.bus.topics import CLEAN_TICKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import LineClock

E = TypeVar("E")
_TIMED = 4
"""Length of a mark that says how far time has moved after a tick: (ms, n, TIMER, until_ns)."""


class RoomSubscription:
    """A handler's place on one topic of a `LineRoom`."""

    __slots__ = ("_handlers", "_own")

    def __init__(self, handlers: list[Callable[[Any], None]], own: Callable[[Any], None]) -> None:
        self._handlers = handlers
        self._own = own

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        if self._own in self._handlers:
            self._handlers.remove(self._own)


class LineRoom:
    """The bus of one room that runs alone; see `bus.ports.Bus` for what publishing and subscribing mean."""

    def __init__(
        self,
        room: str,
        *,
        writers: tuple[str, ...],
        clock: LineClock,
        write: Callable[[Topic[Any], LineKey, Any], None],
        on_failure: Callable[[str, str, object, Exception], None],
        max_held: int = 100_000,
    ) -> None:
        """`writers` are the rooms whose topics this one reads; the market is always heard, for its time."""
        self.room = room
        self._clock = clock
        self._write = write
        self._on_failure = on_failure
        self._keys = KeyMaker(room)
        self._handlers: dict[str, list[Callable[[Any], None]]] = {}
        self._written: Mapping[str, LineKey] = {}
        self._tick: LineKey = BEGINNING
        self._is_handling = False
        self.merge = LineMerge(room, dict.fromkeys(("market", *writers)), max_held=max_held)
        self.repeated = 0
        """Events not written because they had been before a restart."""

    def resume_after(self, written: Mapping[str, LineKey]) -> None:
        """Tell the last key of each topic this room has written already."""
        self._written = written

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        name, keys, clock = topic.name, self._keys, self._clock

        def publish(event: E) -> None:
            if not self._is_handling:
                keys.at_timers_after(self._tick, clock.now_ns())
            key = keys.next()
            if key <= self._written.get(name, BEGINNING):
                self.repeated += 1
                return
            self._write(topic, key, event)

        return publish

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> RoomSubscription:
        """Hear `topic`; there is one group here, the room."""
        del group
        handlers = self._handlers.setdefault(topic.name, [])
        handlers.append(handler)
        return RoomSubscription(handlers, handler)

    def offer(self, topic: str, key: LineKey, event: object) -> None:
        """Take in what has come; it is handled by `work` when its turn is there."""
        if topic == CLEAN_TICKS.name:
            self.merge.tick(key, event, topic=topic if self._handlers.get(topic) else "")
        elif self._handlers.get(topic):
            self.merge.offer(topic, key, event)

    def work(self) -> LineKey:
        """Handle all whose turn has come; return the mark through which this room is done."""
        for place, _, topic, event in self.merge.release():
            if topic:
                self._handle(place, topic, event)
            else:
                self._clock.advance_to(event.ts_recv)
                self._tick = place
        frontier = self.merge.frontier
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
                    self._on_failure(topic, self.room, event, error)
        finally:
            self._is_handling = False
