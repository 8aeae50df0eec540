"""The only door to time. Rooms take a clock; nobody else reads the machine's.

`LineClock` is time as the line sees it: it moves only when somebody moves it, by the receive time of ticks and,
between them, by a live pacer or a replay. Timers fire in order of their due time and are told that due time, not
the moment they happened to run; a day replayed at any speed therefore fires exactly the timers of the live day.
"""

from __future__ import annotations

import heapq
import itertools
import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
_NEVER: Final = (1 << 63) - 1


class Clock(Protocol):
    """Tells the time in integer nanoseconds since the epoch, UTC."""

    def now_ns(self) -> int:
        """Return the time now."""
        ...


class SystemClock:
    """The machine's wall clock; for edges and live sources only."""

    def now_ns(self) -> int:
        """Return the machine's time."""
        return time.time_ns()


def monotonic_s() -> float:
    """Seconds on a clock that never goes back, for durations and pacing."""
    return time.monotonic()


def perf_ns() -> int:
    """Nanoseconds on the finest clock the machine has, for latency figures."""
    return time.perf_counter_ns()


def cpu_ns() -> int:
    """Nanoseconds of processor time this thread has used: what work costs, whoever else wants the machine."""
    return time.thread_time_ns()


class Timer:
    """A callback waiting for its time; cancel it once and it never fires."""

    __slots__ = ("callback", "due_ns", "period_ns")

    def __init__(self, due_ns: int, callback: Callable[[int], None], period_ns: int = 0) -> None:
        self.due_ns = due_ns
        self.callback: Callable[[int], None] | None = callback
        self.period_ns = period_ns

    def cancel(self) -> None:
        """Forget the callback; safe to call twice and from inside a callback."""
        self.callback = None


class LineClock:
    """Time that moves when told to, with timers; starts at 0 until the first move."""

    __slots__ = ("_heap", "_next_due", "_now", "_on_failure", "_order")

    def __init__(self, now_ns: int = 0, *, on_failure: Callable[[Exception], None] | None = None) -> None:
        """Report a timer that raises to `on_failure`; the others fire all the same. Without it, it is raised."""
        self._on_failure = on_failure
        self._now = now_ns
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()
        self._next_due: int = _NEVER

    def now_ns(self) -> int:
        """Return the line's time; 0 before anything has moved it."""
        return self._now

    def call_at(self, due_ns: int, callback: Callable[[int], None]) -> Timer:
        """Fire `callback(due_ns)` once, when time reaches `due_ns` (at the next move if that is past)."""
        timer = Timer(due_ns, callback)
        self._push(timer)
        return timer

    def call_every(self, period_ns: int, callback: Callable[[int], None]) -> Timer:
        """Fire `callback(due_ns)` at every whole multiple of `period_ns` since the epoch.

        Aligning to the epoch, not to the moment of asking, keeps a replay equal to the live day; so does firing
        each multiple when time jumps over many. Prefer `call_at` where a single deadline is meant.
        """
        timer = Timer((self._now // period_ns + 1) * period_ns, callback, period_ns)
        self._push(timer)
        return timer

    def advance_to(self, now_ns: int) -> None:
        """Move time forward to `now_ns`, firing what falls due; never moves back."""
        if now_ns > self._now:
            if self._now == 0:
                self._start(now_ns)
            if now_ns >= self._next_due:
                self._fire(now_ns)
            self._now = now_ns

    def stand_at(self, due_ns: int) -> None:
        """Move time to `due_ns`, firing what falls due before it and leaving what falls due at it for the next move.

        For a room that takes part in what another room's timer set off: its own of that instant come after.
        """
        self.advance_to(due_ns - 1)
        self._now = max(self._now, due_ns)

    def _push(self, timer: Timer) -> None:
        heapq.heappush(self._heap, (timer.due_ns, next(self._order), timer))
        self._next_due = self._heap[0][0]

    def _start(self, now_ns: int) -> None:
        """Lift timers asked for before time began: periodic ones to their first multiple from now on, others to now.

        A deadline counted from nought would fire, and be asked for anew, once for each of its spans since 1970.
        """
        timers = [timer for _, _, timer in sorted(self._heap)]
        self._heap.clear()
        for timer in timers:
            if timer.period_ns:
                timer.due_ns = -(-now_ns // timer.period_ns) * timer.period_ns
            else:
                timer.due_ns = max(timer.due_ns, now_ns)
            self._push(timer)

    def _fire(self, now_ns: int) -> None:
        heap = self._heap
        while heap and heap[0][0] <= now_ns:
            due_ns, _, timer = heapq.heappop(heap)
            callback = timer.callback
            if callback is None:
                continue
            if timer.period_ns:
                timer.due_ns = due_ns + timer.period_ns
                self._push(timer)
            self._now = max(self._now, due_ns)
            try:
                callback(due_ns)
            except Exception as error:
                if self._on_failure is None:
                    raise
                self._on_failure(error)
        self._next_due = heap[0][0] if heap else _NEVER


class FakeClock:
    """A wall clock for tests: stands still until `advance`."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now = now_ns

    def now_ns(self) -> int:
        """Return the time it was set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._now += round(seconds * NS_PER_S)
