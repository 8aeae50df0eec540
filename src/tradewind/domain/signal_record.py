"""Opportunities and alerts as the record keeps them: how each went, and what stood behind it when it came up."""

from __future__ import annotations

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.risk import RiskAlert


class TickBehind(msgspec.Struct, frozen=True):
    """A tick before an opportunity; times in ns UTC, `volume` the lots traded since the tick before."""

    seq: int
    ts_event: int
    ts_recv: int
    last_price: float
    bid_price: float | None
    ask_price: float | None
    volume: int


class Evidence(msgspec.Struct, frozen=True):
    """What stood behind an opportunity when it came up.

    `heard_at` is when the record heard of it by the machine's clock (ns UTC): the newest tick's own stamps say how long
    the way from the exchange and through the line was. `features` are those of that moment, `None` where the features
    room is a process of its own.
    """

    heard_at: int
    ticks: tuple[TickBehind, ...]
    features: FeatureSnapshot | None


class OpportunityStep(msgspec.Struct, frozen=True, array_like=True):
    """One stage of an opportunity: since when (ns UTC), its state, how sure it was, and the price."""

    ts: int
    state: str
    confidence: float
    last_price: float


class KeptOpportunity(msgspec.Struct, frozen=True):
    """An opportunity for the record; without `evidence` its beginning was not heard, and what stands there stays."""

    opportunity: Opportunity
    trading_day: int
    steps: tuple[OpportunityStep, ...]
    evidence: Evidence | None


class KeptAlert(msgspec.Struct, frozen=True):
    """An alert for the record."""

    alert: RiskAlert
    trading_day: int
