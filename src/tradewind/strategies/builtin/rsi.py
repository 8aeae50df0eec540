"""RSI: the price leaves the oversold or overbought zone, towards the middle."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies.builtin.grading import confidence_of, strength_of

_FULL = 100.0


class RsiReturn:
    """Signals against the zone it comes from: buy on leaving oversold, sell on leaving overbought."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What may be set."""

        low: Annotated[
            float, msgspec.Meta(gt=0, lt=50, description="below it is oversold; overbought is 100 - low")
        ] = 25.0
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 120.0

    def __init__(self, params: Params) -> None:
        self._low = params.low
        self._high = _FULL - params.low
        self._cooldown_ns = round(params.cooldown_s * NS_PER_S)
        self._quiet_until = 0
        self._seen: float | None = None
        self._extreme: float | None = None

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        """Look closer when RSI has a new value."""
        rsi = snapshot.rsi
        if rsi == self._seen:
            return None
        self._seen = rsi
        return None if rsi is None else self._moved(snapshot, rsi)

    def _moved(self, snapshot: FeatureSnapshot, rsi: float) -> Signal | None:
        extreme = self._extreme
        if rsi <= self._low:
            self._extreme = rsi if extreme is None else min(extreme, rsi)
            return None
        if rsi >= self._high:
            self._extreme = rsi if extreme is None else max(extreme, rsi)
            return None
        self._extreme = None
        if extreme is None or snapshot.ts_event < self._quiet_until:
            return None
        self._quiet_until = snapshot.ts_event + self._cooldown_ns
        is_buy = extreme <= self._low
        depth = extreme if is_buy else _FULL - extreme  # 0 is as deep as it goes.
        excess = self._low / max(depth, 1.0)
        return Signal(
            snapshot.instrument_id,
            "rsi_return",
            "buy" if is_buy else "sell",
            confidence_of(excess),
            strength_of(excess),
            (f"rsi_return rsi={rsi:.1f} extreme={extreme:.1f}",),
        )
