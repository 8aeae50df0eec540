"""However often a line is cut, and wherever: each event is told once and in order, or a gap stands in its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tradewind.client import Gap, Update, Wish
from tradewind.client.following import Following

KEPT = 8


class Publisher:
    """The protocol's other side: events counted from 1, the newest few kept, a snapshot for who cannot go on."""

    def __init__(self) -> None:
        self.epoch = 1
        self.events: list[int] = []
        self.total = 0

    def publish(self) -> None:
        self.total += 1
        self.events.append(self.total)

    def begin_anew(self) -> None:
        self.epoch += 1
        self.events.clear()

    def frames(self, resume: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Return what is said to who comes and wants to go on from there."""
        offset = len(self.events)
        epoch = f"e{self.epoch}"
        place = {"topic": "tides", "epoch": epoch, "offset": offset}
        can_resume = resume is not None and resume["epoch"] == epoch and offset - resume["offset"] <= KEPT
        told = {"type": "subscribed", **place, "mode": "every", "recovered": can_resume}
        if not can_resume:
            return [told, {"type": "snapshot", **place, "data": []}]
        assert resume is not None
        return [told, *self.deltas(resume["offset"])]

    def deltas(self, since: int) -> list[dict[str, Any]]:
        return [
            {"type": "delta", "topic": "tides", "offset": offset, "data": [{"n": self.events[offset - 1]}]}
            for offset in range(since + 1, len(self.events) + 1)
        ]


class Line:
    """A client and its publisher; frames wait between them until they are heard, and are lost with a cut."""

    def __init__(self) -> None:
        self._publisher = Publisher()
        self._following = Following({"tides": Wish()})
        self._waiting: list[dict[str, Any]] = []
        self._sent = 0
        self.heard: list[int | None] = []
        """Numbers of events, `None` for a gap."""
        self.cut(0)

    def publish(self, count: int) -> None:
        for _ in range(count):
            self._publisher.publish()
        self._waiting += self._publisher.deltas(self._sent)
        self._sent = len(self._publisher.events)

    def hear(self, count: int) -> None:
        for frame in self._waiting[:count]:
            self._take(frame)
        del self._waiting[:count]

    def again(self, _count: int) -> None:
        """Let a frame come twice."""
        self._waiting[:0] = self._waiting[:1]

    def anew(self, _count: int) -> None:
        """Let the publisher begin another life."""
        self._publisher.begin_anew()
        self.cut(0)

    def cut(self, _count: int) -> None:
        """Lose the line, and what was on it; come again."""
        self._following.begin()
        self._take({"type": "welcome"})
        resume = msgspec.json.decode(self._following.commands[0]).get("resume")
        self._waiting = self._publisher.frames(resume)
        self._sent = len(self._publisher.events)

    def _take(self, frame: dict[str, Any]) -> None:
        for told in self._following.hear(msgspec.json.encode(frame)):
            if isinstance(told, Gap):
                self.heard.append(None)
            elif isinstance(told, Update):
                self.heard.extend(event["n"] for event in told.events)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(Line.publish), st.integers(1, 12)),
        st.tuples(st.just(Line.hear), st.integers(1, 6)),
        st.tuples(st.sampled_from([Line.cut, Line.anew, Line.again]), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS)
def test_nothing_is_doubled_or_left_out_without_a_word(steps: list[tuple[Callable[[Line, int], None], int]]) -> None:
    line = Line()
    for do, count in steps:
        do(line, count)
    line.hear(10_000)
    numbers = [number for number in line.heard if number is not None]
    assert numbers == sorted(set(numbers))
    for before, after in itertools.pairwise(line.heard):
        assert before is None or after is None or after == before + 1
