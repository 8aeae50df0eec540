"""Who may come in, put together for the edges of one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.identity import AccessTokens, Gate, Sessions
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.gateway.places import entry_of

if TYPE_CHECKING:
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.settings import TradewindSettings


def access_tokens(settings: TradewindSettings) -> AccessTokens:
    """Return the token keeper of this installation."""
    return AccessTokens(Path(settings.data_dir) / "access.json")


def build_identity(
    settings: TradewindSettings,
    *,
    metrics: Metrics,
    tokens: AccessTokens,
    is_owner: bool = True,
    other_door: tuple[str, int] | None = None,
) -> tuple[Sessions, Gate]:
    """Return the open sessions and the gate; one process of an installation owns the sessions, the others follow.

    `other_door` is where this process listens, if not where push does.
    """
    clock = SystemClock()
    sessions = Sessions(
        Path(settings.data_dir) / "sessions.json",
        settings=settings.access,
        tokens=tokens,
        clock=clock,
        is_owner=is_owner,
    )
    gate = Gate(
        settings=settings.access,
        tokens=tokens,
        sessions=sessions,
        clock=clock,
        count_refusal=metrics.access_refused.add,
        api_address=(settings.api.host, settings.api.port),
        push_address=other_door or (settings.push.host, settings.push.port),
        entry=entry_of(settings.gateway),
        quotes_address=(settings.quotes.host, settings.quotes.port) if settings.quotes.enabled else None,
    )
    return sessions, gate
