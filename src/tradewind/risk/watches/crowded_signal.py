"""Too much agreement: many strategies on one side of an instrument within seconds, or one side of the whole market.

When everybody sees the same thing at the same moment, it is often one cause seen many times, and everybody will want
to leave at the same moment too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind
from tradewind.kernel.clock import NS_PER_S
from tradewind.risk.episodes import Episodes, Finding

if TYPE_CHECKING:
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.signal import Signal, SignalSide
    from tradewind.risk.settings import RiskSettings

_KIND = AlertKind.CROWDED_SIGNAL
_MARKET: Final = "market"


class _Crowd:
    """The latest signal of each strategy on one instrument, and the time of the newest."""

    __slots__ = ("newest_ns", "voices")

    def __init__(self, newest_ns: int) -> None:
        self.newest_ns = newest_ns
        self.voices: dict[str, Signal] = {}


class CrowdedSignal:
    """Counts who stands where: strategies per instrument, instruments per side."""

    def __init__(self, settings: RiskSettings, episodes: Episodes) -> None:
        self._settings = settings
        self._episodes = episodes
        self._within_ns = round(settings.crowded_within_s * NS_PER_S)
        self._crowds: dict[str, _Crowd] = {}
        self._open: dict[SignalSide, dict[str, str]] = {"buy": {}, "sell": {}}

    def on_signal(self, signal: Signal) -> None:
        """Take a strategy's signal; an older or redelivered one changes nothing."""
        crowd = self._crowds.get(signal.instrument_id)
        if crowd is None:
            if len(self._crowds) >= self._settings.max_instruments:
                return
            crowd = self._crowds[signal.instrument_id] = _Crowd(signal.ts_event)
        known = crowd.voices.get(signal.strategy)
        if known is not None and signal.ts_event <= known.ts_event:
            return
        if crowd.newest_ns - signal.ts_event > self._within_ns:
            return
        crowd.newest_ns = max(crowd.newest_ns, signal.ts_event)
        crowd.voices.pop(signal.strategy, None)
        crowd.voices[signal.strategy] = signal
        self._forget_old(crowd.voices, crowd.newest_ns)
        self._judge_instrument(signal, crowd.voices)

    def on_opportunity(self, opportunity: Opportunity) -> None:
        """Count the instruments with an open opportunity on each side."""
        on_side = self._open[opportunity.side]
        if opportunity.state is OpportunityState.CLOSED:
            self.forget(opportunity)
            return
        is_new = opportunity.instrument_id not in on_side
        on_side[opportunity.instrument_id] = opportunity.opportunity_id
        limit = self._settings.crowded_instruments
        if is_new and len(on_side) > limit:
            self._report_market(opportunity, len(on_side), limit)

    def forget(self, opportunity: Opportunity) -> None:
        """Stop counting an opportunity that closed, or whose end was never heard of."""
        on_side = self._open[opportunity.side]
        if on_side.get(opportunity.instrument_id) == opportunity.opportunity_id:
            del on_side[opportunity.instrument_id]
        if len(on_side) <= self._settings.crowded_instruments // 2:
            self._episodes.clear(_KIND, f"{_MARKET}:{opportunity.side}")

    def _forget_old(self, voices: dict[str, Signal], now_ns: int) -> None:
        for strategy in [name for name, each in voices.items() if now_ns - each.ts_event > self._within_ns]:
            del voices[strategy]
        if len(voices) > self._settings.max_strategies:
            del voices[next(iter(voices))]

    def _judge_instrument(self, signal: Signal, voices: dict[str, Signal]) -> None:
        limit = self._settings.crowded_strategies
        count = len(voices)
        is_one_sided = all(each.side == signal.side for each in voices.values())
        if not is_one_sided or count <= limit // 2:
            self._episodes.clear(_KIND, f"{signal.instrument_id}:buy")
            self._episodes.clear(_KIND, f"{signal.instrument_id}:sell")
            return
        if count < limit:
            return
        self._episodes.report(
            _KIND,
            Finding(
                instrument_id=signal.instrument_id,
                ts_event=signal.ts_event,
                excess=count / limit - 1.0,
                params={
                    "actual": float(count),
                    "limit": float(limit),
                    "side": signal.side,
                    "scope": "instrument",
                    "within_s": self._settings.crowded_within_s,
                },
                cause=f"signal:{signal.signal_id}",
                subject=f"{signal.instrument_id}:{signal.side}",
            ),
        )

    def _report_market(self, opportunity: Opportunity, count: int, limit: int) -> None:
        side = opportunity.side
        self._episodes.report(
            _KIND,
            Finding(
                instrument_id=opportunity.instrument_id,
                ts_event=opportunity.updated_at,
                excess=count / limit - 1.0,
                params={"actual": float(count), "limit": float(limit), "side": side, "scope": _MARKET},
                cause=f"opportunity:{opportunity.opportunity_id}:{opportunity.version}",
                opportunity_id=opportunity.opportunity_id,
                subject=f"{_MARKET}:{side}",
                scope=f"{_MARKET}:{side}",
            ),
        )
