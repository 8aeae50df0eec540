"""The clock of the indicators: samples of equal length, so that RSI(14) means a span of time.

A sample is the (high, low, close) of one interval and is taken when the first tick of a later
interval arrives; intervals without ticks make no sample. Between two samples the indicators stand still.
"""

from __future__ import annotations

from collections.abc import Callable

from tradewind.features.indicators import NOTHING, IndicatorValues, indicator_set
from tradewind.features.settings import FeatureSettings


def sampled_indicators(settings: FeatureSettings, interval_ns: int) -> Callable[[int, float], IndicatorValues]:
    """Return the function that takes (ts_event, last_price) of the next tick and returns all indicators."""
    take = indicator_set(settings)
    values = NOTHING
    until = 0
    high = low = close = 0.0

    def begin(ts: int, price: float) -> None:
        nonlocal values, until, high, low
        if until:
            values = take(high, low, close)
        until = (ts // interval_ns + 1) * interval_ns
        high = low = price

    def advance(ts: int, price: float) -> IndicatorValues:
        nonlocal high, low, close
        if ts >= until:
            begin(ts, price)
        elif price > high:
            high = price
        elif price < low:
            low = price
        close = price
        return values

    return advance
