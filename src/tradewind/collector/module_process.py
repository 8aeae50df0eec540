"""A module in the background: begun once, found again by its locked file, ended with all that it began.

Who runs holds a lock on the file that names it, so that a file left behind by a kill names nobody; and the process is
known by its number and the time of its start, so that no other one of the same number is ever ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tradewind.collector.module_places import Places
from tradewind.errors import ConfigError, StateConflictError
from tradewind.kernel.clock import monotonic_s

_LOOK_S: Final = 0.05
_LOCK_S: Final = 2.0
"""Somebody who only looks holds the lock for an instant."""
_MOST_WORDS: Final = 4_000


class Running(msgspec.Struct, frozen=True):
    """The process of a module: its number and when it began, in ticks of the machine since its start."""

    pid: int
    started: int


@contextlib.contextmanager
def held(places: Places) -> Iterator[Callable[[], None]]:
    """Be the one process of this module as long as the block lasts; who may find it calls what is yielded.

    Raises:
        StateConflictError: another one is.
        ConfigError: the file cannot be written.
    """
    try:
        handle = os.open(places.pid, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        message = f"{places.pid} cannot be written: {error.strerror}"
        raise ConfigError(message) from error
    try:
        if not _lock(handle):
            message = f"this module runs already, in the process that {places.pid} names"
            raise StateConflictError(message)
        own = Running(os.getpid(), started_of(os.getpid()))
        os.ftruncate(handle, 0)

        def announce() -> None:
            os.pwrite(handle, msgspec.json.encode(own), 0)

        yield announce
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def find(places: Places) -> Running | None:
    """Return the process of this module, `None` where none runs, or is no further than its first steps."""
    try:
        with places.pid.open("rb") as file:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
            running = msgspec.json.decode(file.read(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
    return running if started_of(running.pid) == running.started else None


def start(places: Places, command: Sequence[str], *, patience_s: float) -> Running:
    """Begin `command` in the background and return its process once it holds the module's lock.

    Raises: ConfigError: it ended or did not come so far; the message holds its last words.
    """
    with places.last_words.open("wb") as words:
        # In a session of its own: closing the terminal does not end it, and what it begins can be ended with it.
        process = subprocess.Popen(  # noqa: S603 - our own command
            list(command), stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )
    until_s = monotonic_s() + patience_s
    while monotonic_s() < until_s:
        running = find(places)
        if running is not None and running.pid == process.pid:
            return running
        if process.poll() is not None:
            message = f"the module ended at once ({process.returncode}): {_last_words(places.last_words)}"
            raise ConfigError(message)
        time.sleep(_LOOK_S)
    process.kill()
    process.wait()
    message = f"the module was not up after {patience_s:g} s: {_last_words(places.last_words)}"
    raise ConfigError(message)


def stop(running: Running, *, patience_s: float) -> bool:
    """End a module and all that it began; tell whether it had to be by force."""
    is_leader = _group_of(running.pid) == running.pid
    _send(os.kill, running.pid, signal.SIGTERM)
    until_s = monotonic_s() + patience_s
    while is_alive(running) and monotonic_s() < until_s:
        time.sleep(_LOOK_S)
    by_force = is_alive(running)
    if by_force:
        _send(os.kill, running.pid, signal.SIGKILL)
    while is_alive(running):
        time.sleep(_LOOK_S)
    if is_leader:
        _send(os.killpg, running.pid, signal.SIGKILL)
    return by_force


def is_alive(running: Running) -> bool:
    """Tell whether this very process is there, other than as a zombie."""
    return started_of(running.pid) == running.started


def started_of(pid: int) -> int:
    """Return when a process began, in ticks since the machine's start; -1 where there is none, or a zombie."""
    try:
        # The name in brackets may hold anything, brackets too.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return -1 if fields[0] in {"Z", "X"} else int(fields[19])
    except (OSError, ValueError, IndexError):
        return -1


def _lock(handle: int) -> bool:
    until_s = monotonic_s() + _LOCK_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic_s() > until_s:
                return False
            time.sleep(_LOOK_S)
        else:
            return True


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _send(send: Callable[[int, int], None], pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(pid, number)


def _last_words(file: Path) -> str:
    words = file.read_bytes()[-_MOST_WORDS:].decode(errors="replace").strip()
    return words or f"it said nothing; look into {file.parent}"
