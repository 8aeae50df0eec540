"""The life of the order line: wait for the database, recover, serve, keep snapshots, close in order.

While the database is away the line of ticks goes on and the desk says why it is not open. A record that cannot be
trusted keeps the desk shut: that is for a person to mend.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError, InputError, StoreError
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.stores.sql.opening import open_when_there, to_the_end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.audit.service import AuditService
    from tradewind.runtime.desk.building import LinePost
    from tradewind.runtime.desk.rooms import DeskRooms
    from tradewind.stores.sql.journal import SqlJournal

_LOG = get_log("desk")
_LOOK_S: Final = 1.0


async def _at_once() -> None:
    """Wait for nothing."""


async def _all_of(run: Callable[[], Awaitable[None]]) -> None:
    await run()


class DeskService:
    """A service (`kernel.service`): `run` keeps the desk open until cancelled."""

    name = "trading"

    def __init__(
        self,
        rooms: DeskRooms,
        journal: SqlJournal,
        *,
        audit: AuditService,
        post: LinePost,
        beside: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """`beside` runs while people are served."""
        self._rooms = rooms
        self._journal = journal
        self._audit = audit
        self._post = post
        self._beside = beside
        self._is_open = asyncio.Event()
        self._is_settled = asyncio.Event()
        self.before_recovery: Callable[[], Awaitable[None]] = _at_once
        """Waited for once the journal is ours."""
        self.after_recovery: Callable[[], Awaitable[None]] = _at_once
        self.on_open: Callable[[], None] = lambda: None
        self.is_standby = False
        """True since another process was found to keep the journal, until it is ours."""
        self._is_alone = False

    @property
    def is_open(self) -> bool:
        """True while people are served."""
        return self._rooms.closed is None

    @property
    def may_speak(self) -> bool:
        """True while it answers for the desk: it is open, or waits for a database and knows of nobody else."""
        return self.is_open or self._is_alone

    @property
    def trouble(self) -> str | None:
        """Return why the desk is not open, or why nothing can be recorded; `None` while all is well."""
        return self._rooms.closed or self._journal.failure

    async def wait_open(self) -> None:
        """Wait until the desk serves."""
        await self._is_open.wait()

    async def wait_settled(self) -> None:
        """Wait until the desk serves, or it is known why it does not."""
        await self._is_settled.wait()

    async def run(self) -> None:
        """Open, serve until cancelled, close.

        Raises: ConfigError: the record cannot be used as it is; a person must say what to do.
        """
        self._post.bind()
        try:
            await self._open()
            await self._serve()
        finally:
            self._journal.close()

    async def _open(self) -> None:
        try:
            await open_when_there(self._journal, self._closed_for, on_held=self._stand_by)
            self.is_standby = False
            await self.before_recovery()
            begun_s = monotonic_s()
            await to_the_end(self._audit.check_last_anchor)
            entries = await to_the_end(self._rooms.recover)
            took_s = monotonic_s() - begun_s
            await self.after_recovery()
        except (ConfigError, InputError, StoreError) as error:
            self._rooms.close(str(error))
            self._is_settled.set()
            _LOG.error("desk_not_opened", code=error.code, reason=str(error))
            raise ConfigError(str(error)) from error
        self._rooms.open()
        self._is_open.set()
        self._is_settled.set()
        self.on_open()
        _LOG.info("desk_opened", entries=entries, took_s=round(took_s, 3))

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._rooms.pretrade.run())
                tasks.create_task(self._keep_snapshots())
                tasks.create_task(self._audit.run())
                for run in self._beside:
                    tasks.create_task(_all_of(run))
        finally:
            self._rooms.keep_snapshot(is_due=True)
            self._rooms.close("it is stopping")

    async def _keep_snapshots(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            self._rooms.keep_snapshot()

    def _stand_by(self) -> None:
        self.is_standby = True
        self._is_alone = False

    def _closed_for(self, reason: str | None) -> None:
        self._is_alone = not self.is_standby
        if reason is not None and self._rooms.closed != reason:
            _LOG.warning("desk_waits", reason=reason)
            self._rooms.closed = reason
            self._is_settled.set()
