"""Tickets: let one WebSocket in, once, for programs and pages that cannot send a header or a cookie.

Asked for over REST, good for half a minute, sent in `Sec-WebSocket-Protocol: tradewind, ticket.<secret>`; the server
answers `tradewind` and never repeats the ticket. Whichever instance the socket comes to removes it from the store, and
only who removed it lets anybody in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.errors import StoreError
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.ids import new_secret
from tradewind.kernel.log import get_log
from tradewind.stores.people import Ticket

if TYPE_CHECKING:
    from tradewind.identity.settings import AccessSettings
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Book, IdentityStore

_LOG = get_log("identity.tickets")
PROTOCOL: Final = "tradewind"
"""The subprotocol that is answered; nothing else that a client offers is."""
_PREFIX: Final = "ticket."
_MOST: Final = 10_000
"""Tickets that may wait; older ones are over within half a minute."""


class Tickets:
    """Makes tickets and takes them back."""

    def __init__(self, store: IdentityStore, *, settings: AccessSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def make(self, opened_by: str) -> tuple[str, int]:
        """Return a ticket in the name of a session (by its hash), key or token, and when it is over.

        Raises: StoreError: nothing can be kept now.
        """
        secret = new_secret()
        now_ns = self._clock.now_ns()
        ticket = Ticket(
            ticket_sha256=digest_of(secret),
            opened_by=opened_by,
            expires_at=now_ns + self._settings.ticket_s * NS_PER_S,
        )

        def work(book: Book) -> None:
            waiting = sorted(book.all(Ticket), key=lambda one: one.expires_at)
            over = [one for one in waiting if one.expires_at <= now_ns]
            for one in over or waiting[: max(0, len(waiting) - _MOST)]:
                book.remove(Ticket, one.ticket_sha256)
            book.put(ticket)

        self._store.change(work)
        return secret, ticket.expires_at

    def redeem(self, secret: str) -> str | None:
        """Take a ticket back and return in whose name it was; `None` if it is none any more."""
        try:
            ticket = self._store.take(Ticket, digest_of(secret))
        except StoreError as error:
            _LOG.warning("ticket_not_taken", reason=str(error))
            return None
        return ticket.opened_by if ticket is not None and self._clock.now_ns() < ticket.expires_at else None


def ticket_in(protocols: str) -> str | None:
    """Return the ticket among the subprotocols a client offers, or `None`."""
    for offered in protocols.split(","):
        name = offered.strip()
        if name.startswith(_PREFIX):
            return name[len(_PREFIX) :]
    return None
