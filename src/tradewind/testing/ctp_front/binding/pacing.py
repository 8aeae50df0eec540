"""How the library itself holds requests back, and how fast its long silences pass in tests."""

from __future__ import annotations

import os
from collections import deque
from typing import Final

from tradewind.kernel.clock import monotonic_s

SENT: Final = 0
NO_NETWORK: Final = -1
TOO_MANY_UNANSWERED: Final = -2
TOO_MANY_A_SECOND: Final = -3
CLOCK_VARIABLE: Final = "CTP_FRONT_CLOCK"
"""How many seconds of the library's silences (heartbeats, attempts) pass in one; 1 unless the environment says."""


def clock_factor() -> float:
    """Return it."""
    return float(os.environ.get(CLOCK_VARIABLE, "1"))


class QueryGate:
    """One query under way, and so many a second: what comes too early is not even sent."""

    def __init__(self) -> None:
        self.a_second = 1
        self._sent: deque[float] = deque()
        self._waiting: int | None = None

    def refusal(self, request_id: int) -> int:
        """Return `SENT` and count the query, or the code that refuses it."""
        now = monotonic_s()
        while self._sent and now - self._sent[0] >= 1.0:
            self._sent.popleft()
        if self._waiting is not None:
            return TOO_MANY_UNANSWERED
        if len(self._sent) >= self.a_second:
            return TOO_MANY_A_SECOND
        self._sent.append(now)
        self._waiting = request_id
        return SENT

    def answered(self, request_id: int) -> None:
        """The last row of a query's answer came."""
        if self._waiting == request_id:
            self._waiting = None

    def forget(self) -> None:
        """The connection went: no answer comes."""
        self._waiting = None
