"""What the platform counted of late, so that it can be said how much something grew in the last minutes.

Bounded by time: samples older than the longest span that any alert looks back at are forgotten.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Labels = frozenset[tuple[str, str]]
Series = dict[Labels, float]


class Samples:
    """Samples of some metrics, newest last."""

    def __init__(self, *, kept_s: float) -> None:
        self._kept_s = kept_s
        self._taken: deque[tuple[float, dict[str, Series]]] = deque()
        self.now_s = 0.0
        """Unix time of the newest sample."""

    def take(self, now_s: float, metrics: dict[str, Series]) -> None:
        """Add what the metrics say now, and forget what nobody looks back at any more."""
        self.now_s = now_s
        self._taken.append((now_s, metrics))
        while len(self._taken) > 1 and self._taken[1][0] <= now_s - self._kept_s:
            self._taken.popleft()

    def newest(self, name: str, wanted: Mapping[str, str]) -> Series:
        """Return the newest value of each series."""
        return _chosen(self._taken[-1][1].get(name, {}), wanted) if self._taken else {}

    def increase(self, name: str, wanted: Mapping[str, str], span_s: float) -> Series:
        """Return how much each counter grew in the last `span_s`; one that began anew counts from 0 again.

        A series that was not there at the beginning grew from 0: a counter's first count is what wakes somebody.
        """
        grown: Series = {}
        before: Series = {}
        is_first = True
        for taken_s, metrics in self._taken:
            series = _chosen(metrics.get(name, {}), wanted)
            if taken_s > self.now_s - span_s and not is_first:
                for labels, value in series.items():
                    then = before.get(labels, 0.0)
                    grown[labels] = grown.get(labels, 0.0) + (value - then if value >= then else value)
            before, is_first = series, False
        return grown

    def highest(self, name: str, wanted: Mapping[str, str], span_s: float) -> Series:
        """Return the highest value of each series in the last `span_s`."""
        found: Series = {}
        for taken_s, metrics in self._taken:
            if taken_s >= self.now_s - span_s:
                for labels, value in _chosen(metrics.get(name, {}), wanted).items():
                    found[labels] = max(value, found.get(labels, value))
        return found


def _chosen(series: Series, wanted: Mapping[str, str]) -> Series:
    if not wanted:
        return series
    # `job` is a name that Prometheus gives to all of us.
    pairs = {pair for pair in wanted.items() if pair[0] != "job"}
    return {labels: value for labels, value in series.items() if pairs <= labels}
