"""The line's rooms, each on a bus of its own, joined by nothing but lists: streams as a network bus would carry them.

`Apart` lets any room read any amount of any stream next, and may kill a room and start it anew, so that a test can
hold every interleaving to the one process' outcome.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from tradewind.bus.line_order import BEGINNING, LineKey, through, through_time
from tradewind.bus.line_room import LineRoom
from tradewind.bus.topics import CLEAN_TICKS, Topic
from tradewind.domain.tick import Tick
from tradewind.features.service import FeatureService
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import Rng
from tradewind.risk.service import RiskService
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line
from tradewind.signals.service import SignalsService
from tradewind.strategies.service import StrategyService

WRITERS = {
    "features": (),
    "strategies": ("features",),
    "signals": ("features", "strategies"),
    "risk": ("features", "strategies", "signals"),
}


class Written(NamedTuple):
    """One entry of a stream."""

    topic: str
    key: LineKey
    event: Any


class Stream:
    """What a room has written, and the mark through which it is done."""

    def __init__(self) -> None:
        self.entries: list[Written] = []
        self.mark: LineKey = BEGINNING

    def last_keys(self) -> dict[str, LineKey]:
        return {entry.topic: entry.key for entry in self.entries}


class Apart:
    """Four rooms, the ticks they live on, and the streams between them."""

    def __init__(self, settings: TradewindSettings, ticks: Sequence[Tick], *, end_ns: int, per_ms: int = 3) -> None:
        self._settings = settings
        self._line = build_line(settings, metrics=Metrics())
        self._keys = [(1_000 + index // per_ms, index % per_ms) for index in range(len(ticks))]
        self._ticks = ticks
        self._end = through_time(self._keys[-1], end_ns)
        self.streams = {name: Stream() for name in WRITERS}
        self._rooms = {name: self._start(name) for name in WRITERS}
        self.restarts = 0

    def play(self, random: Rng, *, kill_one_in: int = 0) -> None:
        """Let rooms take turns at random until all are through."""
        names = list(WRITERS)
        while any(self.streams[name].mark != self._end for name in names):
            name = random.choice(names)
            if kill_one_in and random.randrange(kill_one_in) == 0:
                self.restarts += 1
                self._rooms[name] = self._start(name)
            self._rooms[name].turn(random, self)

    def sha256(self) -> str:
        """Return the digest of all outputs in the order of the line, as `runtime.digest` makes it."""
        outputs = sorted((entry for stream in self.streams.values() for entry in stream.entries), key=lambda e: e.key)
        digest = hashlib.sha256()
        for entry in outputs:
            digest.update(entry.topic.encode() + b"\0" + msgspec.msgpack.encode(entry.event))
        return digest.hexdigest()

    def read_ticks(self, room: LineRoom, position: int, count: int) -> int:
        until = min(position + count, len(self._ticks))
        for index in range(position, until):
            room.offer(CLEAN_TICKS.name, self._keys[index], self._ticks[index])
        if until:
            room.core.told("market", self._end if until == len(self._ticks) else through(self._keys[until - 1]))
        return until

    def _start(self, name: str) -> _Room:
        return _Room(name, self._settings, self._line.instruments, self._line.calendar, self.streams[name])


class _Room:
    """One room as one process would hold it."""

    def __init__(self, name: str, settings: TradewindSettings, instruments: Any, calendar: Any, stream: Stream) -> None:
        self._stream = stream
        self._writers = WRITERS[name]
        self._positions = dict.fromkeys(("market", *self._writers), 0)
        clock, metrics = LineClock(), Metrics()
        self._room = LineRoom(name, writers=self._writers, clock=clock, write=self._write, on_failure=_raise)
        self._room.resume_after(stream.last_keys())
        shared: dict[str, Any] = {"bus": self._room, "clock": clock, "metrics": metrics}
        facts = {"instruments": instruments, "calendar": calendar}
        match name:
            case "features":
                FeatureService(settings=settings.features, **facts, **shared).attach()
            case "strategies":
                StrategyService(settings=settings.strategies, **shared).attach()
            case "signals":
                SignalsService(settings=settings.signals, **shared).attach()
            case _:
                RiskService(settings=settings.risk, **facts, **shared).attach()

    def turn(self, random: Rng, apart: Apart) -> None:
        """Read some of each input, work, and say how far."""
        positions = self._positions
        positions["market"] = apart.read_ticks(self._room, positions["market"], random.choice((0, 1, 7, 300)))
        for writer in self._writers:
            stream = apart.streams[writer]
            begin = positions[writer]
            until = positions[writer] = min(len(stream.entries), begin + random.choice((0, 2, 400)))
            for entry in stream.entries[begin:until]:
                self._room.offer(entry.topic, entry.key, entry.event)
            if until == len(stream.entries):
                self._room.core.told(writer, stream.mark)
        self._stream.mark = max(self._stream.mark, self._room.work())

    def _write(self, topic: Topic[Any], key: LineKey, event: Any) -> None:
        self._stream.entries.append(Written(topic.name, key, event))


def _raise(_topic: str, _group: str, _event: object, error: Exception) -> None:
    raise error
