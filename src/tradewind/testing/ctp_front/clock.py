"""The fronts' time in China: the machine's, or one that stands where a test has put it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, SystemClock

if TYPE_CHECKING:
    from tradewind.kernel.clock import Clock

CHINA: Final = timezone(timedelta(hours=8))


class FrontClock:
    """Implements `kernel.clock.Clock`."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Follow the machine's time, or that of `clock`."""
        self._system: Clock = clock or SystemClock()
        self._stands_at: int | None = None

    def now_ns(self) -> int:
        """Return the time in ns UTC."""
        return self._system.now_ns() if self._stands_at is None else self._stands_at

    def stand_at(self, moment: str) -> None:
        """Stop at a moment in China: `2025-04-01 09:30:00`, with a fraction if wanted.

        Raises: ValueError: it is no such moment.
        """
        self.stand_at_ns(round(datetime.fromisoformat(moment).replace(tzinfo=CHINA).timestamp() * 1000) * NS_PER_MS)

    def stand_at_ns(self, now_ns: int) -> None:
        """Stop at a moment."""
        self._stands_at = now_ns

    def china(self) -> datetime:
        """Return the wall time in China."""
        return china(self.now_ns())


def china(ts: int) -> datetime:
    """Return a moment as wall time in China, to the microsecond."""
    return datetime.fromtimestamp(ts // NS_PER_S, CHINA) + timedelta(microseconds=ts % NS_PER_S // 1000)
