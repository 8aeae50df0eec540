"""Browser sessions: kept on the server by the hash of their secret, ended by time, by the user or by a new token.

The cookie's value appears nowhere else: the file and every list hold its hash, whose first half is the public handle
(`session_id`) that logs and other rooms may know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.identity.files import read_private, stamp_of, write_private
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.ids import new_secret
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tradewind.identity.settings import AccessSettings
    from tradewind.identity.tokens import AccessTokens
    from tradewind.kernel.clock import Clock

_LOG = get_log("identity.sessions")
_SAVE_EVERY_NS: Final = 60 * NS_PER_S
_HANDLE_LENGTH: Final = 32
_AGENT_LENGTH: Final = 200


class Session(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signed-in browser; times in ns since the epoch."""

    secret_sha256: str
    identity: str
    generation: str
    created_at: int
    used_at: int
    peer: str
    user_agent: str

    @property
    def session_id(self) -> str:
        """The handle that may be shown and logged."""
        return self.secret_sha256[:_HANDLE_LENGTH]


class Sessions:
    """Every open session, in memory and in `path`, so that a restart signs nobody out."""

    def __init__(
        self,
        path: Path,
        *,
        settings: AccessSettings,
        clock: Clock,
        tokens: AccessTokens,
        on_ended: Callable[[str], object] | None = None,
        is_owner: bool = True,
    ) -> None:
        """Tell `on_ended(session_id)` of each session that ends, for whatever reason.

        Who is not the owner follows what another process opens and ends, and writes nothing.
        """
        self._is_owner = is_owner
        self._path = path
        self._stamp = stamp_of(path)
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self.on_ended = on_ended
        self._sessions = {session.secret_sha256: session for session in self._restored()}
        self._saved_at = clock.now_ns()

    def open(self, identity: str, *, peer: str, user_agent: str) -> str:
        """Begin a session and return its secret, the cookie's value; ends the longest unused one when full."""
        secret = new_secret()
        now_ns = self._clock.now_ns()
        session = Session(
            secret_sha256=digest_of(secret),
            identity=identity,
            generation=self._tokens.generation(),
            created_at=now_ns,
            used_at=now_ns,
            peer=peer,
            user_agent=user_agent[:_AGENT_LENGTH],
        )
        self._sessions[session.secret_sha256] = session
        if len(self._sessions) > self._settings.max_sessions:
            self._end(min(self._sessions.values(), key=lambda kept: kept.used_at))
        self._save()
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the live session of this cookie value and count it as used now."""
        self._follow()
        session = self._sessions.get(digest_of(secret))
        if session is None:
            return None
        if not self._is_live(session):
            self._end(session)
            self._save()
            return None
        return self._used(session)

    def live(self) -> list[Session]:
        """Return the sessions that are not over, newest first."""
        open_sessions = [session for session in self._sessions.values() if self._is_live(session)]
        return sorted(open_sessions, key=lambda session: session.created_at, reverse=True)

    def end(self, session_id: str) -> bool:
        """End the session of that handle; False if there is none."""
        for session in self._sessions.values():
            if session.session_id == session_id:
                self._end(session)
                self._save()
                return True
        return False

    def sweep(self, used: Iterable[str] = ()) -> None:
        """Count the sessions with handles `used` as used now (open pages), then end those that are over."""
        self._follow()
        in_use = set(used)
        for session in list(self._sessions.values()):
            if not self._is_live(session):
                self._end(session)
                self._save()
            elif session.session_id in in_use:
                self._used(session)

    def save(self) -> None:
        """Write the times of last use, which are otherwise written at most once a minute."""
        self._save()

    def _follow(self) -> None:
        """Take over what the owner has written since."""
        stamp = None if self._is_owner else stamp_of(self._path)
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        before, self._sessions = self._sessions, {each.secret_sha256: each for each in self._restored()}
        for secret, session in before.items():
            if secret not in self._sessions and self.on_ended is not None:
                self.on_ended(session.session_id)

    def _is_live(self, session: Session) -> bool:
        now_ns = self._clock.now_ns()
        return (
            now_ns - session.used_at <= self._settings.session_idle_s * NS_PER_S
            and now_ns - session.created_at <= self._settings.session_absolute_s * NS_PER_S
            and session.generation == self._tokens.generation()
        )

    def _used(self, session: Session) -> Session:
        now_ns = self._clock.now_ns()
        if now_ns - session.used_at < NS_PER_S:
            return session
        used = msgspec.structs.replace(session, used_at=now_ns)
        self._sessions[session.secret_sha256] = used
        if now_ns - self._saved_at >= _SAVE_EVERY_NS:
            self._save()
        return used

    def _end(self, session: Session) -> None:
        del self._sessions[session.secret_sha256]
        if self.on_ended is not None:
            self.on_ended(session.session_id)

    def _restored(self) -> list[Session]:
        try:
            return read_private(self._path, list[Session]) or []
        except ConfigError as error:
            # Losing this file costs everybody one more sign-in; refusing to start would cost more.
            _LOG.warning("sessions_forgotten", reason=str(error))
            return []

    def _save(self) -> None:
        if not self._is_owner:
            return
        self._saved_at = self._clock.now_ns()
        try:
            write_private(self._path, list(self._sessions.values()), is_durable=False)
        except ConfigError as error:
            # They live on in memory; only a restart would notice.
            _LOG.warning("sessions_not_saved", reason=str(error))
