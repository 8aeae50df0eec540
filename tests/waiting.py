"""Waiting for a fact instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
    """Return as soon as `condition` holds, letting the loop run in between; fail after `timeout_s`."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the fact may come from anywhere; there is no one event to wait for
            await asyncio.sleep(0.001)
