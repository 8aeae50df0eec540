"""The identity room's shell: ends sign-ins in time, and tells whoever must know."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.identity.sessions import Sessions
    from tradewind.identity.tokens import AccessTokens

_SWEEP_EVERY_S: Final = 0.5
"""What a replaced token opened is to end within a second."""


class IdentityService:
    """Twice a second ends the sign-ins that are over; pages that are open count as being used."""

    name = "identity"

    def __init__(
        self,
        *,
        sessions: Sessions,
        tokens: AccessTokens,
        open_pages: Callable[[], Iterable[str]] = tuple,
        on_token_replaced: Callable[[str], object] = lambda _handle: None,
    ) -> None:
        """Ask `open_pages` for the handles of sign-ins that have a live connection.

        Tell `on_token_replaced(handle)` that what came in under that handle must end: its access token was replaced.
        """
        self._sessions = sessions
        self._tokens = tokens
        self._open_pages = open_pages
        self._on_token_replaced = on_token_replaced

    async def run(self) -> None:
        """Sweep until cancelled, then write the times of last use."""
        try:
            while True:
                self._sweep()
                await asyncio.sleep(_SWEEP_EVERY_S)
        finally:
            self._sessions.save()

    def _sweep(self) -> None:
        in_use = tuple(self._open_pages())
        for handle in in_use:
            if self._tokens.is_replaced(handle):
                self._on_token_replaced(handle)
        self._sessions.sweep(in_use)
