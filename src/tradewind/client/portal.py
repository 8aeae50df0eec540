"""Streams for programs that do not await: a loop in a thread of its own, made when the first stream is opened."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Coroutine

    from tradewind.client.following import Gap, Place, Told
    from tradewind.client.stream import Stream, Values

T = TypeVar("T")


class Portal:
    """Runs what is awaited for a thread that waits."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._streams: WeakSet[Stream] = WeakSet()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tradewind client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for it; when the waiting is interrupted, so is the work."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def keep(self, stream: Stream) -> None:
        """Remember a stream, to end it with the thread."""
        self._streams.add(stream)

    def close(self) -> None:
        """End every stream, and the thread."""
        self.run(self._end_streams())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end_streams(self) -> None:
        for stream in tuple(self._streams):
            await stream.aclose()
        await asyncio.sleep(0)  # sockets are closed a turn after they are told to


class WaitingStream:
    """`Stream`, for a `for` loop."""

    def __init__(self, portal: Portal, stream: Stream) -> None:
        self._portal = portal
        self._stream = stream
        portal.keep(stream)

    @property
    def places(self) -> dict[str, Place]:
        """Return where each topic is."""
        return self._stream.places

    def __iter__(self) -> WaitingStream:
        return self

    def __next__(self) -> Told:
        """Return the next update or gap. Raises: as `Stream`."""
        return _next(self._portal, self._stream)  # type: ignore[no-any-return]  # what a stream gives

    def close(self) -> None:
        """End the connection."""
        self._portal.run(self._stream.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class WaitingValues(Generic[T]):
    """`Values`, for a `for` loop."""

    def __init__(self, portal: Portal, values: Values[T]) -> None:
        self._portal = portal
        self._values = values
        portal.keep(values.stream)

    @property
    def gaps(self) -> deque[Gap]:
        """Return the newest things that were missed."""
        return self._values.gaps

    @property
    def place(self) -> Place | None:
        """Return what `resume` takes: the place of the last update handed out whole."""
        return self._values.place

    def __iter__(self) -> WaitingValues[T]:
        return self

    def __next__(self) -> T:
        """Return the next value. Raises: as `Stream`."""
        return _next(self._portal, self._values)  # type: ignore[no-any-return]  # the topic's type

    def close(self) -> None:
        """End the connection."""
        self._portal.run(self._values.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _next(portal: Portal, source: Stream | Values[Any]) -> Any:  # noqa: ANN401 - what the source gives
    try:
        return portal.run(source.__anext__())
    except StopAsyncIteration:
        # A coroutine's end must not look like the end of the thread that waits for it.
        raise StopIteration from None
