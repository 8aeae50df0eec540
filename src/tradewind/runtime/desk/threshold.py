"""Where the line comes in to an order line of the same process: it knows prices from before it opened, no past.

The line does not wait for the desk, which may wait for its database; the foyer does the same between two processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.bus.topics import Topic
    from tradewind.domain.tick import Tick

E = TypeVar("E")
_GROUP: Final = "trading"
_REMEMBERED: Final = frozenset({CLEAN_TICKS.name, QUOTE_SNAPSHOTS.name})


class Threshold:
    """The line as the rooms of the desk hear it (`bus.ports.Bus`); remembers each contract's newest until `open`."""

    def __init__(self, line: Bus, *, on_failure: Callable[[str, str, object, Exception], None]) -> None:
        self._line = line
        self._rooms = LocalBus(on_failure=on_failure)
        self._ticks: dict[str, Tick] = {}
        self._quotes: dict[str, Tick] = {}
        self._memory = [
            line.subscribe(CLEAN_TICKS, self._note_tick, group=_GROUP),
            line.subscribe(QUOTE_SNAPSHOTS, self._note_quote, group=_GROUP),
        ]

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        return self._line.publisher(topic)

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> Subscription:
        """Give `handler` each event of `topic` from now on, and of prices what is remembered once it is open."""
        heard = self._line.subscribe(topic, handler, group=group)
        if topic.name not in _REMEMBERED:
            return heard
        return _Both(heard, self._rooms.subscribe(topic, handler, group=group))

    async def start(self) -> None:
        """Start the line."""
        await self._line.start()

    async def settle(self) -> None:
        """Wait for the line."""
        await self._line.settle()

    async def stop(self) -> None:
        """Stop the line."""
        await self._line.stop()

    def open(self) -> None:
        """Tell whoever hears by now each contract's newest, and remember no more."""
        for subscription in self._memory:
            subscription.cancel()
        ticks, self._ticks = self._ticks, {}
        quotes, self._quotes = self._quotes, {}
        tell_tick, tell_quote = self._rooms.publisher(CLEAN_TICKS), self._rooms.publisher(QUOTE_SNAPSHOTS)
        for tick in ticks.values():
            tell_tick(tick)
        for quote in quotes.values():
            tell_quote(quote)

    def _note_tick(self, tick: Tick) -> None:
        self._ticks[tick.instrument_id] = tick

    def _note_quote(self, quote: Tick) -> None:
        self._quotes[quote.instrument_id] = quote


class _Both:
    """Two places of one handler."""

    def __init__(self, *places: Subscription) -> None:
        self._places = places

    def cancel(self) -> None:
        """Stop receiving in both."""
        for place in self._places:
            place.cancel()
