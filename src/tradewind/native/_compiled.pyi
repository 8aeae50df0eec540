# Types of the extension module; what each part means stands in its Python counterpart.

from collections.abc import Iterable
from typing import Self

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.tick import Tick

SOURCES: str

class SnapshotBuilder:
    def __new__(
        cls,
        tick_type: type[Tick],
        snapshot_type: type[FeatureSnapshot],
        window_type: type[WindowFeatures],
        *,
        windows: Iterable[tuple[str, int, int]],
        multiplier: int,
        price_digits: int,
        max_samples: int,
        resum_after: int,
        interval_ns: int,
        ema_fast: int,
        ema_slow: int,
        macd_signal: int,
        rsi_period: int,
        bollinger_period: int,
        bollinger_width: float,
        atr_period: int,
    ) -> Self: ...
    def __call__(self, tick: Tick, /) -> FeatureSnapshot: ...
