"""The emergency stop on disk: it works with nothing else running, and holds when everything else has failed.

Three things below the data folder. `EMERGENCY_STOP`: its presence halts the platform, whoever made it and however
(`touch` is enough). `trading_states.json`: the latched modes, written through before a halt is answered; taking the
stop file away does not lift what is written there. `halt_requests/`: acts that the command line leaves for the process.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.domain.trading_state import Scope, TradingMode, TradingState

if TYPE_CHECKING:
    from collections.abc import Iterable

STOP_NAME: Final = "EMERGENCY_STOP"
LATCH_NAME: Final = "trading_states.json"
REQUESTS_NAME: Final = "halt_requests"
_MAX_BYTES: Final = 65_536
_MAX_REQUESTS: Final = 1_000


class StopOrder(msgspec.Struct, frozen=True):
    """Who stopped trading by the file and why, as far as it says; `pressed_ns` is when, by the machine's clock."""

    actor: str
    reason: str
    pressed_ns: int = 0


class HaltRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act that somebody asks for by a file. `phrase` is what was typed to confirm a reset."""

    act: Literal["halt", "reset"]
    scope: Scope
    key: str
    actor: str
    reason: str
    phrase: str
    asked_ns: int
    mode: TradingMode = TradingMode.HALTED


class HaltFiles:
    """The files of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.stop_file = folder / STOP_NAME
        self.latch_file = folder / LATCH_NAME
        self.requests = folder / REQUESTS_NAME
        self._stop_path = os.fspath(self.stop_file)

    def is_stopped(self) -> bool:
        """Say whether the stop file lies there: one system call."""
        return os.access(self._stop_path, os.F_OK)

    def stop_order(self) -> StopOrder:
        """Return what the stop file says; an empty or foreign one stops just the same."""
        try:
            text = self.stop_file.read_bytes()[:_MAX_BYTES]
            pressed = self.stop_file.stat().st_mtime_ns
        except OSError:
            return StopOrder("file", STOP_NAME)
        try:
            order = msgspec.json.decode(text, type=StopOrder)
        except msgspec.DecodeError:
            return StopOrder("file", text.decode("utf-8", "replace").strip()[:500] or STOP_NAME, pressed)
        return msgspec.structs.replace(order, pressed_ns=pressed)

    def press(self, order: StopOrder) -> None:
        """Make the stop file.

        Raises: OSError: it cannot be written.
        """
        _write(self.stop_file, msgspec.json.encode(order))

    def lift(self) -> str:
        """Take the stop file away; return why that failed, "" when it lies there no more."""
        try:
            self.stop_file.unlink(missing_ok=True)
        except OSError as error:
            return f"{self.stop_file} cannot be removed: {error.strerror or error}"
        return ""

    def keep(self, states: Iterable[TradingState]) -> str:
        """Write the latched states through to the disk; return why that failed, "" when it did not."""
        try:
            _write(self.latch_file, msgspec.json.format(msgspec.json.encode(list(states))))
        except OSError as error:
            return f"{self.latch_file} cannot be written: {error.strerror or error}"
        return ""

    def load(self) -> tuple[tuple[TradingState, ...], str]:
        """Return what was latched, and what is wrong with the file; one that cannot be read halts the platform."""
        try:
            text = self.latch_file.read_bytes()
        except FileNotFoundError:
            return (), ""
        except OSError as error:
            return _unreadable(f"{self.latch_file} cannot be read: {error.strerror or error}")
        try:
            return tuple(msgspec.json.decode(text, type=list[TradingState])), ""
        except msgspec.DecodeError as error:
            return _unreadable(f"{self.latch_file} is damaged: {error}")

    def ask(self, request: HaltRequest) -> Path:
        """Leave an act for the process.

        Raises: OSError: it cannot be written.
        """
        file = self.requests / f"{request.asked_ns:020d}-{request.act}.json"
        _write(file, msgspec.json.encode(request))
        return file

    def take_requests(self) -> list[HaltRequest | str]:
        """Take what was left, oldest first; text says of a file why it counts for nothing.

        A request that cannot be taken away is not carried out: it would be again, after the next halt.
        """
        try:
            names = sorted(file.name for file in self.requests.iterdir())[:_MAX_REQUESTS]
        except OSError:
            return []
        return [self._take(self.requests / name) for name in names if name.endswith(".json")]

    def waiting(self) -> tuple[str, ...]:
        """Return the names of the requests nobody has taken yet."""
        try:
            return tuple(sorted(file.name for file in self.requests.iterdir() if file.suffix == ".json"))
        except OSError:
            return ()

    def _take(self, file: Path) -> HaltRequest | str:
        try:
            text = file.read_bytes()[:_MAX_BYTES]
            file.unlink()
            return msgspec.json.decode(text, type=HaltRequest)
        except OSError as error:
            return f"{file} cannot be taken: {error.strerror or error}"
        except msgspec.DecodeError as error:
            return f"{file.name} is no request: {error}"


def _unreadable(problem: str) -> tuple[tuple[TradingState, ...], str]:
    state = TradingState(Scope.PLATFORM, "", TradingMode.HALTED, "file", "LATCH_UNREADABLE", problem, 0, 0)
    return (state,), problem


def _write(file: Path, content: bytes) -> None:
    """Replace a file whole or not at all, and be sure that it is on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    try:
        with fresh.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
