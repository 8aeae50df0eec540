"""What is traded and what the line makes of it: instruments, quotes, bars, features, signals, opportunities, alerts."""

from __future__ import annotations

from tradewind.client.answers.strategies import StrategyReport
from tradewind.client.calls import Call, act, ask, at
from tradewind.client.modes import Area, M, route
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.hours import TradingDayHours
from tradewind.domain.instrument import Instrument
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick

_STRATEGY = "/api/v1/strategies/{}/{}"


class Market(Area[M]):
    """Of now; what was is `History`."""

    @route
    def instruments(self) -> Call[list[Instrument]]:
        """List the instruments of this run."""
        return ask("/api/v1/instruments", list[Instrument])

    @route
    def instrument(self, instrument_id: str) -> Call[Instrument]:
        """Return the facts of one instrument. Raises: NotFoundError: no table knows it."""
        return ask(at("/api/v1/instruments/{}", instrument_id), Instrument)

    @route
    def quotes(self) -> Call[list[Tick]]:
        """List the newest quote of every instrument."""
        return ask("/api/v1/quotes", list[Tick])

    @route
    def quote(self, instrument_id: str) -> Call[Tick]:
        """Return the newest quote of one instrument. Raises: NotFoundError: none has come."""
        return ask(at("/api/v1/quotes/{}", instrument_id), Tick)

    @route
    def features(self) -> Call[list[FeatureSnapshot]]:
        """List the newest features of every instrument."""
        return ask("/api/v1/features", list[FeatureSnapshot])

    @route
    def features_of(self, instrument_id: str) -> Call[FeatureSnapshot]:
        """Return the newest features of one instrument. Raises: NotFoundError: there are none."""
        return ask(at("/api/v1/features/{}", instrument_id), FeatureSnapshot)

    @route
    def bars(self, instrument_id: str, *, limit: int | None = None) -> Call[list[Bar]]:
        """List the newest closed one-minute bars of an instrument, the oldest of them first."""
        return ask(at("/api/v1/bars/{}", instrument_id), list[Bar], limit=limit)

    @route
    def sessions(self, instrument_id: str, *, at_ns: int = 0, days: int = 1) -> Call[list[TradingDayHours]]:
        """List trading days of a contract with their sections, the last the one of `at_ns` (0: of its newest quote)."""
        return ask(
            "/api/v1/calendar/sessions", list[TradingDayHours], instrument_id=instrument_id, at_ns=at_ns, days=days
        )

    @route
    def signals(
        self, *, instrument: str | None = None, strategy: str | None = None, limit: int | None = None
    ) -> Call[list[Signal]]:
        """List recent signals, newest first."""
        return ask("/api/v1/signals", list[Signal], instrument=instrument, strategy=strategy, limit=limit)

    @route
    def opportunities(
        self,
        *,
        state: OpportunityState | None = None,
        instrument: str | None = None,
        min_confidence: float | None = None,
        limit: int | None = None,
    ) -> Call[list[Opportunity]]:
        """List opportunities: the open ones first, each part newest first."""
        return ask(
            "/api/v1/opportunities",
            list[Opportunity],
            state=state,
            instrument=instrument,
            min_confidence=min_confidence,
            limit=limit,
        )

    @route
    def opportunity(self, opportunity_id: str) -> Call[Opportunity]:
        """Return the newest version of one opportunity. Raises: NotFoundError: it is not kept."""
        return ask(at("/api/v1/opportunities/{}", opportunity_id), Opportunity)

    @route
    def alerts(
        self,
        *,
        kind: AlertKind | None = None,
        severity: Severity | None = None,
        instrument: str | None = None,
        limit: int | None = None,
    ) -> Call[list[RiskAlert]]:
        """List recent risk alerts, newest first."""
        return ask("/api/v1/alerts", list[RiskAlert], kind=kind, severity=severity, instrument=instrument, limit=limit)

    @route
    def strategies(self) -> Call[list[StrategyReport]]:
        """List the strategies with their state, parameters and health."""
        return ask("/api/v1/strategies", list[StrategyReport])

    @route
    def start_strategy(self, name: str) -> Call[StrategyReport]:
        """Let a stopped or quarantined strategy run again, on half its budgets at first."""
        return act(at(_STRATEGY, name, "start"), StrategyReport)

    @route
    def stop_strategy(self, name: str) -> Call[StrategyReport]:
        """Call a strategy no more until it is started again."""
        return act(at(_STRATEGY, name, "stop"), StrategyReport)

    @route
    def change_strategy(self, name: str, /, **params: bool | float | str) -> Call[StrategyReport]:
        """Run a strategy anew with these parameters; those not named stay as they are."""
        return act(at(_STRATEGY, name, "params"), StrategyReport, {"params": params})
