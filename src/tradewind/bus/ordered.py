"""The bus of the order line: events are handled one after the other, each by every room before the next.

On the line of ticks a handler that publishes is served at once, depth first. With orders that would show a room a fill
before the order it belongs to. Here what is published while an event is being handled waits for its turn, so all rooms
and the journal see one order of events, and a restart that reads the journal sees it again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic

E = TypeVar("E")


class OrderedSubscription:
    """A handler's place on one topic of an `OrderedBus`."""

    __slots__ = ("_handlers", "_own")

    def __init__(self, handlers: dict[str, Callable[[Any], None]], own: str) -> None:
        self._handlers = handlers
        self._own = own

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        self._handlers.pop(self._own, None)


class OrderedBus:
    """Synchronous, first in first out; see `bus.ports.Bus` for the promises.

    A handler that raises ends the event for itself alone and is reported; whoever keeps the books decides there
    whether trading may go on. Rooms that answer each other for ever are stopped after `max_at_once` events: what
    waits then is dropped and the outermost publisher gets the error.
    """

    def __init__(
        self, *, on_failure: Callable[[str, str, object, Exception], None], max_at_once: int = 1_000_000
    ) -> None:
        """Report a failing handler to `on_failure(topic, group, event, error)`."""
        self._on_failure = on_failure
        self._max_at_once = max_at_once
        self._handlers: dict[str, dict[str, Callable[[Any], None]]] = {}
        self._taps: tuple[Callable[[Topic[Any], Any], None], ...] = ()
        self._waiting: deque[tuple[Topic[Any], Any]] = deque()
        self._is_handling = False

    def tap(self, hear: Callable[[Topic[Any], Any], None]) -> None:
        """Let `hear(topic, event)` have every event before any room has it; it must not raise."""
        self._taps = (*self._taps, hear)

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`.

        Raises (when called from outside a handler): OverflowError: the event set off more than ever should be.
        """
        waiting = self._waiting

        def publish(event: E) -> None:
            waiting.append((topic, event))
            if not self._is_handling:
                self._handle()

        return publish

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> OrderedSubscription:
        """Add `handler` for `group`, one a topic; groups are served in the order they first subscribed."""
        handlers = self._handlers.setdefault(topic.name, {})
        handlers[group] = handler
        return OrderedSubscription(handlers, group)

    def groups(self, topic: Topic[Any]) -> tuple[str, ...]:
        """Return who reads a topic now, in the order they are served."""
        return tuple(self._handlers.get(topic.name, ()))

    async def start(self) -> None:
        """Nothing to connect."""

    async def settle(self) -> None:
        """Nothing is ever under way between two calls."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    def _handle(self) -> None:
        waiting, count = self._waiting, 0
        self._is_handling = True
        try:
            while waiting:
                topic, event = waiting.popleft()
                count += 1
                if count > self._max_at_once:
                    waiting.clear()
                    message = f"one event set off more than {self._max_at_once} others, the last on {topic.name}"
                    raise OverflowError(message)
                for tap in self._taps:
                    tap(topic, event)
                for group, handler in tuple(self._handlers.get(topic.name, {}).items()):
                    try:
                        handler(event)
                    except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                        self._on_failure(topic.name, group, event, error)
        finally:
            self._is_handling = False
