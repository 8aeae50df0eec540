"""The outermost layer of the quotes port: asks the gate, then sends a request to Socket.IO, to REST, or to the page.

A request of a running Engine.IO session must come from whoever opened it. Its POSTs are messages of a connection
rather than commands of a form, so they are judged as a WebSocket is: by their Origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from tradewind.api.admission import peer_of, target_of
from tradewind.api.error_map import problem_body, refusal_headers
from tradewind.api.headers import DATA_HEADERS, JSON_HEADER, RawHeaders, headers_of, host_name_of
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import SEED_CLIENT, Permission, Principal, lacks
from tradewind.identity.ports import AccessRequest
from tradewind.quotes.packets import SEPARATOR
from tradewind.quotes.rest import TEST_PATH, Answer
from tradewind.quotes.socket_io import PACKETS_PER_POST, PATH
from tradewind.quotes.websocket import WIRE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from tradewind.api.limits import RateLimit
    from tradewind.quotes.conversation import Conversation
    from tradewind.quotes.ports import Gate
    from tradewind.quotes.rest import Rest
    from tradewind.quotes.settings import QuotesSettings
    from tradewind.quotes.socket_io import SocketIo

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_PAGES: Final = {"/realtime": "/market"}
"""Pages of system 000 that have another name here."""
_OVER: Final = {"type": "websocket.disconnect", "code": 1008}


class Door:
    """An ASGI application."""

    def __init__(
        self,
        *,
        settings: QuotesSettings,
        gate: Gate,
        limit: RateLimit,
        sockets: SocketIo,
        rest: Rest,
        page_port: int,
        count: Callable[[str], None],
    ) -> None:
        """Send browsers that want a page to `page_port` of the same host, unless the settings say where to."""
        self._settings = settings
        self._gate = gate
        self._limit = limit
        self._sockets = sockets
        self._rest = rest
        self._page_port = page_port
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        is_socket_io = path == PATH or path.startswith(f"{PATH}/")
        if scope["type"] == "websocket":
            await self._serve_websocket(scope, receive, send, is_socket_io=is_socket_io)
        elif scope["type"] == "http":
            if is_socket_io:
                await self._serve_polling(scope, receive, send)
            elif path.startswith("/api/"):
                await self._serve_rest(scope, send)
            else:
                await self._serve_page(scope, send)

    # Socket.IO.
    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send, *, is_socket_io: bool) -> None:
        if not is_socket_io:
            await self._close(send, Refused(404, "not_found", f"WebSockets are served at {PATH}/"))
            return
        admitted = self._admit(scope, is_message=True)
        conversation = self._conversation(scope, admitted)
        if isinstance(conversation, Refused):
            await self._close(send, conversation)
            return
        self._count("101")
        await self._sockets.application(scope, _listener(conversation, scope, receive), send)

    async def _serve_polling(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method not in {"GET", "POST"}:
            await self._problem(send, 405, "method_not_allowed", f"{method[:20]} is not offered here")
            return
        admitted = self._admit(scope, is_message=method == "POST")
        conversation = self._conversation(scope, admitted)
        if isinstance(conversation, Refused):
            await self._refuse(send, conversation)
        elif method == "GET":
            await self._sockets.application(scope, receive, self._dressed(send))
        else:
            await self._take_post(scope, receive, send, conversation)

    def _conversation(self, scope: Scope, admitted: Admitted | Refused) -> Conversation | Refused:
        """Return the conversation a request is part of or begins, or why it may not."""
        if isinstance(admitted, Refused):
            return admitted
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if "j" in query:
            return Refused(400, "jsonp_refused", "JSONP is not served: it runs what it reads")
        engine_sid = query.get("sid", [""])[0]
        if not engine_sid:
            if self._sockets.connections >= self._settings.max_clients:
                return Refused(503, "too_many_clients", f"all {self._settings.max_clients} places are taken")
            wait_s = self._limit.wait_s(admitted.session_id or peer_of(scope))
            if wait_s:
                return Refused(429, "too_many_requests", "too many handshakes; slow down", int(wait_s) + 1)
            return self._sockets.greet(admitted, scope["state"])
        conversation = self._sockets.conversation(engine_sid)
        if conversation is None:
            return Refused(400, "unknown_session", "no such Engine.IO session; begin with a handshake")
        # Who it is, not what they may: that may change while a conversation goes on.
        if (conversation.admitted.identity, conversation.admitted.session_id) != (
            admitted.identity,
            admitted.session_id,
        ):
            return Refused(403, "not_your_session", "this Engine.IO session was opened by somebody else")
        return conversation

    async def _take_post(self, scope: Scope, receive: Receive, send: Send, conversation: Conversation) -> None:
        body = await _body(receive, self._settings.message_bytes)
        if body is None:
            await self._problem(send, 413, "too_large", f"a message may have {self._settings.message_bytes} bytes")
            return
        try:
            packets = body.decode().split(SEPARATOR)
        except UnicodeDecodeError:
            await self._problem(send, 400, "not_utf8", "packets are UTF-8 text")
            return
        if len(packets) > PACKETS_PER_POST:
            await self._problem(send, 400, "too_many_packets", f"at most {PACKETS_PER_POST} packets at once")
            return
        passed = SEPARATOR.join(packet for packet in packets if conversation.hears(packet)).encode()
        if conversation.is_over:
            await self._problem(send, 429, "too_many_events", "too many events a minute; the connection ends here")
            self._sockets.end(parse_qs(scope["query_string"].decode("latin-1"))["sid"][0])
        elif passed:
            await self._sockets.application(_with_length(scope, len(passed)), _once(passed), self._dressed(send))
        else:
            await self._send(send, Answer(200, b"ok", "text/plain; charset=UTF-8"))

    # REST and pages.
    async def _serve_rest(self, scope: Scope, send: Send) -> None:
        admitted = self._admit(scope)
        if isinstance(admitted, Refused):
            await self._refuse(send, admitted)
            return
        wait_s = self._limit.wait_s(admitted.session_id or peer_of(scope))
        if wait_s:
            await self._refuse(send, Refused(429, "too_many_requests", "too many requests", int(wait_s) + 1))
        elif scope["method"] != "GET":
            await self._problem(send, 405, "method_not_allowed", f"{scope['method'][:20]} is not offered here")
        else:
            await self._send(send, await self._rest.answer(scope["path"], scope["query_string"]))

    async def _serve_page(self, scope: Scope, send: Send) -> None:
        """Send a browser to the page, which is served elsewhere."""
        admitted = self._admit(scope, access=Access.PUBLIC)
        if isinstance(admitted, Refused):
            await self._refuse(send, admitted)
        elif scope["method"] not in {"GET", "HEAD"}:
            await self._problem(send, 405, "method_not_allowed", "pages can only be read")
        else:
            host = host_name_of(headers_of(scope["headers"]).get("host", ""))
            page = self._settings.page_url.rstrip("/") or f"http://{host}:{self._page_port}"
            raw: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
            path = f"/{_PAGES.get(raw, raw).lstrip('/')}"
            self._count("307")
            await _start(send, 307, [(b"location", f"{page}{path}".encode("latin-1")), *DATA_HEADERS])
            await send({"type": "http.response.body", "body": b""})

    def _admit(self, scope: Scope, *, access: Access = Access.SEED, is_message: bool = False) -> Admitted | Refused:
        method = "GET" if is_message else scope["method"]
        headers = headers_of(scope["headers"])
        answer = self._gate.decide(
            AccessRequest(
                access, method, target_of(scope), headers, peer_of(scope), is_websocket=is_message, is_lasting=True
            )
        )
        if access is Access.PUBLIC or isinstance(answer, Refused):
            return answer
        need = _need(scope["path"], answer.principal)
        return answer if answer.principal.may_somewhere(need) else Refused(403, "not_allowed", lacks(need))

    # What goes out.
    def _dressed(self, send: Send) -> Send:
        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(str(message["status"]))
                message["headers"] = [*message.get("headers", ()), *DATA_HEADERS]
            await send(message)

        return dress

    async def _close(self, send: Send, refused: Refused) -> None:
        """Refuse a WebSocket before it is one."""
        self._count(str(refused.status))
        headers = [JSON_HEADER, *_refusal_headers(refused)]
        await send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": problem_body(refused.code, refused.message)})

    async def _refuse(self, send: Send, refused: Refused) -> None:
        answer = Answer(refused.status, problem_body(refused.code, refused.message))
        await self._send(send, answer, _refusal_headers(refused))

    async def _problem(self, send: Send, status: int, code: str, message: str) -> None:
        await self._send(send, Answer(status, problem_body(code, message)))

    async def _send(self, send: Send, answer: Answer, headers: RawHeaders | None = None) -> None:
        self._count(str(answer.status))
        own = [
            (b"content-type", answer.media_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            *DATA_HEADERS,
            *(headers or ()),
        ]
        if answer.file_name:
            own.append((b"content-disposition", f'attachment; filename="{answer.file_name}"'.encode()))
        await _start(send, answer.status, own)
        await send({"type": "http.response.body", "body": answer.body})


def _need(path: str, principal: Principal) -> Permission:
    """Return what a path asks: who is known by name sends a test only as at the other doors; 000's programs always."""
    is_test = path.rstrip("/") == TEST_PATH and principal != SEED_CLIENT
    return Permission.OPERATE if is_test else Permission.MARKET


def _listener(conversation: Conversation, scope: Scope, receive: Receive) -> Receive:
    """Return what hands the library the messages it may have."""
    wire = scope["state"].get(WIRE)

    async def listen() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            text = message.get("text")
            if conversation.hears(message.get("bytes") or b"" if text is None else text, wire):
                return message
            if conversation.is_over:
                return dict(_OVER)

    return listen


async def _body(receive: Receive, max_bytes: int) -> bytes | None:
    """Read a request's body, `None` if it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body") or b"")
        size += len(parts[-1])
        if size > max_bytes:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _with_length(scope: Scope, length: int) -> Scope:
    headers = [
        (name, value) for name, value in scope["headers"] if name not in {b"content-length", b"transfer-encoding"}
    ]
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % length)]}


def _refusal_headers(refused: Refused) -> RawHeaders:
    return [(name.encode(), value.encode()) for name, value in refusal_headers(refused).items()]


async def _start(send: Send, status: int, headers: RawHeaders) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
