"""All settings of the platform: one struct made of the rooms' structs."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.api.settings import ApiSettings
from tradewind.audit.settings import AuditSettings
from tradewind.bus.settings import BusSettings
from tradewind.collector.close_settings import CloseSettings
from tradewind.collector.control.settings import ControlSettings
from tradewind.collector.settings import ModuleSettings
from tradewind.ctp.settings import CtpSettings
from tradewind.domain.risk import AlertKind
from tradewind.errors import ConfigError
from tradewind.execution.settings import ExecutionSettings
from tradewind.features.settings import FeatureSettings
from tradewind.identity.settings import AccessSettings
from tradewind.infoway.settings import InfowaySettings
from tradewind.instructions.settings import InstructionSettings
from tradewind.kernel.log import LogFormat, LogLevel
from tradewind.market.settings import MarketSettings
from tradewind.notices.settings import NoticeSettings
from tradewind.portfolio.settings import PortfolioSettings
from tradewind.pretrade.settings import PretradeSettings
from tradewind.push.settings import PushSettings
from tradewind.quotes.settings import QuotesSettings
from tradewind.risk.settings import RiskSettings
from tradewind.runtime.backup.settings import BackupSettings
from tradewind.runtime.desk.settings import TradingSettings
from tradewind.runtime.gateway.settings import GatewaySettings
from tradewind.runtime.retention.settings import RetentionSettings
from tradewind.runtime.tracing.settings import TraceSettings
from tradewind.signals.settings import SignalsSettings
from tradewind.statistics.settings import StatisticsSettings
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.read_settings import DatabasesSettings
from tradewind.stores.settings import StoreSettings
from tradewind.strategies.settings import StrategySettings

OLDER_NAMES: Final = {
    "REDIS_URL": "bus.url",
    "INFOWAY_API_KEY": "infoway.api_key",
    "MONGODB_HOST": "documents.url",
    "MONGODB_DB_NAME": "documents.database",
    "MONGODB_COLLECTION_NAME": "documents.realtime",
    "MONGODB_REALTIME_COLLECTION_NAME": "documents.realtime",
    "MONGODB_CLOSE_COLLECTION_NAME": "documents.close",
    "SERVER_IP": "module.server_host",
    "SERVER_PORT": "module.server_port",
    "HEARTBEAT_INTERVAL": "module.heartbeat_s",
}
"""Variables by which the replaced systems were told what we call something else (seeds 002, 003); the later wins."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How logs are written to stdout."""

    level: Annotated[LogLevel, Meta(description="least important level that is written")] = "info"
    format: Annotated[LogFormat, Meta(description="json for machines, text for people, auto: text on a terminal")] = (
        "auto"
    )


class ServicesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Production mode: where each service listens that runs in a process of its own, how it is kept running."""

    host: Annotated[str, Meta(min_length=1, description="address of the health doors")] = "127.0.0.1"
    api_port: Annotated[int, Meta(ge=1, le=65_535, description="port of REST where api runs alone")] = 8_000
    push_port: Annotated[int, Meta(ge=1, le=65_535, description="port of the live streams where push runs alone")] = (
        8_100
    )
    market_health: Annotated[int, Meta(ge=1, le=65_535, description="port of market's health door")] = 8_201
    features_health: Annotated[int, Meta(ge=1, le=65_535, description="port of features' health door")] = 8_202
    strategies_health: Annotated[int, Meta(ge=1, le=65_535, description="port of strategies' health door")] = 8_203
    signals_health: Annotated[int, Meta(ge=1, le=65_535, description="port of signals' health door")] = 8_204
    risk_health: Annotated[int, Meta(ge=1, le=65_535, description="port of risk's health door")] = 8_205
    push_health: Annotated[int, Meta(ge=1, le=65_535, description="port of push's health door")] = 8_206
    quotes_health: Annotated[int, Meta(ge=1, le=65_535, description="port of the quotes port's health door")] = 8_207
    gateway_health: Annotated[int, Meta(ge=1, le=65_535, description="port of the gateway's health door")] = 8_208
    trading_health: Annotated[int, Meta(ge=1, le=65_535, description="port of the order line's health door")] = 8_209
    control_health: Annotated[int, Meta(ge=1, le=65_535, description="port of the control server's health door")] = (
        8_210
    )
    processes: Annotated[
        dict[
            Literal["market", "features", "strategies", "signals", "risk", "trading"],
            Annotated[int, Meta(ge=1, le=64, description="processes")],
        ],
        Meta(
            description="processes `start` runs of a service, where that is not one: with bus.shards they share the "
            "instruments, without one works and the others stand by, as they always do of trading"
        ),
    ] = {}
    health_step: Annotated[
        int, Meta(ge=1, description="the health door of a service's second process is this far above the first's")
    ] = 100
    start_s: Annotated[float, Meta(gt=0, description="seconds `start` waits for a service to answer")] = 30.0
    stable_s: Annotated[
        int,
        Meta(
            ge=1,
            description="seconds after which a start has worked; a service that ends sooner is tried again after 1, 2, "
            "3 … seconds, one that ends later at once",
        ),
    ] = 10
    retries: Annotated[
        int, Meta(ge=0, description="starts in a row that may fail before a service is left alone, as failed")
    ] = 100
    ask_s: Annotated[
        float, Meta(gt=0, le=60, description="seconds one service waits for another's answer before it says 503")
    ] = 2.0
    stop_s: Annotated[int, Meta(ge=1, description="seconds a service gets to stop before it is ended by force")] = 10
    settle_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="seconds api and quotes still serve once they are told to stop and say at /health that they "
            "are not ready; push waits for its clients instead (push.leave_s)",
        ),
    ] = 1.0
    log_bytes: Annotated[
        int, Meta(ge=10_000, description="size at which a log file of production mode is put aside for a new one")
    ] = 20_000_000
    log_files: Annotated[int, Meta(ge=1, description="log files put aside that are kept of each service")] = 5

    def processes_of(self, service: str) -> int:
        """Return how many processes `start` runs of a service."""
        return self.processes.get(service, 1)  # type: ignore[call-overload,no-any-return]  # any service may be asked for

    def health_port(self, service: str, number: int = 1) -> int:
        """Return where the process of that number tells how it is; api tells it at its own port."""
        port: int = self.api_port if service == "api" else getattr(self, f"{service}_health")
        return port + (number - 1) * self.health_step


class TradewindSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration; the defaults run embedded.

    Raises: ConfigError: what one room is to look at, another does not make.
    """

    data_dir: Annotated[str, Meta(min_length=1, description="folder for what must survive a restart")] = "var"
    rooms: Annotated[
        tuple[Literal["features", "strategies", "signals", "risk"], ...],
        Meta(description="rooms of the line that run, between market and the edges; leave out what nobody needs"),
    ] = ("features", "strategies", "signals", "risk")
    log: LogSettings = LogSettings()
    traces: TraceSettings = TraceSettings()
    bus: BusSettings = BusSettings()
    store: StoreSettings = StoreSettings()
    databases: DatabasesSettings = DatabasesSettings()
    audit: AuditSettings = AuditSettings()
    backup: BackupSettings = BackupSettings()
    retention: RetentionSettings = RetentionSettings()
    services: ServicesSettings = ServicesSettings()
    infoway: InfowaySettings = InfowaySettings()
    ctp: CtpSettings = CtpSettings()
    documents: DocumentSettings = DocumentSettings()
    closes: CloseSettings = CloseSettings()
    market: MarketSettings = MarketSettings()
    features: FeatureSettings = FeatureSettings()
    strategies: StrategySettings = StrategySettings()
    signals: SignalsSettings = SignalsSettings()
    risk: RiskSettings = RiskSettings()
    trading: TradingSettings = TradingSettings()
    instructions: InstructionSettings = InstructionSettings()
    pretrade: PretradeSettings = PretradeSettings()
    execution: ExecutionSettings = ExecutionSettings()
    portfolio: PortfolioSettings = PortfolioSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    notices: NoticeSettings = NoticeSettings()
    push: PushSettings = PushSettings()
    api: ApiSettings = ApiSettings()
    quotes: QuotesSettings = QuotesSettings()
    module: ModuleSettings = ModuleSettings()
    control: ControlSettings = ControlSettings()
    access: AccessSettings = AccessSettings()
    gateway: GatewaySettings = GatewaySettings()

    @property
    def is_trading(self) -> bool:
        """True where there is an order line: it is wanted, and no recording plays; nobody trades in the past."""
        return self.trading.enabled and self.market.source != "replay"

    def __post_init__(self) -> None:
        """Refuse a watch on a window that the features room does not compute: it would stay silent for ever."""
        is_watched = AlertKind.VOLATILITY_BURST in self.risk.watches and {"risk", "features"} <= set(self.rooms)
        if is_watched and self.risk.volatility_window not in self.features.windows:
            message = (
                f"risk.volatility_window must be one of features.windows ({', '.join(self.features.windows) or 'none'}"
                f"), was {self.risk.volatility_window}; change either, or take volatility_burst out of risk.watches"
            )
            raise ConfigError(message)
