"""Whether a front's port can be reached at all, which the library never says."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final
from urllib.parse import urlsplit

PATIENCE_S: Final = 3.0


async def why_not_reached(front: str, within_s: float = PATIENCE_S) -> str:
    """Return why nobody answers at `tcp://…:41205`; "" where somebody does."""
    place = urlsplit(front)
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(place.hostname, place.port)
    except TimeoutError:
        return f"no answer within {within_s:g} s"
    except (OSError, ValueError) as error:
        return str(error)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return ""
