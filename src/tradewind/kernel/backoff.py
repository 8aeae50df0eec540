"""One ladder of waiting times for everything that retries (seed 001: 1, 2, 4 … 600 seconds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tradewind.kernel.rng import Rng

LADDER_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Backoff:
    """Walks up the ladder at each failure and back to its foot on success."""

    def __init__(self, rng: Rng, *, jitter: float = 0.2, scale: float = 1.0, most_s: float = LADDER_S[-1]) -> None:
        """Spread each wait by ± `jitter` of itself, so that many clients do not return at once; stay below `most_s`.

        With a jitter of 1 a wait is anything from nothing to twice its step.
        """
        self._rng = rng
        self._jitter = jitter
        self._scale = scale
        self._most_s = most_s
        self.failures = 0

    def next_wait_s(self) -> float:
        """Count one failure and return how long to wait now, in seconds."""
        step = min(LADDER_S[min(self.failures, len(LADDER_S) - 1)], self._most_s)
        self.failures += 1
        return step * self._scale * (1.0 + self._jitter * (2.0 * self._rng.random() - 1.0))

    def reset(self) -> None:
        """Start again at the foot of the ladder."""
        self.failures = 0
