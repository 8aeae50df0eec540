"""Asks the platform as somebody: proves who, sends a call, reads its answer. Calls wait, in threads if need be.

An act whose answer is lost is looked up, and never sent again: what is not known is asked.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urljoin

import msgspec

from tradewind.client.answers.session import Session, Ticket
from tradewind.client.calls import Call, Lookup, act, ask
from tradewind.client.connections import Answer, Connections
from tradewind.client.refusals import (
    LostAnswerError,
    OutcomeUnknownError,
    StrangerError,
    refusal_of,
)
from tradewind.errors import ConfigError, TransientError

if TYPE_CHECKING:
    import ssl

    from tradewind.client.proof import Proof

T = TypeVar("T")
_OK: Final = range(200, 300)
_UNAUTHORIZED: Final = 401
_BROKEN: Final = 500
_SURELY_NOT_DONE: Final = frozenset({"switched_off"})
"""Codes of a 503 that says by itself that nothing was done."""
LOOKUPS_S: Final = (0.1, 0.3, 1.0, 2.0)
"""How long is waited before each look for an act whose answer was lost."""


class Door:
    """One platform, one asker; any thread may ask."""

    def __init__(
        self,
        address: str,
        proof: Proof,
        *,
        context: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
        lookups_s: tuple[float, ...] = LOOKUPS_S,
    ) -> None:
        """Raises: ConfigError: the address is none, or nothing says who asks."""
        if proof.is_empty:
            message = "nobody says who asks: give `key` (an API key or the access token), or `username` and `password`"
            raise ConfigError(message)
        self._connections = Connections(address, context=context, timeout_s=timeout_s)
        self._proof = proof
        self._lookups_s = lookups_s
        self._lock = threading.Lock()
        self._cookie = ""
        self._csrf = ""

    @property
    def address(self) -> str:
        """Return where it is."""
        return self._connections.address

    @property
    def context(self) -> ssl.SSLContext | None:
        """Return how certificates are judged, `None` where there are none."""
        return self._connections.context

    def ask(self, call: Call[T]) -> T:
        """Send a call and return what it answers.

        Raises:
            AwayError: nobody answers; nothing was sent.
            OutcomeUnknownError: an act was sent, and neither its answer nor a look at the list says what came of it.
            LostAnswerError: a question was not answered, twice.
            RefusedError: the platform says no; the subclass says how. StrangerError: this is no Tradewind.
        """
        try:
            answer = self._exchange(call)
        except LostAnswerError as lost:
            if call.key:
                return self._look_up(call, lost)
            answer = self._exchange(call)
        if answer.status not in _OK:
            refusal = refusal_of(answer.status, answer.body, wait_s=_wait_of(answer))
            if call.key and answer.status >= _BROKEN and refusal.code not in _SURELY_NOT_DONE:
                # Whoever stands between may have sent it on before they gave up.
                return self._look_up(call, refusal)
            raise refusal
        return self._read(call, answer.body)

    def session(self) -> Session:
        """Return who we are there, with the address of push made whole. Raises: as `ask`."""
        told: Session = self.ask(ask("/api/v1/session", Session))
        whole = urljoin(self._connections.socket_address, told.push_url)
        return msgspec.structs.replace(told, push_url=whole)

    def socket_headers(self) -> dict[str, str]:
        """Return what proves to push who we are: for a key itself, for a session a ticket that is good once."""
        if self._proof.key:
            return {"Authorization": f"Bearer {self._proof.key}"}
        ticket: Ticket = self.ask(act("/api/v1/tickets", Ticket))
        return {"Sec-WebSocket-Protocol": f"tradewind, ticket.{ticket.ticket}"}

    def close(self) -> None:
        """End the session, if a password opened one, and close what is open; what cannot be reached is let go."""
        if self._cookie:
            with contextlib.suppress(TransientError):
                self._connections.exchange("DELETE", "/api/v1/session", self._headers())
            self._cookie = self._csrf = ""
        self._connections.close()

    def _exchange(self, call: Call[Any]) -> Answer:
        if not self._proof.key and not self._cookie:
            self._sign_in("")
        used = self._cookie
        answer = self._send(call)
        if answer.status == _UNAUTHORIZED and used and self._proof.is_lasting:
            # The session is over; the act was refused before anything was done.
            self._sign_in(used)
            answer = self._send(call)
        return answer

    def _send(self, call: Call[Any]) -> Answer:
        headers = self._headers()
        if call.body:
            headers["Content-Type"] = "application/json"
        if call.key:
            headers["Idempotency-Key"] = call.key
        return self._connections.exchange(call.method, call.path, headers, call.body)

    def _headers(self) -> dict[str, str]:
        if self._proof.key:
            return {"Authorization": f"Bearer {self._proof.key}"}
        return {"Cookie": self._cookie, "X-CSRF-Token": self._csrf}

    def _sign_in(self, over: str) -> None:
        """Open a session in place of the one that is `over`, unless another thread has."""
        with self._lock:
            if self._cookie != over:
                return
            answer = self._connections.exchange(
                "POST", "/api/v1/session", {"Content-Type": "application/json"}, self._proof.form()
            )
            if answer.status not in _OK:
                raise refusal_of(answer.status, answer.body, wait_s=_wait_of(answer))
            opened: Call[Session] = Call(method="POST", path="/api/v1/session", answer=Session)
            session = self._read(opened, answer.body)
            given = answer.headers.get_all("Set-Cookie") or []
            self._csrf = session.csrf
            self._cookie = "; ".join(each.partition(";")[0] for each in given)

    def _look_up(self, call: Call[T], why: Exception) -> T:
        """Return what came of an act, as the platform's own list says it.

        Raises: OutcomeUnknownError: it cannot be asked, or the list does not hold it.
        """
        lookup = call.lookup
        for wait_s in self._lookups_s if lookup is not None else ():
            time.sleep(wait_s)
            found = None if lookup is None else self._found(lookup)
            if found is not None:
                return found
        message = (
            f"{call.method} {call.path} may have been done: {why}. It was not sent again; the same key is the same act"
        )
        raise OutcomeUnknownError(message, key=call.key) from why

    def _found(self, lookup: Lookup[T]) -> T | None:
        try:
            answer = self._exchange(lookup.call)
        except TransientError:
            return None
        return lookup.pick(self._read(lookup.call, answer.body)) if answer.status in _OK else None

    def _read(self, call: Call[T], body: bytes) -> T:
        try:
            answer = msgspec.json.decode(body, type=call.answer) if call.answer is not None else None
        except msgspec.DecodeError as error:
            message = f"{self.address} answered {call.path} in words this client does not know ({error})"
            raise StrangerError(message) from error
        return answer if call.then is None else call.then(answer)  # type: ignore[return-value]  # as the call says


def _wait_of(answer: Answer) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.0
