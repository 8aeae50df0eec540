"""Signing in with name and password, and a second factor where somebody has one.

Whoever is wrong hears the same words after the same work, whether there is such a user or not. Tries are counted by
address and by account before they are judged; a browser known from an earlier sign-in has a count of its own. With the
store or the directory server away nobody is let in who has to be asked about there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tradewind.domain.access import Refused
from tradewind.domain.user import User
from tradewind.errors import ConfigError, InputError, StoreError, TransientError
from tradewind.identity import own, totp
from tradewind.identity.adopting import adopt, shut_out
from tradewind.identity.keeping import Who
from tradewind.identity.passwords import LONGEST
from tradewind.identity.tokens import digest_of
from tradewind.identity.tries import Tries
from tradewind.kernel.ids import new_secret
from tradewind.kernel.log import get_log
from tradewind.stores.people import Credentials, Device

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.identity.directory import Directory
    from tradewind.identity.gate import Gate
    from tradewind.identity.hashing import Hashing
    from tradewind.identity.ports import PasswordJudge, SignedIn
    from tradewind.identity.service import IdentityService
    from tradewind.identity.sessions import Sessions
    from tradewind.identity.settings import AccessSettings
    from tradewind.identity.vault import Vault
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Book, IdentityStore

_LOG = get_log("identity.reception")
_R = TypeVar("_R")
_WRONG: Final = Refused(401, "wrong_password", "name or password is wrong")
_WRONG_CODE: Final = Refused(401, "wrong_code", "this code is wrong, too old, or was used already")
_CODE_NEEDED: Final = Refused(401, "code_needed", "name and password are right; send the code of your app as well")
_AWAY: Final = Refused(
    503, "sign_in_unavailable", "users cannot be asked about now, so nobody can sign in by name; who is in stays in", 5
)
_BUSY: Final = Refused(503, "sign_in_busy", "too many people are signing in; try again in a moment", 2)
_DEVICES_PER_USER: Final = 20
STORE_S: Final = 3.0
"""Whoever waits for the store hears after this long that it is away."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody shows to be let in; `code` is of their app, or one of their recovery codes."""

    username: str
    password: str
    code: str = ""


class Reception:
    """Lets people in by name and password."""

    def __init__(
        self,
        *,
        store: IdentityStore,
        directory: Directory,
        sessions: Sessions,
        gate: Gate,
        service: IdentityService,
        hashing: Hashing,
        vault: Vault,
        settings: AccessSettings,
        clock: Clock,
        ldap: PasswordJudge | None = None,
        count_refusal: Callable[[str], None] = lambda _code: None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._gate = gate
        self._service = service
        self._hashing = hashing
        self._vault = vault
        self._clock = clock
        self._ldap = ldap
        self._count_refusal = count_refusal
        self._tries = Tries(settings, clock)

    async def sign_in(self, proof: Proof, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        """Judge a proof; open a session for whose it is."""
        answer = await self._judge(proof, headers, peer)
        if isinstance(answer, Refused):
            self._count_refusal(answer.code)
        return answer

    async def _judge(self, proof: Proof, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        # Anonymous binds are made of empty passwords, and long ones of memory: neither goes any further.
        if not proof.password or len(proof.password) > LONGEST:
            return _WRONG
        if self._service.failure is not None:
            return _AWAY
        device = self._gate.device_of(headers)
        try:
            async with asyncio.timeout(STORE_S):
                is_known = await self._is_known(device, proof.username)
        except (StoreError, TimeoutError):
            return _AWAY
        answer = await self._counted(proof, peer, _counts(proof.username, peer, device if is_known else None))
        if isinstance(answer, User):
            return await self._let_in(answer, headers, peer, is_known=is_known)
        return answer

    async def _counted(self, proof: Proof, peer: str, counts: tuple[str, ...]) -> User | Refused:
        """Judge a proof unless whoever shows it has to wait; wrong ones count."""
        try:
            # Before it is judged: many at once would all be judged before the first is found wrong.
            wait_s = await self._change(self._tries.begun(counts))
            if wait_s:
                return Refused(429, "too_many_failures", f"too many wrong tries; try again in {wait_s} s", wait_s)
            answer = await self._proved(proof, peer)
            if isinstance(answer, User):
                await self._change(self._tries.right(counts))
            elif answer not in {_WRONG, _WRONG_CODE}:
                await self._change(self._tries.forgiven(counts))
        except (StoreError, TimeoutError) as error:
            _LOG.error("sign_in_not_counted", reason=str(error))
            return _AWAY
        return answer

    async def _proved(self, proof: Proof, peer: str) -> User | Refused:
        """Return who this is, or why not."""
        try:
            user = self._directory.user(proof.username)
            known = await self._found(user)
            local = known.password_hash if user is not None and user.source == "local" else ""
            # The same work for somebody and for nobody.
            is_right = await self._hashing.verify(local, proof.password)
            if user is None or user.source != "local":
                user = await self._vouched_for(proof, user, peer)
                known = await self._found(user)
            elif not is_right:
                user = None
            elif self._hashing.is_outdated(local):
                await self._hash_anew(user, proof.password)
            if user is None or not user.may_come_in:
                return _WRONG
            return await self._second_factor(user, known, proof.code)
        except (StoreError, ConfigError, TimeoutError) as error:
            _LOG.error("sign_in_not_judged", reason=str(error))
            return _AWAY
        except TransientError as error:
            _LOG.warning("sign_in_not_judged", reason=str(error))
            return _BUSY if "sign-ins are under way" in str(error) else Refused(503, _AWAY.code, str(error), 5)

    async def _hash_anew(self, user: User, password: str) -> None:
        """Keep a password by the settings of now: only at a sign-in is it there to be hashed."""
        hashed = await self._hashing.hash(password)

        def work(book: Book) -> None:
            known = book.find(Credentials, user.user_id)
            if known is not None:
                book.put(msgspec.structs.replace(known, password_hash=hashed))

        await self._change(work)

    async def _vouched_for(self, proof: Proof, user: User | None, peer: str) -> User | None:
        """Ask the directory server; who it vouches for is a user from then on."""
        if self._ldap is None:
            return None
        person = await self._ldap.judge(proof.username, proof.password)
        if person is None:
            return None
        who = Who(person.username, f"api {peer}")
        ts = self._clock.now_ns()
        if person.is_locked:
            if user is not None:
                locked = user
                await self._change(lambda book: shut_out(book, who, locked, reason="locked", ts=ts))
            return None
        try:
            adopted = await self._change(lambda book: adopt(book, who, person, ts=ts))
        except InputError as error:
            _LOG.warning("directory_person_refused", username=person.username, reason=str(error))
            return None
        return adopted

    async def _second_factor(self, user: User, known: Credentials, code: str) -> User | Refused:
        if not known.is_totp_confirmed:
            return user
        if not code:
            return _CODE_NEEDED
        secret = self._vault.open(known.totp_secret, about=f"totp {user.user_id}")
        is_by_clock = code.isdigit() and len(code) == totp.DIGITS
        step = None
        if is_by_clock:
            step = totp.accepted_step(secret, code, now_ns=self._clock.now_ns(), after=known.totp_step)
            if step is None:
                return _WRONG_CODE
        recovery = recovery_digest(code)
        is_used = await self._change(lambda book: own.use_code(book, user.user_id, step=step, recovery=recovery))
        return user if is_used else _WRONG_CODE

    async def _let_in(self, user: User, headers: Mapping[str, str], peer: str, *, is_known: bool) -> SignedIn | Refused:
        signed = self._gate.open_session(user.username, user.user_id, headers=headers, peer=peer)
        try:
            async with asyncio.timeout(STORE_S):
                # The directory has to know them before their first request comes.
                await self._sessions.flush()
                await self._service.refresh()
                device = None if is_known else await self._mark(user)
        except (StoreError, TimeoutError):
            self._sessions.end(signed.session_id)
            return _AWAY
        _LOG.info("signed_in", username=user.username, session_id=signed.session_id)
        principal = self._directory.principal_by_id(user.user_id) or signed.principal
        marking = None if device is None else self._gate.marking_cookie(device)
        return msgspec.structs.replace(signed, principal=principal, device=marking)

    async def _mark(self, user: User) -> str:
        """Remember this browser as one of theirs; the one unused for longest is forgotten."""
        secret, ts = new_secret(), self._clock.now_ns()

        def work(book: Book) -> None:
            devices = sorted(book.all(Device, user_id=user.user_id), key=lambda one: one.used_at)
            for one in devices[: max(0, len(devices) - _DEVICES_PER_USER + 1)]:
                book.remove(Device, one.device_sha256)
            book.put(Device(device_sha256=digest_of(secret), user_id=user.user_id, used_at=ts))

        await asyncio.to_thread(self._store.change, work)
        return secret

    async def _is_known(self, device: str | None, username: str) -> bool:
        user = self._directory.user(username)
        if device is None or user is None:
            return False
        found = await asyncio.to_thread(self._store.find, Device, digest_of(device))
        return found is not None and found.user_id == user.user_id

    async def _found(self, user: User | None) -> Credentials:
        """Return somebody's credentials; for nobody the same question is asked in vain."""
        user_id = user.user_id if user is not None else 0
        async with asyncio.timeout(STORE_S):
            found = await asyncio.to_thread(self._store.find, Credentials, user_id)
        return found or Credentials(user_id=user_id)

    async def _change(self, work: Callable[[Book], _R]) -> _R:
        async with asyncio.timeout(STORE_S):
            return await asyncio.to_thread(self._store.change, work)


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code; people write them with spaces, dashes and small letters."""
    return digest_of("".join(mark for mark in code.upper() if mark.isalnum()))


def _counts(username: str, peer: str, device: str | None) -> tuple[str, ...]:
    """Name what counts a try: the browser alone where it is known, else its address and the account."""
    if device is not None:
        return (f"device {digest_of(device)}",)
    return (f"address {peer}", f"account {username.casefold()[:64]}")
