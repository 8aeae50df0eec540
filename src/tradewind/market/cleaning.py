"""Cleaning: every raw tick becomes a clean, numbered tick or a counted rejection.

`by_id` is the hot table: instrument id to the `clean` of its own `InstrumentCleaner`. Who looks a tick up there
himself saves one call; what is not in it goes to `admit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain.tick import Tick, TickFlag
from tradewind.market.instrument_cleaner import InstrumentCleaner
from tradewind.market.outcome import REJECTIONS, Rejection
from tradewind.market.reasons import RejectReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.market.quality import Scorecard
    from tradewind.market.rules import CleaningRules


class TickCleaner:
    """All instruments' cleaners of one process; at most `rules.max_instruments`, further ones are rejected."""

    def __init__(self, *, instruments: InstrumentLookup, calendar: TradingCalendar, rules: CleaningRules) -> None:
        self._instruments = instruments
        self._calendar = calendar
        self._rules = rules
        self._cleaners: dict[str, InstrumentCleaner] = {}
        self._unattributed: dict[RejectReason, int] = {}
        self._ended: dict[str, int] = {}
        """Number of the last tick of contracts that were said to have ended."""
        self.by_id: dict[str, Callable[[Any], Tick | Rejection]] = {}

    def clean(self, raw: Any) -> Tick | Rejection:  # noqa: ANN401 - a source may hand in anything
        """Return the clean tick, or why there is none. Never raises, whatever `raw` is."""
        try:
            clean = self.by_id.get(raw[0])
        except (TypeError, LookupError):
            return self.reject(RejectReason.MALFORMED)
        return clean(raw) if clean is not None else self.admit(raw)

    def admit(self, raw: Any) -> Tick | Rejection:  # noqa: ANN401 - a source may hand in anything
        """Clean the first tick of an instrument, or reject it as unknown."""
        instrument_id = raw[0]
        if not isinstance(instrument_id, str):
            return self.reject(RejectReason.MALFORMED)
        instrument = self._instruments.find(instrument_id)
        if instrument is None:
            return self.reject(RejectReason.UNKNOWN_INSTRUMENT)
        if len(self._cleaners) >= self._rules.max_instruments:
            return self.reject(RejectReason.INSTRUMENT_LIMIT)
        return self._add(instrument).clean(raw)

    def resume(self, ticks: Iterable[Tick]) -> None:
        """Go on after these ticks, the last of each instrument in an earlier life; before the first `clean`."""
        for tick in ticks:
            instrument = self._instruments.find(tick.instrument_id)
            if instrument is not None and len(self._cleaners) < self._rules.max_instruments:
                self._add(instrument).resume(tick)
                if tick.flags & TickFlag.LAST:
                    self._ended[tick.instrument_id] = tick.seq

    def _add(self, instrument: Instrument) -> InstrumentCleaner:
        cleaner = InstrumentCleaner(instrument, self._calendar, self._rules)
        self._cleaners[instrument.instrument_id] = cleaner
        self.by_id[instrument.instrument_id] = cleaner.short_cut()
        return cleaner

    def reject(self, reason: RejectReason) -> Rejection:
        """Count a rejection that belongs to no known instrument."""
        self._unattributed[reason] = self._unattributed.get(reason, 0) + 1
        return REJECTIONS[reason]

    def repeat_as_test(self, instrument_id: str, now_ns: int) -> Tick | None:
        """Return an instrument's newest quote once more, marked as a test; `None` if it has none, or has ended."""
        return self._repeat(instrument_id, now_ns, TickFlag.TEST)

    def repeat_as_last(self, instrument_id: str, now_ns: int) -> Tick | None:
        """Return an instrument's newest quote once more, as its last; `None` if it has none, or has ended."""
        tick = self._repeat(instrument_id, now_ns, TickFlag.LAST)
        if tick is not None:
            self._ended[instrument_id] = tick.seq
        return tick

    def flowing(self) -> list[str]:
        """Return the instruments that have a quote and have not ended, in the order they appeared."""
        return [name for name, cleaner in self._cleaners.items() if cleaner.seq and not self._has_ended(name)]

    def _repeat(self, instrument_id: str, now_ns: int, flag: TickFlag) -> Tick | None:
        cleaner = self._cleaners.get(instrument_id)
        return None if cleaner is None or self._has_ended(instrument_id) else cleaner.repeat(now_ns, flag)

    def _has_ended(self, instrument_id: str) -> bool:
        """Tell whether nothing has come since the last tick was said to be the last."""
        return self._ended.get(instrument_id) == self._cleaners[instrument_id].seq

    def accepted(self) -> int:
        """Return how many ticks were accepted in this life of the process."""
        return sum(cleaner.seq - cleaner.resumed_at for cleaner in self._cleaners.values())

    def rejected(self) -> dict[str, int]:
        """Return how many ticks were rejected, by reason."""
        totals: dict[str, int] = {reason.value: count for reason, count in self._unattributed.items()}
        for cleaner in self._cleaners.values():
            for reason, count in cleaner.quality.rejected.items():
                totals[reason.value] = totals.get(reason.value, 0) + count
        return totals

    def repaired(self) -> dict[str, int]:
        """Return how many repairs were made, by reason."""
        totals: dict[str, int] = {}
        for cleaner in self._cleaners.values():
            for reason, count in cleaner.quality.repaired.items():
                totals[reason.value] = totals.get(reason.value, 0) + count
        return totals

    def scorecards(self) -> list[Scorecard]:
        """Return the data quality of every instrument seen, in the order they appeared."""
        return [cleaner.scorecard() for cleaner in self._cleaners.values()]

    def scorecard(self, instrument_id: str) -> Scorecard | None:
        """Return one instrument's data quality, or `None` if none of its ticks ever came."""
        cleaner = self._cleaners.get(instrument_id)
        return None if cleaner is None else cleaner.scorecard()
