"""Instruments that suddenly move far more than they usually do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.risk import AlertKind
from tradewind.domain.tick import tick_cause
from tradewind.native import compiled
from tradewind.risk.episodes import Episodes, Finding, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.risk.settings import RiskSettings

_KIND = AlertKind.VOLATILITY_BURST
_NO_WINDOW: Final = -1
_ALWAYS_CLOSE: Final = 0.0
"""A factor that makes every value worth a close look."""


class _Usual:
    """One instrument's slow average, and the factor beyond which a value is looked at closely."""

    __slots__ = ("factor", "first_seq", "index", "seq", "slow", "ts")

    def __init__(self, snapshot: FeatureSnapshot, index: int) -> None:
        self.seq = self.first_seq = snapshot.seq
        self.ts = snapshot.ts_event
        self.index = index
        self.slow = 0.0
        self.factor = _ALWAYS_CLOSE


class VolatilityBurst:
    """Compares the realised volatility of one window with its own slow exponential average."""

    def __init__(self, settings: RiskSettings, episodes: Episodes, on_gap: Callable[[], None]) -> None:
        self._settings = settings
        self._episodes = episodes
        self._on_gap = on_gap
        self._name = settings.volatility_window
        self._alpha = 2.0 / (settings.volatility_slow_ticks + 1.0)
        self._usual: dict[str, _Usual] = {}

    def on_features(self, snapshot: FeatureSnapshot) -> None:
        """Take an instrument's newest features; a redelivered snapshot changes nothing."""
        usual = self._usual.get(snapshot.instrument_id)
        seq = snapshot.seq
        if usual is None or seq != usual.seq + 1:
            usual = self._out_of_sequence(snapshot, usual)
            if usual is None:
                return
        usual.seq = seq
        usual.ts = snapshot.ts_event
        index = usual.index
        if index < 0:
            return
        value = snapshot.windows[index].realized_volatility
        slow = usual.slow
        usual.slow = slow + self._alpha * (value - slow)
        if value < slow * usual.factor:
            return
        self._look_closely(snapshot, usual, value, slow)

    def end(self, instrument_id: str) -> None:
        """Forget what an instrument's volatility usually is."""
        self._usual.pop(instrument_id, None)
        self._episodes.clear(_KIND, instrument_id)

    def handler(self) -> Callable[[FeatureSnapshot], None]:
        """Return what to subscribe: `on_features`, or its compiled counterpart on the same state."""
        if compiled is None:
            return self.on_features
        return compiled.VolatilityWatch(
            usual=self._usual,
            plainly=self.on_features,
            usual_type=_Usual,
            snapshot_type=FeatureSnapshot,
            window_type=WindowFeatures,
            alpha=self._alpha,
        )

    def _look_closely(self, snapshot: FeatureSnapshot, usual: _Usual, value: float, slow: float) -> None:
        settings = self._settings
        samples = usual.seq - usual.first_seq + 1
        if samples <= settings.volatility_warmup_ticks:
            # A plain mean until the slow average has something to stand on.
            usual.slow = slow + (value - slow) / samples
            return
        instrument_id = snapshot.instrument_id
        limit = max(slow * settings.volatility_factor, settings.volatility_floor)
        if value >= limit > 0.0:
            self._episodes.report(_KIND, _finding(snapshot, value, limit, slow, self._name))
        elif value < limit * settings.volatility_rearm:
            self._episodes.clear(_KIND, instrument_id)
        is_active = self._episodes.is_active(_KIND, instrument_id)
        usual.factor = _ALWAYS_CLOSE if is_active else settings.volatility_factor

    def _out_of_sequence(self, snapshot: FeatureSnapshot, usual: _Usual | None) -> _Usual | None:
        """Return the state to go on with, or `None` for a snapshot to pass over."""
        if usual is None:
            if len(self._usual) >= self._settings.max_instruments:
                return None
            index = next((at for at, each in enumerate(snapshot.windows) if each.window == self._name), _NO_WINDOW)
            usual = self._usual[snapshot.instrument_id] = _Usual(snapshot, index)
            return usual
        if snapshot.seq > usual.seq:
            self._on_gap()
            return usual
        # The writer numbers from 1 again after a restart; a redelivered snapshot is not newer than what we have.
        if snapshot.ts_event <= usual.ts:
            return None
        usual.first_seq -= usual.seq - snapshot.seq
        return usual


def _finding(snapshot: FeatureSnapshot, value: float, limit: float, slow: float, window: str) -> Finding:
    return Finding(
        instrument_id=snapshot.instrument_id,
        ts_event=snapshot.ts_event,
        excess=value / limit - 1.0,
        params={"actual": shown(value), "limit": shown(limit), "usual": shown(slow), "window": window},
        cause=tick_cause(snapshot.instrument_id, snapshot.seq),
    )
