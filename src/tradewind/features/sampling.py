"""The clock of the indicators: every tick, or samples of equal length, so that RSI(14) means a span of time.

Sampled by time, a sample is the (high, low, close) of one interval and is taken when the first tick of a later
interval arrives; intervals without ticks make no sample. Between two samples the indicators stand still.
"""

from __future__ import annotations

from collections.abc import Callable

from tradewind.features.indicators import NOTHING, IndicatorValues, indicator_set
from tradewind.features.settings import FeatureSettings
from tradewind.features.spans import parse_interval


def sampled_indicators(settings: FeatureSettings) -> Callable[[int, float], IndicatorValues]:
    """Return the function that takes (ts_event, last_price) of the next tick and returns all indicators."""
    interval_ns = parse_interval(settings.indicator_interval)
    take = indicator_set(settings)
    if interval_ns == 0:
        return lambda _ts, price: take(price, price, price)
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
