"""The topics a client may subscribe to: what feeds each, what tells its values apart, how it is sent by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from tradewind.bus.topics import BARS, OPPORTUNITIES, RISK_ALERTS, SIGNALS, Topic
from tradewind.domain.bar import Bar
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal

Mode = Literal["latest", "every"]
MODES: Final[tuple[Mode, ...]] = ("latest", "every")

QUOTES: Final = "quotes"
FEATURES: Final = "features"
SYSTEM: Final = "system"
SYSTEM_KEY: Final = "system"


def _never(_event: Any, _other: Any = None) -> bool:  # noqa: ANN401 - any event
    return False


class PushTopic(msgspec.Struct, frozen=True):
    """How one topic is kept and sent.

    `key_of` tells values apart in the snapshot and under conflation; `is_repeat(new, old)` knows a redelivered
    event by the one already held under its key; `is_over` says that a value leaves the snapshot with this event.
    `source` is the topic of the bus that feeds it; the hot ones have handlers of their own (feed.py).
    `is_by_instrument` is true where the key is the instrument id, which makes picking a few of many cheap.
    """

    name: str
    mode: Mode
    key_of: Callable[[Any], str]
    is_repeat: Callable[[Any, Any], bool] = _never
    is_over: Callable[[Any], bool] = _never
    source: Topic[Any] | None = None
    is_by_instrument: bool = False
    has_instruments: bool = True

    @property
    def is_hot(self) -> bool:
        """True where events come with every tick: they are kept for resuming only once somebody asked for each."""
        return self.mode == "latest"


def _bar_repeats(new: Bar, old: Bar) -> bool:
    return new.ts_close <= old.ts_close


def _same_id(_new: Signal | RiskAlert, _old: Signal | RiskAlert) -> bool:
    return True


def _opportunity_repeats(new: Opportunity, old: Opportunity) -> bool:
    return new.version <= old.version


def _opportunity_is_over(event: Opportunity) -> bool:
    return event.state is OpportunityState.CLOSED


def _instrument(event: Any) -> str:  # noqa: ANN401 - every event of the line but system has it
    key: str = event.instrument_id
    return key


PUSH_TOPICS: Final[tuple[PushTopic, ...]] = (
    PushTopic(QUOTES, "latest", _instrument, is_by_instrument=True),
    PushTopic(FEATURES, "latest", _instrument, is_by_instrument=True),
    PushTopic("bars", "every", _instrument, _bar_repeats, source=BARS, is_by_instrument=True),
    PushTopic("signals", "every", lambda signal: signal.signal_id, _same_id, source=SIGNALS),
    PushTopic(
        "opportunities",
        "every",
        lambda opportunity: opportunity.opportunity_id,
        _opportunity_repeats,
        _opportunity_is_over,
        source=OPPORTUNITIES,
    ),
    PushTopic("risk_alerts", "every", lambda alert: alert.alert_id, _same_id, source=RISK_ALERTS),
    PushTopic(SYSTEM, "latest", lambda _status: SYSTEM_KEY, has_instruments=False),
)
