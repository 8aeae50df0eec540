"""The two clients: `Client` waits, `AsyncClient` is awaited; areas, topics and errors are the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from tradewind.client.areas.book import Book
from tradewind.client.areas.fleet import Fleet
from tradewind.client.areas.funds import Funds, Halting
from tradewind.client.areas.history import History
from tradewind.client.areas.market import Market
from tradewind.client.areas.people import People
from tradewind.client.areas.plans import Plans
from tradewind.client.areas.platform import Platform
from tradewind.client.areas.trading import Trading
from tradewind.client.door import Door
from tradewind.client.modes import Async, AwaitedWay, M, Sync, WaitingWay
from tradewind.client.proof import Proof
from tradewind.client.streams import Streams

if TYPE_CHECKING:
    import ssl

    from tradewind.client.modes import Way


class _Everything(Streams[M]):
    """The areas, by name."""

    def __init__(self, way: Way) -> None:
        super().__init__(way)
        self.market: Market[M] = Market(way)
        self.history: History[M] = History(way)
        self.trading: Trading[M] = Trading(way)
        self.funds: Funds[M] = Funds(way)
        self.halting: Halting[M] = Halting(way)
        self.plans: Plans[M] = Plans(way)
        self.book: Book[M] = Book(way)
        self.people: People[M] = People(way)
        self.fleet: Fleet[M] = Fleet(way)
        self.platform: Platform[M] = Platform(way)


class Client(_Everything[Sync]):
    """For programs that wait: scripts, notebooks, threads. Any thread may use it; a stream is read by one.

    with Client("http://127.0.0.1:8888", key="tw_…") as client:
        for quote in client.quotes(["au2604.SHFE"]):
            print(quote.last_price)
    """

    def __init__(
        self,
        address: str,
        *,
        key: str = "",
        username: str = "",
        password: str = "",
        code: str = "",
        context: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """`key` is an API key or the access token; else name and password, with `code` of a second factor.

        Raises: ConfigError: the address is none, or nothing says who asks.
        """
        proof = Proof(key=key, username=username, password=password, code=code)
        self._own = WaitingWay(Door(address, proof, context=context, timeout_s=timeout_s))
        super().__init__(self._own)

    def close(self) -> None:
        """End every stream, and the session that a password opened."""
        self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class AsyncClient(_Everything[Async]):
    """For programs that await.

    async with AsyncClient("http://127.0.0.1:8888", key="tw_…") as client:
        async for quote in client.quotes(["au2604.SHFE"]):
            print(quote.last_price)
    """

    def __init__(
        self,
        address: str,
        *,
        key: str = "",
        username: str = "",
        password: str = "",
        code: str = "",
        context: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """As `Client`."""
        proof = Proof(key=key, username=username, password=password, code=code)
        self._door = Door(address, proof, context=context, timeout_s=timeout_s)
        super().__init__(AwaitedWay(self._door))

    async def aclose(self) -> None:
        """End the session that a password opened; streams end with their readers."""
        await asyncio.to_thread(self._door.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()
