"""What an operator may say about features: which windows, which indicators, how bars close."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradewind.errors import ConfigError
from tradewind.features.spans import parse_interval, parse_window

_Period = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class FeatureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the features room.

    Raises: ConfigError: a window or interval of no known form, a window given twice, or EMA periods in disorder.
    """

    windows: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            max_length=8,
            description="rolling windows: by time (`60s`, `5m`) or by count of ticks (`120t`), at most 8; "
            "the built-in strategies need `60s` and `5m`",
        ),
    ] = ("60s", "5m")
    window_max_samples: Annotated[
        int,
        msgspec.Meta(
            ge=2,
            le=1_000_000,
            description="ticks a window keeps at most; beyond it the oldest goes early and sample_size shows it",
        ),
    ] = 16_384
    resum_after: Annotated[
        int,
        msgspec.Meta(
            ge=1, description="evictions after which running sums are summed afresh, so that rounding cannot pile up"
        ),
    ] = 1_024
    indicator_interval: Annotated[
        str,
        msgspec.Meta(description="the clock of the indicators: `tick`, or the length of a sample such as `5s` or `1m`"),
    ] = "5s"
    ema_fast: Annotated[_Period, msgspec.Meta(description="samples of the fast EMA, also MACD's")] = 12
    ema_slow: Annotated[_Period, msgspec.Meta(description="samples of the slow EMA, also MACD's")] = 26
    macd_signal: Annotated[_Period, msgspec.Meta(description="samples of MACD's signal line")] = 9
    rsi_period: Annotated[_Period, msgspec.Meta(description="samples of RSI (Wilder)")] = 14
    bollinger_period: Annotated[_Period, msgspec.Meta(description="samples of the Bollinger band")] = 20
    bollinger_width: Annotated[
        float, msgspec.Meta(gt=0, le=100, description="half width of the Bollinger band in standard deviations")
    ] = 2.0
    atr_period: Annotated[_Period, msgspec.Meta(description="samples of ATR (Wilder)")] = 14
    bar_interval_s: Annotated[int, msgspec.Meta(ge=1, le=86_400, description="length of a bar in seconds")] = 60
    bar_grace_ms: Annotated[
        int,
        msgspec.Meta(ge=0, le=60_000, description="how long a bar waits after its end for ticks still on their way"),
    ] = 1_000
    close_tolerance_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60_000, description="how long after a section's end its last ticks may be stamped (exchanges: 3 s)"
        ),
    ] = 3_000
    max_instruments: Annotated[
        int, msgspec.Meta(ge=1, description="instruments followed at once; ticks of further ones are refused")
    ] = 4_096

    def __post_init__(self) -> None:
        """Refuse what cannot be computed, by name."""
        names = [parse_window(window).name for window in self.windows]
        if len(set(names)) != len(names):
            message = f"features.windows names a window twice: {', '.join(names)}; each may stand once"
            raise ConfigError(message)
        parse_interval(self.indicator_interval)
        if self.ema_fast >= self.ema_slow:
            message = f"features.ema_fast must be below features.ema_slow, was {self.ema_fast} ≥ {self.ema_slow}"
            raise ConfigError(message)
