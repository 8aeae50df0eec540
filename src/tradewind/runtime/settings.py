"""All settings of the platform: one struct made of the rooms' structs."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.api.settings import ApiSettings
from tradewind.features.settings import FeatureSettings
from tradewind.identity.settings import AccessSettings
from tradewind.kernel.log import LogFormat, LogLevel
from tradewind.market.settings import MarketSettings
from tradewind.push.settings import PushSettings
from tradewind.quotes.settings import QuotesSettings
from tradewind.risk.settings import RiskSettings
from tradewind.signals.settings import SignalsSettings
from tradewind.strategies.settings import StrategySettings


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How logs are written to stdout."""

    level: Annotated[LogLevel, Meta(description="least important level that is written")] = "info"
    format: Annotated[LogFormat, Meta(description="json for machines, text for people, auto: text on a terminal")] = (
        "auto"
    )


class TradewindSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration; the defaults run embedded."""

    data_dir: Annotated[str, Meta(min_length=1, description="folder for what must survive a restart")] = "var"
    rooms: Annotated[
        tuple[Literal["features", "strategies", "signals", "risk"], ...],
        Meta(description="rooms of the line that run, between market and the edges; leave out what nobody needs"),
    ] = ("features", "strategies", "signals", "risk")
    log: LogSettings = LogSettings()
    market: MarketSettings = MarketSettings()
    features: FeatureSettings = FeatureSettings()
    strategies: StrategySettings = StrategySettings()
    signals: SignalsSettings = SignalsSettings()
    risk: RiskSettings = RiskSettings()
    push: PushSettings = PushSettings()
    api: ApiSettings = ApiSettings()
    quotes: QuotesSettings = QuotesSettings()
    access: AccessSettings = AccessSettings()
