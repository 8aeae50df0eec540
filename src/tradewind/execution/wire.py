"""The broker behind one wall: what it reports from inside a call waits until the call's own outcome is noted."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tradewind.domain.order import Order
    from tradewind.execution.ports import Broker, Report, SendOutcome


class Wire:
    """Calls the broker and hands its reports to `handle`, one after the other."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.handle: Callable[[Report], None] = _nobody
        self.is_connected = False
        self._waiting: deque[Report] = deque()
        self._calls = 0

    def connect(self, known: Sequence[Order]) -> None:
        """Begin to hear the broker."""
        with self._calling():
            self.broker.connect(self._report, known)
        self.drain()

    def send(self, order: Order) -> SendOutcome:
        """Send; `drain` once the outcome is noted."""
        with self._calling():
            return self.broker.send(order)

    def cancel(self, order: Order) -> SendOutcome:
        """Ask an order back; `drain` once the outcome is noted."""
        with self._calling():
            return self.broker.cancel(order)

    def query(self, query_id: str) -> SendOutcome:
        """Ask for everything; `drain` once the outcome is noted."""
        with self._calling():
            return self.broker.query(query_id)

    def drain(self) -> None:
        """Handle what was reported meanwhile."""
        while self._waiting and not self._calls:
            self.handle(self._waiting.popleft())

    @contextmanager
    def _calling(self) -> Iterator[None]:
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    def _report(self, report: Report) -> None:
        self._waiting.append(report)
        self.drain()


def _nobody(_report: Report) -> None:
    """Before the room is put together nothing is reported."""
