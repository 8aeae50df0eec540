"""How fast an account may speak to its exchange: a bucket of messages that fills at a steady rate, and a queue.

Brokers queue what comes too fast without a word; here it waits where it can be seen, taken back and refused in time.
Cancels go first. Arithmetic is in whole nanoseconds, so a replay lets the same message through at the same moment.
"""

from __future__ import annotations

import msgspec

from tradewind.kernel.clock import NS_PER_S


class QueueState(msgspec.Struct, frozen=True):
    """What waits for an account now: how many, and since when the oldest (ns UTC, `None` when none does)."""

    account_id: str
    orders: int
    cancels: int
    oldest_ts: int | None


class Throttle:
    """One account's queue and bucket. Neither grows beyond `max_queue` orders; cancels are at most one an order."""

    def __init__(self, *, per_s: float, burst: int, max_queue: int) -> None:
        self._period_ns = max(1, round(NS_PER_S / per_s))
        self._span_ns = self._period_ns * (burst - 1)
        self._max_queue = max_queue
        self._free_at = 0
        """When the bucket would be full but for one message: a message may go while this is not beyond the span."""
        self._orders: dict[str, int] = {}
        self._cancels: dict[str, int] = {}
        self._is_ready: set[str] = set()

    @property
    def is_full(self) -> bool:
        """True when no further order may wait."""
        return len(self._orders) >= self._max_queue

    @property
    def depth(self) -> int:
        """Return how many orders wait."""
        return len(self._orders)

    def add_order(self, key: str, now_ns: int) -> None:
        """Let an order wait; it does not go before `make_ready`."""
        self._orders[key] = now_ns

    def make_ready(self, key: str) -> None:
        """Let a waiting order go when its turn comes: it is durable."""
        if key in self._orders:
            self._is_ready.add(key)

    def make_unready(self, key: str) -> None:
        """Let a waiting order wait for the journal again, in its place."""
        self._is_ready.discard(key)

    def add_cancel(self, key: str, now_ns: int) -> None:
        """Let a cancel wait, once an order."""
        self._cancels.setdefault(key, now_ns)

    def remove(self, key: str) -> None:
        """Forget whatever waits under that id."""
        self._orders.pop(key, None)
        self._cancels.pop(key, None)
        self._is_ready.discard(key)

    def next_cancel(self) -> str | None:
        """Return the cancel whose turn it is; it stays until removed."""
        return next(iter(self._cancels), None)

    def next_order(self) -> str | None:
        """Return the order whose turn it is, the oldest; none while it is not ready: orders never overtake."""
        key = next(iter(self._orders), None)
        return key if key in self._is_ready else None

    def may_go_at(self) -> int:
        """Return the earliest moment at which another message may go."""
        return self._free_at - self._span_ns

    def spend(self, now_ns: int) -> None:
        """Count one message sent."""
        self._free_at = max(self._free_at, now_ns) + self._period_ns

    def hold(self, until_ns: int) -> None:
        """Send nothing before `until_ns`: the broker is busy."""
        self._free_at = max(self._free_at, until_ns + self._span_ns)

    def waiting_since(self, key: str) -> int | None:
        """Return since when an order waits."""
        return self._orders.get(key)

    def older_than(self, ts: int) -> list[str]:
        """Return the orders that wait since before `ts`."""
        return [key for key, since in self._orders.items() if since < ts]

    def state(self, account_id: str) -> QueueState:
        """Describe the queue."""
        oldest = min((*self._orders.values(), *self._cancels.values()), default=None)
        return QueueState(account_id, len(self._orders), len(self._cancels), oldest)
