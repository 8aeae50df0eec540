"""One timer a name: set anew it replaces the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.kernel.clock import LineClock, Timer


class Deadlines:
    """Timers of the line's clock by name."""

    def __init__(self, clock: LineClock) -> None:
        self._clock = clock
        self._timers: dict[str, Timer] = {}

    def put(self, name: str, at_ns: int | None, call: Callable[[], None]) -> None:
        """Call at that time and no other; `None`: not any more."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        if at_ns is not None:
            self._timers[name] = self._clock.call_at(at_ns, lambda _due_ns: call())

    def stop_all(self) -> None:
        """Let none fire any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
