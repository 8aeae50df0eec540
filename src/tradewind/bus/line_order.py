"""The order of the line, written down: what lets many processes do what one process does, in the same order.

In one process an event runs depth first through all that follows from it before the next begins, and rooms are served
in the order of the flow. So an event's place is a path, and its `LineKey` says it in numbers:

    (ms, n)                                                            the tick: `tick_place` of its entry
    (ms, n, 0, 0)                                                      first event that room 0 made of it: its features
    (ms, n, 0, 0, 1, 0)                                                first event that room 1 made of those: a signal
    (ms, n, TIMER, due_ns, 2, 0)                                       first event of a timer in room 2 after the tick

Comparing keys as tuples gives the order of the one process. A room with several inputs holds each event until all
those that write to it have said that nothing earlier will come (`LineMerge.told`), and then releases in that order.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LineKey = tuple[int, ...]
TIMER: Final = 1 << 31
"""Follows a tick's id where a timer fired after it; later than any room's rank, so after all the tick set off."""
BEGINNING: Final[LineKey] = (0, 0)
FOREIGN: Final = TIMER - 1
"""Last number of the place of an event that somebody else wrote: after all that the tick before it set off."""
WIRE_NUMBERS: Final = 12
"""Most numbers of a place that is read, what the last room of the line makes after a timer in the first; none beyond
63 bits. Whatever says otherwise was not written by a room."""
TICKS_PER_ENTRY_BITS: Final = 16
ROOM_ORDER: Final = ("market", "features", "strategies", "signals", "risk")
"""The flow: a room is served before those after it. Its rank is its place here."""


def rank_of(room: str) -> int:
    """Return a room's place in the flow.

    Raises: KeyError: it is no room of the line.
    """
    try:
        return ROOM_ORDER.index(room)
    except ValueError:
        raise KeyError(room) from None


def tick_place(entry: tuple[int, int], index: int = 0) -> LineKey:
    """Return the place of a tick: its entry's id on the stream, and its index there where an entry holds several.

    Raises: ValueError: an entry holds no so many.
    """
    if index >> TICKS_PER_ENTRY_BITS:
        message = "it holds too many events"
        raise ValueError(message)
    return entry[0], (entry[1] << TICKS_PER_ENTRY_BITS) + index


def is_place(numbers: object) -> bool:
    """Tell whether what was read can be a place, or a mark."""
    return (
        isinstance(numbers, tuple)
        and 0 < len(numbers) <= WIRE_NUMBERS
        and all(isinstance(number, int) and 0 <= number < 1 << 63 for number in numbers)
    )


def through(tick: LineKey) -> LineKey:
    """Return the mark of one who is done with a tick and all it set off, but not with timers after it."""
    return (tick[0], tick[1], TIMER)


def through_time(tick: LineKey, now_ns: int) -> LineKey:
    """Return the mark of one who is done with a tick and with every timer due up to `now_ns`."""
    return (tick[0], tick[1], TIMER, now_ns + 1)


def due_of(key: LineKey) -> int | None:
    """Return when the timer was due that an event goes back to, `None` for one that goes back to its tick alone."""
    return key[3] if len(key) > 3 and key[2] == TIMER else None  # noqa: PLR2004 - (ms, n, TIMER, due_ns, …)


class Arrival(NamedTuple):
    """One event at the place where this room takes it; `topic` is empty where time moves on, to `event`."""

    place: LineKey
    number: int
    topic: str
    event: Any


class LineMerge:
    """Holds what has come from several writers and releases it in the order of the line.

    Each writer's events must be offered in the order of their keys; one offered again (its writer was restarted and
    wrote it twice) is passed over. What is held is bounded by the reader: it stops reading the streams of writers that
    are ahead while `is_full`.
    """

    def __init__(self, room: str, writers: Iterable[str], *, max_held: int) -> None:
        self._rank = rank_of(room)
        self._marks: dict[str, LineKey] = dict.fromkeys(writers, BEGINNING)
        self._awaited = frozenset(self._marks)
        self._newest: dict[str, LineKey] = {}
        self._held: list[Arrival] = []
        self._count = 0
        self._max_held = max_held
        self.frontier: LineKey = BEGINNING
        """Everything before it has been released or will be by the next `release`."""

    @property
    def is_full(self) -> bool:
        """True when more is held than should be."""
        return len(self._held) >= self._max_held

    def await_only(self, writers: Iterable[str]) -> None:
        """Wait for these alone from now on; one that was not waited for is taken to be as far as the others.

        Raises: KeyError: one is no writer of this room.
        """
        fresh = frozenset(writers)
        for name in fresh - self._awaited:
            self._marks[name] = max(self._marks[name], self.frontier)
        self._awaited = fresh
        self._find_frontier()

    def _find_frontier(self) -> None:
        self.frontier = min((self._marks[name] for name in self._awaited), default=self.frontier)

    def is_ahead(self, writer: str) -> bool:
        """True when somebody else is what is being waited for."""
        return self._marks[writer] > self.frontier

    def time(self, tick: LineKey, ts_recv: int) -> bool:
        """Note that time moves on to `ts_recv` at a tick; false for one seen before."""
        if not self._is_news("", tick):
            return False
        self._hold(tick, "", ts_recv)
        return True

    def offer(self, topic: str, key: LineKey, event: object) -> bool:
        """Offer an event, to be served at this room's turn; false for one seen before."""
        if not self._is_news(topic, key):
            return False
        self._hold((*key, self._rank), topic, event)
        return True

    def told(self, writer: str, mark: LineKey) -> None:
        """Note that `writer` has written all it ever will with a key before `mark`."""
        if mark > self._marks[writer]:
            self._marks[writer] = mark
            self._find_frontier()

    def release(self) -> Iterator[Arrival]:
        """Yield what is due, in order; what is offered meanwhile is taken into account."""
        held = self._held
        while held and held[0].place < self.frontier:
            yield heappop(held)

    def _hold(self, place: LineKey, topic: str, event: object) -> None:
        self._count += 1
        heappush(self._held, Arrival(place, self._count, topic, event))

    def _is_news(self, stream: str, key: LineKey) -> bool:
        if key <= self._newest.get(stream, BEGINNING):
            return False
        self._newest[stream] = key
        return True


class KeyMaker:
    """Gives each event a room publishes its key; keys only go up, whatever the room does."""

    def __init__(self, room: str) -> None:
        self._rank = rank_of(room)
        self._place: LineKey = BEGINNING
        self._count = 0
        self._last: LineKey = BEGINNING

    def at(self, place: LineKey) -> None:
        """Say what is being handled now."""
        self._place = place
        self._count = 0

    def at_timers_after(self, tick: LineKey, now_ns: int) -> None:
        """Say that a timer fires: the `now_ns` of the line's clock is when it was due."""
        place = (tick[0], tick[1], TIMER, now_ns, self._rank)
        if place != self._place:
            self.at(place)

    def next(self) -> LineKey:
        """Return the key of the next event."""
        key = (*self._place, self._count)
        self._count += 1
        if key <= self._last:
            # Something spoke out of turn, such as an asynchronous strategy: it takes the place after the last.
            key = (*self._last[:-1], self._last[-1] + 1)
        self._last = key
        return key
