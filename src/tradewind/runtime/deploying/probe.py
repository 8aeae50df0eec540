"""Whether a service is well: `python -m tradewind.runtime.deploying.probe PORT [--alive|--serving]`, from beside it.

Exit code 0: well; 1: not. With `--alive` any answer will do: a service that waits for Redis lives, and starting it anew
would not bring Redis back. With `--serving` any answer will do but that it drains: an edge serves what it has.
From the same machine no token is needed, and no library is imported but Python's own.
"""

from __future__ import annotations

import http.client
import sys
from typing import Final

_PATIENCE_S: Final = 3.0
_OK: Final = 200
_DRAINING: Final = b'"status":"draining"'


def is_well(port: int, *, alive: bool = False, serving: bool = False) -> bool:
    """Ask `/health` once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        if serving:
            return _DRAINING not in body
        return alive or status == _OK
    finally:
        connection.close()


if __name__ == "__main__":
    found = is_well(int(sys.argv[1]), alive="--alive" in sys.argv, serving="--serving" in sys.argv)
    sys.exit(0 if found else 1)
