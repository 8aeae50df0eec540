"""One uvicorn inside our own event loop, on a socket that we bind ourselves: what every HTTP edge stands on."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from tradewind.errors import ConfigError, PortTakenError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

BACKLOG: Final = 2_048


class EmbeddedServer(uvicorn.Server):
    """A uvicorn that leaves the process's signals to the process, and says when it serves."""

    def __init__(self, config: uvicorn.Config, listening: asyncio.Event) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def bound_socket(host: str, port: int, *, host_setting: str, port_setting: str) -> socket.socket:
    """Take a port, before anything is served on it; the settings are those that choose it, for who must choose again.

    Raises:
        PortTakenError: somebody else listens there.
        ConfigError: the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.settimeout(0)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            message = (
                f"port {port} on {host} is taken, perhaps by another Tradewind (`ss -ltnp 'sport = :{port}'` says by "
                f"whom); stop that program, or choose another port with --set {port_setting}=N"
            )
            raise PortTakenError(message) from error
        message = f"cannot listen on {host}:{port}: {error.strerror}; change {host_setting} or {port_setting}"
        raise ConfigError(message) from error
    return bound
