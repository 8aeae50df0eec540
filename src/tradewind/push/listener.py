"""The socket side: handshakes, frames in, and the underlying transports that pre-framed bytes are written to.

The only module that knows the WebSocket library. It parses what clients send; what we send goes past it, straight to
the transport, whose `write` is one system call while the socket takes data.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from aiofastnet import Transport, create_server
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, WSUpgradeResponse
from picows import WSUpgradeResponseWithListener as Answer
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]  # in the module, not in its stub

from tradewind import __version__
from tradewind.domain.access import Admitted, Refused
from tradewind.kernel.log import get_log
from tradewind.push.frames import close_frame
from tradewind.push.session import CloseCode, Conversation, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.kernel.metrics import Metrics
    from tradewind.push.ports import Gate
    from tradewind.push.roster import Roster
    from tradewind.push.settings import PushSettings

_LOG = get_log("push")
HEALTH_PATH: Final = "/health"
SUBPROTOCOL: Final = "tradewind"
"""What is answered to browsers that bring a ticket: they hang up where none of what they offer is."""
_BACKLOG: Final = 4_096
_HANDSHAKE_S: Final = 5.0
_READ_BUFFER_BYTES: Final = 2_048
_LOW_WATER: Final = 4
"""Writing goes on once the buffer is down to this fraction of its limit."""
_WIRE_LOG: Final = logging.getLogger("picows.push")
_WIRE_LOG.setLevel(logging.CRITICAL)  # It logs each client's mistake as an error; we count them instead.


class SocketWire:
    """A `Wire` over the loop's transport."""

    __slots__ = ("_grace_s", "_transport", "buffered", "write")

    def __init__(self, transport: Transport, *, settings: PushSettings) -> None:
        self._transport = transport
        self._grace_s = settings.drain_s
        # Frames are bytes we made, on the loop's thread: its unchecked write is the whole way to the system call.
        self.write: Callable[[bytes], None] = transport.write_nocheck
        self.buffered: Callable[[], int] = transport.get_write_buffer_size
        high = settings.queued_bytes // _LOW_WATER
        transport.set_write_buffer_limits(high=high, low=high // _LOW_WATER)
        if settings.socket_bytes:
            # A fixed size: left to itself the kernel would queue megabytes more for a client that does not read.
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.socket_bytes)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; the client answers it and goes, or is dropped after the grace."""
        if not self._transport.is_closing():
            self.write(close_frame(code, reason))
            asyncio.get_running_loop().call_later(self._grace_s, self._transport.abort)

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()


class _Connection(WSListener):
    """Hands one connection's events to its session."""

    def __init__(self, make_session: Callable[[SocketWire], Session], roster: Roster, settings: PushSettings) -> None:
        super().__init__()
        self._make_session = make_session
        self._roster = roster
        self._settings = settings
        self._session: Session | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin the session."""
        session = self._make_session(
            SocketWire(cast("Transport", transport.underlying_transport), settings=self._settings)
        )
        self._session = session
        is_welcome = self._roster.enter(session)
        _LOG.info("client_connected", identity=session.identity, dialect=session.dialect)
        if is_welcome:
            session.opened()
        else:
            limit = self._settings.clients_per_identity
            session.close(CloseCode.TOO_MANY, f"more than {limit} connections of one user")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hear one frame; a failure of ours costs this client its connection and nobody else anything."""
        session = self._session
        if session is None:
            return
        try:
            self._hear(session, transport, frame)
        except Exception:  # noqa: BLE001 - the request handler's boundary: one client's failure stays its own
            _LOG.exception("client_failed", identity=session.identity)
            session.close(CloseCode.INTERNAL, "internal error")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """End the session."""
        session = self._session
        if session is None:
            return
        self._session = None
        session.on_gone()
        self._roster.leave(session)
        refused = _wire_close_code(transport)
        if refused is not None and session.closed_with is None:
            session.note_refused_by_wire(refused)
        _LOG.info(
            "client_closed",
            identity=session.identity,
            dialect=session.dialect,
            code=session.closed_with and int(session.closed_with),
        )

    def pause_writing(self) -> None:
        """The socket is full."""
        if self._session is not None:
            self._roster.note_full(self._session)
            self._session.on_full()

    def resume_writing(self) -> None:
        """The socket takes data again."""
        if self._session is not None:
            self._roster.note_drained(self._session)
            self._session.on_drained()

    @staticmethod
    def _hear(session: Session, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            session.on_foreign("compressed or extended")
        elif kind == WSMsgType.TEXT:
            session.on_text(frame.get_payload_as_bytes(), is_final=bool(frame.fin))
        elif kind == WSMsgType.PING:
            session.on_ping(frame.get_payload_as_bytes())
        elif kind == WSMsgType.PONG:
            session.on_pong()
        elif kind == WSMsgType.CONTINUATION:
            session.on_continuation(frame.get_payload_as_bytes(), is_final=bool(frame.fin))
        elif kind == WSMsgType.CLOSE:
            if session.closed_with is None:
                transport.send_close(frame.get_close_code())
            transport.disconnect()
        else:
            session.on_foreign("binary")


class Listener:
    """Listens, admits, and gives each admitted connection a session."""

    def __init__(
        self,
        *,
        settings: PushSettings,
        gate: Gate,
        roster: Roster,
        metrics: Metrics,
        conversations: Mapping[str, Conversation],
        now_s: Callable[[], float],
    ) -> None:
        """Serve `conversations`, by path."""
        self._settings = settings
        self._gate = gate
        self._roster = roster
        self._metrics = metrics
        self._conversations = conversations
        self._now_s = now_s
        self.is_leaving = False
        """True once nobody else is taken in: whoever comes is sent to another instance."""

    async def listen(self) -> asyncio.Server:
        """Begin to listen.

        Raises: OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        return await create_server(
            loop, self._make_protocol, self._settings.host, self._settings.port, backlog=_BACKLOG
        )

    def _make_protocol(self) -> asyncio.BaseProtocol:
        # The library's own server does not show its handshake callback who is calling, and the gate must know
        # whether it is a program on this machine; hence its protocol is used directly.
        def admit(request: WSUpgradeRequest) -> Answer:
            return self._admit(request, _peer_of(protocol.transport.underlying_transport))

        protocol: Any = WSProtocol(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=admit,
            logger=_WIRE_LOG,
            disconnect_on_exception=True,
            websocket_handshake_timeout=_HANDSHAKE_S,
            enable_auto_ping=False,
            auto_ping_idle_timeout=None,
            auto_ping_reply_timeout=None,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=False,
            max_frame_size=self._settings.frame_bytes,
            extra_headers=None,
            read_buffer_init_size=_READ_BUFFER_BYTES,
        )
        result: asyncio.BaseProtocol = protocol
        return result

    def _admit(self, request: WSUpgradeRequest, peer: str) -> Answer:
        path = request.path.decode("latin-1")
        conversation = self._conversations.get(path.partition("?")[0])
        if conversation is None and path == HEALTH_PATH:
            return self._tell_health(request, peer)
        if conversation is None:
            known = " and ".join(self._conversations)
            return _refusal(404, "not_found", f"nothing is pushed here; there is {known}")
        if self.is_leaving:
            return _refusal(503, "draining", "this instance is about to stop; another one takes you", 1)
        if len(self._roster) >= self._settings.max_clients:
            return _refusal(503, "full", f"all {self._settings.max_clients} places are taken, try again later")
        admission = self._ask_gate(path, request, peer)
        if isinstance(admission, Refused):
            return _refusal(admission.status, admission.code, admission.message, admission.retry_after_s)
        if not conversation.may_enter(admission.principal):
            return _refusal(403, "not_allowed", "your permissions cover nothing of what is pushed here")

        def make_session(wire: SocketWire) -> Session:
            return Session(
                wire,
                conversation,
                principal=admission.principal,
                session_id=admission.session_id,
                settings=self._settings,
                metrics=self._metrics,
                now_s=self._now_s,
            )

        connection = _Connection(make_session, self._roster, self._settings)
        return Answer(WSUpgradeResponse.create_101_response(_chosen(request)), connection)

    def _tell_health(self, request: WSUpgradeRequest, peer: str) -> Answer:
        """Answer a plain request for our health; a full house is well, one that empties is not ready for anybody."""
        admission = self._ask_gate(HEALTH_PATH, request, peer)
        if isinstance(admission, Refused):
            return _refusal(admission.status, admission.code, admission.message, admission.retry_after_s)
        status = "draining" if self.is_leaving else "ok"
        answer = _answer(503, {"status": status, "version": __version__, "clients": len(self._roster)}, {})
        if not self.is_leaving:
            answer.response.status = HTTPStatus.OK  # The library makes plain answers of errors only.
        return answer

    def _ask_gate(self, path: str, request: WSUpgradeRequest, peer: str) -> Admitted | Refused:
        try:
            return self._gate.admit(path, request.headers, peer)
        except Exception:  # noqa: BLE001 - the request handler's boundary: a failing gate lets nobody in
            _LOG.exception("gate_failed", peer=peer)
            return Refused(500, "internal", "the gate failed; the server's log says why")


def _chosen(request: WSUpgradeRequest) -> dict[str, str]:
    """Return the header that names our subprotocol to who offers it; a ticket offered beside it is never repeated."""
    offered = request.headers.get("Sec-WebSocket-Protocol") or ""
    is_offered = any(name.strip() == SUBPROTOCOL for name in offered.split(","))
    return {"Sec-WebSocket-Protocol": SUBPROTOCOL} if is_offered else {}


def _refusal(status: int, code: str, message: str, retry_after_s: int = 0) -> Answer:
    headers = {}
    if status == 401:  # noqa: PLR2004 - the status says what it is
        headers["WWW-Authenticate"] = "Bearer"
    if retry_after_s:
        headers["Retry-After"] = str(retry_after_s)
    return _answer(status, {"code": code, "message": message}, headers)


def _answer(status: int, told: Mapping[str, object], headers: Mapping[str, str]) -> Answer:
    body = json.dumps(told, ensure_ascii=False).encode()
    all_headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    return Answer(WSUpgradeResponse.create_error_response(status, body, all_headers), None)


def _peer_of(transport: asyncio.Transport) -> str:
    address = transport.get_extra_info("peername")
    return str(address[0]) if address else ""


def _wire_close_code(transport: WSTransport) -> int | None:
    """Return the code the library closed with by itself, when a frame was no frame."""
    shake: Any = transport.close_handshake  # None before any close frame, whatever the stub says
    if shake is None or shake.sent is None or shake.recv_then_sent:
        return None
    return int(shake.sent.code)
