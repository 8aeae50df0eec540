"""The replay's remote control: pause, go on, step and change speed at any moment, and see where it is.

Plain state, one wake-up: the page and the API turn its knobs, the replay source obeys and reports. Nothing that is
done here changes what is played or in which order, only when.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.errors import MalformedCommandError, StateConflictError
from tradewind.market.sources.seeking import Place

if TYPE_CHECKING:
    from tradewind.market.sources.settings import Speed

MAX_STEPS: Final = 10_000
MAX_SPEED: Final = 1e6
_FOREVER: Final = (1 << 63) - 1


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
    is_seeking: bool = False
    """It hurries to a place that somebody asked for."""
    can_go_back: bool = False
    """A place behind may be asked for: the recording is then begun anew."""


class ReplayControl:
    """The knobs and the dial of one replay. Not thread-safe: belongs to the event loop."""

    def __init__(self, *, speed: Speed = 1.0, is_paused: bool = False, begin: Place | None = None) -> None:
        self.speed: float | Literal["max"] = speed
        self.is_paused = is_paused
        self.steps = 0
        self.revision = 0
        """Counts turns of the knobs, so that the source sees that something changed."""
        self.wake = asyncio.Event()
        self.can_go_back = False
        """True where somebody begins everything anew when `place_behind` is set; time on the line never goes back."""
        self.place_behind: Place | None = None
        self.begin_anew = asyncio.Event()
        self._goal = begin
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
        self._goal = None
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

    def seek(self, *, percent: float | None = None, ts: int | None = None) -> None:
        """Hurry to a place and go on from there as before, playing or standing still.

        Raises:
            MalformedCommandError: neither or both are given.
            StateConflictError: it lies behind and nobody begins anew, or the recording does not say its length.
        """
        if (percent is None) == (ts is None):
            message = "a place in a replay is `percent` or `ts`, one of the two"
            raise MalformedCommandError(message)
        place = Place(percent, ts)
        if percent is not None and not self._total:
            message = "this recording does not say how many ticks it holds; name a time (`ts`)"
            raise StateConflictError(message)
        if self._is_behind(place):
            if not self.can_go_back:
                message = "this replay only goes forward; start it anew to see what was before"
                raise StateConflictError(message)
            self.place_behind = place
            self.begin_anew.set()
        else:
            self._goal = place
        self._changed()

    @property
    def is_ending(self) -> bool:
        """True once the recording is about to be begun anew: nothing more of this passage is to be played."""
        return self.place_behind is not None

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
            is_seeking=self._goal is not None or self.place_behind is not None,
            can_go_back=self.can_go_back,
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
        self._goal = None

    def hurry(self, next_ns: int, *, at_most: int) -> tuple[int, int] | None:
        """Return up to which time and how many ticks may be played at once on the way to a place; `None`: it is here.

        `next_ns` is the receive time of the next tick.
        """
        goal = self._goal
        if goal is None:
            return None
        if goal.ts is not None and next_ns < goal.ts:
            return goal.ts - 1, at_most
        left = self._goal_ticks(goal) - self._played
        if left > 0:
            return _FOREVER, min(at_most, left)
        self._goal = None
        self._changed()
        return None

    def _goal_ticks(self, place: Place) -> int:
        return 0 if place.percent is None else int((self._total or 0) * place.percent / 100)

    def _is_behind(self, place: Place) -> bool:
        if self._is_done:
            return True
        if place.ts is not None:
            return self._ts is not None and place.ts <= self._ts
        return self._goal_ticks(place) < self._played

    def take_steps(self, at_most: int) -> int:
        """Return how many ticks may be played now while paused, and count them as done."""
        taken = min(self.steps, at_most)
        self.steps -= taken
        return taken

    def _changed(self) -> None:
        self.revision += 1
        self.wake.set()
