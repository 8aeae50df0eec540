"""Processes of this installation that nobody looks after any more: found in /proc and ended.

Services end by themselves when their supervisord is gone (`tie`); this is for one that hangs, and for a supervisord
that has lost its socket.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.runtime.lifecycle.places import Places

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.05
_RUN: Final = ("-m", "tradewind", "run")


def find(places: Places) -> dict[int, str]:
    """Return the processes that run on this installation's files: pid → what it is, supervisord first."""
    own = str(places.run) + os.sep
    found = {pid: name for pid, arguments in _processes() if (name := _name_of(arguments, own))}
    return dict(sorted(found.items(), key=lambda item: item[1] != "supervisord"))


def end(places: Places, *, patience_s: float) -> list[str]:
    """End them, by force after `patience_s`; return what they were."""
    found = find(places)
    _signal(found, signal.SIGTERM)
    until_s = monotonic_s() + patience_s
    while (left := find(places)) and monotonic_s() < until_s:
        time.sleep(_LOOK_S)
    while left:
        _signal(left, signal.SIGKILL)
        time.sleep(_LOOK_S)
        left = find(places)
    return list(found.values())


def is_alive(pid: int) -> bool:
    """Tell whether there is such a process, other than as a zombie."""
    return bool(_arguments(_PROC / str(pid)))


def _processes() -> Iterator[tuple[int, Sequence[str]]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and (arguments := _arguments(entry)):
            yield int(entry.name), arguments


def _arguments(entry: Path) -> Sequence[str]:
    try:
        return (entry / "cmdline").read_text(encoding="utf-8", errors="replace").rstrip("\0").split("\0")
    except OSError:
        return ()


def _name_of(arguments: Sequence[str], own: str) -> str:
    """Return which of our processes this is, empty for a stranger, be it one that has our file open in an editor."""
    if not any(argument.startswith(own) for argument in arguments):
        return ""
    if "supervisor.supervisord" in arguments:
        return "supervisord"
    if len(arguments) > 1 + len(_RUN) and tuple(arguments[1 : 1 + len(_RUN)]) == _RUN:
        return arguments[1 + len(_RUN)]
    return ""


def _signal(pids: dict[int, str], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
