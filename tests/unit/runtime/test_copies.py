"""Copies of what the order line tells: everything live is kept as far as anybody is shown it, and more is told of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec

from store_builders import T0, make_position
from tradewind.bus.desk_topics import POSITIONS
from tradewind.bus.local import LocalBus
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.desk.copies import DeskCopies
from tradewind.stores.memory import MemoryJournal


class Stage:
    """Copies that write into a list."""

    def __init__(self, *, most_live: int) -> None:
        self.written: list[bytes] = []
        self.metrics = Metrics()
        self.bus = LocalBus(on_failure=lambda *_told: None)
        session: Any = SimpleNamespace(links=SimpleNamespace(state="connected"))
        writer: Any = SimpleNamespace(lasting=self.written.append)
        journal = MemoryJournal(FakeClock(T0), entries=[], is_instant=True)
        self.copies = DeskCopies(
            journal=journal, writer=writer, session=session, metrics=self.metrics, most=10, most_live=most_live
        )
        self.copies.attach(self.bus)
        self.tell = self.bus.publisher(POSITIONS)

    def position(self, number: int, *, version: int = 1, **changes: Any) -> None:
        """Let a position in one of many contracts be told."""
        held = make_position(instrument_id=f"au{number}.SHFE", version=version)
        self.tell(msgspec.structs.replace(held, **changes))

    @property
    def values(self) -> int:
        """Return how many positions are kept."""
        return len(self.copies.copies[POSITIONS.name].values)


def test_as_many_live_values_are_kept_as_push_shows() -> None:
    stage = Stage(most_live=5_000)
    for number in range(5_000):
        stage.position(number)
    assert (stage.values, stage.copies.trouble) == (5_000, None)
    assert b"20000" in stage.written[-1], "the stream holds each of them, and is written anew in time"


def test_what_is_over_makes_room_and_nothing_is_lost() -> None:
    stage = Stage(most_live=3)
    for number in range(3):
        stage.position(number)
    stage.position(1, version=2, today=0, yesterday=0)
    stage.position(3)
    assert (stage.values, stage.copies.trouble) == (3, None)


def test_more_than_can_be_kept_is_counted_and_told() -> None:
    stage = Stage(most_live=3)
    for number in range(5):
        stage.position(number)
    assert stage.values == 3
    assert stage.copies.trouble is not None
    assert "positions (2)" in stage.copies.trouble
    assert stage.metrics.bus_dropped.counts == {"copies_full": 2}
