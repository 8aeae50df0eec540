"""When a recorded moment is due: recorded time laid onto the wall clock, without drift."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from tradewind.kernel.clock import NS_PER_S, monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.kernel.clock import Clock
    from tradewind.market.ports import Intake

SLICE_S: Final = 0.005
"""How long a source holds the event loop before others get their turn."""


class Waiter(Protocol):
    """What pacing needs of the world: a clock that never goes back, and a way to wait on it."""

    def now_s(self) -> float:
        """Return seconds on a monotonic clock."""
        ...

    async def wait_s(self, seconds: float | None, wake: asyncio.Event) -> None:
        """Return after `seconds` (`None`: never) or when `wake` is set, and clear it; 0 only lets others run."""
        ...


class LoopWaiter:
    """Waits on the running event loop."""

    def now_s(self) -> float:
        """Return the machine's monotonic time."""
        return monotonic_s()

    async def wait_s(self, seconds: float | None, wake: asyncio.Event) -> None:
        """Wait as `Waiter` says."""
        if seconds is not None and seconds <= 0:
            await asyncio.sleep(0)
        elif not wake.is_set():
            timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, wake.set)
            try:
                await wake.wait()
            finally:
                if timer is not None:
                    timer.cancel()
        wake.clear()


class Schedule:
    """A straight line from wall time to recorded time, moved only where speed or stretch change.

    Every due time is computed from the line's anchor, never from the moment the last tick happened to be played, so
    lateness does not add up. A silence longer than `longest_gap_s` gets a flatter line of its own: it passes in the
    time of `longest_gap_s`, and what follows is due as if it had been that long.
    """

    def __init__(self, *, longest_gap_s: float) -> None:
        self._longest_ns = round(longest_gap_s * NS_PER_S)
        self._wall_s = 0.0
        self._line_ns = 0
        self._speed = 1.0
        self._stretch = 1.0
        self._gap_end_ns = 0

    def anchor(self, wall_s: float, line_ns: int, *, speed: float) -> None:
        """Say that recorded time stands at `line_ns` now and goes on at `speed`; a silence stays shortened."""
        self._wall_s, self._line_ns, self._speed = wall_s, line_ns, speed

    def restart(self, wall_s: float, line_ns: int) -> None:
        """Say that recorded time is at `line_ns` now, whatever came before: a jump, not a silence."""
        self._wall_s, self._line_ns = wall_s, line_ns
        self._stretch, self._gap_end_ns = 1.0, 0

    def toward(self, previous_ns: int, next_ns: int) -> None:
        """Say which two ticks playback is between; a long silence between them is shortened."""
        if self._gap_end_ns and next_ns > self._gap_end_ns:
            end_ns = self._gap_end_ns
            self._wall_s, self._line_ns = self.due_s(end_ns), end_ns
            self._stretch, self._gap_end_ns = 1.0, 0
        gap_ns = next_ns - previous_ns
        if gap_ns > self._longest_ns and next_ns != self._gap_end_ns:
            self._wall_s, self._line_ns = self.due_s(previous_ns), previous_ns
            self._stretch, self._gap_end_ns = gap_ns / self._longest_ns, next_ns

    @property
    def is_in_silence(self) -> bool:
        """True between two ticks whose distance is shortened."""
        return self._gap_end_ns != 0

    def due_s(self, line_ns: int) -> float:
        """Return the wall time at which recorded time reaches `line_ns`."""
        return self._wall_s + (line_ns - self._line_ns) / (NS_PER_S * self._speed * self._stretch)

    def position_ns(self, wall_s: float) -> int:
        """Return the recorded time reached at `wall_s`."""
        return self._line_ns + int((wall_s - self._wall_s) * NS_PER_S * self._speed * self._stretch)


class Slice:
    """How long the event loop may be held before others get their turn."""

    def __init__(self, now_s: Callable[[], float], *, slice_s: float = SLICE_S) -> None:
        self._now_s = now_s
        self._slice_s = slice_s
        self._end_s = now_s() + slice_s

    def begin(self) -> None:
        """Say that others just had their turn."""
        self._end_s = self._now_s() + self._slice_s

    def is_used_up(self) -> bool:
        """True when others should have a turn now."""
        return self._now_s() >= self._end_s


class WallPace:
    """The wall clock as a live source follows it: carried on by the monotonic clock, so it never goes back.

    A wall clock set back is not followed; one set forward, or a machine that slept, shows as lateness.
    """

    def __init__(self, clock: Clock, waiter: Waiter, *, step_s: float) -> None:
        self.seen_ns = self._origin_ns = clock.now_ns()
        """The latest time read."""
        self._origin_s = waiter.now_s()
        self._clock = clock
        self._waiter = waiter
        self._step_s = step_s
        self._wake = asyncio.Event()
        self._slice = Slice(waiter.now_s)

    def now_ns(self) -> int:
        """Return the time now."""
        self.seen_ns = self._origin_ns + int((self._waiter.now_s() - self._origin_s) * NS_PER_S)
        return self.seen_ns

    async def reach(self, due_ns: int, intake: Intake) -> int:
        """Wait until `due_ns`, moving line time on meanwhile; return how late it is then, in ns."""
        while (now_ns := self.now_ns()) < due_ns:
            await self._waiter.wait_s(min((due_ns - now_ns) / NS_PER_S, self._step_s), self._wake)
            self._slice.begin()
            intake.advance_to(min(self.now_ns(), due_ns - 1))
        late_ns = self._clock.now_ns() - due_ns
        if late_ns > now_ns - due_ns:
            # The wall clock was set forward, or the machine slept: go on from there.
            self._origin_ns += late_ns - (now_ns - due_ns)
            self.seen_ns = due_ns + late_ns
        return max(late_ns, now_ns - due_ns)

    def is_slice_used_up(self) -> bool:
        """True when others should have a turn now."""
        return self._slice.is_used_up()

    async def let_others_run(self) -> None:
        """Give others their turn."""
        await self._waiter.wait_s(0, self._wake)
        self._slice.begin()
