"""Every topic of the line, in flow order: what travels, who alone writes it, who reads it, its name on Redis.

The readers are checked against the service table (tests/architecture); the wire names are those of seed 003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import msgspec

from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E")
Delivery = Literal["stream", "pubsub"]


class Topic(msgspec.Struct, Generic[E], frozen=True):
    """One kind of event: `stream` is kept and acknowledged, `pubsub` is at most once on a network bus."""

    name: str
    event: type[E]
    writer: str
    delivery: Delivery
    wire_name: str
    doc: str


CLEAN_TICKS: Final = Topic("clean_ticks", Tick, "market", "stream", "dfp:clean_ticks", "ticks that passed cleaning")
QUOTE_SNAPSHOTS: Final = Topic(
    "quote_snapshots",
    Tick,
    "market",
    "pubsub",
    "tradewind:quote_snapshots",
    "quotes outside trading hours: shown on screens, never fed to features",
)
BARS: Final = Topic("bars", Bar, "features", "stream", "tradewind:bars", "closed one-minute bars")
FEATURES: Final = Topic(
    "features", FeatureSnapshot, "features", "pubsub", "dfp:features", "rolling windows and indicators after each tick"
)
SIGNALS: Final = Topic("signals", Signal, "strategies", "stream", "dfp:strategy_signals", "what each strategy believes")
OPPORTUNITIES: Final = Topic(
    "opportunities", Opportunity, "signals", "stream", "dfp:opportunities", "signals merged, with a state"
)
RISK_ALERTS: Final = Topic("risk_alerts", RiskAlert, "risk", "pubsub", "dfp:risk_alerts", "what somebody should see")

TOPICS: Final[Mapping[str, Topic[object]]] = {
    topic.name: topic  # type: ignore[misc]
    for topic in (CLEAN_TICKS, QUOTE_SNAPSHOTS, BARS, FEATURES, SIGNALS, OPPORTUNITIES, RISK_ALERTS)
}
