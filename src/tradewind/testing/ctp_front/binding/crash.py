"""The end of the process, where the true library ends it: said on stderr, then SIGSEGV."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def crash(why: str) -> NoReturn:
    """End this process as the true library does; no Python code can catch it."""
    sys.stderr.write(f"{why}\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)
    raise SystemExit(139)
