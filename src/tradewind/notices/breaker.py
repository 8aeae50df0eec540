"""Lets a channel rest whose other side does not answer: one try after each wait of the ladder, then all again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.kernel.backoff import Backoff

if TYPE_CHECKING:
    from tradewind.kernel.rng import Rng


class Breaker:
    """Times in seconds on one clock that never goes back."""

    def __init__(self, rng: Rng, *, failures: int, scale: float = 1.0) -> None:
        """Rest after this many failures in a row; `scale` shortens the ladder for tests."""
        self._limit = failures
        self._backoff = Backoff(rng, scale=scale)
        self._failures = 0
        self.rests_until_s = 0.0
        self.reason = ""
        """What the last failure said; "" while all is well."""

    @property
    def is_resting(self) -> bool:
        """True from the failure that opened it until something got through."""
        return self.rests_until_s > 0

    def wait_s(self, now_s: float) -> float:
        """Return how long to leave the channel alone; 0: try."""
        return max(0.0, self.rests_until_s - now_s)

    def failed(self, now_s: float, reason: str) -> bool:
        """Count a failure; say whether the channel began to rest with it."""
        self._failures += 1
        self.reason = reason
        if self._failures < self._limit:
            return False
        is_new = not self.is_resting
        self.rests_until_s = now_s + self._backoff.next_wait_s()
        return is_new

    def succeeded(self) -> bool:
        """Count an answer; say whether the channel had been resting."""
        was_resting = self.is_resting
        self._failures, self.rests_until_s, self.reason = 0, 0.0, ""
        self._backoff.reset()
        return was_resting
