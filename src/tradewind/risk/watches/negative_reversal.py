"""Open opportunities whose price has turned: too much of the best gain is given back.

What may be given back is the larger of a percentage of the entry (so that noise around the entry is no reversal) and
a fraction of the best gain so far.
"""

from __future__ import annotations

from math import nextafter
from typing import TYPE_CHECKING

from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind
from tradewind.domain.tick import tick_cause
from tradewind.risk.episodes import Episodes, Finding, shown
from tradewind.risk.track import ANY_PRICE, EVERY_TICK, INFINITE, Band, between

if TYPE_CHECKING:
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.signal import SignalSide
    from tradewind.domain.tick import Tick
    from tradewind.risk.settings import RiskSettings

_KIND = AlertKind.NEGATIVE_REVERSAL


class _Guard:
    """One open opportunity and the best price it has seen; `sign` is 1 for buy, −1 for sell."""

    __slots__ = ("best", "entry", "opportunity_id", "side", "sign")

    def __init__(self, opportunity: Opportunity) -> None:
        self.opportunity_id = opportunity.opportunity_id
        self.side: SignalSide = opportunity.side
        self.sign = 1.0 if opportunity.side == "buy" else -1.0
        self.entry = opportunity.entry_price
        last = opportunity.last_price
        self.best = last if (last - self.entry) * self.sign > 0.0 else self.entry


class NegativeReversal:
    """Follows every open opportunity's best price and finds those that fell back too far."""

    def __init__(self, settings: RiskSettings, episodes: Episodes) -> None:
        self._fraction = settings.reversal_fraction
        self._min_percent = settings.reversal_min_percent
        self._rearm = settings.reversal_rearm
        self._episodes = episodes
        self._guards: dict[str, dict[str, _Guard]] = {}

    def on_opportunity(self, opportunity: Opportunity) -> None:
        """Begin or end following an opportunity."""
        guards = self._guards.setdefault(opportunity.instrument_id, {})
        if opportunity.state is OpportunityState.CLOSED:
            guards.pop(opportunity.opportunity_id, None)
            self._episodes.clear(_KIND, opportunity.opportunity_id)
        elif opportunity.opportunity_id not in guards and opportunity.entry_price != 0.0:
            guards[opportunity.opportunity_id] = _Guard(opportunity)
        if not guards:
            del self._guards[opportunity.instrument_id]

    def forget(self, instrument_id: str, opportunity_id: str) -> None:
        """Stop following an opportunity whose end was never heard of."""
        guards = self._guards.get(instrument_id)
        if guards is not None and guards.pop(opportunity_id, None) is not None and not guards:
            del self._guards[instrument_id]
        self._episodes.clear(_KIND, opportunity_id)

    def on_price(self, tick: Tick) -> Band:
        """Look at a price and return the band in which there is nothing more to say."""
        guards = self._guards.get(tick.instrument_id)
        if not guards:
            return ANY_PRICE
        band = ANY_PRICE
        for guard in guards.values():
            band = band.within(self._judge(guard, tick))
        return band

    def _judge(self, guard: _Guard, tick: Tick) -> Band:
        sign, price = guard.sign, tick.last_price
        if (price - guard.best) * sign > 0.0:
            guard.best = price
        gain = (guard.best - guard.entry) * sign
        allowed = max(abs(guard.entry) * self._min_percent / 100.0, self._fraction * gain)
        retraced = (guard.best - price) * sign
        told = None
        if retraced >= allowed:
            if self._episodes.holds_back(_KIND, guard.opportunity_id, tick.instrument_id, tick.ts_event):
                return EVERY_TICK
            told = self._episodes.report(_KIND, _finding(guard, tick, retraced, allowed))
            if told < 0:
                return EVERY_TICK
        elif retraced <= allowed * self._rearm:
            self._episodes.clear(_KIND, guard.opportunity_id)
        if told is None and not self._episodes.is_active(_KIND, guard.opportunity_id):
            # The best price itself lies inside: only a better one is news.
            return between(guard.best - sign * allowed, nextafter(guard.best, sign * INFINITE))
        # Inside an episode: wake up when it is over, or when it becomes more severe.
        step = self._episodes.next_step(_KIND, told) if told is not None else 0.0
        worse = guard.best - sign * allowed * (1.0 + step) if step is not None else -sign * INFINITE
        return between(worse, guard.best - sign * allowed * self._rearm)


def _finding(guard: _Guard, tick: Tick, retraced: float, allowed: float) -> Finding:
    return Finding(
        instrument_id=tick.instrument_id,
        ts_event=tick.ts_event,
        excess=retraced / allowed - 1.0,
        params={
            "actual": shown(retraced),
            "limit": shown(allowed),
            "best_price": guard.best,
            "entry_price": guard.entry,
            "last_price": tick.last_price,
            "side": guard.side,
        },
        cause=tick_cause(tick.instrument_id, tick.seq),
        opportunity_id=guard.opportunity_id,
        subject=guard.opportunity_id,
    )
