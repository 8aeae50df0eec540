"""Prices close to the day's limit-up or limit-down, where the book may empty and nobody can get out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.risk import AlertKind
from tradewind.domain.tick import tick_cause
from tradewind.risk.episodes import Episodes, Finding, shown
from tradewind.risk.track import ANY_PRICE, EVERY_TICK, INFINITE, Band, between

if TYPE_CHECKING:
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import Tick
    from tradewind.risk.settings import RiskSettings

_KIND = AlertKind.NEAR_LIMIT
_SIDES = ("up", "down")


class NearLimit:
    """Finds prices within some ticks or percent (the wider) of a limit price."""

    def __init__(self, settings: RiskSettings, episodes: Episodes, instruments: InstrumentLookup) -> None:
        self._percent = settings.near_limit_percent
        self._ticks = settings.near_limit_ticks
        self._rearm = settings.near_limit_rearm
        self._episodes = episodes
        self._instruments = instruments

    def on_price(self, tick: Tick) -> Band:
        """Look at a price and return the band in which there is nothing more to say."""
        band = ANY_PRICE
        if tick.limit_up is not None:
            band = band.within(self._one_side(tick, tick.limit_up, 1.0, "up"))
        if tick.limit_down is not None:
            band = band.within(self._one_side(tick, tick.limit_down, -1.0, "down"))
        return band

    def end(self, instrument_id: str) -> None:
        """Forget what was going on with an instrument."""
        for which in _SIDES:
            self._episodes.clear(_KIND, f"{instrument_id}:{which}")

    def _one_side(self, tick: Tick, limit: float, sign: float, which: str) -> Band:
        """Judge one limit; `sign` is 1 above the price, −1 below, so that distances are positive both ways."""
        allowed = self._allowed(tick.instrument_id, limit)
        distance = (limit - tick.last_price) * sign
        subject = f"{tick.instrument_id}:{which}"
        told = None
        if allowed > 0.0 and distance <= allowed:
            told = self._episodes.report(_KIND, _finding(tick, limit, distance, allowed, which))
            if told < 0:
                return EVERY_TICK
        elif distance >= allowed * self._rearm:
            self._episodes.clear(_KIND, subject)
        if told is None and not self._episodes.is_active(_KIND, subject):
            return between(-sign * INFINITE, limit - sign * allowed)
        # Inside an episode: wake up when it is over, or when it becomes more severe.
        step = self._episodes.next_step(_KIND, told) if told is not None else 0.0
        worse = limit - sign * allowed * (1.0 - step) if step is not None else sign * INFINITE
        return between(limit - sign * allowed * self._rearm, worse)

    def _allowed(self, instrument_id: str, limit: float) -> float:
        instrument = self._instruments.find(instrument_id)
        by_ticks = self._ticks * instrument.price_tick if instrument is not None else 0.0
        return max(by_ticks, abs(limit) * self._percent / 100.0)


def _finding(tick: Tick, limit: float, distance: float, allowed: float, which: str) -> Finding:
    return Finding(
        instrument_id=tick.instrument_id,
        ts_event=tick.ts_event,
        excess=1.0 - max(distance, 0.0) / allowed,
        params={
            "actual": tick.last_price,
            "limit": limit,
            "distance": shown(max(distance, 0.0)),
            "allowed": shown(allowed),
            "which": which,
        },
        cause=tick_cause(tick.instrument_id, tick.seq),
        subject=f"{tick.instrument_id}:{which}",
    )
