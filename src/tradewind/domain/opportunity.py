"""Opportunities: several strategies' signals on one instrument, merged into something a person can act on."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.signal import SignalSide, SignalTimes
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping


class OpportunityState(StrEnum):
    """NEW on the first signal, ACTIVE once confirmed, TRACKING when signals stop but it still holds, then CLOSED."""

    NEW = "NEW"
    ACTIVE = "ACTIVE"
    TRACKING = "TRACKING"
    CLOSED = "CLOSED"


TRANSITIONS: Final[Mapping[OpportunityState, frozenset[OpportunityState]]] = {
    OpportunityState.NEW: frozenset({OpportunityState.ACTIVE, OpportunityState.TRACKING, OpportunityState.CLOSED}),
    OpportunityState.ACTIVE: frozenset({OpportunityState.TRACKING, OpportunityState.CLOSED}),
    OpportunityState.TRACKING: frozenset({OpportunityState.ACTIVE, OpportunityState.CLOSED}),
    OpportunityState.CLOSED: frozenset(),
}


def advance(state: OpportunityState, to: OpportunityState) -> OpportunityState:
    """Return `to` if the table allows the move.

    Raises: StateConflictError: it does not.
    """
    if to not in TRANSITIONS[state]:
        allowed = ", ".join(sorted(TRANSITIONS[state])) or "nothing"
        message = f"an opportunity cannot go from {state} to {to}; allowed: {allowed}"
        raise StateConflictError(message)
    return to


class Contribution(msgspec.Struct, frozen=True):
    """The latest signal of one strategy within an opportunity, how much it weighs, and when it was where."""

    strategy: str
    signal_id: str
    signal_type: str
    side: SignalSide
    confidence: float
    strength: float
    weight: float
    ts_event: int
    reasons: tuple[str, ...]
    times: SignalTimes | None = None


class Opportunity(msgspec.Struct, frozen=True):
    """One instrument worth looking at; every change is a new version of the same id.

    `confidence` 0 … 1 and `reasons` (`code key=value …`) say why; `contributions` name the signals, so that the
    way back to the ticks stays open. Times in ns UTC of the line. `cause` is the signal or timer behind this version.
    """

    opportunity_id: str
    instrument_id: str
    side: SignalSide
    state: OpportunityState
    version: int
    confidence: float
    strength: float
    last_price: float
    entry_price: float
    created_at: int
    updated_at: int
    expires_at: int
    reasons: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    cause: str
