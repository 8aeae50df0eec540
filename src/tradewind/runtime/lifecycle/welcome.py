"""The access token of an installation that is started for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.lifecycle.frozen import with_gateway

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings


def ensure_token(settings: TradewindSettings) -> str:
    """Make the access token if there is none yet; return the link with it, empty where there was one.

    Raises: ConfigError: its file cannot be written or is damaged.
    """
    token = access_tokens(settings).ensure()
    if token is None:
        return ""
    return production_link(settings, token)


def production_link(settings: TradewindSettings, token: str) -> str:
    """Return the address that signs a browser in where services run apart; the token is never sent with it."""
    return f"{production_page(settings)}/login#{token}"


def production_page(settings: TradewindSettings) -> str:
    """Return where a browser on this machine finds the page: at the gateway where there is one, else at the API."""
    gateway = with_gateway(settings).gateway
    if gateway.is_before_us:
        return f"{'https' if gateway.certificate else 'http'}://{reachable(gateway.host)}:{gateway.port}"
    return f"http://{reachable(settings.api.host)}:{settings.services.api_port}"
