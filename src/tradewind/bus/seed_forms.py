"""Our events in the words of system 003, for its clients: REST and WebSocket must say them alike.

Here, between the edges that need it, because edges do not import each other. Field names, letter case and the
ISO-8601 times are the seed's (003, Opportunity and StrategySignal); our own fields follow beside them, under our
own names, so that nothing an older client reads changes its meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.domain.signal import SignalSide
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = tuple(f".{number:03d}Z" for number in range(1_000))
"""The end of a time: looked up it costs half of being formatted, and a version of an opportunity has four."""
_STOCK_PREFIXES: Final = {"SSE": "sh", "SZSE": "sz"}


class SeedSignal(msgspec.Struct, frozen=True):
    """One strategy's signal as 003's StrategySignal; `metadata` carries what 003 has no field for."""

    strategy: str
    symbol: str
    signal_type: str
    confidence: float
    strength_score: float
    reasons: tuple[str, ...]
    triggered_at: str
    window: str
    metadata: dict[str, str | float]


class SeedOpportunity(msgspec.Struct, frozen=True):
    """An opportunity as 003's API and stream give it; the block below `signals` is ours."""

    id: str
    symbol: str
    state: OpportunityState
    created_at: str
    updated_at: str
    confidence: float
    strength_score: float
    notes: tuple[str, ...]
    signals: tuple[SeedSignal, ...]

    instrument_id: str
    side: SignalSide
    version: int
    last_price: float
    entry_price: float
    expires_at: str
    cause: str


class SeedOpportunityMessage(msgspec.Struct, frozen=True, tag_field="type", tag="opportunity"):
    """One frame of 003's stream: `{"type": "opportunity", "payload": {…}}`."""

    payload: SeedOpportunity


def seed_time(ts: int) -> str:
    """Write ns UTC as 003 writes times: `2021-01-04T01:30:00.500Z`."""
    seconds, rest_ns = divmod(ts, NS_PER_S)
    return _seconds_text(seconds) + _MILLISECONDS[rest_ns // NS_PER_MS]


@lru_cache(maxsize=256)
def _seconds_text(seconds: int) -> str:
    """Write whole seconds; hundreds of ticks share one."""
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


@lru_cache(maxsize=4_096)
def seed_symbol(instrument_id: str) -> str:
    """Write an instrument as 003 does: `sh600000` for a stock, the exchange's own symbol for the rest."""
    symbol, _, exchange = instrument_id.rpartition(".")
    if not symbol:
        return instrument_id
    return _STOCK_PREFIXES.get(exchange, "") + symbol


def seed_opportunity(opportunity: Opportunity) -> SeedOpportunity:
    """Say one version of an opportunity in 003's words."""
    symbol = seed_symbol(opportunity.instrument_id)
    return SeedOpportunity(
        id=opportunity.opportunity_id,
        symbol=symbol,
        state=opportunity.state,
        created_at=seed_time(opportunity.created_at),
        updated_at=seed_time(opportunity.updated_at),
        confidence=opportunity.confidence,
        strength_score=opportunity.strength,
        notes=opportunity.reasons,
        signals=tuple([_seed_signal(contribution, symbol) for contribution in opportunity.contributions]),
        instrument_id=opportunity.instrument_id,
        side=opportunity.side,
        version=opportunity.version,
        last_price=opportunity.last_price,
        entry_price=opportunity.entry_price,
        expires_at=seed_time(opportunity.expires_at),
        cause=opportunity.cause,
    )


def _seed_signal(contribution: Contribution, symbol: str) -> SeedSignal:
    return SeedSignal(
        strategy=contribution.strategy,
        symbol=symbol,
        signal_type=contribution.signal_type,
        confidence=contribution.confidence,
        strength_score=contribution.strength,
        reasons=contribution.reasons,
        triggered_at=seed_time(contribution.ts_event),
        window=_window_of(contribution.reasons),
        metadata={
            "signal_id": contribution.signal_id,
            "side": contribution.side,
            "weight": contribution.weight,
        },
    )


def _window_of(reasons: tuple[str, ...]) -> str:
    """Find the window a signal speaks of; its reasons name it (`… window=60s`), a contribution has no field for it."""
    for reason in reasons:
        if "window=" not in reason:
            continue
        for word in reason.split():
            if word.startswith("window="):
                return word.removeprefix("window=")
    return ""
