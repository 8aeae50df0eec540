"""The topics a client may subscribe to: what feeds each, what tells its values apart, how it is sent by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from tradewind.bus.desk_topics import (
    ACCOUNT_FIGURES,
    ACCOUNTS,
    FILLS,
    INSTRUCTIONS,
    LIMIT_WARNINGS,
    ORDER_STATISTICS,
    ORDERS,
    PLANS,
    POSITION_FIGURES,
    POSITION_GROUPS,
    POSITIONS,
    TRADE_STATISTICS,
    TRADING_STATES,
    TRIGGERS,
)
from tradewind.bus.fleet_topics import JOBS, MODULES
from tradewind.bus.people_topics import CHAT, NOTICES
from tradewind.bus.topics import BARS, OPPORTUNITIES, RISK_ALERTS, SIGNALS, Topic
from tradewind.domain.account import Position
from tradewind.domain.bar import Bar
from tradewind.domain.module import ModuleState
from tradewind.domain.notice import Notice
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.order import Fill
from tradewind.domain.rights import Permission
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.statistics import OrderStatistic, PositionFigures, PositionGroup, TradeStatistic
from tradewind.domain.trading_state import LimitWarning
from tradewind.push.viewers import Viewers, by_product, covered_by, oneself, whoever_may

Mode = Literal["latest", "every"]
MODES: Final[tuple[Mode, ...]] = ("latest", "every")

QUOTES: Final = "quotes"
FEATURES: Final = "features"
SYSTEM: Final = "system"
SYSTEM_KEY: Final = "system"


def _never(_event: Any, _other: Any = None) -> bool:  # noqa: ANN401 - any event
    return False


def _always(_event: Any, _other: Any) -> bool:  # noqa: ANN401 - any event
    return True


class PushTopic(msgspec.Struct, frozen=True):
    """How one topic is kept and sent.

    `key_of` tells values apart in the snapshot and under conflation; `is_repeat(new, old)` knows a redelivered
    event by the one already held under its key; `is_over` says that a value leaves the snapshot with this event.
    `hurries(new, old)` says that something happened, and not that a price moved: in mode `latest` that does not wait
    for the end of an interval (latest.py); `old` is `None` where there was none.
    `viewers` says who may have it, and which of its values.
    `source` is the topic of the bus that feeds it; the hot ones have handlers of their own (feed.py).
    `is_stamped` is true where an event says when it was written for clients, as `ts_pushed`.
    `is_by_instrument` is true where the key is the instrument id, which makes picking a few of many cheap.
    """

    name: str
    mode: Mode
    viewers: Viewers
    key_of: Callable[[Any], str]
    is_repeat: Callable[[Any, Any], bool] = _never
    is_over: Callable[[Any], bool] = _never
    hurries: Callable[[Any, Any], bool] = _never
    source: Topic[Any] | None = None
    is_by_instrument: bool = False
    has_instruments: bool = True
    is_stamped: bool = False

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


def _older(new: Any, old: Any) -> bool:  # noqa: ANN401 - any event that has versions
    is_older: bool = new.version <= old.version
    return is_older


def _not_later(new: Any, old: Any) -> bool:  # noqa: ANN401 - a position or an account
    # The market moves their worth without a new version: a version counts what happened, the moment tells the newest.
    is_not_later: bool = (new.version, new.ts_event) <= (old.version, old.ts_event)
    return is_not_later


def _new_version(new: Any, old: Any) -> bool:  # noqa: ANN401 - a position or an account
    return old is None or new.version != old.version


def _other_lots(new: PositionGroup, old: PositionGroup | None) -> bool:
    return old is None or _lots(new) != _lots(old)


def _lots(row: PositionGroup) -> tuple[int, int, int]:
    return row.positions, row.long_quantity, row.short_quantity


def _same_fill(_new: Fill, _old: Fill) -> bool:
    return True


def _same_warning(_new: LimitWarning, _old: LimitWarning) -> bool:
    return True


def _same_notice(_new: Notice, _old: Notice) -> bool:
    return True


def _fill_key(fill: Fill) -> str:
    return " ".join(map(str, fill.key))


def _summed_key(row: TradeStatistic | OrderStatistic) -> str:
    day = row.trading_day if isinstance(row, TradeStatistic) else ""
    return f"{row.account_id} {row.product_code} {row.strategy} {row.instrument_id} {row.side} {day}"


def _group_key(row: PositionGroup) -> str:
    return f"{row.account_id} {row.product_code} {row.grouping} {row.name}"


def _position_key(position: Position | PositionFigures) -> str:
    return f"{position.account_id} {position.book} {position.instrument_id} {position.direction}"


def _instrument(event: Any) -> str:  # noqa: ANN401 - every event of the line but system has it
    key: str = event.instrument_id
    return key


_MARKET: Final = whoever_may(Permission.MARKET)
_DESK: Final = covered_by(Permission.VIEW)
_PLANS: Final = covered_by(Permission.VIEW, hangs_on_plans=True)

PUSH_TOPICS: Final[tuple[PushTopic, ...]] = (
    PushTopic(QUOTES, "latest", _MARKET, _instrument, is_by_instrument=True),
    PushTopic(FEATURES, "latest", _MARKET, _instrument, is_by_instrument=True),
    PushTopic("bars", "every", _MARKET, _instrument, _bar_repeats, source=BARS, is_by_instrument=True),
    PushTopic("signals", "every", _MARKET, lambda signal: signal.signal_id, _same_id, source=SIGNALS),
    PushTopic(
        "opportunities",
        "every",
        _MARKET,
        lambda opportunity: opportunity.opportunity_id,
        _opportunity_repeats,
        _opportunity_is_over,
        source=OPPORTUNITIES,
        is_stamped=True,
    ),
    PushTopic("risk_alerts", "every", _MARKET, lambda alert: alert.alert_id, _same_id, source=RISK_ALERTS),
    PushTopic(
        "positions",
        "latest",
        _DESK,
        _position_key,
        _not_later,
        lambda position: not position.quantity,
        hurries=_new_version,
        source=POSITIONS,
    ),
    PushTopic(
        "accounts",
        "latest",
        _DESK,
        lambda account: f"{account.account_id} {account.book}",
        _not_later,
        hurries=_new_version,
        source=ACCOUNTS,
        has_instruments=False,
    ),
    PushTopic(
        "position_figures",
        "latest",
        _DESK,
        _position_key,
        _not_later,
        lambda row: not row.quantity,
        hurries=_new_version,
        source=POSITION_FIGURES,
    ),
    PushTopic(
        "account_figures",
        "latest",
        _DESK,
        lambda row: f"{row.account_id} {row.book}",
        _not_later,
        hurries=_new_version,
        source=ACCOUNT_FIGURES,
        has_instruments=False,
    ),
    PushTopic(
        "trade_statistics",
        "latest",
        _DESK,
        _summed_key,
        _older,
        lambda row: not row.fills,
        hurries=_always,
        source=TRADE_STATISTICS,
    ),
    PushTopic(
        "order_statistics",
        "latest",
        _DESK,
        _summed_key,
        _older,
        lambda row: not row.orders,
        hurries=_always,
        source=ORDER_STATISTICS,
    ),
    PushTopic(
        "position_groups",
        "latest",
        _DESK,
        _group_key,
        _older,
        lambda row: not row.positions,
        hurries=_other_lots,
        source=POSITION_GROUPS,
        has_instruments=False,
    ),
    PushTopic(
        "orders",
        "every",
        _DESK,
        lambda order: order.client_order_id,
        _older,
        hurries=_always,
        source=ORDERS,
        has_instruments=False,
    ),
    PushTopic("fills", "every", _DESK, _fill_key, _same_fill, hurries=_always, source=FILLS),
    PushTopic(
        "instructions",
        "every",
        _DESK,
        lambda told: told.instruction_id,
        _older,
        hurries=_always,
        source=INSTRUCTIONS,
        has_instruments=False,
    ),
    PushTopic(
        "plans", "latest", _PLANS, lambda plan: plan.name, _older, hurries=_always, source=PLANS, has_instruments=False
    ),
    PushTopic(
        "triggers", "every", _PLANS, lambda trigger: trigger.trigger_id, _older, hurries=_always, source=TRIGGERS
    ),
    PushTopic(
        "trading_states",
        "latest",
        _PLANS,
        lambda state: f"{state.scope} {state.key}",
        _older,
        hurries=_always,
        source=TRADING_STATES,
        has_instruments=False,
    ),
    PushTopic(
        "limit_warnings",
        "every",
        _PLANS,
        lambda told: f"{told.rule} {told.scope} {told.key} {told.percent} {told.trading_day}",
        _same_warning,
        hurries=_always,
        source=LIMIT_WARNINGS,
        has_instruments=False,
    ),
    # Of one person each (`username`), and of who may chat in `product_code`.
    PushTopic(
        "notices",
        "every",
        oneself(),
        lambda told: f"{told.username} {told.event_id}",
        _same_notice,
        hurries=_always,
        source=NOTICES,
        has_instruments=False,
    ),
    PushTopic(
        "chat",
        "every",
        by_product(Permission.CHAT),
        lambda said: str(said.message_id),
        _older,
        hurries=_always,
        source=CHAT,
        has_instruments=False,
    ),
    # Collector modules and what they are told to do.
    PushTopic(
        "modules",
        "latest",
        whoever_may(Permission.SYSTEM),
        lambda module: module.module_id,
        _older,
        lambda module: module.state is ModuleState.RETIRED,
        source=MODULES,
        has_instruments=False,
    ),
    PushTopic(
        "jobs",
        "every",
        whoever_may(Permission.SYSTEM),
        lambda job: job.job_id,
        _older,
        source=JOBS,
        has_instruments=False,
    ),
    PushTopic(SYSTEM, "latest", whoever_may(Permission.SYSTEM), lambda _status: SYSTEM_KEY, has_instruments=False),
)
