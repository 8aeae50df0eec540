"""The shell of the risk room: hears the line from the bus, publishes alerts and keeps the latest for queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS
from tradewind.domain.risk import AlertKind
from tradewind.risk.monitor import Monitor
from tradewind.risk.queries import AlertLog, RiskQueries

if TYPE_CHECKING:
    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.risk import RiskAlert
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.risk.settings import RiskSettings

GROUP = "risk"


class RiskService:
    """Connects the `Monitor` to the bus; `queries` answers the edges, attached or not."""

    def __init__(
        self,
        *,
        settings: RiskSettings,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._metrics = metrics
        self._publish = bus.publisher(RISK_ALERTS)
        self._subscriptions: list[Subscription] = []
        self._log = AlertLog(settings.recent_alerts)
        self.queries = RiskQueries(self._log)
        self.monitor = Monitor(
            settings=settings,
            instruments=instruments,
            calendar=calendar,
            clock=clock,
            emit=self._emit,
            on_gap=lambda: metrics.gaps.add(GROUP),
        )

    @property
    def needs_features(self) -> bool:
        """True when a watch reads features."""
        return AlertKind.VOLATILITY_BURST in self._settings.watches

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        monitor = self.monitor
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(CLEAN_TICKS, monitor.tick_handler(), group=GROUP),
            subscribe(SIGNALS, monitor.on_signal, group=GROUP),
            subscribe(OPPORTUNITIES, monitor.on_opportunity, group=GROUP),
        ]
        if self.needs_features:
            self._subscriptions.append(subscribe(FEATURES, monitor.on_features, group=GROUP))

    def detach(self) -> None:
        """Stop hearing; no timer fires until attached again and the next tick."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()
        self.monitor.release()

    def _emit(self, alert: RiskAlert) -> None:
        self._metrics.alerts.add(alert.kind.value)
        self._log.add(alert)
        self._publish(alert)
