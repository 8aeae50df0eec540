"""Processes of this installation that nobody looks after any more: found in /proc and ended.

Services end by themselves when their supervisord is gone (`tie`); this is for one that hangs, for a supervisord that
has lost its socket, and for Nginx' workers: they outlive a master that is killed, and keep its port.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.services import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tradewind.runtime.lifecycle.places import Places

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.05
_RUN: Final = ("-m", "tradewind", "run")
_RUN_GATEWAY: Final = ("-m", "tradewind", "nginx")
_NGINX: Final = "nginx: "
"""How each of its processes calls itself."""


def find(places: Places) -> dict[int, str]:
    """Return the processes that run on this installation's files: pid → what it is, supervisord first."""
    own = str(places.run) + os.sep
    found = {
        pid: name
        for pid, arguments in _processes()
        if (name := _name_of(arguments, own) or _gateway_of(pid, arguments, places))
    }
    return dict(sorted(found.items(), key=lambda item: item[1] != "supervisord"))


def end(places: Places, *, patience_s: float) -> list[str]:
    """End them, by force after `patience_s`; return what they were."""
    return _end(lambda: find(places), patience_s)


def end_workers_left(places: Places, *, patience_s: float) -> bool:
    """End the workers of a gateway whose master was killed, which keep its port; tell whether there were any."""
    return bool(_end(lambda: _workers_left(places), patience_s))


def parent_of(pid: int) -> int:
    """Return a process' parent, 0 where there is no such process."""
    try:
        # The name in brackets may hold anything, brackets too.
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def is_alive(pid: int) -> bool:
    """Tell whether there is such a process, other than as a zombie."""
    return bool(_arguments(_PROC / str(pid)))


def _end(look: Callable[[], dict[int, str]], patience_s: float) -> list[str]:
    found = look()
    _signal(found, signal.SIGTERM)
    until_s = monotonic_s() + patience_s
    while (left := look()) and monotonic_s() < until_s:
        time.sleep(_LOOK_S)
    while left:
        _signal(left, signal.SIGKILL)
        time.sleep(_LOOK_S)
        left = look()
    return list(found.values())


def _workers_left(places: Places) -> dict[int, str]:
    found = {pid: arguments[0] for pid, arguments in _processes() if _gateway_of(pid, arguments, places)}
    return {pid: GATEWAY for pid, title in found.items() if "worker" in title and parent_of(pid) not in found}


def _gateway_of(pid: int, arguments: Sequence[str], places: Places) -> str:
    """Return `gateway` for a process of Nginx that works in our folder, empty for others."""
    if not arguments[0].startswith(_NGINX):
        return ""
    try:
        return GATEWAY if (_PROC / str(pid) / "cwd").readlink() == places.gateway.resolve() else ""
    except OSError:
        return ""


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
    if tuple(arguments[1 : 1 + len(_RUN_GATEWAY)]) == _RUN_GATEWAY:
        return GATEWAY
    return ""


def _signal(pids: dict[int, str], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
