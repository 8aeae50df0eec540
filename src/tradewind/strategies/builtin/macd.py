"""MACD: the histogram has crossed zero and gone beyond a dead band, so that a flat market does not chatter."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of


class MacdCross:
    """Signals with the cross, once per cross, when the histogram leaves the dead band on the other side."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        dead_band: Annotated[
            float, msgspec.Meta(ge=0, le=10, description="histogram that counts as a cross, in average true ranges")
        ] = 0.35
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 120.0

    def __init__(self, params: Params) -> None:
        self._dead_band = params.dead_band
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._seen: float | None = None
        self._side = 0

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Look closer when the histogram has a new value."""
        histogram = snapshot.macd_histogram
        if histogram == self._seen:
            return None
        self._seen = histogram
        return None if histogram is None else self._crossed(snapshot, histogram)

    def _crossed(self, snapshot: FeatureSnapshot, histogram: float) -> Signal | None:
        reach = snapshot.atr
        if reach is None or reach <= 0.0 or abs(histogram) < self._dead_band * reach:
            return None
        before, self._side = self._side, 1 if histogram > 0 else -1
        if before in {0, self._side} or snapshot.ts_event < self._quiet_until:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        # Without a dead band every cross is as good as another.
        excess = abs(histogram) / (self._dead_band * reach) if self._dead_band else 1.0
        return Signal(
            snapshot.instrument_id,
            "macd_cross",
            "buy" if histogram > 0 else "sell",
            confidence_of(excess),
            strength_of(excess),
            (f"macd_cross histogram={histogram:.4f} atr={reach:.4f}",),
        )
