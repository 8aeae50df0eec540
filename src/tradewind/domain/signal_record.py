"""Opportunities and alerts as the record keeps them: how each went, and what stood behind it when it came up."""

from __future__ import annotations

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import SignalTimes


class TickBehind(msgspec.Struct, frozen=True):
    """A tick before an opportunity; times in ns UTC, `volume` the lots traded since the tick before."""

    seq: int
    ts_event: int
    ts_recv: int
    last_price: float
    bid_price: float | None
    ask_price: float | None
    volume: int


class SignalWay(msgspec.Struct, frozen=True):
    """How long the first signal of one strategy in an opportunity took: `ts_event` and `times` are the signal's own."""

    strategy: str
    ts_event: int
    times: SignalTimes


class Evidence(msgspec.Struct, frozen=True):
    """What stood behind an opportunity when it came up.

    `heard_at` is when the record heard of it by the machine's clock (ns UTC), as everybody on the bus did; with the
    stamps of the newest tick it says how long the whole way was. `ways` say how long each part of it was, for each
    strategy in the order in which they joined; there are none where the signals brought no times. `features` are those
    of that moment, `None` where the features room is a process of its own; `features_ns` is what that room usually
    takes for a tick, the median of those measured, 0 where nobody here knows.
    """

    heard_at: int
    ticks: tuple[TickBehind, ...]
    features: FeatureSnapshot | None
    features_ns: int = 0
    ways: tuple[SignalWay, ...] = ()


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
