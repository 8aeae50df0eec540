"""Answers polled lists straight from the parser, without a task, a scope or an application in between.

uvicorn's own protocol does everything else: whatever is not the plain case (a body, a half-sent answer before it, a
full socket, too many connections) goes its ordinary way through `Door`, which gives the same answer. Measured, this
is the difference between a third and most of what a bare C server does with the same list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tradewind.api.admission import REFUSED
from tradewind.api.headers import DATA_HEADERS, JSON_HEADER, RawHeaders
from tradewind.domain.access import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.api.admission import Admission
    from tradewind.api.door import HotAnswer

_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
_STATUS_LINE: Final = b"HTTP/1.1 200 OK\r\n"


class Ready:
    """One polled list as the whole of its HTTP answer, put together again only when the list or the date changes."""

    __slots__ = ("_answer", "_body", "_date", "_value", "demand")

    def __init__(self, hot: HotAnswer) -> None:
        self.demand = hot.demand
        self._value = hot.value
        self._body: bytes | None = None
        self._date: RawHeaders | None = None
        self._answer = b""

    def answer(self, date: RawHeaders) -> bytes:
        """Return status line, headers and body; `date` is the server's own part of the headers."""
        body = self._value()
        if body is not self._body or date is not self._date:
            headers = [*date, JSON_HEADER, *DATA_HEADERS, (b"content-length", b"%d" % len(body))]
            head = b"".join(b"%b: %b\r\n" % pair for pair in headers)
            self._answer = b"%b%b\r\n%b" % (_STATUS_LINE, head, body)
            self._body = body
            self._date = date
        return self._answer


def fast_lane(
    *, hot: Mapping[str, HotAnswer], admission: Admission, count: Callable[[str], None]
) -> type[HttpToolsProtocol]:
    """Return the protocol class for uvicorn that knows these lists."""
    ready = {path.encode(): Ready(answer) for path, answer in hot.items()}

    class FastLane(HttpToolsProtocol):
        """uvicorn's protocol with a short way for ready answers."""

        is_answered = False

        def on_headers_complete(self) -> None:
            """Answer at once if the request is plain and its answer ready; else take the ordinary way."""
            known = ready.get(self.url)
            if known is None or not self._is_plain() or not self._answer(known):
                super().on_headers_complete()

        def on_message_complete(self) -> None:
            """Nothing more is to come of a request answered already."""
            if self.is_answered:
                self.is_answered = False
            else:
                super().on_message_complete()

        def _is_plain(self) -> bool:
            cycle: Any = self.cycle
            return (
                self.parser.get_method() == b"GET"
                and (cycle is None or cycle.response_complete)
                and not self.flow.write_paused
                and not (self.limit_concurrency and len(self.connections) >= self.limit_concurrency)
                and self.parser.get_http_version() == "1.1"
                and self.parser.should_keep_alive()
                and not any(name in _BODY_HEADERS for name, _ in self.headers)
            )

        def _answer(self, known: Ready) -> bool:
            peer = self.client[0] if self.client else ""
            caller = admission.admit(known.demand, "GET", self.url.decode("ascii"), self.headers, peer)
            if isinstance(caller, Refused):
                # Decided once is decided: asking again would count a wrong token twice.
                self.scope["state"][REFUSED] = caller
                return False
            self.transport.write(known.answer(self.server_state.default_headers))
            self.is_answered = True
            self.server_state.total_requests += 1
            count("200")
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            return True

    return FastLane
