"""What the API may ask of the market room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument
    from tradewind.kernel.clock import LineClock
    from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar
    from tradewind.market.contracts import InstrumentTable
    from tradewind.market.quality import Scorecard
    from tradewind.market.service import LineCounts, MarketLine

SessionPhase = Literal["trading", "auction", "break", "closed"]


class SessionState(msgspec.Struct, frozen=True, kw_only=True):
    """Where an instrument stands in its trading day at line time. Times in ns UTC.

    `next_change_ns` is when the present section ends or the next one opens; `is_calendar_verified` is false where
    the list of holidays does not reach: the hours of such a day are a guess.
    """

    instrument_id: str
    phase: SessionPhase
    trading_day: int
    next_change_ns: int
    is_calendar_verified: bool


class MarketQueries:
    """Read-only answers; nothing here changes the line."""

    def __init__(
        self,
        *,
        instruments: InstrumentTable,
        line: MarketLine,
        calendar: ExchangeCalendar | RoundTheClockCalendar,
        clock: LineClock,
    ) -> None:
        self._instruments = instruments
        self._line = line
        self._calendar = calendar
        self._clock = clock

    def instruments(self) -> list[Instrument]:
        """Return the contracts of which ticks have come, in the order they appeared; facts of each."""
        found = (self._instruments.find(instrument_id) for instrument_id in self._line.cleaner.by_id)
        return [instrument for instrument in found if instrument is not None]

    def listed(self) -> list[Instrument]:
        """Return every contract of the table, flowing or not."""
        return self._instruments.all()

    def instrument(self, instrument_id: str) -> Instrument:
        """Return one contract's facts.

        Raises: UnknownInstrumentError: no table knows it.
        """
        return self._instruments.require(instrument_id)

    def scorecards(self) -> list[Scorecard]:
        """Return the data quality of every instrument seen."""
        return self._line.cleaner.scorecards()

    def scorecard(self, instrument_id: str) -> Scorecard | None:
        """Return one instrument's data quality, `None` if none of its ticks ever came."""
        return self._line.cleaner.scorecard(instrument_id)

    def counts(self) -> LineCounts:
        """Return what went in and what became of it, and bring the metrics up to date."""
        self._line.flush()
        return self._line.counts()

    def session(self, instrument_id: str, ts: int | None = None) -> SessionState:
        """Return where the instrument stands in its trading day, at line time or at `ts`.

        Raises: UnknownInstrumentError: no table knows it.
        """
        hours_id = self._instruments.require(instrument_id).hours_id
        at = self._clock.now_ns() if ts is None else ts
        day = self._calendar.day_at(hours_id, at)
        section = self._calendar.section_at(hours_id, at)
        phase: SessionPhase
        if section is not None:
            phase, change_ns = "trading", section.close_ns
        elif at < day.auction_ns:
            phase, change_ns = "closed", day.auction_ns
        elif at < day.open_ns:
            phase, change_ns = "auction", day.open_ns
        else:
            phase = "break"
            change_ns = next(coming.open_ns for coming in day.sections if coming.open_ns > at)
        trading_day = self._calendar.trading_day_at(hours_id, at)
        return SessionState(
            instrument_id=instrument_id,
            phase=phase,
            trading_day=trading_day,
            next_change_ns=change_ns,
            is_calendar_verified=self._calendar.is_verified(day.trading_day),
        )
