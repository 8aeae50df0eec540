"""Questions to Redis that wait for their answer: leases, pending entries, lengths. Nothing hot passes here."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from tradewind.bus.redis.resp import Argument, ReplyError, command

if TYPE_CHECKING:
    from tradewind.bus.redis.link import Gets, Link


class Control:
    """Asks one connection and hands out the replies in order."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._link: Link | None = None
        self._waiting: deque[asyncio.Future[Any]] = deque()

    def attach(self, link: Link) -> None:
        """Use this connection from now on."""
        self._link = link

    def detach(self) -> None:
        """The connection is gone: whoever waits is told so."""
        self._link = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionResetError("the connection to Redis was lost"))

    async def call(self, *arguments: Argument) -> Any:  # noqa: ANN401 - replies are of any kind
        """Send one command and return its reply.

        Raises:
            ReplyError: Redis refused it.
            ConnectionError, TimeoutError: there is no answer.
        """
        if self._link is None:
            message = "there is no connection to Redis"
            raise ConnectionResetError(message)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._link.write(command(*arguments))
        async with asyncio.timeout(self._timeout_s):
            return await future

    def drain(self, gets: Gets) -> None:
        """Give each reply to whoever asked; one who gave up waiting still has a place in the line."""
        while (reply := gets()) is not False:
            future = self._waiting.popleft()
            if future.done():
                continue
            if isinstance(reply, ReplyError):
                future.set_exception(reply)
            else:
                future.set_result(reply)
