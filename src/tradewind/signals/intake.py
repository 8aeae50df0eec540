"""What becomes of a signal before it counts: nonsense and redelivered ones are passed over, counted by reason."""

from __future__ import annotations

from collections import deque
from math import isfinite
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.signal import Signal

SIDES: Final = ("buy", "sell")


class SignalIntake:
    """Remembers the ids of the last `remembered` signals and keeps the last `recent` signals for queries.

    A signal redelivered after that many others would count again; it would then only repeat its own voice.
    """

    def __init__(
        self, *, remembered: int, recent: int, on_refused: Callable[[str], None] = lambda _reason: None
    ) -> None:
        self._remembered = remembered
        self._on_refused = on_refused
        self._seen: dict[str, None] = {}
        self._recent: deque[Signal] = deque(maxlen=recent)
        self.refused: dict[str, int] = {}
        """Signals passed over, by reason: `redelivered`, `unstamped`, `side`, `confidence`, `strength`."""

    def accept(self, signal: Signal) -> bool:
        """Return whether the signal counts, and remember it if so."""
        reason = self._refusal(signal)
        if reason is not None:
            self.refused[reason] = self.refused.get(reason, 0) + 1
            self._on_refused(reason)
            return False
        seen = self._seen
        seen[signal.signal_id] = None
        if len(seen) > self._remembered:
            del seen[next(iter(seen))]
        self._recent.append(signal)
        return True

    def recent(self) -> list[Signal]:
        """Return the latest signals that counted, oldest first."""
        return list(self._recent)

    def _refusal(self, signal: Signal) -> str | None:
        if signal.signal_id in self._seen:
            return "redelivered"
        if not signal.signal_id or not signal.strategy:
            return "unstamped"
        if signal.side not in SIDES:
            return "side"
        if not 0.0 <= signal.confidence <= 1.0:
            return "confidence"
        if not isfinite(signal.strength):
            return "strength"
        return None
