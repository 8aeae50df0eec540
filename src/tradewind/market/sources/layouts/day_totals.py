"""Totals of a trading day built up from single trades, for recordings that hold no totals of their own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tradewind.market.sources.layouts.columns import FloatArray, IntArray


class Totals(NamedTuple):
    """What the day looked like after each row."""

    volume: IntArray
    turnover: FloatArray
    open_price: FloatArray
    high_price: FloatArray
    low_price: FloatArray


class DayTotals:
    """Adds up trades row by row and begins anew with each day; results do not depend on the batches' sizes."""

    def __init__(self) -> None:
        self._day: int | None = None
        self._carried: tuple[int, float, float, float, float] = (0, 0.0, 0.0, 0.0, 0.0)

    def add(self, days: IntArray, prices: FloatArray, lots: IntArray, multiplier: float) -> Totals:
        """Return the totals after each row of a batch; `days` never decrease within a day's trades."""
        edges = np.flatnonzero(days[1:] != days[:-1]) + 1
        bounds = [0, *edges.tolist(), len(days)]
        parts = [
            self._add_day(int(days[begin]), prices[begin:end], lots[begin:end], multiplier)
            for begin, end in pairwise(bounds)
        ]
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Totals(*joined)

    def _add_day(self, day: int, prices: FloatArray, lots: IntArray, multiplier: float) -> Totals:
        first = float(prices[0])
        if day != self._day:
            self._day = day
            self._carried = (0, 0.0, first, first, first)
        volume, turnover, opened, high, low = self._carried
        totals = Totals(
            _running(np.add, volume, lots),
            # One addition after the other, from the carried sum on: the same floats for any size of batch.
            _running(np.add, turnover, prices * lots * multiplier),
            np.full(len(prices), opened),
            _running(np.maximum, high, prices),
            _running(np.minimum, low, prices),
        )
        self._carried = (
            int(totals.volume[-1]),
            float(totals.turnover[-1]),
            opened,
            float(totals.high_price[-1]),
            float(totals.low_price[-1]),
        )
        return totals


def _running(operation: np.ufunc, carried: float, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    results: npt.NDArray[Any] = operation.accumulate(np.concatenate((np.array([carried], dtype=values.dtype), values)))
    return results[1:]
