"""How often a key may ask: so many times a second, a minute and a day, counted over all that use it.

A window slides: a burst at the end of one second and another at the start of the next are not both allowed.
"""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.infoway.settings import Plan
    from tradewind.kernel.clock import Clock

SECOND_S: Final = 1.1
MINUTE_S: Final = 61.0
"""A little more than the provider's own spans: what left us evenly may arrive less so."""
DAY_S: Final = 86_400
_MARK_LENGTH: Final = 12


class Budget(Protocol):
    """Counts requests of a key. Several jobs, and several processes, ask the same one."""

    async def take(self, mark: str, plan: Plan) -> float:
        """Count one request of the key with this mark and return 0.0, or count nothing and return the wait in seconds.

        Raises: TransientError: nobody can say now.
        """
        ...

    async def close_day(self, mark: str) -> None:
        """Let this key ask nothing more today: the provider says that its day is used up."""
        ...


def mark_of(api_key: str) -> str:
    """Return what stands for a key where others may see it: nothing can be worked back from it."""
    return hashlib.sha256(b"tradewind infoway " + api_key.encode()).hexdigest()[:_MARK_LENGTH]


class _Counts:
    """Requests of one key: their moments in the last minute, and their number today."""

    __slots__ = ("day", "moments", "today")

    def __init__(self) -> None:
        self.moments: deque[float] = deque()
        self.day = 0
        self.today = 0


class LocalBudget:
    """A `Budget` of one process. It forgets what was asked before a restart; the provider's own refusal remains."""

    def __init__(self, clock: Clock | None = None, elapsed: Callable[[], float] = monotonic_s) -> None:
        """Take days from `clock` and the seconds between requests from `elapsed`, which never goes back."""
        self._clock = clock or SystemClock()
        self._elapsed = elapsed
        self._by_mark: dict[str, _Counts] = {}

    async def take(self, mark: str, plan: Plan) -> float:
        """Count one request, or say how long to wait."""
        counts = self._counts(mark)
        now_s = self._elapsed()
        moments = counts.moments
        while moments and now_s - moments[0] >= MINUTE_S:
            moments.popleft()
        wait_s = max(
            self._until_tomorrow_s() if counts.today >= plan.per_day else 0.0,
            _wait(moments, plan.per_second, SECOND_S, now_s),
            _wait(moments, plan.per_minute, MINUTE_S, now_s),
        )
        if wait_s <= 0.0:
            moments.append(now_s)
            counts.today += 1
        return max(wait_s, 0.0)

    async def close_day(self, mark: str) -> None:
        """Let this key ask nothing more today."""
        self._counts(mark).today = 1 << 62

    def _counts(self, mark: str) -> _Counts:
        counts = self._by_mark.setdefault(mark, _Counts())
        day = self._clock.now_ns() // (DAY_S * NS_PER_S)
        if day != counts.day:
            counts.day, counts.today = day, 0
        return counts

    def _until_tomorrow_s(self) -> float:
        return DAY_S - self._clock.now_ns() / NS_PER_S % DAY_S


def _wait(moments: deque[float], allowed: int, span_s: float, now_s: float) -> float:
    """Return how long until one more request makes no more than `allowed` within any `span_s`."""
    if len(moments) < allowed:
        return 0.0
    return moments[-allowed] + span_s - now_s
