"""What simulated fronts are set to: broker, users, limits, contracts."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class FrontUser(msgspec.Struct, frozen=True):
    """One who may log in; the user is the investor too."""

    user_id: str = "210001"
    password: str = "front-password"  # noqa: S105 - of a front on this machine
    name: str = "测试客户"
    balance: Decimal = Decimal(1_000_000)
    """Money at the beginning, in yuan."""


class FrontSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Fronts of one broker."""

    broker_id: str = "9999"
    users: tuple[FrontUser, ...] = (FrontUser(),)
    app_id: str = "simnow_client_test"
    auth_code: str = "0000000000000000"
    needs_authentication: bool = True
    trading_day: int = 20250401
    """The day it begins with."""
    query_rate: int = 1
    """Queries a second that the library lets pass (QryFreq)."""
    order_rate: int = 6
    """Orders and cancels a second of a session; more of them wait at the front, unsaid (FTDPkgFreq)."""
    max_sessions: int = 6
    max_failures: int = 3
    """Failed logins in a row after which a user is locked (75)."""
    exchange_accepts: bool = True
    """False: an order stays unanswered until `FrontDesk.accept` is called."""
    margin_price: str = "1"
    """MarginPriceType of today's lots: 1 pre-settlement, 4 their opening price."""
    available_algorithm: str = "1"
    """Algorithm of the position profit in what is available: 1 all, 2 only loss, 3 only gain, 4 none."""
    dates_confirmations: bool = False
    """ConfirmDate is the calendar's date, as some brokers have it, not the trading day."""
