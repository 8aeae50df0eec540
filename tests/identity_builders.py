"""Builders for the identity room: a gate with everything around it, on a fake clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain.access import Access
from tradewind.domain.rights import Grant
from tradewind.domain.user import User
from tradewind.identity.directory import Directory
from tradewind.identity.gate import Gate
from tradewind.identity.ports import AccessRequest
from tradewind.identity.service import IdentityService
from tradewind.identity.sessions import Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tickets import Tickets
from tradewind.identity.tokens import AccessTokens
from tradewind.kernel.clock import FakeClock
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.stores.people import Book, Credentials

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.identity.entry import Entry

START_NS = 1_700_000_000_000_000_000
OWN_HOST = "127.0.0.1:8888"
OWN_ORIGIN = "http://127.0.0.1:8888"


class Household:
    """A gate on 127.0.0.1:8888 (push on 8100) and what it stands on."""

    def __init__(
        self,
        folder: Path,
        *,
        api_address: tuple[str, int] = ("127.0.0.1", 8888),
        push_address: tuple[str, int] = ("127.0.0.1", 8100),
        quotes_address: tuple[str, int] | None = None,
        entry: Entry | None = None,
        watch: AccessTokens | None = None,
        public_port: int = 0,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.clock = FakeClock(START_NS)
        self.settings = AccessSettings(**settings)
        self.tokens = AccessTokens(folder / "access.json")
        self.token = self.tokens.renew()
        self.ended: list[str] = []
        self.refusals: list[str] = []
        self.store = MemoryIdentityStore()
        self.directory = Directory()
        self.sessions = self.other_sessions()
        self.tickets = Tickets(self.store, settings=self.settings, clock=self.clock)
        self.gate = Gate(
            settings=self.settings,
            tokens=self.tokens,
            sessions=self.sessions,
            directory=self.directory,
            tickets=self.tickets,
            clock=self.clock,
            api_address=api_address,
            push_address=push_address,
            quotes_address=quotes_address,
            entry=entry,
            watch=watch,
            public_port=public_port,
            count_refusal=self.refusals.append,
        )

    def other_sessions(self) -> Sessions:
        """Return the sessions as another process would find them, which has asked the store just now."""
        sessions = Sessions(
            self.store, settings=self.settings, clock=self.clock, tokens=self.tokens, on_ended=self.ended.append
        )
        sessions.take(self.store.sign_ins())
        return sessions

    def service(self, **changes: Any) -> IdentityService:
        """Return the service that follows the store."""
        parts: dict[str, Any] = {"store": self.store, "directory": self.directory, "sessions": self.sessions}
        return IdentityService(**{**parts, "tokens": self.tokens, "refresh_s": 0.01, **changes})

    def add_user(self, username: str = "wang", **changes: Any) -> User:
        """Put a trader of product F1 into the store; the directory knows them at once."""
        fields: dict[str, Any] = {"grants": (Grant("trader", "F1", "*"),), **changes}

        def work(book: Book) -> User:
            user = User(user_id=book.next_id(User), username=username, **fields)
            book.put(user)
            book.put(Credentials(user_id=user.user_id))
            return user

        user = self.store.change(work)
        self.directory.take(self.store.people())
        return user

    def sign_in_user(self, user: User) -> str:
        """Open a browser session of a user and return its cookie header."""
        secret = self.sessions.open(user.username, peer="127.0.0.1", user_agent="test", user_id=user.user_id)
        return f"__Host-tradewind={secret}"

    def sign_in(self) -> str:
        """Open a browser session and return its cookie header."""
        return f"__Host-tradewind={self.sessions.open('administrator', peer='127.0.0.1', user_agent='test')}"


def make_request(**changes: Any) -> AccessRequest:
    """Return an unnamed GET of a session route from this machine; `headers` are added to the Host."""
    headers = {"host": OWN_HOST, **changes.pop("headers", {})}
    fields: dict[str, Any] = {
        "access": Access.SESSION,
        "method": "GET",
        "target": "/api/v1/quotes",
        "headers": headers,
        "peer": "127.0.0.1",
    }
    return AccessRequest(**{**fields, **changes})
