"""Instruments that have fallen silent while they should be trading.

One timer per instrument, moved lazily: ticks only leave their time behind, the timer looks at it when it fires and
waits again for what is left. Watched is a trading day from its first tick on, within its sections; silence that
spans a break counts from the next section's opening plus some patience. After the last section nothing is watched
until the next tick comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.risk import AlertKind
from tradewind.kernel.clock import NS_PER_S
from tradewind.risk.episodes import WORST, Episodes, Finding, shown

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.kernel.clock import LineClock, Timer
    from tradewind.risk.settings import RiskSettings
    from tradewind.risk.track import Track

_KIND = AlertKind.STALE_DATA


class _Silence(NamedTuple):
    """From when on silence counts, and when it becomes an alert."""

    since_ns: int
    due_ns: int


class _Watched:
    """One instrument's timer, and the tick from which its usual interval is measured."""

    __slots__ = ("hours_id", "mark_ns", "mark_seq", "timer", "track", "trading_day")

    def __init__(self, track: Track, hours_id: str) -> None:
        self.track = track
        self.hours_id = hours_id
        self.timer: Timer | None = None
        self.trading_day = -1
        self.mark()

    def mark(self) -> None:
        """Measure the interval between ticks from the last one on."""
        last = self.track.last
        self.trading_day = last.trading_day
        self.mark_ns = last.ts_recv
        self.mark_seq = last.seq

    def mean_interval_ns(self) -> float:
        """Return the mean time between ticks since the mark; 0 before there are two."""
        last = self.track.last
        count = last.seq - self.mark_seq
        return (last.ts_recv - self.mark_ns) / count if count > 0 else 0.0


class StaleData:
    """Finds silence longer than `stale_after_s` and than some of the instrument's own usual intervals."""

    def __init__(
        self,
        settings: RiskSettings,
        episodes: Episodes,
        *,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        clock: LineClock,
    ) -> None:
        self._episodes = episodes
        self._instruments = instruments
        self._calendar = calendar
        self._clock = clock
        self._after_ns = round(settings.stale_after_s * NS_PER_S)
        self._grace_ns = round(settings.stale_open_grace_s * NS_PER_S)
        self._intervals = settings.stale_intervals
        self._watched: dict[str, _Watched] = {}
        self._is_on = _KIND in settings.watches

    def on_tick(self, track: Track) -> None:
        """Take a tick that ends a silence or begins a watch; others need not be shown."""
        instrument_id = track.last.instrument_id
        watched = self._watched.get(instrument_id)
        if watched is None:
            watched = self._begin(track, instrument_id)
            if watched is None:
                return
        if self._episodes.is_active(_KIND, instrument_id):
            self._episodes.clear(_KIND, instrument_id)
            self._cancel(watched)
        if watched.timer is None:
            self._wait(watched, rank=None)

    def end(self, instrument_id: str) -> None:
        """Watch an instrument no more; its next tick would begin anew."""
        watched = self._watched.pop(instrument_id, None)
        if watched is not None:
            self._cancel(watched)
        self._episodes.clear(_KIND, instrument_id)

    def release(self) -> None:
        """Cancel every timer and forget what was watched."""
        for watched in self._watched.values():
            self._cancel(watched)
            watched.track.look_closely()
        self._watched.clear()

    @staticmethod
    def _cancel(watched: _Watched) -> None:
        if watched.timer is not None:
            watched.timer.cancel()
            watched.timer = None

    def _begin(self, track: Track, instrument_id: str) -> _Watched | None:
        instrument = self._instruments.find(instrument_id)
        if instrument is None or not self._is_on:
            return None
        watched = self._watched[instrument_id] = _Watched(track, instrument.hours_id)
        return watched

    def _wait(self, watched: _Watched, rank: int | None) -> None:
        """Arm the timer for the next moment at which silence could matter, or ask for the next tick."""
        silence = self._silence(watched, rank)
        if silence is None:
            watched.timer = None
            watched.track.look_closely()
            return
        watched.timer = self._clock.call_at(silence.due_ns, lambda due_ns: self._on_due(watched, due_ns, rank))

    def _on_due(self, watched: _Watched, due_ns: int, rank: int | None) -> None:
        last = watched.track.last
        if last.trading_day != watched.trading_day:
            watched.mark()
        silence = self._silence(watched, rank)
        if silence is None or silence.due_ns > due_ns:
            self._wait(watched, rank)
            return
        told = self._report(watched, silence, due_ns)
        watched.track.look_closely()
        if told >= WORST:
            watched.timer = None
        else:
            self._wait_longer(watched, told, due_ns)

    def _wait_longer(self, watched: _Watched, told: int, due_ns: int) -> None:
        """Wait for the next severity of a silence that goes on, or for the end of the cooldown."""
        if told >= 0:
            self._wait(watched, told)
            return
        retry_ns = due_ns + self._after_ns
        watched.timer = self._clock.call_at(retry_ns, lambda fired_ns: self._on_due(watched, fired_ns, None))

    def _silence(self, watched: _Watched, rank: int | None) -> _Silence | None:
        """Return when the present silence counts from and is due, or `None` if it ends with its trading day."""
        last_ns = watched.track.last.ts_recv
        allowed_ns = self._allowed_ns(watched)
        step = None if rank is None else self._episodes.next_step(_KIND, rank)
        wait_ns = round(allowed_ns * (1.0 + (step or 0.0)))
        hours_id = watched.hours_id
        # The closing tolerance belongs to the section that just closed, not to the day that opens next.
        section = self._calendar.section_at(hours_id, last_ns)
        day = self._calendar.day_at(hours_id, section.close_ns if section is not None else last_ns)
        for each in day.sections:
            if each.close_ns <= last_ns:
                continue
            since_ns = last_ns if last_ns >= each.open_ns else each.open_ns + self._grace_ns
            if since_ns + wait_ns <= each.close_ns:
                return _Silence(since_ns, since_ns + wait_ns)
        return None

    def _allowed_ns(self, watched: _Watched) -> int:
        return max(self._after_ns, round(self._intervals * watched.mean_interval_ns()))

    def _report(self, watched: _Watched, silence: _Silence, due_ns: int) -> int:
        last = watched.track.last
        allowed_ns = self._allowed_ns(watched)
        silent_ns = due_ns - silence.since_ns
        return self._episodes.report(
            _KIND,
            Finding(
                instrument_id=last.instrument_id,
                ts_event=due_ns,
                excess=silent_ns / allowed_ns - 1.0,
                params={
                    "actual": shown(silent_ns / NS_PER_S),
                    "limit": shown(allowed_ns / NS_PER_S),
                    "last_seq": float(last.seq),
                },
                cause=f"timer:{due_ns}",
            ),
        )
