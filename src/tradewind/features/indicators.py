"""The classic indicators at O(1) a sample: EMA and MACD, RSI, Bollinger bands, ATR.

Definitions, so that another library can be set to the same:

- EMA: weight 2 / (period + 1), begun with the first sample (pandas and polars: `adjust=False`).
- MACD: fast EMA - slow EMA; its signal line is the EMA of MACD from the first sample on.
- RSI and ATR: Wilder 1978, the first average plain, then average += (value - average) / period. RSI is 50 where
  nothing has moved; the first true range is the sample's high - low.
- Bollinger: mean ± width × standard deviation of the population, over the last `period` samples.

All live in one closure: as closures of their own they took a third longer, in calls and in tuples packed and unpacked.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from tradewind.features.settings import FeatureSettings

_Maybe = float | None
IndicatorValues = tuple[_Maybe, _Maybe, _Maybe, _Maybe, _Maybe, _Maybe, _Maybe, _Maybe, _Maybe, _Maybe]
"""In the order of `FeatureSnapshot`: fast EMA, slow EMA, MACD, signal, histogram, RSI, mid, upper, lower, ATR."""
NOTHING: IndicatorValues = (None, None, None, None, None, None, None, None, None, None)


def indicator_set(settings: FeatureSettings) -> Callable[[float, float, float], IndicatorValues]:
    """Return the function that takes the next sample (high, low, close) and returns every indicator after it.

    Each is `None` until it has seen as many samples as it averages. During that time everything is computed by the
    same formulas, with Wilder's weight at 1 / n so that the first average is the plain one.
    """
    rsi_period, width, resum_after = settings.rsi_period, settings.bollinger_width, settings.resum_after
    atr_period, band_period = settings.atr_period, settings.bollinger_period
    fast_weight, slow_weight = 2.0 / (settings.ema_fast + 1.0), 2.0 / (settings.ema_slow + 1.0)
    signal_weight, needs = 2.0 / (settings.macd_signal + 1.0), _needs(settings)
    ready, last_slot, seen, until_care, slot = max(needs), band_period - 1, 0, 0, 0
    fast = slow = line = gains = losses = reach = last = anchor = offsets = squares = rsi_weight = atr_weight = 0.0
    ring = [0.0] * band_period

    def care(close: float) -> None:
        """Before every sample of the first time, then now and then: begin, set the weights, sum the ring afresh."""
        nonlocal seen, until_care, fast, slow, last, anchor, offsets, squares, rsi_weight, atr_weight
        if seen == 0:
            fast = slow = last = close
        seen = min(seen + 1, ready)
        until_care = resum_after if seen == ready else 0
        rsi_weight, atr_weight = 1.0 / max(min(seen - 1, rsi_period), 1), 1.0 / min(seen, atr_period)
        anchor = last
        offsets, squares = _sums([price - anchor for price in ring])

    def take(high: float, low: float, close: float) -> IndicatorValues:
        nonlocal until_care, slot, fast, slow, line, gains, losses, reach, last, offsets, squares
        if until_care <= 0:
            care(close)
        until_care -= 1
        fast += fast_weight * (close - fast)
        slow += slow_weight * (close - slow)
        macd = fast - slow
        line += signal_weight * (macd - line)
        change = close - last
        gains += ((max(0.0, change)) - gains) * rsi_weight
        losses += ((-change if change < 0.0 else 0.0) - losses) * rsi_weight
        moved = gains + losses
        if last > high:
            high = last
        elif last < low:
            low = last
        last = close
        reach += (high - low - reach) * atr_weight
        gone = ring[slot] - anchor
        ring[slot] = close
        slot = slot + 1 if slot < last_slot else 0
        offset = close - anchor
        offsets += offset - gone
        squares += offset * offset - gone * gone
        distance = offsets / band_period
        variance = squares / band_period - distance * distance
        mid = anchor + distance
        half = width * sqrt(variance) if variance > 0.0 else 0.0
        strength = 100.0 * gains / moved if moved > 0.0 else 50.0
        values = fast, slow, macd, line, macd - line, strength, mid, mid + half, mid - half, reach
        return values if seen == ready else _masked(values, needs, seen)

    return take


def _sums(offsets: list[float]) -> tuple[float, float]:
    """Return the sum and the sum of squares, added one by one: from Python 3.12 on `sum` would round otherwise."""
    plain = squares = 0.0
    for offset in offsets:
        plain += offset
        squares += offset * offset
    return plain, squares


def _needs(settings: FeatureSettings) -> tuple[int, ...]:
    """Return how many samples each value needs, in the order of `IndicatorValues`."""
    slow, band = settings.ema_slow, settings.bollinger_period
    signal = slow + settings.macd_signal - 1
    return settings.ema_fast, slow, slow, signal, signal, settings.rsi_period + 1, band, band, band, settings.atr_period


def _masked(values: IndicatorValues, needs: tuple[int, ...], seen: int) -> IndicatorValues:
    """Hide what has not seen enough."""
    shown = (value if seen >= need else None for value, need in zip(values, needs, strict=True))
    fast, slow, macd, line, histogram, strength, mid, upper, lower, reach = shown
    return fast, slow, macd, line, histogram, strength, mid, upper, lower, reach
