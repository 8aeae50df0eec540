"""The databases of others as a process has them: one router, and a service that judges them at the start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.errors import StoreAwayError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.sql.people_source import People
    from tradewind.stores.sql.router import DatabaseRouter

_LOG = get_log("databases")
_LONGEST_WAIT_S: Final = 30.0


def database_router(settings: TradewindSettings) -> DatabaseRouter | None:
    """Return the router, `None` where no database of others is set.

    Raises: ConfigError: an address is none.
    """
    databases = settings.databases
    if not databases.pms_monitor.url and not databases.dataweb_read.url:
        return None
    from tradewind.stores.sql.router import DatabaseRouter  # noqa: PLC0415 - brings the database's library along

    return DatabaseRouter(databases)


def people_elsewhere(settings: TradewindSettings) -> People:
    """Return the people of `dataweb_read` with their roles, and what of them cannot be read. Waits.

    Raises: ConfigError: the database is not set, lets us write, or has no such table. StoreError: it is away.
    """
    from tradewind.stores.sql.people_source import read_people  # noqa: PLC0415 - brings the database's library along
    from tradewind.stores.sql.router import DatabaseRouter  # noqa: PLC0415 - as above

    router = DatabaseRouter(settings.databases)
    try:
        return read_people(router.reader("people"), settings.databases.dataweb_read)
    finally:
        router.close()


class DatabaseGuard:
    """A service (`kernel.service`): sees that nothing can be written there, as soon as the databases answer."""

    name = "databases"

    def __init__(self, router: DatabaseRouter) -> None:
        self._router = router

    async def run(self) -> None:
        """Judge, then wait to be cancelled; a database that is away is judged when it is back.

        Raises: ConfigError: one lets us write, or does not let us in.
        """
        backoff = Backoff(named_rng(0, "databases"))
        try:
            while True:
                try:
                    await asyncio.to_thread(self._router.open)
                except StoreAwayError as error:
                    _LOG.warning("database_away", reason=str(error))
                    await asyncio.sleep(min(backoff.next_wait_s(), _LONGEST_WAIT_S))
                else:
                    break
            _LOG.info("databases_read_only")
            await asyncio.Event().wait()
        finally:
            self._router.close()
