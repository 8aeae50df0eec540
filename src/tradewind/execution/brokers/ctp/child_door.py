"""The trading child of one account: started, connected, made anew; the only place here that awaits anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tradewind.ctp.channel import CtpChannel, Places
from tradewind.ctp.messages import Ask, Connect, Ready, Release, Released, Request
from tradewind.errors import ConfigError
from tradewind.execution.brokers.ctp.login import connection_name
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.ctp.messages import FromChild
    from tradewind.ctp.settings import CtpSettings
    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings
    from tradewind.execution.brokers.ctp.trader import AccountTrader

_LOG = get_log("execution.ctp")
_RESTART = 0
"""The private stream from the day's first message: whatever was lost comes again."""


class ChildDoor:
    """`Door` on a child process of its own; `trader` hears what it says."""

    trader: AccountTrader

    def __init__(self, account: CtpAccountSettings, library: CtpSettings, data_dir: str) -> None:
        self._account = account
        self._library = library
        name = connection_name(account.id)
        self._channel = CtpChannel(
            "trading",
            library,
            Places.of(library, data_dir, name),
            name=name,
            on_message=self._on_message,
            on_end=self._on_end,
        )

    @property
    def pid(self) -> int | None:
        """Return the child's process id, `None` between two."""
        return self._channel.pid

    async def run(self) -> None:
        """Keep the child until cancelled; a library that cannot be loaded leaves the account without one."""
        try:
            await self._channel.run()
        except ConfigError as error:
            _LOG.error("ctp_not_there", account=self._account.id, reason=str(error))
            self.trader.child_gone(str(error))
            self.trader.session.refuse(str(error))

    def request(self, name: str, fields: Mapping[str, object], request_id: int) -> bool:
        """Have a Req… function called."""
        return self._channel.send(Request(name=name, fields=dict(fields), request_id=request_id))

    def ask(self, name: str) -> bool:
        """Have a getter called."""
        return self._channel.send(Ask(name=name))

    def restart(self, reason: str) -> None:
        """Have the library made anew; where the child does not answer even that, its end is noticed."""
        _LOG.warning("ctp_restarted", account=self._account.id, reason=reason)
        self._channel.send(Release())

    def _connect(self) -> None:
        place = self._account.place
        self._channel.send(
            Connect(
                fronts=place.fronts,
                flow_dir=str(self._channel.places.flow_dir),
                broker_id=place.broker_id,
                user_id=self._account.user_id,
                resume=_RESTART,
                production=self._library.production,
            )
        )

    def _on_message(self, message: FromChild) -> None:
        if isinstance(message, Released):
            self._connect()
            self.trader.session.ready()
            return
        if isinstance(message, Ready):
            self._connect()
        self.trader.hear(message)

    def _on_end(self, reason: str) -> None:
        self.trader.child_gone(reason)


async def keep(doors: Iterable[ChildDoor]) -> None:
    """Keep every child until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for door in doors:
            tasks.create_task(door.run())
