"""How many orders and cancels went out in the last second: a front queues what is too much without a word."""

from __future__ import annotations

from collections import deque
from typing import Final

from tradewind.kernel.clock import NS_PER_S

_WINDOW_NS: Final = NS_PER_S * 105 // 100
"""The front counts seconds of its own, by when messages arrive."""


class FlowGauge:
    """Counts messages of the last second and a little; what does not go now waits where the room shows it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._sent: deque[int] = deque()
        self._held_until = 0

    def may_go(self, now_ns: int) -> bool:
        """Say whether another message may go now."""
        return now_ns >= self._held_until and self.used(now_ns) < self.limit

    def spend(self, now_ns: int) -> None:
        """Count one message."""
        self._sent.append(now_ns)

    def hold(self, now_ns: int) -> None:
        """Let nothing go for a second: the front said that it was too much."""
        self._held_until = now_ns + NS_PER_S

    def used(self, now_ns: int) -> int:
        """Return how many went out in the last second."""
        sent = self._sent
        while sent and sent[0] <= now_ns - _WINDOW_NS:
            sent.popleft()
        return len(sent)
