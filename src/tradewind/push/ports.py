"""What push needs from outside: somebody who admits clients, a socket, and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tradewind.domain.access import Admitted, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Admission = Admitted | Refused


class Gate(Protocol):
    """Decides on every handshake. Implemented in the identity room, injected by the wiring."""

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admission:
        """Judge a handshake by its cookie or `Authorization` and its `Origin`.

        `path` comes without the query; `headers` answer to names in any case; `peer` is the address the connection
        came from, or empty where the listener cannot know it yet.
        """
        ...


class Wire(Protocol):
    """One client's socket as a session sees it. Writing never waits and never raises."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Return the function that hands whole frames to the socket; fetched once, called per frame."""
        ...

    def buffered(self) -> int:
        """Return the bytes handed over that the socket has not taken yet."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame after what is buffered, then close."""
        ...

    def abort(self) -> None:
        """Drop the connection and whatever is buffered."""
        ...


class Timers(Protocol):
    """Runs plain functions later, on the thread that runs everything else."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Run `callback` once the work at hand is done."""
        ...

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Run `callback` after `delay_s` seconds."""
        ...
