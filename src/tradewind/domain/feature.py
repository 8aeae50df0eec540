"""Features: what the rolling windows and indicators say after each tick."""

from __future__ import annotations

import msgspec


class WindowFeatures(msgspec.Struct, frozen=True, gc=False):
    """One rolling window of one instrument.

    `window` is its name: `60s` by time, `120t` by count of ticks. `return_` is last / first - 1 of the window;
    `change_percent` the same in percent; `vwap` is turnover / volume / multiplier of what traded in it (`None`
    when nothing did); `realized_volatility` the root of the sum of squared tick returns in it; `zscore` the
    distance of the last price from the window's mean, in standard deviations (0 in a flat window).
    """

    window: str
    sample_size: int
    return_: float = msgspec.field(name="return")
    change_percent: float
    vwap: float | None
    volume_sum: int
    turnover_sum: float
    high: float
    low: float
    mean: float
    realized_volatility: float
    zscore: float


class FeatureSnapshot(msgspec.Struct, frozen=True, gc=False):
    """Everything the line knows of an instrument right after tick `seq` (its cause).

    Indicators are `None` until they have seen enough samples. `imbalance` is (bid − ask) / (bid + ask) volume of
    level 1 in −1 … 1; `microprice` the volume-weighted middle of the book; `day_change_percent` against the
    previous settlement price, as futures are quoted.
    """

    instrument_id: str
    seq: int
    ts_event: int
    trading_day: int
    last_price: float
    day_change_percent: float | None
    spread: float | None
    imbalance: float | None
    microprice: float | None
    ema_fast: float | None
    ema_slow: float | None
    macd: float | None
    macd_signal: float | None
    macd_histogram: float | None
    rsi: float | None
    bollinger_mid: float | None
    bollinger_upper: float | None
    bollinger_lower: float | None
    atr: float | None
    windows: tuple[WindowFeatures, ...]

    def window(self, name: str) -> WindowFeatures | None:
        """Return the window of that name, or `None` if this run computes no such window."""
        for window in self.windows:
            if window.window == name:
                return window
        return None
