"""Bollinger: the price comes back into its band after leaving it, or breaks out of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of

_PERCENT = 100.0


class BollingerBand:
    """Signals towards the middle on re-entry, or with the move on a breakout, when the band is wide enough."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        mode: Annotated[
            Literal["reentry", "breakout"], msgspec.Meta(description="wait for the way back, or follow the way out")
        ] = "reentry"
        min_width_percent: Annotated[
            float, msgspec.Meta(gt=0, le=50, description="narrowest band, upper - lower in percent of the middle")
        ] = 0.1
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 120.0

    def __init__(self, params: Params) -> None:
        self._params = params
        self._is_breakout = params.mode == "breakout"
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._zone = 0

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Look closer when the price changes zone: below the band, in it, above it."""
        upper, lower, price = snapshot.bollinger_upper, snapshot.bollinger_lower, snapshot.last_price
        if upper is None or lower is None:
            return None
        zone = 1 if price > upper else -1 if price < lower else 0
        if zone == self._zone:
            return None
        before, self._zone = self._zone, zone
        return self._moved(snapshot, zone if self._is_breakout else -before, upper - lower)

    def _moved(self, snapshot: FeatureSnapshot, direction: int, width: float) -> Signal | None:
        mid = snapshot.bollinger_mid
        if not direction or mid is None or mid <= 0.0 or snapshot.ts_event < self._quiet_until:
            return None
        width_percent = width / mid * _PERCENT
        excess = width_percent / self._params.min_width_percent
        if excess < 1.0:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        return Signal(
            snapshot.instrument_id,
            f"bollinger_{self._params.mode}",
            "buy" if direction > 0 else "sell",
            confidence_of(excess),
            strength_of(excess),
            (f"bollinger_{self._params.mode} width_percent={width_percent:.3f} mid={mid:.2f}",),
        )
