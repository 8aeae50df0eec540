"""Answers that are awaited: one patience for all of a kind, one timer for the earliest."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.kernel.clock import LineClock, Timer


class Deadlines:
    """Calls `on_due(key, ts)` for each key that was not stopped within `after_ns` of its start.

    All wait equally long, so the order of starting is the order of falling due.
    """

    def __init__(self, clock: LineClock, after_ns: int, on_due: Callable[[str, int], None]) -> None:
        self._clock = clock
        self._after_ns = after_ns
        self._on_due = on_due
        self._due: dict[str, int] = {}
        self._timer: Timer | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._due

    def __len__(self) -> int:
        return len(self._due)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._due))

    def start(self, key: str) -> None:
        """Await something for `key` from now on; one that was awaited waits its whole time anew."""
        self._due.pop(key, None)
        self._due[key] = self._clock.now_ns() + self._after_ns
        if self._timer is None:
            self._arm()

    def stop(self, key: str) -> None:
        """Await nothing for `key` any more."""
        self._due.pop(key, None)

    def clear(self) -> None:
        """Await nothing; no timer is left behind."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        first = next(iter(self._due.values()), None)
        if first is None:
            self._timer = None
        elif self._clock.now_ns() == 0:
            # Time has not begun: when it does, only a periodic timer is not already decades late, again and again.
            self._timer = self._clock.call_every(self._after_ns, self._fire)
        else:
            self._timer = self._clock.call_at(first, self._fire)

    def _fire(self, ts: int) -> None:
        due = list(takewhile(lambda key: self._due[key] <= ts, self._due))
        for key in due:
            del self._due[key]
        if self._timer is not None:
            self._timer.cancel()
        self._arm()
        for key in due:
            self._on_due(key, ts)
