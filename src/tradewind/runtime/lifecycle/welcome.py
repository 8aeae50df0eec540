"""The access token of an installation that is started for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.runtime.identity import access_tokens
from tradewind.runtime.process import login_link

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings


def ensure_token(settings: TradewindSettings) -> str:
    """Make the access token if there is none yet; return the link with it, empty where there was one.

    Raises: ConfigError: its file cannot be written or is damaged.
    """
    token = access_tokens(settings).ensure()
    if token is None:
        return ""
    api = msgspec.structs.replace(settings.api, port=settings.services.api_port)
    return login_link(msgspec.structs.replace(settings, api=api), token)
