"""Whether trading is allowed, by scope: what the emergency stop and the loss limits set."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class TradingMode(StrEnum):
    """ACTIVE: all goes; REDUCING: only what makes positions smaller; HALTED: nothing new, live orders are cancelled.

    Cancels always pass.
    """

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Scope(StrEnum):
    """What a limit or a mode applies to."""

    PLATFORM = "platform"
    ACCOUNT = "account"
    PRODUCT = "product"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"


class TradingState(msgspec.Struct, frozen=True):
    """The mode of one scope; `key` is the account, product, strategy or contract, "" for the platform. Latched."""

    scope: Scope
    key: str
    mode: TradingMode
    actor: str
    reason_code: str
    reason: str
    version: int
    ts_event: int


class LimitWarning(msgspec.Struct, frozen=True):
    """A counter or limit of the risk gate nears its end: at 60, 80 or 95 per cent."""

    rule: str
    scope: Scope
    key: str
    percent: int
    limit: str
    actual: str
    trading_day: int
    ts_event: int
