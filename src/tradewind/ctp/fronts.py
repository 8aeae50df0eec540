"""A list of fronts and the watch over the one in use: the library says nothing at all about a front that is dead.

Pure: told the time and what happened, it says what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class FrontState(StrEnum):
    """How it stands with the front in use."""

    IDLE = "idle"
    """Nothing is asked of any front now."""
    CONNECTING = "connecting"
    NO_ANSWER = "no_answer"
    """Still connecting, and longer than a front that lives would take."""
    CONNECTED = "connected"
    LOST = "lost"
    """It was connected; the library connects again by itself."""


class FrontWatch:
    """Watches the front in use and says when to take the next."""

    def __init__(self, fronts: Sequence[str], *, no_answer_s: float, next_front_s: float) -> None:
        """Begin with the first of `fronts`; at least one."""
        if not fronts:
            message = "a list of fronts must name at least one"
            raise ValueError(message)
        self._fronts = tuple(fronts)
        self._no_answer_s = no_answer_s
        self._next_front_s = next_front_s
        self._at = 0
        self._since_s = 0.0
        self.state = FrontState.IDLE
        self.turns = 0
        """How often the next front was taken."""

    @property
    def front(self) -> str:
        """The front in use."""
        return self._fronts[self._at]

    def begin(self, now_s: float) -> str:
        """Note that the front in use is being connected, and return it."""
        self.state = FrontState.CONNECTING
        self._since_s = now_s
        return self.front

    def note_connected(self) -> None:
        """Note that it answered."""
        self.state = FrontState.CONNECTED

    def note_lost(self, now_s: float) -> None:
        """Note that the connection ended; one that never came about, or ends again, changes nothing."""
        if self.state is FrontState.CONNECTED:
            self.state = FrontState.LOST
            self._since_s = now_s

    def rest(self) -> None:
        """Note that nothing is asked of it now."""
        self.state = FrontState.IDLE

    def is_overdue(self, now_s: float) -> bool:
        """Tell whether the front has been away too long; moves `state` to `NO_ANSWER` before that."""
        if self.state in {FrontState.IDLE, FrontState.CONNECTED}:
            return False
        waited_s = now_s - self._since_s
        if self.state is FrontState.CONNECTING and waited_s >= self._no_answer_s:
            self.state = FrontState.NO_ANSWER
        return waited_s >= self._next_front_s

    def take_next(self) -> str:
        """Go on to the next front, after the last one to the first, and return it."""
        self._at = (self._at + 1) % len(self._fronts)
        self.turns += 1
        self.state = FrontState.IDLE
        return self.front
