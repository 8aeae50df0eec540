"""What the edges ask of this room: the gate as they see it, and the requests they put to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import Principal
from tradewind.identity.cookies import Marking

if TYPE_CHECKING:
    from collections.abc import Mapping


class AccessRequest(msgspec.Struct, frozen=True, gc=False):
    """One request at a door: header names in lower case, `target` as it stood in the request line.

    `is_lasting` says that it is part of a connection that outlives it, and so ends when its token is replaced.
    """

    access: Access
    method: str
    target: str
    headers: dict[str, str]
    peer: str
    is_websocket: bool = False
    is_lasting: bool = False


class SignedIn(msgspec.Struct, frozen=True):
    """A browser was signed in: what to answer it."""

    principal: Principal
    session_id: str
    set_cookie: str
    csrf: str
    device: Marking | None = None
    """The cookie by which this browser is known next time; `None` where it is known already."""


class LdapPerson(msgspec.Struct, frozen=True):
    """Somebody as the directory server knows them."""

    dn: str
    username: str
    english_name: str = ""
    chinese_name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    is_locked: bool = False


class PasswordJudge(Protocol):
    """A server that knows people and judges their passwords."""

    async def judge(self, username: str, password: str) -> LdapPerson | None:
        """Return who this is, if the password is theirs; `None` for a wrong one and for nobody alike.

        Raises: TransientError: it cannot be asked now, or answers what cannot be.
        """
        ...

    async def look_up(self, username: str) -> LdapPerson | None:
        """Return who has this name there, `None` where nobody has. Raises: as above."""
        ...


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
