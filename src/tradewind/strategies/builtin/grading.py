"""How sure and how strong a signal is, from how far beyond its threshold the measure lies; and finding a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.errors import StrategyError

if TYPE_CHECKING:
    from tradewind.domain.feature import FeatureSnapshot


def confidence_of(excess: float) -> float:
    """Return 0.5 at the threshold (`excess` 1), 0.75 at twice of it, towards 1 beyond."""
    return 1.0 - 0.5 / max(excess, 1.0)


def strength_of(excess: float) -> float:
    """Return 40 at the threshold, 70 at twice of it, towards 100 beyond."""
    return 100.0 - 60.0 / max(excess, 1.0)


def window_index(snapshot: FeatureSnapshot, name: str) -> int:
    """Return where the window of that name stands in every snapshot of this run.

    Raises: StrategyError: the features room computes no such window.
    """
    names = [window.window for window in snapshot.windows]
    if name not in names:
        message = f"needs the window {name}; features.windows has {', '.join(names) or 'none'}"
        raise StrategyError(message)
    return names.index(name)
