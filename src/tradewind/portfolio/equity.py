"""Equity through the day: samples of what each account is worth, for the curve on the screen."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import msgspec


class EquityPoint(msgspec.Struct, frozen=True):
    """What an account was worth at a moment of the line."""

    ts: int
    trading_day: int
    balance: Decimal
    available: Decimal
    margin: Decimal


class EquitySamples:
    """At most `kept` points an account, the oldest goes first. Not of record: they begin anew with each start."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._points: dict[str, deque[EquityPoint]] = {}

    def add(self, account_id: str, point: EquityPoint) -> None:
        """Keep a point."""
        self._points.setdefault(account_id, deque(maxlen=self._kept)).append(point)

    def of(self, account_id: str) -> list[EquityPoint]:
        """Return an account's points."""
        return list(self._points.get(account_id, ()))
