"""How much one caller may ask: a bucket of requests per session or address, refilled evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.api.settings import ApiSettings


class _Bucket(msgspec.Struct, gc=False):
    tokens: float
    at_s: float


class RateLimit:
    """A bucket per caller; when too many are remembered, the one known for longest starts afresh."""

    def __init__(self, settings: ApiSettings, now_s: Callable[[], float]) -> None:
        self._rate = settings.rate_per_s
        self._burst = float(settings.rate_burst)
        self._limit = settings.rate_callers
        self._now_s = now_s
        self._buckets: dict[str, _Bucket] = {}

    def change(self, settings: ApiSettings) -> None:
        """Refill at another rate from now on; what callers have left stays."""
        self._rate = settings.rate_per_s
        self._burst = float(settings.rate_burst)

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, caller: str) -> float:
        """Take one request out of the caller's bucket; return 0, or how long until there is one."""
        now_s = self._now_s()
        bucket = self._buckets.get(caller)
        if bucket is None:
            self._admit(caller, now_s)
            return 0.0
        tokens = bucket.tokens + (now_s - bucket.at_s) * self._rate
        bucket.at_s = now_s
        if tokens >= 1.0:
            bucket.tokens = min(tokens, self._burst) - 1.0
            return 0.0
        bucket.tokens = tokens
        return (1.0 - tokens) / self._rate

    def _admit(self, caller: str, now_s: float) -> None:
        if len(self._buckets) >= self._limit:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[caller] = _Bucket(self._burst - 1.0, now_s)
