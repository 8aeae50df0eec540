"""The identity room's shell: ends sessions in time, and tells whoever must know."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.identity.sessions import Sessions

_SWEEP_EVERY_S: Final = 1.0


class IdentityService:
    """Once a second ends the sessions that are over; pages that are open count as being used."""

    name = "identity"

    def __init__(self, *, sessions: Sessions, open_pages: Callable[[], Iterable[str]] = tuple) -> None:
        """Ask `open_pages` for the session handles that have a live connection."""
        self._sessions = sessions
        self._open_pages = open_pages

    async def run(self) -> None:
        """Sweep until cancelled, then write the times of last use."""
        try:
            while True:
                self._sessions.sweep(self._open_pages())
                await asyncio.sleep(_SWEEP_EVERY_S)
        finally:
            self._sessions.save()
