"""Rapid rise: the price has run, on volume, within one window; falls are told as well."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of, window_index


class RapidRise:
    """Signals with the move when the window's change passes a threshold on enough volume."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        window: Annotated[str, msgspec.Meta(description="window that is watched")] = "60s"
        change_percent: Annotated[
            float, msgspec.Meta(gt=0, le=50, description="change of the price over the window, in percent")
        ] = 0.2
        min_volume: Annotated[int, msgspec.Meta(ge=0, description="lots that must have traded in the window")] = 20
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 60.0

    def __init__(self, params: Params) -> None:
        self._params = params
        self._low, self._high = -params.change_percent, params.change_percent
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._index = -1

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Compare the window's change with the threshold."""
        if self._index < 0:
            self._index = window_index(snapshot, self._params.window)
        window = snapshot.windows[self._index]
        if self._low < window.change_percent < self._high or snapshot.ts_event < self._quiet_until:
            return None
        return self._signal(snapshot, window)

    def _signal(self, snapshot: FeatureSnapshot, window: WindowFeatures) -> Signal | None:
        if window.volume_sum < self._params.min_volume:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        change = window.change_percent
        excess = abs(change) / self._high
        kind = "rapid_rise" if change > 0 else "rapid_fall"
        return Signal(
            snapshot.instrument_id,
            kind,
            "buy" if change > 0 else "sell",
            confidence_of(excess),
            strength_of(excess),
            (f"{kind} change_percent={change:.3f} window={window.window} volume={window.volume_sum}",),
            window.window,
        )
