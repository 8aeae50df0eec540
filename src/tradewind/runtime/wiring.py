"""The only place that names adapters: makes the rooms, gives each what it asks for, in the order of the flow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tradewind.bus.local import LocalBus
from tradewind.errors import ConfigError, UnknownInstrumentError
from tradewind.features.service import FeatureService
from tradewind.kernel.clock import LineClock
from tradewind.kernel.log import get_log
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.queries import MarketQueries
from tradewind.market.recorder import DayRecorder
from tradewind.market.service import MarketLine
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.simulator import SimulatorSource
from tradewind.push.hub import Hub
from tradewind.risk.service import RiskService
from tradewind.signals.service import SignalsService
from tradewind.strategies.service import StrategyService

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tradewind.kernel.metrics import Metrics
    from tradewind.market.ports import Source
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime.wiring")


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


class NoTimers:
    """`push.ports.Timers` where nobody is connected and so nothing is ever due."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Forget it."""

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Forget it."""


class Room(Protocol):
    """A room of the line: follows the bus while attached."""

    def attach(self) -> None:
        """Begin to follow the line."""
        ...

    def detach(self) -> None:
        """Stop following it."""
        ...


class Line:
    """The rooms of the line on one local bus and one clock; `intake` is where ticks go in."""

    def __init__(self, settings: TradewindSettings, metrics: Metrics, strategies: Collection[str] = ()) -> None:
        self.metrics = metrics
        failures = HandlerFailures(metrics)
        self.clock = LineClock(on_failure=failures.report_timer)
        self.bus = LocalBus(on_failure=failures.report, on_hop=metrics.observe_hop)
        self.instruments = InstrumentTable()
        self.calendar = build_calendar(
            settings.market.calendar_mode(), closing_tolerance_s=settings.market.closing_tolerance_s
        )
        self.intake = MarketLine(
            settings=settings.market,
            instruments=self.instruments,
            calendar=self.calendar,
            bus=self.bus,
            clock=self.clock,
            metrics=metrics,
            source_name=settings.market.source,
        )
        self.market = MarketQueries(
            instruments=self.instruments, line=self.intake, calendar=self.calendar, clock=self.clock
        )
        self.features = FeatureService(
            settings=settings.features,
            instruments=self.instruments,
            calendar=self.calendar,
            bus=self.bus,
            clock=self.clock,
            metrics=metrics,
        )
        self.strategies = StrategyService(
            settings=settings.strategies, bus=self.bus, clock=self.clock, metrics=metrics, only=strategies
        )
        self.signals = SignalsService(settings=settings.signals, bus=self.bus, clock=self.clock, metrics=metrics)
        self.risk = RiskService(
            settings=settings.risk,
            instruments=self.instruments,
            calendar=self.calendar,
            bus=self.bus,
            clock=self.clock,
            metrics=metrics,
        )
        self._rooms: dict[str, Room] = {
            "features": self.features,
            "strategies": self.strategies,
            "signals": self.signals,
            "risk": self.risk,
        }
        self._open = [name for name in self._rooms if name in settings.rooms]
        self._check(settings)

    def attach(self) -> None:
        """Let every room that was asked for follow the line, in the order of the flow."""
        for name in self._open:
            self._rooms[name].attach()

    def attach_push_map(self, settings: TradewindSettings) -> None:
        """Let the push room note newest values and keep its logs, without a listener: for replays and benches."""
        Hub(
            settings=settings.push, epoch="headless", metrics=self.metrics, timers=NoTimers(), system_status=dict
        ).attach(self.bus)

    def flush(self) -> None:
        """Bring the metrics up to date with what rooms count apart, for whoever reads them next."""
        self.intake.flush()
        self.features.flush()

    def detach(self) -> None:
        """Stop the rooms, last first."""
        for name in reversed(self._open):
            self._rooms[name].detach()

    def _check(self, settings: TradewindSettings) -> None:
        """Refuse a choice of rooms in which somebody would wait for what nobody makes."""
        if "features" in self._open:
            return
        if "strategies" in self._open and (
            self.strategies.runner.has_hook("on_features") or self.strategies.runner.has_hook("on_bar")
        ):
            message = "rooms leaves out features, but an enabled strategy asks for features or bars; add features"
            raise ConfigError(message)
        if "signals" in self._open and settings.signals.track_on == "features":
            message = "rooms leaves out features; then signals.track_on must be ticks, was features"
            raise ConfigError(message)


def build_line(settings: TradewindSettings, *, metrics: Metrics, strategies: Collection[str] = ()) -> Line:
    """Return the line that the settings describe, not attached yet; with names in `strategies`, just these run.

    Raises: ConfigError: the settings do not work together, or nobody has a strategy of that name.
    """
    return Line(settings, metrics, strategies)


def build_replay_source(settings: TradewindSettings, line: Line) -> ReplaySource:
    """Return the recording the settings name.

    Raises: ConfigError: they name none, or a contract that nobody knows.
    """
    replay = settings.market.replay
    if not replay.path:
        message = "market.source is replay but market.replay.path is empty; name a recording"
        raise ConfigError(message)
    if replay.instrument:
        try:
            line.instruments.require(replay.instrument)
        except UnknownInstrumentError as error:
            message = f"market.replay.instrument: {error}"
            raise ConfigError(message) from error
    return ReplaySource(replay, instruments=line.instruments)


def build_recorder(settings: TradewindSettings, line: Line, source: Source) -> DayRecorder | None:
    """Return what records this source, or `None` where the settings ask for no recording; writes nothing yet.

    Raises: ConfigError: the folder of recordings is something else.
    """
    if not settings.market.recording.folder:
        return None
    folder = Path(settings.market.recording.folder)
    if folder.exists() and not folder.is_dir():
        message = f"market.recording.folder must be a folder, or a name that is free for one; {folder} is a file"
        raise ConfigError(message)
    return DayRecorder(
        folder, source=source.name, instruments=line.instruments, calendar=line.calendar, metrics=line.metrics
    )


def build_source(settings: TradewindSettings, line: Line) -> Source:
    """Return the source the settings choose.

    Raises: ConfigError: it cannot be made from them.
    """
    match settings.market.source:
        case "replay":
            return build_replay_source(settings, line)
        case "simulator":
            return SimulatorSource(
                settings.market.simulator,
                contracts=line.instruments.liquid(),
                instruments=line.instruments,
                calendar=line.calendar,
            )
