"""Makes the rooms of the line, each from what the wiring gives it, whichever bus carries the topics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from tradewind.features.service import FeatureService
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import get_log
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.option_file import read_options_file
from tradewind.market.service import MarketLine
from tradewind.risk.service import RiskService
from tradewind.signals.service import SignalsService
from tradewind.strategies.files import KeptParams
from tradewind.strategies.service import StrategyService

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tradewind.bus.ports import Bus
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.settings import TradewindSettings


_LOG = get_log("runtime")
_KEPT_PARAMS: Final = "strategy_params.json"


class HandlerFailures:
    """Counts handlers that raise and logs the first of each kind; the rest would be noise at tick rate."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: set[tuple[str, str, str]] = set()

    def report(self, topic: str, group: str, _event: object, error: Exception) -> None:
        """Take one failure from the bus."""
        self._metrics.handler_failures.add(f"{topic}/{group}")
        kind = (topic, group, type(error).__name__)
        if kind not in self._seen:
            self._seen.add(kind)
            _LOG.error("handler_failed", topic=topic, group=group, exc_info=error)

    def report_timer(self, error: Exception) -> None:
        """Take one failure from the line's clock."""
        self.report("timer", "line", None, error)


def kept_params(settings: TradewindSettings) -> KeptParams:
    """Return what people changed of strategies; in a replay nothing: its outcome is that of the settings.

    Raises: ConfigError: the file is damaged.
    """
    is_replay = settings.market.source == "replay"
    return KeptParams(None if is_replay else Path(settings.data_dir) / _KEPT_PARAMS)


class Facts:
    """What is known of contracts and trading hours."""

    def __init__(self, settings: TradewindSettings) -> None:
        options_file = settings.market.options_file
        self.instruments = InstrumentTable(options=read_options_file(Path(options_file)) if options_file else ())
        self.calendar = build_calendar(
            settings.market.calendar_mode(), closing_tolerance_s=settings.market.closing_tolerance_s
        )


class Room(Protocol):
    """A room of the line: follows the bus while attached."""

    def attach(self) -> None:
        """Begin to follow the line."""
        ...

    def detach(self) -> None:
        """Stop following it."""
        ...


def stamping_clock(settings: TradewindSettings) -> Callable[[], int] | None:
    """Return the clock by which signals carry the times of their way; `None` in a replay, whose times are of old."""
    return None if settings.market.source == "replay" else SystemClock().now_ns


class RoomMaker:
    """What every room of one process shares."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        facts: Facts,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """With the machine's clock `wall_ns` signals and what is merged of them carry the times of their way."""
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._wall_ns = wall_ns
        self._instruments = facts.instruments
        self._calendar = facts.calendar

    def market(self) -> MarketLine:
        """Return the line's mouth."""
        return MarketLine(
            settings=self._settings.market,
            instruments=self._instruments,
            calendar=self._calendar,
            bus=self._bus,
            clock=self._clock,
            metrics=self._metrics,
            source_name=self._settings.market.source,
        )

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

    def strategies(self, only: Collection[str] = ()) -> StrategyService:
        """Return the strategies room; with names in `only`, just these run."""
        return StrategyService(
            settings=self._settings.strategies,
            bus=self._bus,
            clock=self._clock,
            metrics=self._metrics,
            only=only,
            wall_ns=self._wall_ns,
        )

    def signals(self) -> SignalsService:
        """Return the signals room."""
        return SignalsService(
            settings=self._settings.signals,
            bus=self._bus,
            clock=self._clock,
            metrics=self._metrics,
            wall_ns=self._wall_ns,
        )

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
