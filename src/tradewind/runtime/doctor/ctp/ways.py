"""The ways to fronts that the settings name: the market's, and one for each account."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.ctp.channel import Places
from tradewind.ctp.secrets import market_password
from tradewind.errors import ConfigError
from tradewind.execution.brokers.ctp.credentials import read_secrets
from tradewind.execution.brokers.ctp.login import LoginRequest, authenticate, connection_name, log_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.ctp.binding import Kind
    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings
    from tradewind.market.sources.settings import CtpFeedSettings
    from tradewind.runtime.settings import TradewindSettings

_MARKET: Final = "market"


class Way(NamedTuple):
    """One connection that the platform would have."""

    name: str
    """`market`, or our account's id."""
    kind: Kind
    setting: str
    """Where it is set."""
    fronts: tuple[str, ...]
    flow_dir: Path
    """The platform's own folder of it: somebody in there is logged in."""
    is_personal: bool
    """It logs in as somebody."""
    login_s: float
    requests: Callable[[], list[LoginRequest]]
    """What is said to get in. Raises: ConfigError: the password is nowhere."""


def ways(settings: TradewindSettings) -> list[Way]:
    """Return those that are set, the market's first, whether they are in use or not."""
    found = []
    feed = settings.market.ctp
    if feed.fronts:
        found.append(
            Way(
                name=_MARKET,
                kind="market",
                setting="market.ctp",
                fronts=feed.fronts,
                flow_dir=Places.of(settings.ctp, settings.data_dir, _MARKET).flow_dir,
                is_personal=bool(feed.user_id),
                login_s=settings.ctp.login_s,
                requests=lambda: [_market_login(feed)],
            )
        )
    return [*found, *(_of_account(account, settings) for account in settings.execution.ctp.accounts)]


def ways_in_use(settings: TradewindSettings) -> list[Way]:
    """Return those that the platform takes when it starts."""
    source: str = settings.market.source
    kinds = {"market": source == "ctp", "trading": settings.execution.broker == "ctp"}
    return [way for way in ways(settings) if kinds[way.kind]]


def secrets_of(settings: TradewindSettings) -> set[str]:
    """Return every password and authentication code of the ways that can be read and stands in no setting."""
    found: set[str] = set()
    # What cannot be read is told by the login.
    with suppress(ConfigError):
        found.add(market_password(settings.market.ctp.password, settings.market.ctp.user_id))
    for account in settings.execution.ctp.accounts:
        with suppress(ConfigError):
            secrets = read_secrets(account, os.environ)
            found |= {secrets.password, secrets.auth_code}
    return found


def _of_account(account: CtpAccountSettings, settings: TradewindSettings) -> Way:
    def requests() -> list[LoginRequest]:
        secrets = read_secrets(account, os.environ)
        first = authenticate(account, secrets)
        return [*([] if first is None else [first]), log_in(account, secrets)]

    return Way(
        name=account.id,
        kind="trading",
        setting=f"execution.ctp.accounts, {account.id}",
        fronts=account.place.fronts,
        flow_dir=Places.of(settings.ctp, settings.data_dir, connection_name(account.id)).flow_dir,
        is_personal=True,
        login_s=settings.execution.ctp.login_after_s,
        requests=requests,
    )


def _market_login(feed: CtpFeedSettings) -> LoginRequest:
    password = market_password(feed.password, feed.user_id)
    return "ReqUserLogin", {"BrokerID": feed.broker_id, "UserID": feed.user_id, "Password": password}
