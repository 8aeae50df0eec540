"""A door for tests whose fronts run in a process of their own: one JSON object a line, answered by one.

`{"call": "quote", "args": ["au2506", 720], "named": {"lots": 3}}` is answered `{"done": …}` or `{"refused": "why"}`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.testing.ctp_front.front import CtpFronts

CALLS: Final = frozenset({
    "begin_day", "disconnect", "fail", "fill", "move_money", "mute", "place_elsewhere", "quote", "refuse_next_cancel",
    "refuse_next_order", "set_mood", "set_shape", "set_syncing", "settle", "stand_at", "start", "stop",
})  # fmt: skip
"""What may be called: methods of `CtpFronts` and nothing else."""


class Command(msgspec.Struct, frozen=True):
    """One line."""

    call: str
    args: list[Any] = []
    named: dict[str, Any] = {}


def answer(fronts: CtpFronts, line: bytes) -> bytes:
    """Do what a line says and return the line that answers it."""
    try:
        command = msgspec.json.decode(line, type=Command)
        done = _method(fronts, command.call)(*command.args, **command.named)
    except (msgspec.MsgspecError, InputError, TypeError, ValueError) as error:
        return msgspec.json.encode({"refused": str(error)}) + b"\n"
    shown = {name: str(value) for name, value in done.items()} if isinstance(done, dict) else None
    return msgspec.json.encode({"done": shown}) + b"\n"


def _method(fronts: CtpFronts, name: str) -> Callable[..., Any]:
    if name not in CALLS:
        message = f"no call {name!r}; there are {', '.join(sorted(CALLS))}"
        raise InputError(message)
    found: Callable[..., Any] = getattr(fronts, name)
    return found


class ControlDoor:
    """Serves one line after another to whoever connects on this machine."""

    def __init__(self, fronts: CtpFronts) -> None:
        self._fronts = fronts
        self._listener = socket.socket()
        self.port = 0

    def open(self, port: int = 0) -> None:
        """Listen."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="front-control", daemon=True).start()

    def shut(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                guest, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(guest,), name="front-control", daemon=True).start()

    def _serve(self, guest: socket.socket) -> None:
        with guest, guest.makefile("rwb") as lines:
            for line in lines:
                lines.write(answer(self._fronts, line))
                lines.flush()


class FrontControl:
    """The other end: call the methods of fronts in another process."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._lines = self._connection.makefile("rwb")

    def call(self, name: str, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as `CtpFronts` has them
        """Call a method and return what it answers.

        Raises: InputError: the fronts refused it; says why.
        """
        self._lines.write(msgspec.json.encode(Command(name, list(args), named), enc_hook=_plain) + b"\n")
        self._lines.flush()
        answered = msgspec.json.decode(self._lines.readline())
        if "refused" in answered:
            raise InputError(answered["refused"])
        return answered["done"]

    def close(self) -> None:
        """End the connection."""
        self._lines.close()
        self._connection.close()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    message = f"{type(value).__name__} cannot be sent"
    raise TypeError(message)
