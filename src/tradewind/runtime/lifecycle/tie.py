"""Ties a service's process to its parent: whatever becomes of supervisord, no service is left running alone."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent() -> None:
    """Be sent SIGTERM when the parent ends; only Linux can, elsewhere `leftovers` is what remains."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
