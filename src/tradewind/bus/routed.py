"""One bus for rooms that stand between two: the line of ticks and the order line, each topic where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.bus.desk_topics import DESK_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.bus.topics import Topic

E = TypeVar("E")


class RoutedBus:
    """See `bus.ports.Bus`; what it promises is what the bus behind each topic promises."""

    def __init__(self, *, line: Bus, desk: Bus) -> None:
        self._line = line
        self._desk = desk

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        return self._bus(topic).publisher(topic)

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> Subscription:
        """Give `handler` each event of `topic` from now on."""
        return self._bus(topic).subscribe(topic, handler, group=group)

    async def start(self) -> None:
        """Start both."""
        await self._line.start()
        await self._desk.start()

    async def settle(self) -> None:
        """Wait for both."""
        await self._line.settle()
        await self._desk.settle()

    async def stop(self) -> None:
        """Stop both, the order line first."""
        await self._desk.stop()
        await self._line.stop()

    def _bus(self, topic: Topic[Any]) -> Bus:
        return self._desk if topic.name in DESK_TOPICS else self._line
