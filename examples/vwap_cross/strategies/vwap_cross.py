"""The price crosses its own average of the last minute, and the order book leans the same way."""

from typing import Annotated

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal


class VwapCross:
    """Signals the crossing of a window's volume-weighted average, then keeps quiet for a while."""

    class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        window: Annotated[str, msgspec.Meta(description="window whose average counts")] = "60s"
        min_lean: Annotated[float, msgspec.Meta(ge=0, le=1, description="lean of the book that counts")] = 0.3
        cooldown_s: Annotated[float, msgspec.Meta(ge=0, description="silence after a signal")] = 120.0

    def __init__(self, params: Params) -> None:
        self._params = params
        self._was_above: bool | None = None
        self._quiet_until = 0

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        window, lean = snapshot.window(self._params.window), snapshot.imbalance
        if window is None or window.vwap is None or lean is None or snapshot.last_price == window.vwap:
            return None
        is_above = snapshot.last_price > window.vwap
        has_crossed = self._was_above is not None and is_above != self._was_above
        self._was_above = is_above
        agrees = lean >= self._params.min_lean if is_above else lean <= -self._params.min_lean
        if not has_crossed or not agrees or snapshot.ts_event < self._quiet_until:
            return None
        self._quiet_until = snapshot.ts_event + int(self._params.cooldown_s * 1e9)
        return Signal(
            snapshot.instrument_id,
            "vwap_cross",
            "buy" if is_above else "sell",
            confidence=0.5 + 0.4 * abs(lean),
            strength=60.0,
            reasons=(f"vwap_cross vwap={window.vwap:.2f} lean={lean:.2f}",),
            window=self._params.window,
        )
