"""The pure core of the alerts: shows each event to the watches that care, and the ordinary tick to none of them.

Per instrument the monitor keeps the band of prices in which no watch has anything to say; a tick inside it, with the
day's limits unchanged, is done after two comparisons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.tick import Tick, TickFlag
from tradewind.domain.trial import TRIAL_ID
from tradewind.native import compiled
from tradewind.risk.episodes import Episodes
from tradewind.risk.track import Track
from tradewind.risk.watches.crowded_signal import CrowdedSignal
from tradewind.risk.watches.near_limit import NearLimit
from tradewind.risk.watches.negative_reversal import NegativeReversal
from tradewind.risk.watches.opportunity_quality import low_confidence, weak_momentum
from tradewind.risk.watches.stale_data import StaleData
from tradewind.risk.watches.volatility_burst import VolatilityBurst

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.risk import RiskAlert
    from tradewind.domain.signal import Signal
    from tradewind.kernel.clock import LineClock
    from tradewind.risk.settings import RiskSettings

_LAST: Final = int(TickFlag.LAST)


class Monitor:
    """All watches of a process; `emit` receives each alert."""

    def __init__(
        self,
        *,
        settings: RiskSettings,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        clock: LineClock,
        emit: Callable[[RiskAlert], None],
        on_gap: Callable[[], None] = lambda: None,
    ) -> None:
        episodes = Episodes(settings, emit)
        self._settings = settings
        self._on_gap = on_gap
        self._tracks: dict[str, Track] = {}
        self._ended: dict[str, Tick] = {}
        """The last tick of contracts that nobody subscribes to any more: one redelivered begins no new watch."""
        self._known: dict[str, Opportunity] = {}
        self._qualities = (low_confidence(settings, episodes), weak_momentum(settings, episodes))
        self._near_limit = NearLimit(settings, episodes, instruments)
        self._reversal = NegativeReversal(settings, episodes)
        self._crowded = CrowdedSignal(settings, episodes)
        self._stale = StaleData(settings, episodes, instruments=instruments, calendar=calendar, clock=clock)
        self._volatility = VolatilityBurst(settings, episodes, on_gap)
        self.on_features = self._volatility.handler()

    def on_tick(self, tick: Tick) -> None:
        """Take an instrument's newest tick; a redelivered one changes nothing."""
        track = self._tracks.get(tick.instrument_id)
        seq = tick.seq
        if track is None or seq != track.seq + 1:
            track = self._out_of_sequence(tick, track)
            if track is None:
                return
        track.seq = seq
        track.last = tick
        if tick.flags & _LAST:
            self._end(tick)
            return
        if (
            track.low < tick.last_price < track.high
            and tick.limit_up == track.limit_up
            and tick.limit_down == track.limit_down
        ):
            return
        self._look_closely(track, tick)

    def on_signal(self, signal: Signal) -> None:
        """Take one strategy's signal; a test is none."""
        if signal.instrument_id != TRIAL_ID:
            self._crowded.on_signal(signal)

    def tick_handler(self) -> Callable[[Tick], None]:
        """Return what to subscribe: `on_tick`, or its compiled counterpart on the same state."""
        if compiled is None:
            return self.on_tick
        return compiled.LimitWatch(
            tracks=self._tracks, plainly=self.on_tick, track_type=Track, tick_type=Tick, last_flag=_LAST
        )

    def on_opportunity(self, opportunity: Opportunity) -> None:
        """Take a version of an opportunity; one not newer than what is known changes nothing."""
        if opportunity.instrument_id == TRIAL_ID:
            return
        opportunity_id = opportunity.opportunity_id
        known = self._known.get(opportunity_id)
        if known is not None and opportunity.version <= known.version:
            return
        self._remember(opportunity)
        for quality in self._qualities:
            quality.on_opportunity(opportunity)
        self._crowded.on_opportunity(opportunity)
        self._reversal.on_opportunity(opportunity)
        track = self._tracks.get(opportunity.instrument_id)
        if track is not None and (known is None or opportunity.state is OpportunityState.CLOSED):
            track.look_closely()

    def release(self) -> None:
        """Cancel every timer; ticks that come later begin new ones."""
        self._stale.release()

    def _end(self, tick: Tick) -> None:
        """Forget a contract that nobody subscribes to any more; opportunities on it run out by themselves."""
        instrument_id = tick.instrument_id
        del self._tracks[instrument_id]
        self._ended.pop(instrument_id, None)
        if len(self._ended) >= self._settings.max_instruments:
            del self._ended[next(iter(self._ended))]
        self._ended[instrument_id] = tick
        for watch in (self._stale, self._near_limit, self._volatility):
            watch.end(instrument_id)

    def _look_closely(self, track: Track, tick: Tick) -> None:
        limits = track.limits
        # Mostly it is an opportunity that wants a look; the limits are far away and have been judged.
        if (
            not limits.low < tick.last_price < limits.high
            or tick.limit_up != track.limit_up
            or tick.limit_down != track.limit_down
        ):
            limits = track.limits = self._near_limit.on_price(tick)
        track.limit_up = tick.limit_up
        track.limit_down = tick.limit_down
        track.low, track.high = limits.within(self._reversal.on_price(tick))
        self._stale.on_tick(track)

    def _remember(self, opportunity: Opportunity) -> None:
        """Keep the newest version, closed ones too, so that nothing redelivered opens an old one again."""
        known = self._known
        known.pop(opportunity.opportunity_id, None)
        known[opportunity.opportunity_id] = opportunity
        if len(known) > self._settings.max_opportunities:
            oldest = known.pop(next(iter(known)))
            for quality in self._qualities:
                quality.forget(oldest)
            self._crowded.forget(oldest)
            self._reversal.forget(oldest.instrument_id, oldest.opportunity_id)

    def _out_of_sequence(self, tick: Tick, track: Track | None) -> Track | None:
        """Return the track to go on with, or `None` for a tick to pass over."""
        if track is None:
            ended = self._ended.get(tick.instrument_id)
            is_seen = ended is not None and tick.seq <= ended.seq and tick.ts_event <= ended.ts_event
            if is_seen or tick.instrument_id == TRIAL_ID or len(self._tracks) >= self._settings.max_instruments:
                return None
            track = self._tracks[tick.instrument_id] = Track(tick)
            return track
        if tick.seq > track.seq:
            self._on_gap()
            return track
        # The writer numbers from 1 again after a restart; a redelivered tick is not newer than what we have.
        return track if tick.ts_event > track.last.ts_event else None
