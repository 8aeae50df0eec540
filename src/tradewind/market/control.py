"""The replay's remote control: pause, go on, step and change speed at any moment, and see where it is.

Plain state, one wake-up: the page and the API turn its knobs, the replay source obeys and reports. Nothing that is
done here changes what is played or in which order, only when.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.errors import MalformedCommandError

if TYPE_CHECKING:
    from tradewind.market.sources.settings import Speed

MAX_STEPS: Final = 10_000
MAX_SPEED: Final = 1e6


class ReplayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a replay is: what `GET /api/v1/replay` answers."""

    path: str
    layout: str | None
    speed: float | Literal["max"]
    is_paused: bool
    is_done: bool
    ts: int | None
    """Receive time of the last tick played, ns UTC; `None` before the first."""
    percent: float
    """Of this lap's rows, 0 … 100."""
    ticks_played: int
    ticks_total: int | None
    malformed_rows: int
    lap: int


class ReplayControl:
    """The knobs and the dial of one replay. Not thread-safe: belongs to the event loop."""

    def __init__(self, *, speed: Speed = 1.0, is_paused: bool = False) -> None:
        self.speed: float | Literal["max"] = speed
        self.is_paused = is_paused
        self.steps = 0
        self.revision = 0
        """Counts turns of the knobs, so that the source sees that something changed."""
        self.wake = asyncio.Event()
        self._path = ""
        self._layout: str | None = None
        self._total: int | None = None
        self._ts: int | None = None
        self._played = 0
        self._malformed = 0
        self._lap = 0
        self._is_done = False

    # What people turn.
    def pause(self) -> None:
        """Stand still before the next tick; safe to call twice."""
        self.is_paused = True
        self.steps = 0
        self._changed()

    def resume(self) -> None:
        """Go on from where it stands, without catching up the time spent paused."""
        self.is_paused = False
        self.steps = 0
        self._changed()

    def step(self, n: int = 1) -> None:
        """Play the next `n` ticks at once and stand still after them; pauses a running replay first.

        Raises: MalformedCommandError: `n` is no whole number of 1 … 10 000.
        """
        if not 1 <= n <= MAX_STEPS:
            message = f"steps must be a whole number of ticks from 1 to {MAX_STEPS}, was {n!r}"
            raise MalformedCommandError(message)
        self.is_paused = True
        self.steps = min(self.steps + n, MAX_STEPS)
        self._changed()

    def set_speed(self, speed: float | Literal["max"]) -> None:
        """Play at this factor from now on.

        Raises: MalformedCommandError: neither `max` nor a number above 0 and up to 1 000 000.
        """
        if speed != "max" and not 0 < speed <= MAX_SPEED:
            message = f"speed must be `max` or a number above 0 and at most {MAX_SPEED:g}, was {speed!r}"
            raise MalformedCommandError(message)
        self.speed = speed
        self._changed()

    def status(self) -> ReplayStatus:
        """Return where the replay is."""
        total = self._total
        return ReplayStatus(
            path=self._path,
            layout=self._layout,
            speed=self.speed,
            is_paused=self.is_paused,
            is_done=self._is_done,
            ts=self._ts,
            percent=100.0 if self._is_done else round(100.0 * self._played / total, 3) if total else 0.0,
            ticks_played=self._played,
            ticks_total=total,
            malformed_rows=self._malformed,
            lap=self._lap,
        )

    # What the source reports.
    def opened(self, path: str, *, layout: str, total: int | None, lap: int) -> None:
        """Note that a lap through `path` begins."""
        self._path, self._layout, self._total, self._lap = path, layout, total, lap
        self._played = 0
        self._is_done = False

    def played(self, ts: int, *, ticks: int, malformed: int) -> None:
        """Note that `ticks` of this lap are played, the last of them received at `ts`."""
        self._ts, self._played, self._malformed = ts, ticks, malformed

    def finished(self) -> None:
        """Note that the recording is at its end."""
        self._is_done = True

    def take_steps(self, at_most: int) -> int:
        """Return how many ticks may be played now while paused, and count them as done."""
        taken = min(self.steps, at_most)
        self.steps -= taken
        return taken

    def _changed(self) -> None:
        self.revision += 1
        self.wake.set()
