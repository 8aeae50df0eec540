"""Where an opportunity's idea is wrong: the price at which it closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.signals.prices import NO_CEILING, NO_FLOOR

if TYPE_CHECKING:
    from tradewind.domain.signal import SignalSide
    from tradewind.signals.settings import SignalsSettings


def stop_price(side: SignalSide, entry_price: float, atr: float | None, settings: SignalsSettings) -> float:
    """Return the nearer of the percentage and the ATR distance from the entry, the latter not below a minimum.

    Without a known entry price there is no stop: it lies infinitely far away.
    """
    is_buy = side == "buy"
    if entry_price == 0.0:
        return NO_FLOOR if is_buy else NO_CEILING
    percent = abs(entry_price) / 100.0
    distance = settings.stop_percent * percent
    if atr is not None and settings.stop_atr > 0.0:
        distance = min(distance, max(settings.stop_atr * atr, settings.stop_min_percent * percent))
    return entry_price - distance if is_buy else entry_price + distance


def is_touched(side: SignalSide, stop: float, price: float) -> bool:
    """True when the price has reached the stop or gone beyond it."""
    return price <= stop if side == "buy" else price >= stop
