"""How a strategy is doing, as the API, the page and the logs say it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tradewind.strategies.params import ParamDescription


class StrategyState(StrEnum):
    """ACTIVE runs; QUARANTINED is skipped; PROBATION runs on half its budgets; STOPPED waits to be reloaded."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    PROBATION = "probation"
    STOPPED = "stopped"


class StrategyHealth(msgspec.Struct, frozen=True):
    """One strategy's record since it was loaded; `evidence` says why it was last quarantined."""

    state: StrategyState
    version: int
    instances: int
    signals: int
    errors: int
    refused: int
    """Answers that were no valid signals, and signals beyond the allowed rate."""
    quarantines: int
    quarantined_until: int | None
    """Line time in ns."""
    evidence: str | None
    last_error: str | None
    own_time_us: float | None
    """Machine time of one call, median of the latest samples."""
    dropped_events: int
    """Events an asynchronous strategy was too far behind to see."""


class StrategyReport(msgspec.Struct, frozen=True):
    """One strategy: what it is, its parameters, its health."""

    name: str
    source: str
    doc: str
    hooks: tuple[str, ...]
    is_async: bool
    params: tuple[ParamDescription, ...]
    health: StrategyHealth
    changed: tuple[str, ...] = ()
    """Parameters that people changed by hand; the others are as settings, folder or package bring them."""
