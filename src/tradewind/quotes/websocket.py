"""uvicorn's WebSocket with a short way out: whole frames, made once for many, straight to the transport.

Everything else of the protocol is uvicorn's. Compression is off, so a frame is the same for every client.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, ClassVar, Final

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from tradewind.quotes.settings import QuotesSettings

WIRE: Final = "tradewind.wire"
"""The key of a connection's state under which its WebSocket is found."""
_LOW_WATER: Final = 4
"""Writing goes on once the buffer is down to this fraction of its limit."""


class QuoteSocket(WSProtocol):
    """A `Wire`; how much may wait is set by `quote_socket`."""

    queued_bytes: ClassVar[int] = 0
    socket_bytes: ClassVar[int] = 0
    on_full: Callable[[], None]
    on_drained: Callable[[], None]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, WIRE: self}, _loop)
        self.on_full = self.on_drained = _ignore

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Bound what may wait in this process and in the kernel."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=self.queued_bytes, low=self.queued_bytes // _LOW_WATER)
        if self.socket_bytes:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.socket_bytes)

    def write_frame(self, frame: bytes) -> None:
        """Hand a whole frame to the socket, unless it is going."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame)

    def buffered(self) -> int:
        """Return the bytes the kernel has not taken yet."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection and whatever is buffered."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Park: the socket takes no more."""
        super().pause_writing()
        self.on_full()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self.on_drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say no more."""
        self.on_full = self.on_drained = _ignore
        super().connection_lost(exc)


def quote_socket(settings: QuotesSettings) -> type[QuoteSocket]:
    """Return the protocol class for uvicorn."""

    class SizedSocket(QuoteSocket):
        """As large as the settings say."""

        queued_bytes = settings.queued_bytes
        socket_bytes = settings.socket_bytes

    return SizedSocket


def _ignore() -> None:
    """Nobody is told yet, or any more."""
