"""The only place that names adapters: makes the rooms, gives each what it asks for, in the order of the flow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.local import LocalBus
from tradewind.errors import ConfigError, UnknownInstrumentError
from tradewind.kernel.clock import LineClock, SystemClock
from tradewind.market.contract_days import FOLDER, ContractDays
from tradewind.market.contract_file import ContractFile
from tradewind.market.queries import MarketQueries
from tradewind.market.recorder import DayRecorder
from tradewind.market.recording_disk import ThreadHand
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.simulator import SimulatorSource
from tradewind.market.switching import ContractSwitch
from tradewind.push.hub import Hub
from tradewind.runtime.rooms import Facts, HandlerFailures, Room, RoomMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tradewind.kernel.metrics import Metrics
    from tradewind.market.ports import EndingLine, OlderKeys, Source, SwitchableSource
    from tradewind.market.sources.ctp import CtpSource
    from tradewind.market.sources.infoway import InfowaySource
    from tradewind.market.sources.sql_monitor import SqlMonitorSource
    from tradewind.market.sources.zeromq import ZeromqSource
    from tradewind.runtime.settings import TradewindSettings

_CONTRACT_FILE: Final = "market_config.json"


class NoTimers:
    """`push.ports.Timers` where nobody is connected and so nothing is ever due."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Forget it."""

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Forget it."""


class Line:
    """The rooms of the line on one local bus and one clock; `intake` is where ticks go in."""

    def __init__(
        self,
        settings: TradewindSettings,
        metrics: Metrics,
        strategies: Collection[str] = (),
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        self.metrics = metrics
        failures = HandlerFailures(metrics)
        self.clock = LineClock(on_failure=failures.report_timer)
        self.bus = LocalBus(on_failure=failures.report, on_hop=metrics.observe_hop)
        facts = Facts(settings)
        self.instruments = facts.instruments
        self.calendar = facts.calendar
        make = RoomMaker(settings, facts=facts, bus=self.bus, clock=self.clock, metrics=metrics, wall_ns=wall_ns)
        self.intake = make.market()
        self.market = MarketQueries(
            instruments=self.instruments, line=self.intake, calendar=self.calendar, clock=self.clock
        )
        self.features = make.features()
        self.strategies = make.strategies(strategies)
        self.signals = make.signals()
        self.risk = make.risk()
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


def build_line(
    settings: TradewindSettings,
    *,
    metrics: Metrics,
    strategies: Collection[str] = (),
    wall_ns: Callable[[], int] | None = None,
) -> Line:
    """Return the line that the settings describe, not attached yet; with names in `strategies`, just these run.

    With the machine's clock `wall_ns` signals carry the times of their way; without it the same ticks always give the
    same events.

    Raises: ConfigError: the settings do not work together, or nobody has a strategy of that name.
    """
    return Line(settings, metrics, strategies, wall_ns)


def build_replay_source(settings: TradewindSettings, facts: Facts | Line) -> ReplaySource:
    """Return the recording the settings name.

    Raises: ConfigError: they name none, or a contract that nobody knows.
    """
    replay = settings.market.replay
    if not replay.path:
        message = "market.source is replay but market.replay.path is empty; name a recording"
        raise ConfigError(message)
    if replay.instrument:
        try:
            facts.instruments.require(replay.instrument)
        except UnknownInstrumentError as error:
            message = f"market.replay.instrument: {error}"
            raise ConfigError(message) from error
    return ReplaySource(replay, instruments=facts.instruments)


def build_zeromq_source(settings: TradewindSettings, facts: Facts | Line, *, metrics: Metrics) -> ZeromqSource:
    """Return the live feed the settings name.

    Raises: ConfigError: what reads it is not installed.
    """
    try:
        from tradewind.market.ctpwire.protobuf import message_classes  # noqa: PLC0415 - an extra
        from tradewind.market.sources.zeromq import ZeromqSource  # noqa: PLC0415 - an extra

        message_classes()
    except ImportError as error:
        message = f"market.source is zeromq, which needs {error.name}; `make install` brings it"
        raise ConfigError(message) from error
    feed, instruments = settings.market.zeromq, facts.instruments
    # Before the first quote, whose hours count: those of the contracts asked for, else those of the liquid ones.
    named = [instrument for symbol in feed.symbols if (instrument := instruments.find_symbol(symbol)) is not None]
    usual = named or [instruments.require(contract.instrument_id) for contract in instruments.liquid()]
    return ZeromqSource(
        feed,
        instruments=instruments,
        find_symbol=instruments.find_symbol,
        calendar=facts.calendar,
        is_round_the_clock=settings.market.calendar_mode() == "round_the_clock",
        usual_hours=[instrument.hours_id for instrument in usual],
        metrics=metrics,
    )


def build_sql_monitor_source(settings: TradewindSettings, facts: Facts | Line, *, metrics: Metrics) -> SqlMonitorSource:
    """Return what reads the quote table the settings name; nothing is connected yet.

    Raises: ConfigError: no database is set, or its driver is not installed.
    """
    from tradewind.market.sources.sql_monitor import SqlMonitorSource  # noqa: PLC0415 - only where it is wanted
    from tradewind.stores.sql.quote_table import QuoteTable  # noqa: PLC0415 - brings the database's library along
    from tradewind.stores.sql.router import DatabaseRouter  # noqa: PLC0415

    wanted, instruments = settings.market.sql_monitor, facts.instruments
    columns = {ours: theirs for ours, theirs in msgspec.structs.asdict(wanted.columns).items() if theirs}
    table = QuoteTable(
        DatabaseRouter(settings.databases).reader("quotes"),
        name=wanted.table,
        columns=columns,
        cursor=wanted.cursor,
        batch=wanted.batch,
        from_beginning=wanted.start == "beginning",
    )
    return SqlMonitorSource(
        wanted,
        table=table,
        instruments=instruments,
        find_symbol=instruments.find_symbol,
        calendar=facts.calendar,
        usual_hours=[instruments.require(contract.instrument_id).hours_id for contract in instruments.liquid()],
        metrics=metrics,
    )


def build_infoway_source(settings: TradewindSettings, facts: Facts | Line, *, metrics: Metrics) -> InfowaySource:
    """Return the data provider's feed as the settings describe it.

    Raises: ConfigError: there is no key, a code cannot be had, or the plan does not hold them.
    """
    from tradewind.market.sources.infoway import InfowaySource  # noqa: PLC0415 - its client is heavy
    from tradewind.runtime.infoway import infoway_client  # noqa: PLC0415 - likewise
    from tradewind.runtime.share_names import share_names  # noqa: PLC0415 - only for shares

    return InfowaySource(
        settings.market.infoway,
        settings.infoway,
        infoway_client(settings),
        instruments=facts.instruments,
        calendar=facts.calendar,
        metrics=metrics,
        learn_names=share_names(settings).learn,
    )


def build_ctp_source(settings: TradewindSettings, facts: Facts | Line, *, metrics: Metrics) -> CtpSource:
    """Return the feed of a broker's market fronts; the library is loaded in a child process, and later.

    Raises: ConfigError: there is no front, no contract to ask for, or the keyring cannot be read.
    """
    from tradewind.ctp.channel import Places  # noqa: PLC0415 - only where it is wanted
    from tradewind.ctp.secrets import market_password  # noqa: PLC0415 - likewise
    from tradewind.market.sources.ctp import CtpSource  # noqa: PLC0415 - likewise

    feed = settings.market.ctp
    return CtpSource(
        msgspec.structs.replace(feed, password=market_password(feed.password, feed.user_id)),
        settings.ctp,
        places=Places.of(settings.ctp, settings.data_dir, "market"),
        instruments=facts.instruments,
        calendar=facts.calendar,
        metrics=metrics,
        has_real_days=settings.market.calendar_mode() == "exchange",
        told=ContractDays(Path(settings.data_dir) / FOLDER),
    )


def build_recorder(
    settings: TradewindSettings, facts: Facts | Line, *, source: Source, metrics: Metrics
) -> DayRecorder | None:
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
        folder,
        source=source.name,
        instruments=facts.instruments,
        calendar=facts.calendar,
        metrics=metrics,
        hand=ThreadHand(),
        spool_bytes=settings.market.recording.spool_mb << 20,
    )


def build_source(settings: TradewindSettings, facts: Facts | Line, *, metrics: Metrics) -> SwitchableSource:
    """Return the source the settings choose.

    Raises: ConfigError: it cannot be made from them.
    """
    match settings.market.source:
        case "replay":
            return build_replay_source(settings, facts)
        case "zeromq":
            return build_zeromq_source(settings, facts, metrics=metrics)
        case "sql_monitor":
            return build_sql_monitor_source(settings, facts, metrics=metrics)
        case "infoway":
            return build_infoway_source(settings, facts, metrics=metrics)
        case "ctp":
            return build_ctp_source(settings, facts, metrics=metrics)
        case "simulator":
            return SimulatorSource(
                settings.market.simulator,
                contracts=facts.instruments.liquid(),
                instruments=facts.instruments,
                calendar=facts.calendar,
            )


def build_switch(
    settings: TradewindSettings,
    facts: Facts | Line,
    source: SwitchableSource,
    *,
    line: EndingLine,
    clock: LineClock,
    keys: OlderKeys | None = None,
) -> ContractSwitch:
    """Return the switch of the main contract for the process in which `source` runs; `keys` are its Redis mirrors."""
    path = settings.market.contract_file or Path(settings.data_dir) / _CONTRACT_FILE
    return ContractSwitch(
        file=ContractFile(Path(path)),
        instruments=facts.instruments,
        source=source,
        line=line,
        clock=clock,
        wall=SystemClock(),
        keys=keys,
        has_real_days=settings.market.calendar_mode() == "exchange",
    )
