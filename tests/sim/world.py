"""A world of seeded chance for the rooms of the order line: one clock, one journal, crashes and lives.

Rooms are made anew for each life by the factories it is given, fold what the journal kept and resume; a room takes
part by having the shape all of them share. Everything that was published, in every life, goes into `digest`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from tradewind.bus.desk_topics import DESK_TOPICS, JOURNALLED
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import Topic
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import Rng, named_rng
from tradewind.stores.memory import MemoryJournal

from builders import MORNING_NS

DECODERS: Final = {topic.name: msgspec.json.Decoder(topic.event) for topic in DESK_TOPICS.values()}
_KEPT: Final = frozenset(topic.name for topic in JOURNALLED)


class Room(Protocol):
    """What every room of the order line can do."""

    def attach(self) -> None: ...

    def detach(self) -> None: ...

    def apply(self, topic: str, event: object) -> None: ...

    def snapshot(self) -> bytes: ...

    def restore(self, state: bytes) -> None: ...

    def resume(self) -> None: ...


class World:
    """One run of one seed. `rooms` are those of the present life, in the order of the factories."""

    def __init__(self, seed: int, factories: Sequence[Callable[[World], Room]]) -> None:
        self.seed = seed
        self.rng: Rng = named_rng(seed, "world")
        self.clock = LineClock(MORNING_NS)
        self.metrics = Metrics()
        self.lives = 0
        self.rooms: list[Room] = []
        self.witnesses: list[Callable[[Topic[Any], Any], None]] = []
        """Called with (topic, event) for everything published, before the journal hears it."""
        self._factories = factories
        self._digest = hashlib.sha256()
        self.journal = MemoryJournal(self.clock, is_instant=False)
        self.bus = OrderedBus(on_failure=self._fail)

    def begin(self) -> None:
        """Start a life: fold what is durable, attach, resume."""
        self.lives += 1
        self.bus = OrderedBus(on_failure=self._fail)
        self.bus.tap(self._hear)
        self.rooms = [factory(self) for factory in self._factories]
        for entry in self.journal.read(0):
            event = DECODERS[entry.kind].decode(entry.payload)
            for room in self.rooms:
                room.apply(entry.kind, event)
        for room in self.rooms:
            room.attach()
        for room in self.rooms:
            room.resume()

    def crash(self) -> None:
        """End the life: what was not durable is gone."""
        for room in self.rooms:
            room.detach()
        self._note()
        self.journal = MemoryJournal(self.clock, entries=self.journal.durable_entries(), is_instant=False)

    def publish(self, topic: Topic[Any], event: object) -> None:
        """Say something in the name of a room that is not here."""
        self.bus.publisher(topic)(event)

    def advance(self, ms: float) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.now_ns() + round(ms * 1_000_000))

    def digest(self) -> str:
        """Return the SHA-256 of all that was published in every life; equal seeds give equal digests."""
        self._note()
        return self._digest.hexdigest()

    def _note(self) -> None:
        for entry in self.journal._entries:
            self._digest.update(entry.payload)

    def _hear(self, topic: Topic[Any], event: object) -> None:
        for witness in self.witnesses:
            witness(topic, event)
        if topic.name in _KEPT:
            self.journal.append(topic, event)

    @staticmethod
    def _fail(topic: str, group: str, event: object, error: Exception) -> None:
        message = f"{group} failed on {topic}: {event}"
        raise AssertionError(message) from error
