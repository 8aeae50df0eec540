"""Who is connected: counted per dialect, bounded per user, found by session when a session is revoked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tradewind.push.session import CloseCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.kernel.metrics import Metrics
    from tradewind.push.session import Session


class Roster:
    """Every open connection of one listener."""

    def __init__(self, *, metrics: Metrics, per_identity: int) -> None:
        self._metrics = metrics
        self._per_identity = per_identity
        self._sessions: dict[Session, None] = {}
        self._identities: Counter[str] = Counter()
        self._dialects: Counter[str] = Counter()
        self._full: set[Session] = set()
        self._when_empty: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """Walk over everybody there is now; sessions may leave meanwhile."""
        return iter(tuple(self._sessions))

    def enter(self, session: Session) -> bool:
        """Write a connection down; `False` when its user has too many already."""
        self._sessions[session] = None
        self._identities[session.identity] += 1
        self._count(session.dialect, 1)
        return self._identities[session.identity] <= self._per_identity

    def leave(self, session: Session) -> None:
        """Cross a connection out."""
        if self._sessions.pop(session, False) is False:
            return
        self._identities[session.identity] -= 1
        if not self._identities[session.identity]:
            del self._identities[session.identity]
        self._full.discard(session)
        self._count(session.dialect, -1)
        if not self._sessions and self._when_empty is not None:
            self._when_empty()

    def note_full(self, session: Session) -> None:
        """A client's socket takes no more."""
        self._full.add(session)

    def note_drained(self, session: Session) -> None:
        """A client's socket takes data again."""
        self._full.discard(session)

    @property
    def full_count(self) -> int:
        """Connections whose socket is full right now."""
        return len(self._full)

    def relieve(self, max_bytes: int) -> None:
        """Send the clients away for whom most is waiting, until what waits for all together is within bounds."""
        waiting = {session: session.buffered() for session in self._sessions if not session.is_closing}
        excess = sum(waiting.values()) - max_bytes
        if excess <= 0:
            return
        for session in sorted(waiting, key=waiting.__getitem__, reverse=True):
            session.close(CloseCode.TOO_SLOW, "too much waits for slow clients, and most of it for this one")
            excess -= waiting[session]
            if excess <= 0:
                return

    def when_empty(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the last one has left; at once when nobody is there."""
        if self._sessions:
            self._when_empty = callback
        else:
            callback()

    def of_session(self, session_id: str) -> list[Session]:
        """Return the connections that came in with this sign-in."""
        return [session for session in self._sessions if session.session_id == session_id]

    def session_ids(self) -> set[str]:
        """Return the sign-ins that have a connection open now."""
        return {session.session_id for session in self._sessions if session.session_id}

    def _count(self, dialect: str, change: int) -> None:
        self._dialects[dialect] += change
        self._metrics.push_clients.set(self._dialects[dialect], dialect)
