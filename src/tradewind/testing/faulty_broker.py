"""A broker in the same process whose link to a `SimulatedVenue` delays, loses, repeats and reorders, by a seed.

Time is a line clock's and chance has a seed, so a run can be had again exactly. A crash of the program is `forget`:
what is on its way out may still arrive, what is on its way back does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.execution.ports import ConnectionReport, FillReport, OrderReport, QueryAnswer, SendOutcome
from tradewind.kernel.clock import NS_PER_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.order import Order, OrderRequest
    from tradewind.execution.ports import AccountLink, Report
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.rng import Rng
    from tradewind.testing.exchange import SimulatedVenue


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How often what goes wrong, as probabilities; delays in ms, drawn evenly and a message each."""

    delay_ms: int = 20
    """Longest ordinary delay of a message, either way."""
    long_delay: float = 0.0
    long_delay_ms: int = 15_000
    lose_out: float = 0.0
    """A message that the broker took never reaches the exchange."""
    lose_back: float = 0.0
    repeat_back: float = 0.0
    busy: float = 0.0
    unknown: float = 0.0
    """The broker cannot say whether a message went out; every other time it did."""
    refuse: float = 0.0
    """The exchange rejects an order."""
    anonymous: float = 0.0
    """A fill is told with the exchange's order id alone."""


class FaultyBroker:
    """`execution.ports.Broker` with a `SimulatedVenue` behind it."""

    def __init__(self, *, venue: SimulatedVenue, clock: LineClock, rng: Rng, faults: Faults) -> None:
        self._venue = venue
        self._clock = clock
        self._random = rng.random
        self.faults = faults
        self._report: Callable[[Report], None] | None = None
        self._life = 0
        self.is_connected = False
        venue.tell = self._on_venue

    @property
    def name(self) -> str:
        """Return what settings call it."""
        return "faulty"

    @property
    def on_tick(self) -> None:
        """Want no ticks: the exchange is elsewhere."""
        return

    @property
    def loses_reports(self) -> bool:
        """It is at the other end of a wire."""
        return True

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:  # noqa: ARG002 - the port
        """Connect after a while."""
        self._life += 1
        self._report = report
        self.reconnect()

    def close(self) -> None:
        """Forget the program: it is gone."""
        self._life += 1
        self._report = None
        self.is_connected = False

    def reference(self, request: OrderRequest) -> str:
        """Name an order in the protocol's own way."""
        return f"R{request.client_order_id}"

    def accounts(self) -> tuple[AccountLink, ...]:
        """There is no link to show."""
        return ()

    def send(self, order: Order) -> SendOutcome:
        """Send, perhaps."""
        is_refused = self._random() < self.faults.refuse
        return self._out(lambda ts: self._venue.receive(order.request, ts, is_refused=is_refused))

    def cancel(self, order: Order) -> SendOutcome:
        """Ask an order back, perhaps."""
        return self._out(lambda ts: self._venue.take_back(order.client_order_id, ts))

    def query(self, query_id: str) -> SendOutcome:
        """Ask for everything, perhaps; the answer shows the exchange at the moment it was reached."""
        life = self._life

        def answer(ts: int) -> None:
            venue = self._venue
            if life == self._life:
                orders, fills = venue.all_orders(ts), tuple(venue.fills)
                self._back(QueryAnswer(query_id, is_complete=True, orders=orders, fills=fills, ts_event=ts))

        return self._out(answer)

    def cut(self) -> None:
        """Lose the connection, and all that is on its way back."""
        if self.is_connected:
            self._life += 1
            self.is_connected = False
            self._tell(ConnectionReport(is_connected=False, reason="cut", ts_event=self._clock.now_ns()))

    def reconnect(self) -> None:
        """Come back after a delay."""
        life = self._life

        def back(ts: int) -> None:
            if life == self._life and not self.is_connected:
                self.is_connected = True
                self._tell(ConnectionReport(is_connected=True, reason="", ts_event=ts))

        self._clock.call_at(self._clock.now_ns() + self._delay_ns(), back)

    def _out(self, arrive: Callable[[int], None]) -> SendOutcome:
        faults, drawn = self.faults, self._random()
        if not self.is_connected or drawn < faults.unknown:
            if self.is_connected and drawn < faults.unknown / 2:
                self._clock.call_at(self._clock.now_ns() + self._delay_ns(), arrive)
            return SendOutcome.UNKNOWN
        if self._random() < faults.busy:
            return SendOutcome.BUSY
        if self._random() >= faults.lose_out:
            self._clock.call_at(self._clock.now_ns() + self._delay_ns(), arrive)
        return SendOutcome.SENT

    def _on_venue(self, report: Report) -> None:
        if not self.is_connected or self._random() < self.faults.lose_back:
            return
        if isinstance(report, FillReport) and self._random() < self.faults.anonymous:
            report = msgspec.structs.replace(report, client_order_id="")
        self._back(report)
        if isinstance(report, FillReport | OrderReport) and self._random() < self.faults.repeat_back:
            self._back(report)

    def _back(self, report: Report) -> None:
        life = self._life

        def arrive(_ts: int) -> None:
            if life == self._life:
                self._tell(report)

        self._clock.call_at(self._clock.now_ns() + self._delay_ns(), arrive)

    def _tell(self, report: Report) -> None:
        if self._report is not None:
            self._report(report)

    def _delay_ns(self) -> int:
        faults = self.faults
        longest = faults.long_delay_ms if self._random() < faults.long_delay else faults.delay_ms
        return round(self._random() * longest * NS_PER_MS)
