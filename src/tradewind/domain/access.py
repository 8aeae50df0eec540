"""Who may come in: the classes of access a door can have, and the two answers the gate gives."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tradewind.domain.rights import Principal


class Access(StrEnum):
    """What a door asks for. A door that names none is shut."""

    PUBLIC = "public"
    """Nothing: the built page and the login form, which hold no data."""
    SEED = "seed"
    """Like SESSION, but a program on this machine may come in unnamed: clients of the replaced signal system."""
    SESSION = "session"
    """An access token or a signed-in browser."""


class Admitted(msgspec.Struct, frozen=True):
    """Come in: who it is, and the public handle of the sign-in (never its secret).

    A sign-in is a browser session, or for a socket opened with the access token that token's generation: what it opened
    ends with it. `None` where nothing outlives the answer, and for programs that may come in unnamed.
    """

    principal: Principal
    session_id: str | None = None

    @property
    def identity(self) -> str:
        """Return the name by which they are known and recorded."""
        return self.principal.username


class Refused(msgspec.Struct, frozen=True):
    """Stay out: an HTTP status, a stable code, a sentence for people, and when to try again (0: whenever)."""

    status: int
    code: str
    message: str
    retry_after_s: int = 0
