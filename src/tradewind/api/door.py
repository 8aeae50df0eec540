"""The outermost layer of HTTP: answers polled lists from ready bytes, serves the page, and dresses every answer.

Whatever comes in passes here first: WebSockets are sent to push's own port, unknown methods go no further, paths
outside the interface get the page, and the rest goes to the framework. What goes out carries the security headers
and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.api.admission import REFUSED, WHOEVER, Admission, Caller, Demand, peer_of, target_of
from tradewind.api.error_map import problem_body, refusal_headers
from tradewind.api.headers import DATA_HEADERS, JSON_HEADER, RawHeaders, host_name_of, page_headers
from tradewind.domain.access import Access, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping

    from tradewind.api.ports import House, Pages

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Any, Any, Any], Awaitable[None]]

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_PAGE: Final = Demand(Access.PUBLIC, WHOEVER)
_PAGE_METHODS: Final = frozenset({"GET", "HEAD"})
_KEEP_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_POLICIES_KEPT: Final = 64


class HotAnswer:
    """One polled list: who may have it, and its bytes."""

    __slots__ = ("demand", "value")

    def __init__(self, demand: Demand, value: Callable[[], bytes]) -> None:
        self.demand = demand
        self.value = value


class Door:
    """An ASGI application around the framework's."""

    def __init__(
        self,
        *,
        application: Application,
        api_paths: Iterable[str],
        hot: Mapping[str, HotAnswer],
        admission: Admission,
        house: House,
        pages: Pages,
        prefix: str = "",
    ) -> None:
        """Take everything below the first segment of each of `api_paths` as the interface, the rest as the page.

        `prefix` is taken off every path that begins with it: whether a proxy before us did so is its own affair.
        """
        self._prefix = prefix
        self._application = application
        self._prefixes = frozenset(path.split("/", 2)[1] for path in api_paths)
        self._hot = hot
        self._admission = admission
        self._house = house
        self._pages = pages
        self._count = house.metrics.api_requests.add
        self._page_headers: dict[str, RawHeaders] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if self._prefix:
            scope = self._inward(scope)
        path: str = scope["path"]
        method: str = scope["method"]
        hot = self._hot.get(path)
        if hot is not None and method == "GET" and not scope["query_string"]:
            await self._answer_hot(hot, scope, send)
        elif path == "/ws" or path.startswith("/ws/"):
            where = self._house.push_url or f"port {self._house.push_port}"
            await self._problem(send, 426, "websocket_elsewhere", f"WebSockets are served at {where}")
        elif path.split("/", 2)[1] not in self._prefixes:
            await self._answer_page(scope, send)
        elif method not in _METHODS:
            await self._problem(send, 405, "method_not_allowed", f"{method[:20]} is not offered here")
        else:
            await self._application(scope, receive, self._dressed(send))

    def _inward(self, scope: Scope) -> Scope:
        """Return a request as if it had come to the root of the host."""
        path: str = scope["path"]
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            return scope
        raw: bytes = scope.get("raw_path") or path.encode()
        cut = len(self._prefix)
        return {**scope, "path": path[cut:] or "/", "raw_path": raw[cut:] or b"/"}

    def _admit(self, demand: Demand, scope: Scope) -> Caller | Refused:
        return self._admission.admit(demand, scope["method"], target_of(scope), scope["headers"], peer_of(scope))

    async def _answer_hot(self, hot: HotAnswer, scope: Scope, send: Send) -> None:
        caller = scope["state"].get(REFUSED) or self._admit(hot.demand, scope)
        if isinstance(caller, Refused):
            await self._refuse(send, caller)
        else:
            await self._send(send, 200, [JSON_HEADER, *DATA_HEADERS], hot.value())

    async def _answer_page(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in _PAGE_METHODS:
            await self._problem(send, 405, "method_not_allowed", "pages can only be read")
            return
        caller = self._admit(_PAGE, scope)
        if isinstance(caller, Refused):
            await self._refuse(send, caller)
            return
        page = self._pages.find(scope["path"], caller.headers.get("accept-encoding", ""))
        headers = [
            (b"content-type", page.media_type.encode()),
            (b"cache-control", _KEEP_FOR_EVER if page.is_immutable else _ASK_AGAIN),
            (b"etag", page.etag.encode()),
            (b"vary", b"accept-encoding"),
            *self._headers_for(caller.headers.get("host", "")),
        ]
        if page.encoding:
            headers.append((b"content-encoding", page.encoding.encode()))
        if page.status == 200 and caller.headers.get("if-none-match") == page.etag:  # noqa: PLR2004 - HTTP's own number
            await self._send(send, 304, headers, b"", has_length=False)
        else:
            await self._send(send, page.status, headers, page.body)

    def _headers_for(self, host: str) -> RawHeaders:
        """Return the page's headers for one of our names: its push origin is part of them."""
        headers = self._page_headers.get(host)
        if headers is None:
            if len(self._page_headers) >= _POLICIES_KEPT:
                self._page_headers.clear()
            headers = self._page_headers[host] = page_headers(self._push_origin(host))
        return headers

    def _push_origin(self, host: str) -> str:
        push_url = self._house.push_url_for(host)
        if push_url.startswith("/"):
            # Not every browser takes 'self' to cover WebSockets of the same origin.
            return f"ws://{host} wss://{host}"
        if push_url:
            scheme, _, rest = push_url.partition("://")
            return f"{scheme}://{rest.partition('/')[0]}"
        name = host_name_of(host)
        # The policy's grammar knows no IPv6 addresses; the page then finds push by its name.
        return (
            f"ws://localhost:{self._house.push_port}"
            if name.startswith("[")
            else f"ws://{name}:{self._house.push_port}"
        )

    def _dressed(self, send: Send) -> Send:
        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(str(message["status"]))
                message["headers"] = [*message.get("headers", ()), *DATA_HEADERS]
            await send(message)

        return dress

    async def _refuse(self, send: Send, refused: Refused) -> None:
        extra = [(name.encode(), value.encode()) for name, value in refusal_headers(refused).items()]
        body = problem_body(refused.code, refused.message)
        await self._send(send, refused.status, [JSON_HEADER, *DATA_HEADERS, *extra], body)

    async def _problem(self, send: Send, status: int, code: str, message: str) -> None:
        await self._send(send, status, [JSON_HEADER, *DATA_HEADERS], problem_body(code, message))

    async def _send(
        self, send: Send, status: int, headers: RawHeaders, body: bytes, *, has_length: bool = True
    ) -> None:
        self._count(str(status))
        if has_length:
            headers = [*headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
