"""The shell of the signals room: hears signals and prices from the bus, publishes opportunities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS
from tradewind.signals.aggregator import Aggregator
from tradewind.signals.queries import SignalsQueries

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.opportunity import Opportunity
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.signals.settings import SignalsSettings

GROUP = "signals"


class SignalsService:
    """Connects the `Aggregator` to the bus; `queries` answers the edges, attached or not."""

    def __init__(
        self,
        *,
        settings: SignalsSettings,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """With the machine's clock `wall_ns` contributions say when they were merged."""
        self._bus = bus
        self._metrics = metrics
        self._settings = settings
        self._publish = bus.publisher(OPPORTUNITIES)
        self._subscriptions: list[Subscription] = []
        self.aggregator = Aggregator(
            settings=settings,
            clock=clock,
            emit=self._emit,
            on_gap=lambda: metrics.gaps.add(GROUP),
            on_refused=metrics.signals_refused.add,
            wall_ns=wall_ns,
        )
        self.queries = SignalsQueries(self.aggregator)

    @property
    def needs_features(self) -> bool:
        """True when prices and ATR come from the features room."""
        return self._settings.track_on == "features"

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        aggregator = self.aggregator
        subscribe = self._bus.subscribe
        # The board's own handler is subscribed: a forwarding call would cost as much as the work.
        on_price = aggregator.prices.handler()
        prices = (
            subscribe(FEATURES, on_price, group=GROUP)
            if self.needs_features
            else subscribe(CLEAN_TICKS, on_price, group=GROUP)
        )
        self._subscriptions = [prices, subscribe(SIGNALS, aggregator.on_signal, group=GROUP)]
        aggregator.arm()

    def detach(self) -> None:
        """Stop hearing and let nothing expire until attached again."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()
        self.aggregator.disarm()

    def _emit(self, opportunity: Opportunity) -> None:
        self._metrics.opportunities.add(opportunity.state.value)
        self._publish(opportunity)
