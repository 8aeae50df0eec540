"""Browser sessions and API keys as this process knows them: in memory for each request, of record in the store.

The secret of either appears nowhere else: store and lists hold its hash, and the handle that may be logged. What is
opened here counts here at once; `flush` writes it, `refresh` takes over what other processes did. With the store away
everybody who is signed in stays so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.act import Act
from tradewind.errors import StoreError
from tradewind.identity.saving import Batch
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.ids import new_epoch, new_secret
from tradewind.kernel.log import get_log
from tradewind.stores.people import ApiKey, Session, SignIns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.identity.settings import AccessSettings
    from tradewind.identity.tokens import AccessTokens
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import IdentityStore

_LOG = get_log("identity.sessions")
_SAVE_USE_EVERY_NS: Final = 15 * NS_PER_S
"""Times of use are told to the store no more often; the shortest idle time is four of these."""
_AGENT_LENGTH: Final = 200
_PEER_LENGTH: Final = 64
_LOOKUPS_PER_S: Final = 20
"""Unknown cookies looked for in the store; each costs the loop one read."""
_FRESH_NS: Final = NS_PER_S
KEY_PREFIX: Final = "tw_"
"""What every API key begins with, so that people and scanners know one when they see it."""


class Sessions:
    """Every open session and key; `on_ended(handle)` hears of each that ends, for whatever reason."""

    def __init__(
        self,
        store: IdentityStore,
        *,
        settings: AccessSettings,
        clock: Clock,
        tokens: AccessTokens,
        on_ended: Callable[[str], object] | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self.on_ended = on_ended
        self._sessions: dict[str, Session] = {}
        self._keys: dict[str, ApiKey] = {}
        self._unsaved: dict[str, Act] = {}
        """Opened here and not in the store yet, by the hash of the secret, with what to note of it."""
        self._ended: dict[str, Act | None] = {}
        """Ended here and perhaps still in the store."""
        self._used: set[str] = set()
        self._is_use_news = False
        """Something was used again after a pause: another process may be about to end it for being idle."""
        self._found: set[str] = set()
        """Looked up since the copy that is on its way was begun: that may be older than they are."""
        self._version = 0
        self._turn = asyncio.Lock()
        self._saved_use_at = clock.now_ns()
        self._heard_at = 0
        self._lookups = (0, 0)

    # ── what the gate asks, on every request ────────────────────────────────────────────────────────────────────
    def open(self, identity: str, *, peer: str, user_agent: str, user_id: int = 0, source: str = "") -> str:
        """Begin a session and return its secret, the cookie's value; ends a user's longest unused one when full."""
        secret = new_secret()
        now_ns = self._clock.now_ns()
        session = Session(
            secret_sha256=digest_of(secret),
            user_id=user_id,
            identity=identity,
            generation="" if user_id else self._tokens.generation(),
            created_at=now_ns,
            used_at=now_ns,
            peer=peer[:_PEER_LENGTH],
            user_agent=user_agent[:_AGENT_LENGTH],
        )
        self._sessions[session.secret_sha256] = session
        act = self._act("signed_in", identity, source or f"api {peer}", session.session_id)
        self._unsaved[session.secret_sha256] = act
        own = [each for each in self._sessions.values() if each.user_id == user_id]
        if len(own) > self._settings.max_sessions:
            self._end(min(own, key=lambda kept: kept.used_at), None)
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the live session of this cookie value and count it as used now."""
        return self.by_digest(digest_of(secret))

    def by_digest(self, digest: str) -> Session | None:
        """Return the live session whose secret has this hash."""
        session = self._sessions.get(digest) or self._looked_up(digest)
        if session is None:
            return None
        if not self._is_live(session):
            self._end(session, None)
            return None
        return self._count_use(session)

    def find_key(self, secret: str, *, peer: str) -> ApiKey | None:
        """Return the key that is this secret, if it is good, and count it as used now."""
        digest = digest_of(secret)
        key = self._keys.get(digest)
        now_ns = self._clock.now_ns()
        if key is None or now_ns >= key.expires_at:
            return None
        if now_ns - key.used_at >= _SAVE_USE_EVERY_NS:
            key = self._keys[digest] = msgspec.structs.replace(key, used_at=now_ns, used_from=peer[:_PEER_LENGTH])
            self._used.add(digest)
        return key

    def key_by_handle(self, handle: str) -> ApiKey | None:
        """Return the key that goes by this handle, if it is good."""
        now_ns = self._clock.now_ns()
        return next((key for key in self._keys.values() if key.handle == handle and now_ns < key.expires_at), None)

    # ── lists, and ending ───────────────────────────────────────────────────────────────────────────────────────
    def live(self) -> list[Session]:
        """Return the sessions that are not over, newest first."""
        open_sessions = [session for session in self._sessions.values() if self._is_live(session)]
        return sorted(open_sessions, key=lambda session: session.created_at, reverse=True)

    def all_keys(self) -> list[ApiKey]:
        """Return every key, also those whose time is over, newest first."""
        return sorted(self._keys.values(), key=lambda key: key.created_at, reverse=True)

    def end(self, session_id: str, *, actor: str = "", source: str = "") -> bool:
        """End the session of that handle; False if there is none."""
        for session in list(self._sessions.values()):
            if session.session_id == session_id:
                self._end(session, self._act("signed_out", actor or session.identity, source or "api", session_id))
                return True
        return False

    def end_all_of(self, user_id: int, *, but: str | None = None) -> None:
        """End a user's sessions, all but the one of handle `but`."""
        for session in list(self._sessions.values()):
            if session.user_id == user_id and session.session_id != but:
                self._end(session, None)

    def opened_by(self, username: str, user_id: int) -> list[tuple[str, ApiKey | None]]:
        """Return the handles of everything somebody opened: sessions, and keys with what they are."""
        own = [(session.session_id, None) for session in self._sessions.values() if session.identity == username]
        return [*own, *((key.handle, key) for key in self._keys.values() if key.user_id == user_id)]

    def sweep(self, used: Iterable[str] = ()) -> None:
        """Count the sessions with handles `used` as used now (open pages), then end those that are over."""
        in_use = set(used)
        for session in list(self._sessions.values()):
            if not self._is_live(session):
                self._end(session, None)
            elif session.session_id in in_use:
                self._count_use(session)
        now_ns = self._clock.now_ns()
        for key in self._keys.values():
            if now_ns >= key.expires_at and key.handle in in_use:
                self._tell(key.handle)

    # ── the store ───────────────────────────────────────────────────────────────────────────────────────────────
    async def flush(self) -> None:
        """Write what began and ended here. Raises: StoreError: it is written later."""
        async with self._turn:
            batch = self._batch(is_last=False)
            if batch:
                await asyncio.to_thread(self._store.change, batch.write)
                self._written(batch)

    def flush_now(self) -> None:
        """Write the same, and times of use, without a loop: at the end of the process. Raises: StoreError."""
        batch = self._batch(is_last=True)
        if batch:
            self._store.change(batch.write)
            self._written(batch)

    async def refresh(self, version: int) -> None:
        """Take over what the store knows, if its counter is another than ours. Raises: StoreError."""
        async with self._turn:
            if version != self._version:
                self._found.clear()
                self.take(await asyncio.to_thread(self._store.sign_ins))

    def heard(self) -> None:
        """Note that the store answers: only then is anything looked up in it on the loop."""
        self._heard_at = self._clock.now_ns()

    def take(self, found: SignIns) -> None:
        """Know these sessions and keys from now on, beside what was opened here and is not written yet."""
        before, keys_before = self._sessions, self._keys
        # What was looked up meanwhile may have ended meanwhile too: the next copy tells.
        self._version = -1 if self._found else found.version
        self._sessions = {digest: before[digest] for digest in (*self._unsaved, *self._found) if digest in before}
        for session in found.sessions:
            if session.secret_sha256 not in self._ended:
                known = before.get(session.secret_sha256)
                self._sessions[session.secret_sha256] = _later(session, known) if known is not None else session
        self._keys = {key.secret_sha256: key for key in found.keys}
        for digest, session in before.items():
            if digest not in self._sessions:
                self._tell(session.session_id)
        for digest, key in keys_before.items():
            if digest not in self._keys:
                self._tell(key.handle)

    def _batch(self, *, is_last: bool) -> Batch:
        now_ns = self._clock.now_ns()
        is_due = is_last or self._is_use_news or now_ns - self._saved_use_at >= _SAVE_USE_EVERY_NS
        used = [self._sessions.get(digest) or self._keys.get(digest) for digest in (self._used if is_due else ())]
        return Batch(
            opened=tuple(self._sessions[digest] for digest in self._unsaved if digest in self._sessions),
            used=tuple(one for one in used if one is not None),
            begun=dict(self._unsaved),
            ended=dict(self._ended),
        )

    def _written(self, batch: Batch) -> None:
        for digest in batch.begun:
            self._unsaved.pop(digest, None)
        for digest in batch.ended:
            self._ended.pop(digest, None)
        if batch.used:
            self._used -= {one.secret_sha256 for one in batch.used}
            self._saved_use_at = self._clock.now_ns()
            self._is_use_news = False

    def _looked_up(self, digest: str) -> Session | None:
        """Ask the store for a session that another process opened a moment ago; seldom, and only while it answers."""
        now_ns = self._clock.now_ns()
        second, count = self._lookups
        if digest in self._ended or now_ns - self._heard_at > _FRESH_NS:
            return None
        if second == now_ns // NS_PER_S and count >= _LOOKUPS_PER_S:
            return None
        self._lookups = (now_ns // NS_PER_S, count + 1 if second == now_ns // NS_PER_S else 1)
        try:
            found = self._store.find(Session, digest)
        except StoreError as error:
            _LOG.warning("session_not_looked_up", reason=str(error))
            return None
        if found is not None:
            self._sessions[digest] = found
            self._found.add(digest)
        return found

    def _is_live(self, session: Session) -> bool:
        now_ns = self._clock.now_ns()
        return (
            now_ns - session.used_at <= self._settings.session_idle_s * NS_PER_S
            and now_ns - session.created_at <= self._settings.session_absolute_s * NS_PER_S
            and (bool(session.user_id) or session.generation == self._tokens.generation())
        )

    def _count_use(self, session: Session) -> Session:
        now_ns = self._clock.now_ns()
        if now_ns - session.used_at < NS_PER_S:
            return session
        self._is_use_news |= now_ns - session.used_at >= _SAVE_USE_EVERY_NS
        used = msgspec.structs.replace(session, used_at=now_ns)
        self._sessions[session.secret_sha256] = used
        self._used.add(session.secret_sha256)
        return used

    def _end(self, session: Session, act: Act | None) -> None:
        self._sessions.pop(session.secret_sha256, None)
        self._unsaved.pop(session.secret_sha256, None)
        # Also where it is not written yet: that may be under way.
        self._ended[session.secret_sha256] = act
        self._tell(session.session_id)

    def _tell(self, handle: str) -> None:
        if self.on_ended is not None:
            self.on_ended(handle)

    def _act(self, action: str, actor: str, source: str, subject: str) -> Act:
        return Act(f"identity-{new_epoch()}", action, actor, source, subject, "", "", self._clock.now_ns())


def _later(stored: Session, known: Session) -> Session:
    return known if known.used_at > stored.used_at else stored
