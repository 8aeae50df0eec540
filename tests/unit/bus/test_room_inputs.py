"""A room reads what it hears, waits for whom it needs, and takes time from where it comes."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tradewind.bus.line_room import LineRoom, RoomSubscription
from tradewind.bus.redis.cursor_reader import NOTHING_READ
from tradewind.bus.redis.room_inputs import RoomInputs
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, SIGNALS, Topic
from tradewind.kernel.clock import LineClock

_TOPICS: dict[bytes, Topic[Any]] = {b"ticks": CLEAN_TICKS, b"features": FEATURES, b"bars": BARS, b"signals": SIGNALS}
_MARKS = {b"m:market": "market", b"m:features": "features", b"m:strategies": "strategies"}


class Source(NamedTuple):
    """Stands for a `TopicReader`."""

    topic: Topic[Any]


class Room:
    """The inputs of the signals room, which hears what a test says."""

    def __init__(self, *, is_packed: bool) -> None:
        self.line = LineRoom(
            "signals", writers=("features", "strategies"), clock=LineClock(), write=print, on_failure=print
        )
        sources: Any = {key: Source(topic) for key, topic in _TOPICS.items()}
        self.inputs = RoomInputs(sources, _MARKS, line=self.line, is_packed=is_packed)
        self.cursors = dict.fromkeys(self.inputs.keys, NOTHING_READ)

    def hear(self, topic: Topic[Any]) -> RoomSubscription:
        return self.line.subscribe(topic, print, group="test")

    def wanted(self) -> set[bytes]:
        return set(self.inputs.wanted(self.cursors))


def test_what_nobody_hears_is_not_read_and_its_writer_not_waited_for() -> None:
    room = Room(is_packed=False)
    room.hear(SIGNALS)
    assert room.wanted() == {b"ticks", b"signals", b"m:market", b"m:strategies"}
    room.line.core.told("market", (5, 0))
    room.line.core.told("strategies", (4, 0))
    assert room.line.core.frontier == (4, 0)
    assert dict(room.inputs.topics_read()) == {b"ticks": True, b"features": False, b"bars": False, b"signals": True}


def test_time_is_taken_from_packs_of_features_where_no_ticks_are_heard() -> None:
    room = Room(is_packed=True)
    room.hear(FEATURES)
    # Bars too: a mark of features that rides speaks of both.
    assert room.wanted() == {b"features", b"bars", b"m:features"}


def test_ticks_are_read_where_features_do_not_bring_their_time() -> None:
    room = Room(is_packed=True)
    room.hear(FEATURES)
    room.wanted()
    room.inputs.need_ticks()
    assert room.wanted() == {b"ticks", b"features", b"bars", b"m:market", b"m:features"}


@pytest.mark.parametrize("is_packed", [True, False])
def test_ticks_that_are_heard_are_read(is_packed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    room = Room(is_packed=is_packed)
    room.hear(FEATURES)
    room.hear(CLEAN_TICKS)
    assert {b"ticks", b"m:market"} <= room.wanted()


def test_at_the_start_all_that_is_kept_is_read_and_later_what_comes_from_here_on() -> None:
    room = Room(is_packed=False)
    room.hear(SIGNALS)
    room.wanted()
    assert set(room.cursors.values()) == {NOTHING_READ}
    room.line.core.told("market", (7, 0))
    room.line.core.told("strategies", (7, 0))
    subscription = room.hear(BARS)
    assert b"bars" in room.wanted()
    assert room.cursors[b"bars"] == b"7-0"
    assert room.line.core.frontier == (7, 0)
    subscription.cancel()
    assert b"bars" not in room.wanted()


def test_a_place_that_no_entry_need_be_at_is_not_what_was_read_to() -> None:
    room = Room(is_packed=False)
    room.hear(SIGNALS)
    room.wanted()
    room.cursors[b"signals"] = b"6-0"
    for writer in ("market", "strategies"):
        room.line.core.told(writer, (7, 0))
    room.hear(BARS)
    room.wanted()
    assert room.inputs.read_to(room.cursors) == {b"ticks": NOTHING_READ, b"signals": b"6-0"}
    room.cursors[b"bars"] = b"8-0"
    assert room.inputs.read_to(room.cursors)[b"bars"] == b"8-0"


def test_who_is_ahead_waits_while_too_much_is_held() -> None:
    room = Room(is_packed=False)
    room.line = LineRoom(
        "signals", writers=("features", "strategies"), clock=LineClock(), write=print, on_failure=print, max_held=1
    )
    room.inputs = RoomInputs(room.inputs._topics, _MARKS, line=room.line, is_packed=False)
    room.hear(FEATURES)
    room.hear(SIGNALS)
    room.wanted()
    room.line.core.told("market", (9, 0))
    room.line.core.told("features", (9, 0))
    room.line.offer(FEATURES.name, (8, 0, 1, 0), "held")
    assert room.wanted() == {b"signals", b"m:strategies"}
