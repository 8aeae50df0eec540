"""What the quotes edge needs from outside: the gate, the contracts, somebody who sends test quotes, and sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.access import Admitted, Refused
from tradewind.domain.instrument import Instrument

if TYPE_CHECKING:
    from tradewind.identity.ports import AccessRequest


class Gate(Protocol):
    """Decides at every door; the identity room's."""

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        """Say whether this request may go on."""
        ...


class Contracts(Protocol):
    """The table of contracts; the market room's."""

    def all(self) -> Sequence[Instrument]:
        """Return every listed contract, in the order to show them."""
        ...

    def find(self, instrument_id: str) -> Instrument | None:
        """Return one contract, or `None` if no table knows it."""
        ...

    def find_symbol(self, symbol: str) -> Instrument | None:
        """Return the one contract of that symbol on any exchange; `None` for none, or more than one."""
        ...


class SentTest(msgspec.Struct, frozen=True):
    """A test quote is on its way: its name on the line, by which it is recognised when it arrives."""

    instrument_id: str
    seq: int


class QuoteTester(Protocol):
    """Sends test quotes down the line; the market room's, in this process or another."""

    async def send(self, instrument_id: str) -> SentTest | None:
        """Send the newest quote of a contract once more, marked as a test; `None` if it has none yet.

        Raises: TransientError: the market room cannot be reached now.
        """
        ...


class BusState(msgspec.Struct, frozen=True):
    """Whether quotes can reach us: `kind` of bus, and if it is up. A bus within one process always is."""

    kind: str
    is_connected: bool


class Wire(Protocol):
    """One WebSocket as a client sees it. Writing never waits and never raises."""

    on_full: Callable[[], None]
    on_drained: Callable[[], None]

    def write_frame(self, frame: bytes) -> None:
        """Hand a whole frame to the socket."""
        ...

    def buffered(self) -> int:
        """Return the bytes handed over that the socket has not taken yet."""
        ...

    def abort(self) -> None:
        """Drop the connection and whatever is buffered."""
        ...


class Post(Protocol):
    """Where packets wait that the protocol library will send: long polling, and answers before a socket is ready."""

    def put(self, packet: Packet) -> None:
        """Add a packet at the end; a client for which too many wait is given up."""
        ...


class Packet(Protocol):
    """A packet of Engine.IO that is made when it is sent."""

    def encode(self, b64: bool = False) -> str:  # noqa: FBT001, FBT002 - the library calls it so
        """Return the text."""
        ...
