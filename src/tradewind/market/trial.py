"""Test ticks: an operator asks for one, and it goes down the line at the present moment of the line's time.

It passes by cleaning, which knows no such contract and so lets no feed send one, and it moves no clock: a replay of
an old day stays in that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import Tick, TickFlag
from tradewind.domain.trial import TRIAL_ID, TRIAL_PRICE

if TYPE_CHECKING:
    from tradewind.bus.ports import Bus
    from tradewind.kernel.clock import Clock, LineClock


class TrialTicks:
    """Publishes the test ticks that are asked for."""

    def __init__(self, *, bus: Bus, line_clock: LineClock, clock: Clock, is_live: bool) -> None:
        """`is_live`: before the first tick the line's time is that of `clock`; a replay has none before it."""
        self._publish = bus.publisher(CLEAN_TICKS)
        self._line_clock = line_clock
        self._clock = clock
        self._is_live = is_live
        self._last = 0

    def send(self, seq: int) -> bool:
        """Publish test tick number `seq`; false, and nothing published, where it has no place on the line."""
        now_ns = self._clock.now_ns()
        line_ns = self._line_clock.now_ns() or (now_ns if self._is_live else 0)
        if not line_ns or seq <= self._last:
            return False
        self._last = seq
        self._publish(trial_tick(seq, ts_event=now_ns, ts_recv=line_ns))
        return True


def trial_tick(seq: int, *, ts_event: int, ts_recv: int) -> Tick:
    """Return a test tick: always the same price, and flagged as what it is."""
    price = TRIAL_PRICE
    return Tick(
        TRIAL_ID, seq, ts_event, ts_recv, 0, price, 0, 0.0, 0.0, price, 1, price, 1, None, None, None, None, None,
        None, None, None, None, None, 0, 0.0, int(TickFlag.TEST),
    )  # fmt: skip
