"""Tells the same alert of the same thing only so often: what comes again and again buries what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Hashable

_REMEMBERED: Final = 10_000


class Cooldown:
    """Moments in ns UTC; remembers a bounded number of things, the one told longest ago goes first."""

    def __init__(self, seconds: float) -> None:
        self._gap_ns = round(seconds * NS_PER_S)
        self._told: dict[Hashable, int] = {}

    def is_over(self, what: Hashable, now: int) -> bool:
        """Say whether it may be told now; if so, it counts as told."""
        told = self._told.get(what)
        if told is not None and 0 <= now - told < self._gap_ns:
            return False
        self._told.pop(what, None)
        self._told[what] = now
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
        return True
