"""Answers what REST and Socket.IO both ask: how it goes here (C-000-8), and a test quote sent through (C-000-6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.quote_form import SeedQuote, seed_quote
from tradewind.bus.seed_forms import seed_time
from tradewind.errors import TransientError
from tradewind.push.budget import CommandBudget
from tradewind.quotes.events import Refusal, resolve, unknown_symbols
from tradewind.quotes.packets import event_packet_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import Clock
    from tradewind.quotes.ports import BusState, Contracts, QuoteTester
    from tradewind.quotes.rooms import Rooms
    from tradewind.quotes.settings import QuotesSettings

_MS_PER_S: Final = 1e3


class MarketStatus(msgspec.Struct, frozen=True):
    """How it goes. The first four fields are 000's; `redis_connected` is the bus, which need not be a Redis."""

    redis_connected: bool
    subscribers: int
    thread_running: bool
    thread_alive: bool
    bus: str
    messages_received: int
    active_subscribers: int
    messages_per_second: float
    uptime: float
    clients: int
    rooms: int
    instruments: int
    timestamp: str


class TripReport(msgspec.Struct, frozen=True):
    """A test quote came back through the whole line; `travelled_ms` is how long that took."""

    status: str
    message: str
    instrument: str
    seq: int
    travelled_ms: float
    subscribers: int
    data: SeedQuote


class Desk:
    """Counts, and sends tests."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        settings: QuotesSettings,
        contracts: Contracts,
        tests: QuoteTester | None,
        bus_state: Callable[[], BusState],
        clock: Clock,
        now_s: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._settings = settings
        self._contracts = contracts
        self._tests = tests
        self._bus_state = bus_state
        self._clock = clock
        self._now_s = now_s
        self._begun_s = self._sampled_s = now_s()
        self._sampled = 0
        self._rate = 0.0
        self._test_budget = CommandBudget(settings.tests_per_minute, self._begun_s)
        self.is_attached = False
        self.is_serving = False

    def sample(self) -> None:
        """Make the rate from what came since the sample before; called once a second."""
        now_s, received = self._now_s(), self._rooms.received
        if now_s > self._sampled_s:
            self._rate = round((received - self._sampled) / (now_s - self._sampled_s), 2)
        self._sampled, self._sampled_s = received, now_s

    def market_status(self) -> MarketStatus:
        """Return how it goes now."""
        rooms, bus = self._rooms, self._bus_state()
        return MarketStatus(
            redis_connected=bus.is_connected,
            subscribers=rooms.subscribers,
            thread_running=self.is_attached,
            thread_alive=self.is_attached and self.is_serving,
            bus=bus.kind,
            messages_received=rooms.received,
            active_subscribers=rooms.subscribers,
            messages_per_second=self._rate,
            uptime=round(self._now_s() - self._begun_s, 1),
            clients=len(rooms.clients),
            rooms=rooms.room_count,
            instruments=len(rooms.book),
            timestamp=self.timestamp(),
        )

    def timestamp(self) -> str:
        """Return the time now as 000 writes times."""
        return seed_time(self._clock.now_ns())

    async def send_test(self, symbol: str | None) -> TripReport | Refusal:
        """Send a test quote of this contract, or of the liveliest, and wait until it has come through."""
        instrument_id = self._instrument_for_test(symbol)
        if isinstance(instrument_id, Refusal):
            return instrument_id
        begun_s = self._now_s()
        try:
            sent = await self._tests.send(instrument_id) if self._tests is not None else None
        except TransientError as error:
            return Refusal("unavailable", str(error))
        if sent is None:
            return Refusal("no_quote_yet", f"{instrument_id} has no quote that a test could repeat")
        tick = await self._arrival(sent.instrument_id, sent.seq)
        if tick is None:
            message = f"the test quote of {instrument_id} did not come through in {self._settings.test_wait_s:g} s"
            return Refusal("test_lost", message)
        report = TripReport(
            status="success",
            message=f"test quote of {instrument_id} came through the line",
            instrument=instrument_id,
            seq=sent.seq,
            travelled_ms=round((self._now_s() - begun_s) * _MS_PER_S, 3),
            subscribers=self._rooms.subscribers,
            data=seed_quote(tick),
        )
        self._rooms.flush()
        told = {"status": "success", "message": report.message, "instrument": instrument_id, "seq": sent.seq}
        self._rooms.tell_all(event_packet_of("test_message", {**told, "timestamp": self.timestamp()}))
        return report

    def _instrument_for_test(self, symbol: str | None) -> str | Refusal:
        if self._tests is None:
            return Refusal("unavailable", "nobody here can send test quotes")
        if not self._test_budget.take(self._now_s()):
            allowed = (f"{self._settings.tests_per_minute} a minute",)
            return Refusal("too_many_requests", "too many test quotes", allowed=allowed)
        if symbol:
            known, unknown = resolve((symbol,), self._contracts)
            return unknown_symbols(None, unknown) if unknown else known[0]
        return self._rooms.liveliest() or Refusal("no_quote_yet", "no quote has come yet that a test could repeat")

    async def _arrival(self, instrument_id: str, seq: int) -> Tick | None:
        arrived: asyncio.Future[Tick] = asyncio.get_running_loop().create_future()
        book = self._rooms.book
        book.await_test(instrument_id, seq, arrived.set_result)
        try:
            async with asyncio.timeout(self._settings.test_wait_s):
                return await arrived
        except TimeoutError:
            return None
        finally:
            book.give_up_test(instrument_id, seq)
