"""supervisord as a program: started with a configuration, and known to answer before anybody goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from tradewind.errors import TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.lifecycle import frozen

if TYPE_CHECKING:
    from tradewind.runtime.lifecycle.places import Places
    from tradewind.runtime.lifecycle.supervisor_rpc import SupervisorRpc

PATIENCE_S: Final = 10.0
"""How long supervisord may take to begin, and how much longer than its programs to end."""
_LOOK_S: Final = 0.05


def spawn(places: Places, rpc: SupervisorRpc) -> None:
    """Start it with `places.conf` and wait until it answers.

    Raises: TransientError: it does not start, or does not answer.
    """
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(places.conf)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and configuration
        command, env=frozen.environment(os.environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=PATIENCE_S * 3,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        message = f"supervisord did not start: {said[-1] if said else 'it says nothing'}"
        raise TransientError(message)
    until_s = monotonic_s() + PATIENCE_S
    while rpc.pid() is None:
        if monotonic_s() > until_s:
            message = f"supervisord does not answer; {places.log('supervisord')} may say why"
            raise TransientError(message)
        time.sleep(_LOOK_S)
