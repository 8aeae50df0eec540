"""Answers about what waits to be sent, and how the broker is."""

from __future__ import annotations

import msgspec


class QueueState(msgspec.Struct, frozen=True):
    """What waits for an account now: how many, and since when the oldest (ns UTC, `None` when none does)."""

    account_id: str
    orders: int
    cancels: int
    oldest_ts: int | None


class Difference(msgspec.Struct, frozen=True):
    """One thing that our books and the broker's do not agree about, each in its own words."""

    code: str
    """position_today, position_yesterday, funds_before_trading, funds_close_pnl or funds_commission."""
    subject: str
    ours: str
    theirs: str


class AccountLink(msgspec.Struct, frozen=True, kw_only=True):
    """How one account stands with its broker, for people to see; times in ns UTC, amounts in lots and messages."""

    account_id: str
    state: str
    reason: str
    since_ts: int
    front: str
    trading_day: int
    is_working: bool
    is_settlement_confirmed: bool
    queries_waiting: int
    query: str
    """The query that is not answered yet, "" for none."""
    flow_limit: int
    """Orders and cancels the front takes in a second."""
    flow_used: int
    external_orders: int
    external_fills: int
    counts: dict[str, int]
    funds: dict[str, str]
    differences: tuple[Difference, ...]
    compared_ts: int | None


class BrokerState(msgspec.Struct, frozen=True):
    """Whether orders can go out: connected, and all that was open before is accounted for."""

    name: str
    is_connected: bool
    is_reconciled: bool
    accounts: tuple[AccountLink, ...] = ()
    """How each account stands, where the broker has a link for each."""


class ExecutionAlarm(msgspec.Struct, frozen=True):
    """Something about sending that a person should look at. Times in ns UTC of the line."""

    kind: str
    account_id: str
    client_order_id: str
    detail: str
    ts_event: int


class QueueView(msgspec.Struct, frozen=True):
    """What waits to be sent, how the broker is, and what a person should look at."""

    queues: tuple[QueueState, ...]
    broker: BrokerState
    alarms: tuple[ExecutionAlarm, ...]
