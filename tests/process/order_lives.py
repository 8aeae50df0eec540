"""Lives of an execution room, each a process of its own that kills itself: `order_lives.py SOCKET JOURNAL`.

Reads `LIFE POINT NTH` lines from stdin. Each forks a process that recovers, approves orders and is ended by SIGKILL
when it comes to the NTH passage of POINT, or after a while. `LIFE rest 0` lets it run to its end. Answers each line
with the exit status.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from desk_orders import make_approved, make_cancel
from file_journal import FileJournal
from sim.world import DECODERS
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, JOURNALLED
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import Topic
from tradewind.domain.order import Order, OrderStatus
from tradewind.execution import ExecutionService, ExecutionSettings
from tradewind.execution.ports import SendOutcome
from tradewind.kernel.clock import LineClock, SystemClock, monotonic_s
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng
from tradewind.testing.socket_broker import SocketBroker

POINTS = ("before_write", "torn_write", "after_sync", "before_send", "after_send", "before_report", "after_report")
LIFE_S = 0.12
LAST_LIFE_S = 20.0
QUIET_TURNS = 500
SETTINGS = ExecutionSettings(
    unknown_after_s=0.05,
    alarm_after_s=1.0,
    lost_after_s=0.05,
    cancel_after_s=0.05,
    fills_after_s=0.05,
    query_after_s=0.5,
    reconcile_s=0.2,
)
_OPEN = frozenset({OrderStatus.PENDING, OrderStatus.SENT, OrderStatus.UNKNOWN})


class Reaper:
    """Ends the process at the nth passage of one point."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth

    def passes(self, point: str) -> bool:
        """Say whether it ends here; count the passage."""
        self._left -= point == self._point
        return point == self._point and self._left == 0

    def at(self, point: str) -> None:
        if self.passes(point):
            die()

    def before_write(self, file: int, group: bytes) -> None:
        self.at("before_write")
        if self.passes("torn_write"):
            os.write(file, group[: len(group) * 2 // 3])
            die()


class MortalBroker(SocketBroker):
    """Passes the points around sending."""

    def __init__(self, path: str, clock: LineClock, reaper: Reaper) -> None:
        super().__init__(path, clock)
        self._reaper = reaper

    def send(self, order: Order) -> SendOutcome:
        self._reaper.at("before_send")
        outcome = super().send(order)
        self._reaper.at("after_send")
        return outcome


def die() -> None:
    """End as a power cut would: nothing is flushed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)


class Life:
    """One life: recovers from the journal, reaches for the exchange, works until it is killed."""

    def __init__(self, path: str, file: Path, life: int, reaper: Reaper) -> None:
        self._life = life
        self._reaper = reaper
        self._wall = SystemClock()
        self._clock = LineClock(self._wall.now_ns())
        self._rng = named_rng(life, "life")
        self.journal = FileJournal(
            file, self._clock, before_write=reaper.before_write, after_sync=lambda: reaper.at("after_sync")
        )
        self._bus = OrderedBus(on_failure=_fail)
        self._bus.tap(self._hear)
        self.broker = MortalBroker(path, self._clock, reaper)
        self.room = ExecutionService(
            settings=SETTINGS,
            bus=self._bus,
            clock=self._clock,
            metrics=Metrics(),
            broker=self.broker,
            journal=self.journal,
            on_alarm=_shrug,
        )
        for entry in self.journal.read(0):
            self.room.apply(entry.kind, DECODERS[entry.kind].decode(entry.payload))
        self._known = list(self.room.book.orders)
        self.room.attach()
        self.room.resume()

    def work(self, turn: int) -> None:
        """Let the gate pass an order, one it has passed in an earlier life too, and somebody ask one back."""
        if turn in {3, 6, 9}:
            self._bus.publisher(APPROVED_ORDERS)(
                make_approved(f"L{self._life}-{turn}", quantity=self._rng.randint(1, 4))
            )
            if self._known:
                self._bus.publisher(APPROVED_ORDERS)(make_approved(self._rng.choice(self._known)))
        if turn == 10 and self.room.book.live:
            self._bus.publisher(CANCEL_REQUESTS)(make_cancel(self._rng.choice(tuple(self.room.book.live))))

    def turn(self) -> None:
        """Commit, hear the exchange, let time pass."""
        self.journal.commit()
        self._reaper.at("before_report")
        self.broker.turn(0.001)
        self._clock.advance_to(self._wall.now_ns())
        self._reaper.at("after_report")

    def is_settled(self) -> bool:
        """Say whether nothing is open any more."""
        is_open = any(order.status in _OPEN for order in self.room.book.live_orders())
        return self.room.queries.broker().is_reconciled and not is_open

    def _hear(self, topic: Topic[Any], event: object) -> None:
        if topic in JOURNALLED:
            self.journal.append(topic, event)


def be_killed(life: Life) -> None:
    """Work until the reaper comes, or a while."""
    until, turn = monotonic_s() + LIFE_S, 0
    while monotonic_s() < until:
        turn += 1
        life.work(turn)
        life.turn()
    die()


def rest(life: Life) -> None:
    """Let the exchange rest, and live until nothing is open any more."""
    life.broker.rest()
    until, turns = monotonic_s() + LAST_LIFE_S, 0
    while monotonic_s() < until:
        turns += 1
        life.turn()
        if turns > QUIET_TURNS and life.is_settled():
            life.journal.commit()
            os._exit(0)
    die()


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error


def _shrug(_alarm: object) -> None:
    """The test looks at the outcome, not at alarms."""


def main() -> None:
    configure_logs(level="error", stream=sys.stderr)
    path, file = sys.argv[1], Path(sys.argv[2])
    for line in sys.stdin:
        life, point, nth = line.split()
        pid = os.fork()
        if pid == 0:
            begun = Life(path, file, int(life), Reaper(point, int(nth)))
            (rest if point == "rest" else be_killed)(begun)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
