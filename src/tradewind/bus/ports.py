"""What every bus promises, whether it is a `for` loop or a Redis.

- Events of one key (instrument) reach each group in the order they were published.
- Each group gets every event at least once; within a group one member gets it. Returning from the handler is the
  acknowledgement; raising is counted, reported once per kind, and never disturbs another handler. After
  `max_deliveries` attempts the event is set aside as poison and the group goes on.
- Handlers are plain functions: they may publish, never await.
- `settle` returns when all that was published before it has been handled by every group of this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic

E = TypeVar("E")


class Subscription(Protocol):
    """One handler's place on a topic."""

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        ...


class Bus(Protocol):
    """Carries events from the one writing room of a topic to every group that reads it."""

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`; get it once, call it per event."""
        ...

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> Subscription:
        """Give `handler` each event of `topic` from now on; members of one `group` share the events."""
        ...

    async def start(self) -> None:
        """Connect, create groups, begin delivery."""
        ...

    async def settle(self) -> None:
        """Wait until everything published so far has been handled here."""
        ...

    async def stop(self) -> None:
        """Deliver what is under way, acknowledge it, disconnect."""
        ...
