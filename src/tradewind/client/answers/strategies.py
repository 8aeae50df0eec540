"""Answers about strategies."""

from __future__ import annotations

import msgspec


class ParamDescription(msgspec.Struct, frozen=True):
    """One parameter of a strategy."""

    name: str
    value: bool | int | float | str
    default: bool | int | float | str | None
    description: str


class StrategyHealth(msgspec.Struct, frozen=True):
    """One strategy's record since it was loaded; `evidence` says why it was last quarantined."""

    state: str
    """`active`, `quarantined`, `probation` or `stopped`."""
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
