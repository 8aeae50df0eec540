"""Waiting for a fact instead of for a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from tradewind.kernel.clock import monotonic_s


async def eventually(condition: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
    """Return as soon as `condition` holds, letting the loop run in between; fail after `timeout_s`."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the fact may come from anywhere; there is no one event to wait for
            await asyncio.sleep(0.001)


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
    """Return as soon as `condition` holds, where there is no loop; fail after `timeout_s`."""
    until_s = monotonic_s() + timeout_s
    pause = threading.Event()
    while not condition():
        assert monotonic_s() < until_s, f"did not come about within {timeout_s:g} s"
        pause.wait(0.002)
