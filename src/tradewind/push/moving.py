"""Everybody goes to another instance: who understands is asked to, who does not is sent away, one after another.

Nobody is sent away all at once: whoever is sent comes back somewhere, and the next instance would have them all in the
same moment. Clients of the native protocol choose the moment themselves, those of older ones are spread by us.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tradewind.push.session import CloseCode

if TYPE_CHECKING:
    from tradewind.push.roster import Roster


async def move_all(roster: Roster, *, within_s: float, until_s: float) -> None:
    """Return when the last one has gone, or after `until_s` seconds; whoever is left then is for the caller to close.

    Clients that cannot be asked are closed with 4503, evenly over `within_s` seconds.
    """
    deaf = [session for session in roster if not session.ask_to_move()]
    loop = asyncio.get_running_loop()
    for place, session in enumerate(deaf):
        away = partial(session.close, CloseCode.STOPPING, "this instance is about to stop; come again")
        loop.call_later(within_s * place / len(deaf), away)
    emptied = asyncio.Event()
    roster.when_empty(emptied.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(until_s):
            await emptied.wait()
