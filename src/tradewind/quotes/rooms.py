"""Who wants which quotes, and how each quote reaches them: on change, encoded once, one frame per member.

Quotes of one turn of the event loop are gathered and sent when the line is done with them, so that the line never
waits for a socket. Nothing is left out for clients that keep up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.quotes.quote_book import ROOM, QuoteBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.tick import Tick
    from tradewind.kernel.metrics import Metrics
    from tradewind.quotes.client import Client
    from tradewind.quotes.settings import QuotesSettings


class Rooms:
    """A room per symbol, and one for those who want everything."""

    def __init__(
        self, *, settings: QuotesSettings, metrics: Metrics, soon: Callable[[Callable[[], None]], None]
    ) -> None:
        """Use `soon` to run a function in the next turn of the loop."""
        self.book = QuoteBook(
            max_instruments=settings.max_instruments, on_gap=lambda missing: metrics.gaps.add(ROOM, missing)
        )
        self.clients: dict[Client, None] = {}
        self.received = 0
        """Quotes that came from the line."""
        self._metrics = metrics
        self._soon = soon
        self._turn_quotes = settings.turn_quotes
        self._by_symbol: dict[str, dict[Client, None]] = {}
        self._all: dict[Client, None] = {}
        self._subscribed: dict[Client, None] = {}
        self._pending: list[Tick] = []

    # What the bus tells.
    def on_tick(self, tick: Tick) -> None:
        """Take a quote in."""
        if self.book.take(tick):
            self._spread_soon(tick)

    def on_snapshot(self, quote: Tick) -> None:
        """Take a quote from outside trading hours in."""
        if self.book.take_snapshot(quote):
            self._spread_soon(quote)

    def flush(self) -> None:
        """Send what has gathered."""
        pending, self._pending = self._pending, []
        frames = 0
        for tick in pending:
            members = self._by_symbol.get(tick.instrument_id)
            if not members and not self._all:
                continue
            quote = self.book.encoded(tick)
            for audience in (members, self._all):
                if audience:
                    frames += len(audience)
                    for client in tuple(audience):
                        client.send(quote)
        if frames:
            self._metrics.quotes_frames.add(amount=frames)

    def forget(self) -> None:
        """Forget every quote: what comes from now on is of another time."""
        self._pending = []
        self.book.forget()

    # What clients ask.
    def enter(self, client: Client) -> None:
        """Let a client in; it hears nothing yet."""
        self.clients[client] = None
        self._count(client)

    def leave(self, client: Client) -> None:
        """Forget a client; safe to call twice."""
        self.unsubscribe(client, None)
        if self.clients.pop(client, False) is None and client.conflated:
            self._metrics.quotes_dropped.add("conflated", client.conflated)
        self._count(client)

    def subscribe(self, client: Client, instrument_ids: Iterable[str] | None) -> None:
        """Send a client these quotes from now on, beginning with the newest; every quote for `None`."""
        self.flush()
        if instrument_ids is None:
            wanted = [name for name in self.book.instrument_ids() if name not in client.symbols]
            self._leave_rooms(client, tuple(client.symbols))
            client.wants_all = True
            self._all[client] = None
        else:
            wanted = [name for name in instrument_ids if name not in client.symbols]
            if client.wants_all:
                wanted = []
            else:
                for name in wanted:
                    client.symbols[name] = None
                    self._by_symbol.setdefault(name, {})[client] = None
        self._count(client)
        for name in wanted:
            tick = self.book.newest(name)
            if tick is not None:
                client.send(self.book.encoded(tick))

    def unsubscribe(self, client: Client, instrument_ids: Iterable[str] | None) -> tuple[str, ...]:
        """Send a client these quotes no longer, none at all for `None`; return which it had."""
        self.flush()
        if instrument_ids is None:
            left = tuple(client.symbols)
            client.wants_all = False
            self._all.pop(client, None)
            client.missed.clear()
        else:
            left = tuple(name for name in instrument_ids if name in client.symbols)
        self._leave_rooms(client, left)
        self._count(client)
        return left

    def resend(self, client: Client) -> int:
        """Send a client the newest of everything it wants once more; return how many quotes."""
        self.flush()
        names = tuple(self.book.instrument_ids()) if client.wants_all else tuple(client.symbols)
        ticks = [tick for name in names if (tick := self.book.newest(name)) is not None]
        for tick in ticks:
            client.send(self.book.encoded(tick))
        return len(ticks)

    def tell_all(self, packet: bytes) -> None:
        """Send one event to every client, behind the quotes that came before it."""
        self.flush()
        for client in tuple(self.clients):
            client.say_packet(packet)

    @property
    def subscribers(self) -> int:
        """Clients that want quotes."""
        return len(self._subscribed)

    @property
    def room_count(self) -> int:
        """Symbols that somebody wants by name."""
        return len(self._by_symbol)

    def liveliest(self) -> str | None:
        """Return the instrument whose newest quote came last, of those somebody wants by name if there are any."""
        return self.book.liveliest(self._by_symbol) or self.book.liveliest(self.book.instrument_ids())

    def _leave_rooms(self, client: Client, names: tuple[str, ...]) -> None:
        for name in names:
            client.symbols.pop(name, None)
            client.forget(name)
            members = self._by_symbol[name]
            members.pop(client, None)
            if not members:
                del self._by_symbol[name]

    def _spread_soon(self, tick: Tick) -> None:
        self.received += 1
        if not self._pending:
            self._soon(self.flush)
        self._pending.append(tick)
        if len(self._pending) >= self._turn_quotes:
            self.flush()

    def _count(self, client: Client) -> None:
        if client.is_subscribed and client in self.clients:
            self._subscribed[client] = None
        else:
            self._subscribed.pop(client, None)
        gauge = self._metrics.quotes_clients
        gauge.set(len(self.clients), "connected")
        gauge.set(self.subscribers, "subscribed")
