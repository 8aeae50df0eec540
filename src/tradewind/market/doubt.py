"""A surprise that may be an error or the truth: it is held back until ticks in a row say the same."""

from __future__ import annotations


class Doubt:
    """Counts ticks of different instants that agree with each other against what was accepted before.

    The same tick sent again confirms nothing. `value` is the last doubted one, to be compared with the next.
    """

    __slots__ = ("_count", "_needed", "_ts", "value")

    def __init__(self, needed: int) -> None:
        """Believe it when `needed` ticks agree."""
        self._needed = needed
        self._count = 0
        self._ts = 0
        self.value = 0.0

    def is_confirmed(self, ts: int, value: float, *, agrees: bool) -> bool:
        """Take one more doubted tick; `agrees` says whether it is like the doubted one before it."""
        if not self._count or not agrees:
            self._count = 1
        elif ts > self._ts:
            self._count += 1
        self._ts = ts
        self.value = value
        return self._count >= self._needed

    def settle(self) -> None:
        """Forget the doubt: a tick was accepted."""
        self._count = 0
