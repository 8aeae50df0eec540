"""What an account says to get in: the requests of logging in, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.execution.brokers.ctp.credentials import Secrets
    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings

LoginRequest = tuple[str, dict[str, object]]
"""(name, fields of its struct)"""


def connection_name(account_id: str) -> str:
    """Return what an account's connection is called, and the folder of its files."""
    return f"trading-{account_id}"


def authenticate(account: CtpAccountSettings, secrets: Secrets) -> LoginRequest | None:
    """Return the request that says which program we are, `None` where the broker asks for none."""
    place = account.place
    if not place.app_id:
        return None
    return "ReqAuthenticate", {
        "BrokerID": place.broker_id,
        "UserID": account.user_id,
        "UserProductInfo": account.product_info,
        "AppID": place.app_id,
        "AuthCode": secrets.auth_code,
    }


def log_in(account: CtpAccountSettings, secrets: Secrets) -> LoginRequest:
    """Return the request that says who we are."""
    return "ReqUserLogin", {
        "BrokerID": account.place.broker_id,
        "UserID": account.user_id,
        "Password": secrets.password,
        "UserProductInfo": account.product_info,
    }
