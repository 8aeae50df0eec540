"""Mean reversion: the price has left its mean by far while the book is calm, so it may come back."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of, window_index

_PERCENT = 100.0


class MeanReversion:
    """Signals against the move when the z-score is extreme, the spread narrow and the window full enough."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        window: Annotated[str, msgspec.Meta(description="window that is watched")] = "60s"
        zscore: Annotated[
            float, msgspec.Meta(gt=0, le=20, description="distance from the window's mean, in standard deviations")
        ] = 3.0
        max_spread_percent: Annotated[
            float, msgspec.Meta(gt=0, le=10, description="widest spread, in percent of the price")
        ] = 0.02
        min_samples: Annotated[int, msgspec.Meta(ge=2, description="ticks that the window must hold")] = 60
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 60.0

    def __init__(self, params: Params) -> None:
        self._params = params
        self._low, self._high = -params.zscore, params.zscore
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._index = -1

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Look closer once the z-score is extreme."""
        if self._index < 0:
            self._index = window_index(snapshot, self._params.window)
        window = snapshot.windows[self._index]
        if self._low < window.zscore < self._high or snapshot.ts_event < self._quiet_until:
            return None
        return self._signal(snapshot, window)

    def _signal(self, snapshot: FeatureSnapshot, window: WindowFeatures) -> Signal | None:
        spread = snapshot.spread
        widest = snapshot.last_price * self._params.max_spread_percent / _PERCENT
        if spread is None or spread > widest or window.sample_size < self._params.min_samples:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        excess = abs(window.zscore) / self._high
        return Signal(
            snapshot.instrument_id,
            "mean_reversion",
            "buy" if window.zscore < 0 else "sell",
            confidence_of(excess),
            strength_of(excess),
            (f"mean_reversion zscore={window.zscore:.2f} window={window.window} mean={window.mean:.2f}",),
            window.window,
        )
