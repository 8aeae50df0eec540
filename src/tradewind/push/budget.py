"""How many commands a client may still send: a bucket that fills at an even rate."""

from __future__ import annotations

from typing import Final

_MINUTE_S: Final = 60.0


class CommandBudget:
    """A minute's worth of commands at once at most, refilled evenly."""

    __slots__ = ("_left", "_per_minute", "_since_s")

    def __init__(self, per_minute: int, now_s: float) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute)
        self._since_s = now_s

    def take(self, now_s: float) -> bool:
        """Take one command; `False` when there is none left."""
        earned = (now_s - self._since_s) * self._per_minute / _MINUTE_S
        self._left = min(float(self._per_minute), self._left + earned)
        self._since_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
