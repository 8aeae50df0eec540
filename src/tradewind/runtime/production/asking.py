"""Whether a server answers yet: somebody listens at its port."""

from __future__ import annotations

import socket
from typing import Final

from tradewind.runtime.production.plan import HOST

_PATIENCE_S: Final = 1.0


def listens(port: int) -> bool:
    """Tell whether a connection comes about."""
    try:
        socket.create_connection((HOST, port), timeout=_PATIENCE_S).close()
    except OSError:
        return False
    return True
