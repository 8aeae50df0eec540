"""What the edges ask of this room: the gate as they see it, and the requests they put to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.access import Access, Admitted, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


class AccessRequest(msgspec.Struct, frozen=True, gc=False):
    """One request at a door: header names in lower case, `target` as it stood in the request line."""

    access: Access
    method: str
    target: str
    headers: dict[str, str]
    peer: str
    is_websocket: bool = False


class SignedIn(msgspec.Struct, frozen=True):
    """A browser was signed in: what to answer it."""

    identity: str
    session_id: str
    set_cookie: str
    csrf: str


class HttpGate(Protocol):
    """The gate as the REST edge uses it."""

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        """Return headers and address of who called, where the connection comes from our own gateway."""
        ...

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        """Say whether this request may go on."""
        ...

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        """Exchange the access token for a browser session."""
        ...


class SocketGate(Protocol):
    """The gate as the push edge uses it."""

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admitted | Refused:
        """Say whether this WebSocket handshake may go on; `path` with its query."""
        ...
