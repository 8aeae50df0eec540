"""The subscriber's socket and its monitor: opened, drained without waiting, made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import zmq
from zmq.utils.monitor import parse_monitor_message

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.market.sources.settings import ZeromqSettings

_FRAMES_KEPT: Final = 4
"""Of a message of more frames the rest is thrown away at once; it is refused anyway."""
_HARD_LIMIT: Final = 16 << 20
"""A frame beyond this is not even received: ZeroMQ breaks the connection. Smaller ones are refused one by one."""
_HIGHEST_PORT: Final = 65_535
_KEEPALIVE_IDLE_S: Final = 30
_KEEPALIVE_EVERY_S: Final = 10
_EVENTS: Final[dict[int, str]] = {
    zmq.EVENT_HANDSHAKE_SUCCEEDED: "connected",
    zmq.EVENT_DISCONNECTED: "lost",
    zmq.EVENT_CONNECT_RETRIED: "retried",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "handshake_failed",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "handshake_failed",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "handshake_failed",
}


class FeedSocket:
    """One SUB socket connected to every publisher of the settings."""

    def __init__(self, settings: ZeromqSettings) -> None:
        """Open it; connecting goes on in ZeroMQ's own thread.

        Raises: ConfigError: an endpoint is none.
        """
        self._settings = settings
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket: zmq.Socket[Any] = self._context.socket(zmq.SUB)
        self._monitor: zmq.Socket[Any] = self._socket.get_monitor_socket(sum(_EVENTS))
        self._recv = self._socket.recv
        try:
            self._connect()
        except (ConfigError, zmq.ZMQError):
            self.close()
            raise
        self.fd = int(self._socket.get(zmq.FD))
        """What to wait on; it says once that something came, and the socket must then be drained."""

    def close(self) -> None:
        """Close everything at once; safe to call twice."""
        if self._context.closed:
            return
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._context.destroy(linger=0)

    def receive(self) -> list[bytes] | None:
        """Return the next message's frames, `None` when none is waiting."""
        recv = self._recv
        try:
            frame = recv(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        # A frame taken without copying says itself whether more follow; asking the socket costs more than the copy.
        frames = [frame.bytes]
        while frame.more:
            frame = recv(zmq.NOBLOCK, copy=False)
            if len(frames) < _FRAMES_KEPT:
                frames.append(frame.bytes)
        return frames

    def events(self) -> Iterator[tuple[str, str]]:
        """Yield what became of connections since the last time: (event, endpoint)."""
        while True:
            try:
                message = parse_monitor_message(self._monitor.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                return
            name = _EVENTS.get(message["event"])
            if name is not None:
                yield name, message["endpoint"].decode("utf-8", "replace")

    def _connect(self) -> None:
        settings, socket = self._settings, self._socket
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.RCVHWM, settings.receive_queue)
        socket.set(zmq.MAXMSGSIZE, max(_HARD_LIMIT, 2 * settings.max_frame_bytes))
        socket.set(zmq.RECONNECT_IVL, settings.reconnect_ms)
        socket.set(zmq.RECONNECT_IVL_MAX, max(settings.reconnect_ms, settings.reconnect_max_ms))
        socket.set(zmq.TCP_KEEPALIVE, 1)
        socket.set(zmq.TCP_KEEPALIVE_IDLE, _KEEPALIVE_IDLE_S)
        socket.set(zmq.TCP_KEEPALIVE_INTVL, _KEEPALIVE_EVERY_S)
        for topic in settings.topics or ("",):
            socket.subscribe(topic)
        for endpoint in settings.endpoints:
            try:
                _check_port(endpoint)
                socket.connect(endpoint)
            except (zmq.ZMQError, ValueError) as error:
                message = f"market.zeromq.endpoints: {endpoint!r}: {error}; allowed is tcp://host:port or ipc://path"
                raise ConfigError(message) from error


def _check_port(endpoint: str) -> None:
    """Look at the port ourselves: ZeroMQ would try a port that cannot exist for ever.

    Raises: ValueError: there is no such port.
    """
    port = endpoint.rpartition(":")[2]
    if endpoint.startswith("tcp://") and not (port.isdecimal() and 1 <= int(port) <= _HIGHEST_PORT):
        message = f"no such port: {port!r}"
        raise ValueError(message)
