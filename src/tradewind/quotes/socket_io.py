"""Socket.IO itself: handshakes, long polling, upgrades, pings and namespaces, by python-socketio.

The only module that knows that library. It is shielded from what clients send (`Conversation`), its queues are
bounded, and quotes go past it; what it does is the two protocols around them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec
import socketio
from engineio.payload import Payload

from tradewind.kernel.log import get_log
from tradewind.quotes.client import Client
from tradewind.quotes.conversation import Conversation
from tradewind.quotes.events import Refusal, named_symbols, resolve, unknown_symbols
from tradewind.quotes.packets import TextPacket, event_packet_of
from tradewind.quotes.websocket import WIRE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from tradewind.domain.access import Admitted
    from tradewind.kernel.metrics import Metrics
    from tradewind.quotes.desk import Desk
    from tradewind.quotes.ports import Contracts, Packet
    from tradewind.quotes.rooms import Rooms
    from tradewind.quotes.settings import QuotesSettings

_LOG = get_log("quotes")
PATH: Final = "/socket.io"
PACKETS_PER_POST: Final = 256
"""A polling client sends what has gathered in one request; how much it may say is counted per event, not here."""
CONVERSATION: Final = "tradewind.conversation"
"""The key of a handshake's state under which its conversation is found."""
_WIRE_LOG: Final = logging.getLogger("socketio.quotes")
_WIRE_LOG.setLevel(logging.CRITICAL)  # It logs each client's mistake as an error; we count them instead.


class Mailbox(asyncio.Queue[Any]):
    """The library's queue of one client, bounded; never waits, since one task of the library serves many clients."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self.is_overfull = False

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401 - the library's packets, or `None` for the end
        """Add an item, or note that there were too many."""
        if item is not None and self.qsize() >= self._limit:
            self.is_overfull = True
        else:
            super().put_nowait(item)

    async def put(self, item: Any) -> None:  # noqa: ANN401 - as above
        """Add an item."""
        self.put_nowait(item)


class MailboxPost:
    """A `Post` into one client's mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def put(self, packet: Packet) -> None:
        """Add a packet at the end."""
        self._mailbox.put_nowait(packet)


class SocketIo:
    """The clients and what they ask; `application` is what answers below `/socket.io/`."""

    def __init__(
        self, *, settings: QuotesSettings, rooms: Rooms, desk: Desk, contracts: Contracts, metrics: Metrics,
        now_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self._settings = settings
        self._rooms = rooms
        self._desk = desk
        self._contracts = contracts
        self._metrics = metrics
        self._now_s = now_s
        self._server: Any = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[],  # None of its own: the gate has judged the Origin before.
            transports=["polling", "websocket"],
            async_handlers=False,
            always_connect=True,
            http_compression=False,
            max_http_buffer_size=settings.message_bytes,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_timeout_s,
            logger=_WIRE_LOG,
            engineio_logger=_WIRE_LOG,
        )
        Payload.max_decode_packets = PACKETS_PER_POST
        self._engine: Any = self._server.eio
        self._engine.create_queue = lambda: Mailbox(settings.queued_packets)
        self._clients: dict[str, Client] = {}
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)
        for event, handle in (
            ("subscribe_market", self._subscribe),
            ("unsubscribe_market", self._unsubscribe),
            ("get_market_status", self._tell_status),
            ("trigger_manual_send", self._send_again),
        ):
            self._server.on(event, self._guarded(event, handle))
        self.application: Any = self._server.handle_request

    @property
    def connections(self) -> int:
        """Sessions of Engine.IO, connected to the namespace or not."""
        return len(self._engine.sockets)

    def greet(self, admitted: Admitted, state: MutableMapping[str, Any]) -> Conversation:
        """Begin a conversation with somebody who makes a handshake."""
        conversation = Conversation(
            admitted,
            settings=self._settings,
            now_s=self._now_s,
            count_refused=self._metrics.quotes_refused.add,
            wire=state.get(WIRE),
        )
        state[CONVERSATION] = conversation
        return conversation

    def conversation(self, engine_sid: str) -> Conversation | None:
        """Return the conversation of an Engine.IO session, `None` if there is no such session."""
        environ = self._server.environ.get(engine_sid)
        return None if environ is None else _conversation_in(environ)

    def sweep(self, now_s: float) -> None:
        """Give up clients that take nothing, or for which too many answers wait."""
        for engine_sid, engine_socket in list(self._engine.sockets.items()):
            client = self._client_of(engine_sid)
            if engine_socket.queue.is_overfull or (
                client is not None and client.is_stalled(now_s, self._settings.stalled_s)
            ):
                self._metrics.quotes_dropped.add("client_too_slow")
                self.end(engine_sid)

    def end_session(self, session_id: str) -> int:
        """End every connection that came in with this sign-in; return how many there were."""
        ended = [sid for sid, conversation in self._conversations() if conversation.admitted.session_id == session_id]
        for engine_sid in ended:
            self.end(engine_sid)
        return len(ended)

    def session_ids(self) -> set[str]:
        """Return the sign-ins that have a connection open now."""
        found = (conversation.admitted.session_id for _, conversation in self._conversations())
        return {session_id for session_id in found if session_id is not None}

    def end(self, engine_sid: str) -> None:
        """End a connection at once."""
        conversation = self.conversation(engine_sid)
        engine_socket = self._engine.sockets.get(engine_sid)
        if conversation is not None and conversation.wire is not None:
            conversation.wire.abort()
        elif engine_socket is not None:
            # Releases the poll that waits; the library's own task then finds the session closed.
            engine_socket.queue.put_nowait(None)
            self._close_soon(engine_socket)

    async def stop(self) -> None:
        """End every connection, and what the library does in the background."""
        for engine_socket in list(self._engine.sockets.values()):
            await engine_socket.close(wait=False, abort=True)
            engine_socket.queue.put_nowait(None)
        await self._server.shutdown()
        # The library begins its look-out for dead clients once; after this it may have to begin again.
        self._engine.start_service_task = True

    # What the library tells.
    def _on_connect(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        engine_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        conversation = _conversation_in(environ)
        post = MailboxPost(self._engine.sockets[engine_sid].queue)
        client = Client(
            post,
            identity=conversation.admitted.identity,
            session_id=conversation.admitted.session_id,
            encoded=self._rooms.book.encoded,
        )
        conversation.client = self._clients[sid] = client
        self._rooms.enter(client)
        post.put(
            TextPacket(event_packet_of("connected", {"status": "connected", "message": "connected to live quotes"}))
        )

    def _on_disconnect(self, sid: str, _reason: object = None) -> None:
        client = self._clients.pop(sid, None)
        if client is not None:
            self._rooms.leave(client)

    def _guarded(self, event: str, handle: Callable[[Client, tuple[Any, ...]], Any]) -> Callable[..., Any]:
        """Return a handler for the library: what it returns acknowledges the event to whoever asked for that."""

        def handler(sid: str, *arguments: Any) -> Any:  # noqa: ANN401 - what a client sends, what it is answered
            client = self._clients.get(sid)
            if client is None:
                return None
            try:
                answer = handle(client, arguments)
            except Exception as error:  # noqa: BLE001 - the request handler, one of the three boundaries
                self._metrics.handler_failures.add(f"{event}/quotes")
                _LOG.error("event_failed", event_name=event, exc_info=error)
                answer = Refusal("internal", "the server failed on this event; its log says how", event)
                client.say("error", answer)
            return _plain(answer)

        return handler

    def _subscribe(self, client: Client, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - an answer
        wanted = self._named(client, "subscribe_market", arguments)
        if isinstance(wanted, Refusal):
            return wanted
        rooms = self._rooms
        if wanted is not None:
            count = len({*client.symbols, *wanted})
            if count > self._settings.rooms:
                allowed = (f"at most {self._settings.rooms}, or none for all",)
                message = f"too many symbols on one connection: {count}"
                return self._refuse(client, Refusal("too_many_symbols", message, "subscribe_market", allowed))
        answer = {
            "status": "success",
            "message": "subscribed to every quote" if wanted is None else f"subscribed to {len(wanted)} symbols",
            "subscribers": rooms.subscribers + (not client.is_subscribed),
            "symbols": None if wanted is None else list(wanted),
        }
        client.say("subscription_success", answer)
        rooms.subscribe(client, wanted)
        return answer

    def _unsubscribe(self, client: Client, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - an answer
        named = self._named(client, "unsubscribe_market", arguments)
        if isinstance(named, Refusal):
            return named
        had_all = client.wants_all
        left = self._rooms.unsubscribe(client, named)
        if named is not None and not left:
            hint = "everything is subscribed: unsubscribe without naming a symbol" if had_all else "nothing of that"
            held = tuple(client.symbols)[:20]
            return self._refuse(
                client, Refusal("not_subscribed", f"not subscribed: {hint}", "unsubscribe_market", symbols=held)
            )
        answer = {
            "status": "success",
            "message": "unsubscribed from every quote" if named is None else f"unsubscribed from {len(left)} symbols",
            "subscribers": self._rooms.subscribers,
            "symbols": None if named is None else list(left),
        }
        client.say("unsubscription_success", answer)
        return answer

    def _tell_status(self, client: Client, _arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - an answer
        status = self._desk.market_status()
        client.say("market_status", status)
        return status

    def _send_again(self, client: Client, _arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - an answer
        sent = self._rooms.resend(client)
        message = f"{sent} quotes sent again" if client.is_subscribed else "nothing is subscribed"
        answer = {"status": "success", "message": message, "sent": sent, "timestamp": self._desk.timestamp()}
        client.say("manual_trigger", answer)
        return answer

    def _named(self, client: Client, event: str, arguments: tuple[Any, ...]) -> tuple[str, ...] | Refusal | None:
        """Return the instruments an event names; what is unknown among them is refused on its own."""
        names = named_symbols(event, arguments, limit=self._settings.rooms)
        if isinstance(names, Refusal):
            return self._refuse(client, names)
        if names is None:
            return None
        known, unknown = resolve(names, self._contracts)
        if unknown:
            refusal = self._refuse(client, unknown_symbols(event, unknown))
            if not known:
                return refusal
        return known

    def _refuse(self, client: Client, refusal: Refusal) -> Refusal:
        self._metrics.quotes_refused.add(refusal.code)
        client.say("error", refusal)
        return refusal

    def _client_of(self, engine_sid: str) -> Client | None:
        conversation = self.conversation(engine_sid)
        return None if conversation is None else conversation.client

    def _conversations(self) -> Iterator[tuple[str, Conversation]]:
        for engine_sid, environ in list(self._server.environ.items()):
            yield engine_sid, _conversation_in(environ)

    def _close_soon(self, engine_socket: Any) -> None:  # noqa: ANN401 - the library's
        self._server.start_background_task(engine_socket.close, wait=False, abort=True)


def _conversation_in(environ: dict[str, Any]) -> Conversation:
    conversation: Conversation = environ["asgi.scope"]["state"][CONVERSATION]
    return conversation


def _plain(answer: Any) -> Any:  # noqa: ANN401 - a message of ours to what the library's JSON can write
    return msgspec.to_builtins(answer)
