"""A listener for streams that hears seven pushes at once, says so now and then, and waits to be told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from tradewind.collector.ports import Streamed


class Ear:
    """A `Listener` that keeps what it was asked for and how often it was told to end."""

    def __init__(self) -> None:
        self.began: list[tuple[Sequence[str], int | None]] = []
        self.ended = 0

    async def listen(
        self, codes: Sequence[str], *, stop: asyncio.Event, until_ms: int | None, on_progress: Any, **_how: Any
    ) -> Streamed:
        self.began.append((codes, until_ms))
        while not stop.is_set():
            on_progress(7, 7)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await stop.wait()
        self.ended += 1
        return Streamed(received=7, stored=6, known=1, connections=1)
