"""The simulated exchange as a process: `python -m tradewind.testing.exchange_server SOCKET TRUTH SEED [REFUSED]`.

It serves one connection at a time on a Unix socket, and reads what a dead program had written to its end before it
hears the next: so an answer to a query knows all that was ever sent. What happened goes to the truth file, one JSON
object a line, before anybody is told. REFUSED is the part of orders it rejects, 0.05 unless given.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.execution.ports import QueryAnswer
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.rng import named_rng
from tradewind.testing.exchange import SimulatedVenue, Truth
from tradewind.testing.exchange_wire import COMMAND, ENCODE, Ask, Command, Insert, Lines, TakeBack

if TYPE_CHECKING:
    from tradewind.execution.ports import Report

_TURN_S: Final = 0.002
_TRADES: Final = 0.3
_REFUSED: Final = "0.05"


class ExchangeServer:
    """Serves whoever connects; between messages it lets standing orders trade, by its seed."""

    def __init__(self, listener: socket.socket, truth: Path, seed: int, *, refused: float) -> None:
        self._listener = listener
        self._truth = os.open(truth, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._rng = named_rng(seed, "exchange")
        self._refused = refused
        self._clock = SystemClock()
        self._venue = SimulatedVenue(record=self._record, tell=self._tell)
        self._guest: socket.socket | None = None
        self._is_trading = True

    def serve(self) -> None:
        """Serve until the process is ended."""
        while True:
            self._guest, _ = self._listener.accept()
            with self._guest:
                self._converse(self._guest, Lines())

    def _converse(self, guest: socket.socket, lines: Lines) -> None:
        while True:
            if select.select([guest], [], [], _TURN_S)[0]:
                piece = _read(guest)
                if not piece:
                    return
                for line in lines.feed(piece):
                    self._obey(COMMAND(line))
            self._trade()

    def _obey(self, command: Command) -> None:
        ts, venue = self._clock.now_ns(), self._venue
        match command:
            case Insert():
                venue.receive(command.request, ts, is_refused=self._rng.random() < self._refused)
            case TakeBack():
                venue.take_back(command.client_order_id, ts)
            case Ask():
                orders, fills = venue.all_orders(ts), tuple(venue.fills)
                self._tell(QueryAnswer(command.query_id, is_complete=True, orders=orders, fills=fills, ts_event=ts))
            case _:
                self._is_trading = False

    def _trade(self) -> None:
        if not self._is_trading or self._rng.random() > _TRADES:
            return
        standing = list(self._venue.standing())
        if standing:
            order = self._rng.choice(standing).request
            self._venue.trade(
                order.client_order_id, self._rng.randint(1, 3), order.price or Decimal(1), self._clock.now_ns()
            )

    def _record(self, truth: Truth) -> None:
        os.write(self._truth, ENCODE(truth) + b"\n")

    def _tell(self, report: Report) -> None:
        if self._guest is not None:
            try:
                self._guest.sendall(ENCODE(report) + b"\n")
            except OSError:
                # It died; what was meant for it is lost, as on any wire.
                return


def _read(guest: socket.socket) -> bytes:
    try:
        return guest.recv(65_536)
    except ConnectionError:
        return b""


def main() -> None:
    """Listen on argv's socket and serve."""
    path, truth, seed, refused = (*sys.argv[1:], _REFUSED)[:4]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        ExchangeServer(listener, Path(truth), int(seed), refused=float(refused)).serve()


if __name__ == "__main__":
    main()
