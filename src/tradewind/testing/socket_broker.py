"""A broker whose exchange is the one of `exchange_server`, in another process."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

from tradewind.execution.ports import ConnectionReport, SendOutcome
from tradewind.testing.exchange_wire import ENCODE, REPORT, Ask, Command, Insert, Lines, Rest, TakeBack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.order import Order, OrderRequest
    from tradewind.execution.ports import AccountLink, Report
    from tradewind.kernel.clock import Clock


class SocketBroker:
    """`execution.ports.Broker` over a Unix socket; whoever runs the program calls `turn` to hear reports."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._socket: socket.socket | None = None
        self._lines = Lines()
        self._report: Callable[[Report], None] | None = None

    @property
    def name(self) -> str:
        """Return what settings call it."""
        return "socket"

    @property
    def on_tick(self) -> None:
        """Want no ticks."""
        return

    @property
    def loses_reports(self) -> bool:
        """It is at the other end of a wire."""
        return True

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:  # noqa: ARG002 - the port
        """Connect and say so."""
        self._report = report
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(self._path)
        report(ConnectionReport(is_connected=True, reason="", ts_event=self._clock.now_ns()))

    def close(self) -> None:
        """Hang up."""
        self._report = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def reference(self, request: OrderRequest) -> str:  # noqa: ARG002 - the port's signature
        """Our id is the exchange's key."""
        return ""

    def accounts(self) -> tuple[AccountLink, ...]:
        """There is no link to show."""
        return ()

    def send(self, order: Order) -> SendOutcome:
        """Write an order to the socket."""
        return self._write(Insert(order.request))

    def cancel(self, order: Order) -> SendOutcome:
        """Write a cancel to the socket."""
        return self._write(TakeBack(order.client_order_id))

    def query(self, query_id: str) -> SendOutcome:
        """Write a query to the socket."""
        return self._write(Ask(query_id))

    def rest(self) -> None:
        """Ask the exchange to trade nothing any more."""
        self._write(Rest())

    def turn(self, wait_s: float) -> None:
        """Hand on what came within `wait_s`."""
        if self._socket is None or not select.select([self._socket], [], [], wait_s)[0]:
            return
        piece = self._socket.recv(1 << 20)
        for line in self._lines.feed(piece):
            if self._report is not None:
                self._report(REPORT(line))

    def _write(self, command: Command) -> SendOutcome:
        if self._socket is None:
            return SendOutcome.UNKNOWN
        try:
            self._socket.sendall(ENCODE(command) + b"\n")
        except OSError:
            return SendOutcome.UNKNOWN
        return SendOutcome.SENT
