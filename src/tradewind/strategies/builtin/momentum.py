"""Momentum: a steady move that is still at its edge: the price has come far and stands at the end of its range."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.signal import Signal, SignalSide
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of, window_index


class Momentum:
    """Signals with the move while it holds: change, place in the range and VWAP all on one side."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        window: Annotated[str, msgspec.Meta(description="window that is watched")] = "5m"
        change_percent: Annotated[
            float, msgspec.Meta(gt=0, le=50, description="change of the price over the window, in percent")
        ] = 0.25
        edge: Annotated[
            float,
            msgspec.Meta(
                gt=0.5, le=1, description="place in the window's range, 1 = at its end, that counts as holding"
            ),
        ] = 0.9
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 120.0

    def __init__(self, params: Params) -> None:
        self._params = params
        self._low, self._high = -params.change_percent, params.change_percent
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._index = -1

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Look closer once the change is large enough."""
        if self._index < 0:
            self._index = window_index(snapshot, self._params.window)
        window = snapshot.windows[self._index]
        if self._low < window.change_percent < self._high or snapshot.ts_event < self._quiet_until:
            return None
        return self._signal(snapshot, window)

    def _signal(self, snapshot: FeatureSnapshot, window: WindowFeatures) -> Signal | None:
        change, price, vwap = window.change_percent, snapshot.last_price, window.vwap
        side: SignalSide = "buy" if change > 0 else "sell"
        reach = window.high - window.low
        if vwap is None or reach <= 0.0 or (price > vwap) != (change > 0):
            return None
        place = (price - window.low if change > 0 else window.high - price) / reach
        if place < self._params.edge:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        excess = abs(change) / self._high
        reason = f"momentum change_percent={change:.3f} window={window.window} place={place:.2f} vwap={vwap:.2f}"
        return Signal(
            snapshot.instrument_id,
            "momentum",
            side,
            confidence_of(excess),
            strength_of(excess),
            (reason,),
            window.window,
        )
