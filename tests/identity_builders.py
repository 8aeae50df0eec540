"""Builders for the identity room: a gate with everything around it, on a fake clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain.access import Access
from tradewind.identity.gate import Gate
from tradewind.identity.ports import AccessRequest
from tradewind.identity.sessions import Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tokens import AccessTokens
from tradewind.kernel.clock import FakeClock

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
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.clock = FakeClock(START_NS)
        self.settings = AccessSettings(**settings)
        self.tokens = AccessTokens(folder / "access.json")
        self.token = self.tokens.renew()
        self.ended: list[str] = []
        self.refusals: list[str] = []
        self.sessions = self.restarted_sessions()
        self.gate = Gate(
            settings=self.settings,
            tokens=self.tokens,
            sessions=self.sessions,
            clock=self.clock,
            api_address=api_address,
            push_address=push_address,
            quotes_address=quotes_address,
            entry=entry,
            count_refusal=self.refusals.append,
        )

    def restarted_sessions(self) -> Sessions:
        """Return the sessions as a new process would find them."""
        return Sessions(
            self.folder / "sessions.json",
            settings=self.settings,
            clock=self.clock,
            tokens=self.tokens,
            on_ended=self.ended.append,
        )

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
