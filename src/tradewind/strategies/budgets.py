"""How much trouble a strategy may make before it is quarantined: exceptions, floods, machine time.

Exceptions and floods are judged in line time, so that a replay judges as the live day did. Machine time is judged by
the median of sampled calls: one call that the operating system held up proves nothing.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.strategies.settings import StrategySettings

_MINUTE_NS: Final = 60 * NS_PER_S
_USUAL_FOR: Final = 64
"""Samples for which a median once made is good enough to be told with a signal."""


class Budgets:
    """One strategy's accounts; each `on_…` returns why it has gone too far, or `None`."""

    def __init__(self, settings: StrategySettings) -> None:
        self._settings = settings
        self._window_ns = round(settings.error_window_s * NS_PER_S)
        self.is_halved = False
        self.reset(is_halved=False)

    def reset(self, *, is_halved: bool) -> None:
        """Begin with empty accounts, on the whole budget or on half of it."""
        settings, parts = self._settings, 2 if is_halved else 1
        self.is_halved = is_halved
        self.max_errors = max(1, settings.max_errors // parts)
        self.max_signals = max(1, settings.max_signals_per_minute // parts)
        self.cpu_budget_us = settings.cpu_budget_us / parts
        self._errors: deque[int] = deque(maxlen=self.max_errors)
        self._signals: dict[str, deque[int]] = {}
        self._samples_us: deque[float] = deque(maxlen=settings.cpu_samples)
        self._usual_us = 0.0
        self._usual_for = 0

    @property
    def own_time_us(self) -> float | None:
        """Median of the sampled calls, `None` before the first."""
        return median(self._samples_us) if self._samples_us else None

    @property
    def usual_us(self) -> float:
        """The same as it was a few samples ago, 0 before the first: a median is too dear for every signal."""
        if self._usual_for <= 0 and self._samples_us:
            self._usual_us, self._usual_for = median(self._samples_us), _USUAL_FOR
        return self._usual_us

    def on_error(self, now_ns: int) -> str | None:
        """Count an exception or a refused answer."""
        errors = self._errors
        errors.append(now_ns)
        if len(errors) < self.max_errors or now_ns - errors[0] > self._window_ns:
            return None
        return f"{len(errors)} errors within {self._settings.error_window_s:g} s"

    def on_signal(self, instrument_id: str, now_ns: int) -> str | None:
        """Count a signal at the time of its event; the one that makes it a flood is not to be published."""
        sent = self._signals.get(instrument_id)
        if sent is None:
            sent = self._signals[instrument_id] = deque(maxlen=self.max_signals)
        if len(sent) == self.max_signals and now_ns - sent[0] < _MINUTE_NS:
            return f"more than {self.max_signals} signals a minute on {instrument_id}"
        sent.append(now_ns)
        return None

    def on_sample(self, took_us: float) -> str | None:
        """Count the machine time of one sampled call."""
        samples = self._samples_us
        samples.append(took_us)
        self._usual_for -= 1
        if not 0.0 < self.cpu_budget_us < took_us or len(samples) < self._settings.cpu_samples:
            return None  # A call within the budget cannot be the one that lifts the median over it.
        typical = median(samples)
        if typical <= self.cpu_budget_us:
            return None
        return f"a call takes {typical:.0f} µs, allowed are {self.cpu_budget_us:g} µs"
