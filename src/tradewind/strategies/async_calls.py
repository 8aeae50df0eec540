"""Asynchronous strategies: their hooks run on the loop, one event at a time, each with a time-out.

While a loop runs in this thread the line does not wait: events queue up per strategy (the oldest is dropped when the
queue is full, and counted) and a worker task lives as long as there is something to do. Without a running loop, in
headless replay, each call is awaited to its end on a private loop before the line goes on, so that the same ticks
always give the same signals in the same order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from tradewind.strategies.watchdog import STRATEGY_FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from tradewind.strategies.watchdog import Watchdog

    AsyncHook = Callable[[Any], Coroutine[Any, Any, object]]


class Caller(Protocol):
    """What is told of results; `entry` is handed through untouched."""

    def on_answer(self, entry: Any, event: Any, answer: object) -> None:  # noqa: ANN401 - events of three kinds
        """Take what a hook returned."""
        ...

    def on_failure(self, entry: Any, error: BaseException) -> None:  # noqa: ANN401 - as above
        """Take what a hook raised."""
        ...

    def on_dropped(self, entry: Any) -> None:  # noqa: ANN401 - as above
        """Count an event that was dropped because the queue was full."""
        ...


class _Queue:
    """One strategy's events that wait, and the task that works on them."""

    __slots__ = ("events", "task")

    def __init__(self, size: int) -> None:
        self.events: deque[tuple[AsyncHook, Any]] = deque(maxlen=size)
        self.task: asyncio.Task[None] | None = None


class AsyncCalls:
    """Runs asynchronous hooks for the runner."""

    def __init__(self, *, timeout_s: float, backlog: int, watchdog: Watchdog, caller: Caller) -> None:
        self._timeout_s = timeout_s
        self._backlog = backlog
        self._watchdog = watchdog
        self._caller = caller
        self._queues: dict[Any, _Queue] = {}
        self._private_loop: asyncio.AbstractEventLoop | None = None

    def hook_of(self, entry: Any, hook: AsyncHook) -> Callable[[Any], None]:  # noqa: ANN401 - handed through
        """Return a synchronous function that hands its event to the asynchronous `hook`."""

        def submit(event: Any) -> None:  # noqa: ANN401 - events of three kinds
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._run_now(entry, hook, event)
            else:
                self._enqueue(loop, entry, hook, event)

        return submit

    def forget(self, entry: Any) -> None:  # noqa: ANN401 - handed through
        """Drop what waits for a strategy and cancel what it is doing."""
        queue = self._queues.pop(entry, None)
        if queue is None:
            return
        queue.events.clear()
        if queue.task is not None:
            queue.task.cancel()

    def close(self) -> None:
        """Drop and cancel everything."""
        for entry in list(self._queues):
            self.forget(entry)
        if self._private_loop is not None:
            self._private_loop.close()
            self._private_loop = None

    def _enqueue(self, loop: asyncio.AbstractEventLoop, entry: Any, hook: AsyncHook, event: Any) -> None:  # noqa: ANN401 - handed through
        queue = self._queues.get(entry)
        if queue is None:
            queue = self._queues[entry] = _Queue(self._backlog)
        if len(queue.events) == self._backlog:
            self._caller.on_dropped(entry)
        queue.events.append((hook, event))
        if queue.task is None:
            queue.task = loop.create_task(self._work(entry, queue), name=f"strategy {entry}")

    async def _work(self, entry: Any, queue: _Queue) -> None:  # noqa: ANN401 - handed through
        try:
            while queue.events:
                hook, event = queue.events.popleft()
                await self._call(entry, hook, event)
                await asyncio.sleep(0)  # Others are to have their turn between two events of a backlog.
        finally:
            queue.task = None

    def _run_now(self, entry: Any, hook: AsyncHook, event: Any) -> None:  # noqa: ANN401 - handed through
        if self._private_loop is None:
            self._private_loop = asyncio.new_event_loop()
        with self._watchdog.idle():
            self._private_loop.run_until_complete(self._call(entry, hook, event))

    async def _call(self, entry: Any, hook: AsyncHook, event: Any) -> None:  # noqa: ANN401 - handed through
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await _Watched(hook(event), self._watchdog)
        except TimeoutError as error:
            failure = TimeoutError(f"no answer within {self._timeout_s:g} s")
            failure.__cause__ = error
            self._caller.on_failure(entry, failure)
        except STRATEGY_FAILURES as error:  # the handler guard of asynchronous hooks
            self._caller.on_failure(entry, error)
        else:
            self._caller.on_answer(entry, event, answer)


class _Watched:
    """Awaits a coroutine with the watchdog on during each of its steps, and off while it waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, object], watchdog: Watchdog) -> None:
        self._coroutine = coroutine
        self._watchdog = watchdog

    def __await__(self) -> Generator[Any, Any, object]:
        call: Callable[[Any], Any] = self._coroutine.send
        value: object = None
        while True:
            outer = self._watchdog.enter()
            try:
                waits_for = call(value)
            except StopIteration as stop:
                return stop.value
            finally:
                self._watchdog.leave(outer)
            try:
                value = yield waits_for
                call = self._coroutine.send
            except BaseException as error:  # noqa: BLE001 - handed on into the coroutine, cancellation above all
                call, value = self._coroutine.throw, error
