"""Answers about funds and positions: lots, the course of equity."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class LotView(msgspec.Struct, frozen=True):
    """One lot, and what it brings: `base_price` is what it is counted from today (its own, or the settlement price)."""

    fill: str
    trading_day: int
    opened_at: int
    is_today: bool
    quantity: int
    open_price: Decimal
    base_price: Decimal
    contract_multiplier: int
    last_price: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal


class EquityPoint(msgspec.Struct, frozen=True):
    """What an account was worth at a moment of the line."""

    ts: int
    trading_day: int
    balance: Decimal
    available: Decimal
    margin: Decimal


class SettledDay(msgspec.Struct, frozen=True):
    """A trading day of a ledger as it ended; `balance` is the next day's `pre_balance`."""

    trading_day: int
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    commission: Decimal
    balance: Decimal
    ts_event: int


class EquityView(msgspec.Struct, frozen=True):
    """An account's equity: the end of each settled day, and samples of today.

    `today` is the account's own, and empty for who may see a book of it only.
    """

    days: list[SettledDay]
    today: list[EquityPoint]
