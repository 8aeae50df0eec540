"""A service that begins when something else is ready: a standby must not play the market, nor speak for it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.kernel.service import Service

KNOWN_S: Final = 3.0
"""How long doors stay shut until users are known: a page that comes back first would be sent to sign in again."""


class OnceReady:
    """A service that begins when something else is ready, or when waiting has lasted for `patience_s`."""

    def __init__(
        self, service: Service, ready: Callable[[], Awaitable[None]], *, patience_s: float | None = None
    ) -> None:
        self.name = service.name
        self._service = service
        self._ready = ready
        self._patience_s = patience_s

    @property
    def service(self) -> Service:
        """Return what begins then."""
        return self._service

    async def run(self) -> None:
        """Wait, then be the service."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._ready()
        await self._service.run()
