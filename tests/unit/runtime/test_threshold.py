"""What an order line knows of the line beside it from before it opened: each contract's newest price, nothing else."""

from __future__ import annotations

from typing import Any

from tradewind.bus.local import LocalBus
from tradewind.bus.topics import BARS, CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS
from tradewind.runtime.desk.threshold import Threshold

from builders import make_tick


class Beside:
    """A line and an order line beside it, and what the order line and somebody else heard."""

    def __init__(self) -> None:
        self.line = LocalBus()
        self.failures: list[tuple[str, str, str]] = []
        self.threshold = Threshold(self.line, on_failure=self._failed)
        self.desk: list[tuple[str, Any]] = []
        self.others: list[Any] = []
        self.line.subscribe(CLEAN_TICKS, self.others.append, group="push")
        self._tick, self._quote = self.line.publisher(CLEAN_TICKS), self.line.publisher(QUOTE_SNAPSHOTS)

    def _failed(self, topic: str, group: str, _event: object, error: Exception) -> None:
        self.failures.append((topic, group, str(error)))

    def attach(self) -> None:
        for group in ("portfolio", "pretrade"):
            self.threshold.subscribe(CLEAN_TICKS, self._hear(group), group=group)
        self.threshold.subscribe(QUOTE_SNAPSHOTS, self._hear("settlement"), group="portfolio")

    def _hear(self, room: str) -> Any:
        return lambda tick: self.desk.append((room, (tick.instrument_id, tick.seq)))

    def tick(self, seq: int, name: str = "au2604.SHFE") -> None:
        self._tick(make_tick(instrument_id=name, seq=seq))

    def quote(self, seq: int, name: str = "au2604.SHFE") -> None:
        self._quote(make_tick(instrument_id=name, seq=seq))


def test_each_contracts_newest_from_before_is_told_once_to_each_room_in_order_and_to_nobody_else() -> None:
    beside = Beside()
    for seq in (1, 2, 3):
        beside.tick(seq)
    beside.tick(1, "rb2605.SHFE")
    beside.quote(4)
    beside.attach()
    assert beside.desk == []
    beside.threshold.open()
    gold, steel = ("au2604.SHFE", 3), ("rb2605.SHFE", 1)
    assert beside.desk == [
        *(("portfolio", gold), ("pretrade", gold), ("portfolio", steel), ("pretrade", steel)),
        ("settlement", ("au2604.SHFE", 4)),
    ]
    assert len(beside.others) == 4
    beside.threshold.open()
    assert len(beside.desk) == 5


def test_what_comes_later_is_heard_once() -> None:
    beside = Beside()
    beside.attach()
    beside.threshold.open()
    beside.tick(1)
    assert beside.desk == [("portfolio", ("au2604.SHFE", 1)), ("pretrade", ("au2604.SHFE", 1))]


def test_whoever_has_left_is_told_nothing() -> None:
    beside = Beside()
    beside.tick(1)
    place = beside.threshold.subscribe(CLEAN_TICKS, beside._hear("gone"), group="gone")
    place.cancel()
    place.cancel()
    beside.threshold.open()
    beside.tick(2)
    assert beside.desk == []


def test_bars_and_opportunities_of_the_past_are_not_told() -> None:
    beside = Beside()
    heard: list[object] = []
    offer, tell = beside.line.publisher(OPPORTUNITIES), beside.line.publisher(BARS)
    offer(None)  # type: ignore[arg-type]
    tell(None)  # type: ignore[arg-type]
    beside.threshold.subscribe(OPPORTUNITIES, heard.append, group="instructions")
    beside.threshold.subscribe(BARS, heard.append, group="instructions")
    beside.threshold.open()
    assert heard == []


def test_a_room_that_fails_on_an_old_price_is_reported_and_the_others_hear_it() -> None:
    beside = Beside()
    beside.tick(1)

    def fail(_tick: object) -> None:
        message = "no such contract"
        raise ValueError(message)

    beside.threshold.subscribe(CLEAN_TICKS, fail, group="statistics")
    beside.attach()
    beside.threshold.open()
    assert beside.failures == [(CLEAN_TICKS.name, "statistics", "no such contract")]
    assert [room for room, _ in beside.desk] == ["portfolio", "pretrade"]
