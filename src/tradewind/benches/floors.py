"""Baselines of `bench line`: what the language allows, and the usual way of computing features."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.domain.tick import Tick
from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PERIOD = 120


def empty_call_us(raws: Sequence[tuple[Any, ...]]) -> float:
    """Time building one clean message and calling one empty function per tick: no line can be faster."""

    def handler(_tick: Tick) -> None:
        return

    build: Callable[..., Tick] = Tick
    begun = perf_ns()
    for seq, raw in enumerate(raws):
        handler(build(raw[0], seq, *raw[1:], 0, 0.0))
    return (perf_ns() - begun) / len(raws) / 1e3


def numpy_recompute_us(prices: Sequence[float], volumes: Sequence[int], count: int) -> float:
    """Time the usual way: keep the last 120 ticks and compute each feature afresh with numpy."""
    features = _recompute(prices, volumes)
    begun = perf_ns()
    for index in range(count):
        features(index % len(prices))
    return (perf_ns() - begun) / count / 1e3


def _recompute(prices: Sequence[float], volumes: Sequence[int]) -> Callable[[int], tuple[float, ...]]:
    window: deque[float] = deque(maxlen=_PERIOD)
    sizes: deque[int] = deque(maxlen=_PERIOD)

    def step(index: int) -> tuple[float, ...]:
        window.append(prices[index])
        sizes.append(volumes[index])
        array = np.asarray(window)
        lots = np.asarray(sizes, dtype=float)
        mean, deviation = array.mean(), array.std()
        moves = np.diff(array)
        gains, losses = moves.clip(min=0).sum(), -moves.clip(max=0).sum()
        fast, slow = array[-12:].mean(), array[-26:].mean()
        traded = lots.sum()
        return (
            array[-1] / array[0] - 1,
            (array * lots).sum() / traded if traded else array[-1],
            traded,
            array.max(),
            array.min(),
            mean,
            (array[-1] - mean) / deviation if deviation else 0.0,
            np.sqrt((moves**2).sum()),
            fast,
            slow,
            fast - slow,
            100 - 100 / (1 + gains / losses) if losses else 100.0,
            mean + 2 * deviation,
            mean - 2 * deviation,
        )

    return step
