"""Ports for the servers that tests start: each handed out once, and never one that an outgoing connection may get.

A port that the kernel chose and that was closed again may be chosen again at once: by the next call, by another worker
of the same run, by any connection going out. Below the kernel's own range it is up to us: every worker counts through
a range of its own, from a place that differs from run to run.
"""

from __future__ import annotations

import os
import socket
from itertools import cycle
from typing import Final

_LOWEST: Final = 10_240
_RANGE: Final = 2_700
"""Ports of one worker; eight workers end below 32 768, where Linux begins to choose for itself."""


def _worker() -> int:
    """Return the number of this worker of pytest-xdist, 0 where tests are not shared out."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8


def _candidates() -> list[int]:
    lowest = _LOWEST + _worker() * _RANGE
    begin = os.getpid() * 37 % _RANGE
    return [lowest + (begin + step) % _RANGE for step in range(_RANGE)]


_ports: Final = cycle(_candidates())


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on and that were not handed out lately.

    Raises: AssertionError: every port of the worker's range is taken.
    """
    found: list[int] = []
    for _ in range(_RANGE):
        if len(found) == count:
            return found
        if _is_free(port := next(_ports)):
            found.append(port)
    message = f"no {count} free ports among the {_RANGE} of worker {_worker()}"
    raise AssertionError(message)


def free_port() -> int:
    """Return one such port."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    """Say whether a server could listen there, on this machine's own address or on all."""
    try:
        for host in ("127.0.0.1", ""):
            with socket.socket() as probe:
                # As servers do: what is left of closed connections is in nobody's way.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
    except OSError:
        return False
    return True
