"""One description of a call for both clients: read from a `Client` it waits, read from an `AsyncClient` it is awaited.

class Market(Area[M]):
    @route
    def quote(self, instrument_id: str) -> Call[Tick]: ...

client.market.quote("au2604.SHFE")             # Client: a Tick
await client.market.quote("au2604.SHFE")       # AsyncClient: a Tick
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from tradewind.client.portal import Portal, WaitingStream, WaitingValues
from tradewind.client.stream import Stream, Values

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tradewind.client.calls import Call, Pages
    from tradewind.client.door import Door
    from tradewind.client.following import Following, Gap

P = ParamSpec("P")
T = TypeVar("T")


class Sync:
    """Calls wait."""


class Async:
    """Calls are awaited."""


M = TypeVar("M", Sync, Async)


class Way(Protocol):
    """How calls are made."""

    def ask(self, call: Call[Any]) -> Any:  # noqa: ANN401 - the call's answer, or what to await for it
        """Send a call."""
        ...

    def walk(self, pages: Pages[Any]) -> Any:  # noqa: ANN401 - an iterator of either kind
        """Go through a list page by page."""
        ...

    def open_stream(self, following: Following, **how: Any) -> Any:  # noqa: ANN401 - a stream of either kind
        """Open topics."""
        ...

    def open_values(self, following: Following, on_gap: Callable[[Gap], None] | None, **how: Any) -> Any:  # noqa: ANN401 - as above
        """Open one topic, value by value."""
        ...


class WaitingWay:
    """Of the `Client`."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._portal: Portal | None = None

    def ask(self, call: Call[T]) -> T:
        """Send a call and wait for its answer."""
        return self._door.ask(call)

    def walk(self, pages: Pages[T]) -> Iterator[T]:
        """Yield every entry, asking for a page when the one before is used up."""
        place = pages.first
        while True:
            page = self._door.ask(pages.page(place))
            yield from pages.rows(page)
            place = pages.next_of(page)
            if not place:
                return

    def open_stream(self, following: Following, **how: Any) -> WaitingStream:  # noqa: ANN401 - of the stream
        """Open topics."""
        return WaitingStream(self._threaded(), Stream(self._door, following, **how))

    def open_values(
        self,
        following: Following,
        on_gap: Callable[[Gap], None] | None,
        **how: Any,  # noqa: ANN401 - of the stream
    ) -> WaitingValues[Any]:
        """Open one topic, value by value."""
        return WaitingValues(self._threaded(), Values(Stream(self._door, following, **how), on_gap))

    def close(self) -> None:
        """End what was opened, and the session."""
        if self._portal is not None:
            self._portal.close()
            self._portal = None
        self._door.close()

    def _threaded(self) -> Portal:
        if self._portal is None:
            self._portal = Portal()
        return self._portal


class AwaitedWay:
    """Of the `AsyncClient`: the same door, asked in a thread."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def ask(self, call: Call[T]) -> T:
        """Send a call."""
        return await asyncio.to_thread(self._door.ask, call)

    async def walk(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Yield every entry, asking for a page when the one before is used up."""
        place = pages.first
        while True:
            page = await self.ask(pages.page(place))
            for row in pages.rows(page):
                yield row
            place = pages.next_of(page)
            if not place:
                return

    def open_stream(self, following: Following, **how: Any) -> Stream:  # noqa: ANN401 - of the stream
        """Open topics."""
        return Stream(self._door, following, **how)

    def open_values(
        self,
        following: Following,
        on_gap: Callable[[Gap], None] | None,
        **how: Any,  # noqa: ANN401 - of the stream
    ) -> Values[Any]:
        """Open one topic, value by value."""
        return Values(Stream(self._door, following, **how), on_gap)


class Area(Generic[M]):
    """A part of the platform's REST interface."""

    def __init__(self, way: Way) -> None:
        self._way = way


class route(Generic[P, T]):  # noqa: N801 - stands as a decorator
    """A method that describes a call, and is that call made."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.describe = describe
        functools.update_wrapper(self, describe)  # type: ignore[arg-type]  # for help()

    @overload
    def __get__(self, area: Area[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, area: Area[Async], owner: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, area: Any, owner: type) -> Any:
        """Return the call to be made; of the class, the description."""
        if area is None:
            return self

        @functools.wraps(self.describe)
        def make(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 - the answer, or what to await for it
            return area._way.ask(self.describe(area, *args, **kwargs))  # noqa: SLF001 - the two halves of one class

        return make


class paged(Generic[P, T]):  # noqa: N801 - stands as a decorator
    """A method that describes a list in pages, and is the walk through it."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Pages[T]]) -> None:
        self.describe = describe
        functools.update_wrapper(self, describe)  # type: ignore[arg-type]  # for help()

    @overload
    def __get__(self, area: Area[Sync], owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, area: Area[Async], owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, area: Any, owner: type) -> Any:
        """Return the walk to be made; of the class, the description."""
        if area is None:
            return self

        @functools.wraps(self.describe)
        def walk(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 - an iterator of either kind
            return area._way.walk(self.describe(area, *args, **kwargs))  # noqa: SLF001 - the two halves of one class

        return walk
