"""The topics of push, each with the type of its values."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tradewind.domain.account import Account, Position
from tradewind.domain.bar import Bar
from tradewind.domain.chat import ChatMessage
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.instruction import Instruction, Trigger
from tradewind.domain.job import Job
from tradewind.domain.module import Module
from tradewind.domain.notice import Notice
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.order import Fill, Order
from tradewind.domain.plan import TradingPlan
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.statistics import (
    AccountFigures,
    OrderStatistic,
    PositionFigures,
    PositionGroup,
    TradeStatistic,
)
from tradewind.domain.tick import Tick
from tradewind.domain.trading_state import LimitWarning, TradingState

TYPES: Final[dict[str, Any]] = {
    "quotes": Tick,
    "features": FeatureSnapshot,
    "bars": Bar,
    "signals": Signal,
    "opportunities": Opportunity,
    "risk_alerts": RiskAlert,
    "positions": Position,
    "accounts": Account,
    "position_figures": PositionFigures,
    "account_figures": AccountFigures,
    "trade_statistics": TradeStatistic,
    "order_statistics": OrderStatistic,
    "position_groups": PositionGroup,
    "orders": Order,
    "fills": Fill,
    "instructions": Instruction,
    "plans": TradingPlan,
    "triggers": Trigger,
    "trading_states": TradingState,
    "limit_warnings": LimitWarning,
    "notices": Notice,
    "chat": ChatMessage,
    "modules": Module,
    "jobs": Job,
    "system": dict[str, Any],
}
"""Topic → what each of its values is; a topic that a later platform adds is told as plain JSON."""
_PLAIN: Final = msgspec.json.Decoder(list[dict[str, Any]])
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]  # of the table
    for name, kind in TYPES.items()
}


def decoder_of(topic: str, *, is_plain: bool) -> msgspec.json.Decoder[Any]:
    """Return what reads a topic's values: as their type, or as plain JSON."""
    return _PLAIN if is_plain else _DECODERS.get(topic, _PLAIN)
