"""Rolling windows: what happened in the last minute, or in the last 120 ticks, at O(1) a tick.

All windows of an instrument share one running total of everything that is summed: each tick's `Sample` carries the
totals right after it, and a window's sum is the newest total less the one from just before its oldest tick. Prices
are summed as distances from an anchor, and after so many ticks anchor and totals are made afresh from the samples
still held, so that rounding cannot pile up. Highs and lows sit in monotonic queues: a price that a later one has
passed can never be the extreme again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf, sqrt
from typing import Final

from tradewind.domain.feature import WindowFeatures
from tradewind.features.spans import WindowSpec

Sample = tuple[int, float, int, float, float, float, float, float]
"""(ts_event, last_price; totals so far of lots, yuan, squared returns; offset; totals of offsets, squared offsets)."""
Advance = Callable[[int, float, int, float], tuple[WindowFeatures, ...]]
"""(ts_event, last_price, volume_delta, turnover_delta) of the next tick → every window right after it."""
_FOREVER_NS: Final = 1 << 62
_PAIR: Final = 2


def rolling_windows(specs: Sequence[WindowSpec], multiplier: int, *, max_samples: int, resum_after: int) -> Advance:
    """Return the function that takes an instrument's next tick into its windows and says what they hold.

    A window by time holds the ticks with `ts > now - span`; one by count the last `count`; none more than
    `max_samples`, the oldest going first. Standard deviations are of the population (divided by n). A tick's return
    counts when the tick before it is in the window too, so that no night or break is taken for volatility.
    """
    held: list[deque[Sample]] = [deque() for _ in specs]
    calls = tuple(
        _rolling(spec, multiplier, min(spec.count or max_samples, max_samples), samples)
        for spec, samples in zip(specs, held, strict=True)
    )
    one, two = (*calls, None, None)[:2] if len(calls) <= _PAIR else (None, None)
    until_resum, last, anchor = 0, 0.0, 0.0
    lots, yuan, returns, offsets, squares = 0, 0.0, 0.0, 0.0, 0.0

    def resum(price: float) -> None:
        nonlocal until_resum, last, anchor, lots, yuan, returns, offsets, squares
        last = anchor = last or price
        newest = _resum(held, anchor)
        _, _, lots, yuan, returns, _, offsets, squares = newest
        until_resum = max(resum_after, *map(len, held), 0)

    def advance(ts: int, price: float, volume: int, turnover: float) -> tuple[WindowFeatures, ...]:
        nonlocal until_resum, last, lots, yuan, returns, offsets, squares
        if until_resum <= 0:
            resum(price)
        until_resum -= 1
        change = price / last - 1.0
        last = price
        offset = price - anchor
        lots += volume
        yuan += turnover
        returns += change * change
        offsets += offset
        squares += offset * offset
        sample = (ts, price, lots, yuan, returns, offset, offsets, squares)
        # One window and two, the usual numbers, are written out: a loop would build a list first.
        if one is None:
            return tuple([call(sample) for call in calls])
        return (one(sample),) if two is None else (one(sample), two(sample))

    return advance


def _resum(held: Sequence[deque[Sample]], anchor: float) -> Sample:
    """Replace every sample by one whose totals start from 0 at `anchor`; return the newest (or the origin)."""
    longest = max(held, key=len, default=deque[Sample]())
    ts, last, old_lots, old_yuan, *_ = longest[0] if longest else (0, anchor, 0, 0.0)
    sample: Sample = (ts, last, 0, 0.0, 0.0, last - anchor, 0.0, 0.0)
    afresh = [sample]
    for index in range(1, len(longest)):
        ts, price, lots, yuan, _, _, _, _ = longest[index]
        _, _, _, _, returns, _, offsets, squares = sample
        change, offset = price / last - 1.0, price - anchor
        returns, offsets, squares = returns + change * change, offsets + offset, squares + offset * offset
        sample = (ts, price, lots - old_lots, yuan - old_yuan, returns, offset, offsets, squares)
        afresh.append(sample)
        last = price
    for samples in held:
        size = max(len(samples), 1)
        samples.clear()
        samples.extend(afresh[-size:])
    return sample


def _rolling(  # noqa: C901 - one closure: a call per part would cost more than the part
    spec: WindowSpec, multiplier: int, limit: int, samples: deque[Sample]
) -> Callable[[Sample], WindowFeatures]:
    """Return one window; `samples` are the tick just before it, then those in it, oldest first."""
    name, span = spec.name, spec.span_ns or _FOREVER_NS
    highs, lows = deque[float](), deque[float]()
    size, oldest, last, high, low = 0, _FOREVER_NS, 0.0, -inf, inf

    def advance(sample: Sample) -> WindowFeatures:  # noqa: C901 - as above  # noqa: C901 - as above
        nonlocal size, oldest, last, high, low
        ts, price, lots, yuan, returns, offset, offsets, squares = sample
        samples.append(sample)
        size += 1
        if price > high:
            high = price
            highs.clear()
        elif price > last:  # The last price ends both queues: only one of them can have anything to drop.
            while highs[-1] < price:
                highs.pop()
        if price < low:
            low = price
            lows.clear()
        elif price < last:
            while lows[-1] > price:
                lows.pop()
        highs.append(price)
        lows.append(price)
        last = price
        if size == 1:
            oldest = ts
        horizon = ts - span
        while oldest <= horizon or size > limit:
            samples.popleft()
            size -= 1
            gone = samples[0][1]
            oldest = samples[1][0]
            if gone == high:
                highs.popleft()
                high = highs[0]
            if gone == low:
                lows.popleft()
                low = lows[0]
        _, _, lots_before, yuan_before, _, _, offsets_before, squares_before = samples[0]
        _, first, _, _, returns_before, _, _, _ = samples[1]
        lots -= lots_before
        yuan -= yuan_before
        growth = price / first - 1.0
        vwap = yuan / lots / multiplier if lots > 0 else None
        if high == low:  # A flat window is exactly flat, whatever rounding has left in the totals.
            return WindowFeatures(name, size, growth, 0.0, vwap, lots, yuan, high, low, price, 0.0, 0.0)
        distance = (offsets - offsets_before) / size
        variance = (squares - squares_before) / size - distance * distance
        return WindowFeatures(
            name, size, growth, growth * 100.0, vwap, lots, yuan, high, low, price - offset + distance,
            sqrt(returns - returns_before), (offset - distance) / sqrt(variance) if variance > 0.0 else 0.0,
        )  # fmt: skip

    return advance
