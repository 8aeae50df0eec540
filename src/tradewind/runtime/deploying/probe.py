"""Whether a service is well: `python -m tradewind.runtime.deploying.probe PORT [--alive]`, from beside it.

Exit code 0: well; 1: not. With `--alive` any answer will do: a service that waits for Redis lives, and starting it anew
would not bring Redis back. From the same machine no token is needed, and no library is imported but Python's own.
"""

from __future__ import annotations

import http.client
import sys
from typing import Final

_PATIENCE_S: Final = 3.0
_OK: Final = 200


def is_well(port: int, *, alive: bool) -> bool:
    """Ask `/health` once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    else:
        return alive or status == _OK
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(int(sys.argv[1]), alive="--alive" in sys.argv) else 1)
