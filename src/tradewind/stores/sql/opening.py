"""Opens a journal whose database may not be there yet: says so, tries again, and is ready when it is.

Until then trading is refused and everything that needs no record goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.errors import StoreAwayError, StoreHeldError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.stores.sql.journal import SqlJournal

R = TypeVar("R")
LONGEST_WAIT_S: Final = 5.0


async def to_the_end(call: Callable[[], R]) -> R:
    """Return what `call` gives in a thread; who is cancelled meanwhile still waits for it.

    A thread cannot be called back: a journal that opened after all, with nobody left to close it, would keep its lease.
    """
    working = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await working
        raise


async def open_when_there(
    journal: SqlJournal,
    on_state: Callable[[str | None], None],
    *,
    on_held: Callable[[], None] = lambda: None,
    scale: float = 1.0,
) -> None:
    """Return once the journal is open; meanwhile tell `on_state` why it is not, and `None` at the end.

    `on_held` hears that another process keeps it.

    Raises:
        ConfigError, SchemaError: trying again cannot help.
        CorruptJournalError: the record is damaged.
    """
    backoff = Backoff(named_rng(0, "journal"), scale=scale)
    while True:
        try:
            await to_the_end(journal.open)
        except (StoreAwayError, StoreHeldError) as error:
            if isinstance(error, StoreHeldError):
                on_held()
            on_state(str(error))
            await asyncio.sleep(min(backoff.next_wait_s(), LONGEST_WAIT_S * scale))
        else:
            on_state(None)
            return
