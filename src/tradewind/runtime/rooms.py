"""Makes the rooms between market and the edges, each from what the wiring gives it, whichever bus carries the topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tradewind.features.service import FeatureService
from tradewind.risk.service import RiskService
from tradewind.signals.service import SignalsService
from tradewind.strategies.service import StrategyService

if TYPE_CHECKING:
    from tradewind.bus.ports import Bus
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.settings import TradewindSettings


class Room(Protocol):
    """A room of the line: follows the bus while attached."""

    def attach(self) -> None:
        """Begin to follow the line."""
        ...

    def detach(self) -> None:
        """Stop following it."""
        ...


class RoomMaker:
    """What every room of one process shares."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._instruments = instruments
        self._calendar = calendar

    def features(self) -> FeatureService:
        """Return the features room."""
        return FeatureService(
            settings=self._settings.features,
            instruments=self._instruments,
            calendar=self._calendar,
            bus=self._bus,
            clock=self._clock,
            metrics=self._metrics,
        )

    def strategies(self) -> StrategyService:
        """Return the strategies room."""
        return StrategyService(
            settings=self._settings.strategies, bus=self._bus, clock=self._clock, metrics=self._metrics
        )

    def signals(self) -> SignalsService:
        """Return the signals room."""
        return SignalsService(settings=self._settings.signals, bus=self._bus, clock=self._clock, metrics=self._metrics)

    def risk(self) -> RiskService:
        """Return the risk room."""
        return RiskService(
            settings=self._settings.risk,
            instruments=self._instruments,
            calendar=self._calendar,
            bus=self._bus,
            clock=self._clock,
            metrics=self._metrics,
        )
