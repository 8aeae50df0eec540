"""What is missing in a recording, instrument by instrument and section of trading by section.

A tick says the day's volume so far, so a silence tells by the volume on its far side whether anything was traded in it:
`silence` is a gap in which it was, `quiet` one in which it was not. `begin` and `end` are silences at a section's
edges, `absent` is a whole section without a tick. A silence counts from `gap_factor` times the section's usual
interval on, and never below `gap_min_s`; times are the exchange's, in ns UTC.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.stores.ticks.manifest import Loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tradewind.domain.hours import Section, TradingCalendar, TradingDayHours
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.market.settings import CleaningSettings

VERSION: Final = 1
_FEWEST: Final = 3
"""Intervals that it takes to call one usual."""


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stretch without a tick; `volume` is what was traded in it, `None` where no later tick says so."""

    kind: Literal["begin", "silence", "quiet", "end", "absent"]
    from_ns: int
    until_ns: int
    volume: int | None
    ticks_estimated: int
    """How many ticks would have come at the usual interval; 0 where nothing was traded."""


class SessionGaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One section of trading."""

    open_ns: int
    close_ns: int
    ticks: int
    usual_interval_ms: float | None
    coverage_percent: float
    """Share of the section that lies in no gap."""
    gaps: tuple[Gap, ...]


class InstrumentGaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument's day; without `sessions` nobody knows its hours."""

    instrument_id: str
    ticks: int
    volume_backwards: int
    sessions: tuple[SessionGaps, ...]


class GapReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing in one recording of one day."""

    version: int = VERSION
    trading_day: int
    recording: str
    losses: tuple[Loss, ...]
    instruments: tuple[InstrumentGaps, ...]

    def gaps(self) -> Iterator[tuple[str, Gap]]:
        """Yield every gap in which something was traded, or may have been, with its instrument."""
        for instrument in self.instruments:
            for session in instrument.sessions:
                for gap in session.gaps:
                    if gap.kind != "quiet" and gap.volume != 0:
                        yield instrument.instrument_id, gap


class _Section:
    """One section's ticks as far as gaps go."""

    __slots__ = ("first_ts", "first_volume", "intervals", "last_ts", "last_volume", "long", "ticks")

    def __init__(self, ts: int, volume: int | None) -> None:
        self.first_ts = self.last_ts = ts
        self.first_volume = self.last_volume = volume
        self.intervals = array("q")
        self.long: list[tuple[int, int, int | None]] = []
        self.ticks = 1


class _Watch:
    """One instrument's day."""

    __slots__ = ("after_volume", "backwards", "day", "hours_id", "sections", "ticks", "until", "volume", "within")

    def __init__(self, hours_id: str | None) -> None:
        self.hours_id = hours_id
        self.day: TradingDayHours | None = None
        self.sections: dict[int, _Section] = {}
        self.within: _Section | None = None
        self.until = 0
        self.volume: int | None = None
        self.after_volume: int | None = None
        self.ticks = self.backwards = 0


class GapFinder:
    """Takes a recording's ticks in order and reports what is missing between them."""

    def __init__(
        self,
        trading_day: int,
        *,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        settings: CleaningSettings,
    ) -> None:
        self._trading_day = trading_day
        self._instruments = instruments
        self._calendar = calendar
        self._factor = settings.gap_factor
        self._least_ns = round(settings.gap_min_s * NS_PER_S)
        self._watches: dict[str, _Watch] = {}

    def add(self, ticks: Iterable[tuple[Any, ...]]) -> None:
        """Take further ticks."""
        for tick in ticks:
            watch = self._watches.get(tick[0])
            if watch is None:
                instrument = self._instruments.find(tick[0])
                watch = self._watches[tick[0]] = _Watch(None if instrument is None else instrument.hours_id)
            self._take(watch, tick[1], tick[5])

    def _take(self, watch: _Watch, ts: int, volume: int | None) -> None:
        watch.ticks += 1
        if volume is not None:
            if watch.volume is not None and volume < watch.volume:
                watch.backwards += 1
            watch.volume = volume
        section = watch.within
        if section is None or not section.last_ts <= ts <= watch.until:
            self._enter(watch, ts, volume)
            return
        interval = ts - section.last_ts
        if interval:
            section.intervals.append(interval)
            if interval >= self._least_ns:
                section.long.append((section.last_ts, ts, _traded(section.last_volume, volume)))
        section.last_ts = ts
        section.last_volume = volume if volume is not None else section.last_volume
        section.ticks += 1

    def _enter(self, watch: _Watch, ts: int, volume: int | None) -> None:
        """Move on to the section that `ts` lies in; what lies in none says only what was traded so far."""
        if watch.hours_id is None:
            return
        section = self._calendar.section_at(watch.hours_id, ts)
        if section is None or section.open_ns in watch.sections:
            return
        if watch.day is None:
            watch.day = self._calendar.day_at(watch.hours_id, section.open_ns)
        if section not in watch.day.sections:
            return
        watch.within = watch.sections[section.open_ns] = _Section(ts, volume)
        watch.until = max(section.close_ns, ts)

    def report(self, recording: str, *, losses: tuple[Loss, ...], now_ns: int) -> GapReport:
        """Return what is missing; a section that is still open at `now_ns` is judged up to then."""
        return GapReport(
            trading_day=self._trading_day,
            recording=recording,
            losses=losses,
            instruments=tuple(
                InstrumentGaps(
                    instrument_id=instrument_id,
                    ticks=watch.ticks,
                    volume_backwards=watch.backwards,
                    sessions=tuple(self._sessions(watch, now_ns)),
                )
                for instrument_id, watch in sorted(self._watches.items())
            ),
        )

    def _sessions(self, watch: _Watch, now_ns: int) -> Iterator[SessionGaps]:
        if watch.day is None:
            return
        known: int | None = 0
        for index, section in enumerate(watch.day.sections):
            if section.open_ns >= now_ns:
                return
            later = [
                found.first_volume
                for after in watch.day.sections[index + 1 :]
                if (found := watch.sections.get(after.open_ns)) is not None
            ]
            behind = later[0] if later else watch.volume
            found = watch.sections.get(section.open_ns)
            yield self._session(section, found, before=known, behind=behind, now_ns=now_ns)
            if found is not None:
                known = found.last_volume

    def _session(
        self, section: Section, found: _Section | None, *, before: int | None, behind: int | None, now_ns: int
    ) -> SessionGaps:
        close_ns = min(section.close_ns, now_ns)
        if found is None:
            gaps = [_gap("absent", section.open_ns, close_ns, _traded(before, behind), None)]
            return _session(section, close_ns, 0, None, gaps)
        usual = sorted(found.intervals)[len(found.intervals) // 2] if len(found.intervals) >= _FEWEST else None
        least_ns = max(self._least_ns, round(self._factor * usual) if usual is not None else 0)
        gaps = []
        if found.first_ts - section.open_ns >= least_ns:
            gaps.append(_gap("begin", section.open_ns, found.first_ts, _traded(before, found.first_volume), usual))
        for from_ns, until_ns, volume in found.long:
            if until_ns - from_ns >= least_ns:
                gaps.append(_gap("quiet" if volume == 0 else "silence", from_ns, until_ns, volume, usual))
        if close_ns - found.last_ts >= least_ns:
            gaps.append(_gap("end", found.last_ts, close_ns, _traded(found.last_volume, behind), usual))
        return _session(section, close_ns, found.ticks, usual, gaps)


def _traded(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(after - before, 0)


def _gap(
    kind: Literal["begin", "silence", "quiet", "end", "absent"],
    from_ns: int,
    until_ns: int,
    volume: int | None,
    usual: int | None,
) -> Gap:
    missing = max((until_ns - from_ns) // usual - 1, 0) if usual and volume != 0 else 0
    return Gap(kind=kind, from_ns=from_ns, until_ns=until_ns, volume=volume, ticks_estimated=missing)


def _session(section: Section, close_ns: int, ticks: int, usual: int | None, gaps: list[Gap]) -> SessionGaps:
    length = max(close_ns - section.open_ns, 1)
    missing = sum(gap.until_ns - gap.from_ns for gap in gaps if gap.kind != "quiet" and gap.volume != 0)
    return SessionGaps(
        open_ns=section.open_ns,
        close_ns=section.close_ns,
        ticks=ticks,
        usual_interval_ms=None if usual is None else round(usual / NS_PER_MS, 3),
        coverage_percent=round(100.0 * (1.0 - missing / length), 3),
        gaps=tuple(gaps),
    )
