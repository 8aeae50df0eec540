"""Where people and administrators are served: each act is one transaction of the store and counts here at once."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.domain.rights import Permission, Principal
from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.errors import InputError, NotAllowedError, StoreAwayError, TransientError
from tradewind.identity import own, passwords, people, totp
from tradewind.identity.keeping import Who, act, once, there
from tradewind.identity.own_desk import save_desk
from tradewind.identity.reception import STORE_S, recovery_digest
from tradewind.identity.sessions import KEY_PREFIX
from tradewind.identity.tokens import digest_of
from tradewind.identity.tries import Tries
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.ids import new_bytes, new_epoch, new_secret, new_short_code
from tradewind.stores.people import ApiKey, Credentials, OwnDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from tradewind.identity.directory import Directory
    from tradewind.identity.hashing import Hashing
    from tradewind.identity.ports import PasswordJudge
    from tradewind.identity.service import IdentityService
    from tradewind.identity.sessions import Sessions
    from tradewind.identity.settings import AccessSettings
    from tradewind.identity.tickets import Tickets
    from tradewind.identity.vault import Vault
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Book, IdentityStore

R = TypeVar("R")
_DAY_NS: Final = 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the office stands on."""

    store: IdentityStore
    directory: Directory
    sessions: Sessions
    service: IdentityService
    hashing: Hashing
    vault: Vault
    tickets: Tickets
    settings: AccessSettings
    clock: Clock
    ldap: PasswordJudge | None = None
    traded: frozenset[str] = frozenset()
    """Products that orders may name by the settings; none named: any."""


class MadeKey(msgspec.Struct, frozen=True):
    """A new API key; `secret` is shown this once."""

    key: ApiKey
    secret: str


class Enrolment(msgspec.Struct, frozen=True):
    """A second factor to be put into an app, as text and as the address that a picture holds."""

    secret: str
    uri: str


class GroupEffect(msgspec.Struct, frozen=True):
    """What a group mapping would change for somebody: what each permission covers before and after."""

    username: str
    before: dict[Permission, list[tuple[str, str]]]
    after: dict[Permission, list[tuple[str, str]]]


class IdentityOffice:
    """Everything REST may ask of this room beside the gate."""

    def __init__(self, desk: Desk) -> None:
        self._on = desk
        self._tries = Tries(desk.settings, desk.clock)
        self.directory = desk.directory

    # ── administration ──────────────────────────────────────────────────────────────────────────────────────────
    async def add_user(self, who: Who, user: User, password: str | None) -> User:
        """Make a user; with `password`, one to be changed at the first sign-in.

        Raises: InputError, StateConflictError, StoreError, TransientError: as `people.add_user`.
        """
        made = "" if password is None else await self._hashed(password, user.username)
        return await self._do(
            who, lambda book, ts: people.add_user(book, who, user, password_hash=made, ts=ts), kind=User
        )

    async def change_user(self, who: Who, username: str, change: people.UserChange, version: int) -> User:
        """Change a user. Raises: as `people.change_user`."""
        return await self._do(
            who, lambda book, ts: people.change_user(book, who, username, change, version=version, ts=ts), kind=User
        )

    async def give_password(self, who: Who, username: str, password: str | None, *, no_totp: bool) -> User:
        """Give a one-time password, or take a second factor off. Raises: as `people.give_password`."""
        made = "" if password is None else await self._hashed(password, username)
        return await self._do(
            who,
            lambda book, ts: people.give_password(book, who, username, made, ts=ts, no_totp=no_totp),
            kind=User,
        )

    async def put_role(self, who: Who, role: Role, version: int | None) -> Role:
        """Make or change a role. Raises: as `people.put_role`."""
        return await self._do(who, lambda b, ts: people.put_role(b, who, role, version=version, ts=ts), kind=Role)

    async def remove_role(self, who: Who, name: str, version: int) -> None:
        """Take a role away. Raises: as `people.remove_role`."""
        await self._do(who, lambda b, ts: people.remove_role(b, who, name, version=version, ts=ts), kind=Any)

    async def put_product(self, who: Who, product: Product, version: int | None) -> Product:
        """Make or change a product. Raises: as `people.put_product`."""
        return await self._do(
            who,
            lambda b, ts: people.put_product(b, who, product, version=version, ts=ts, traded=self._on.traded),
            kind=Product,
        )

    async def put_group_grant(self, who: Who, grant: GroupGrant, version: int | None) -> GroupGrant:
        """Say what a group may do. Raises: as `people.put_group_grant`."""
        return await self._do(
            who, lambda b, ts: people.put_group_grant(b, who, grant, version=version, ts=ts), kind=GroupGrant
        )

    async def remove_group_grant(self, who: Who, grant_id: int, version: int) -> None:
        """Take it back. Raises: as `people.remove_group_grant`."""
        await self._do(who, lambda b, ts: people.remove_group_grant(b, who, grant_id, version=version, ts=ts), kind=Any)

    async def groups_of(self, username: str) -> list[str]:
        """Ask the directory server for somebody's groups.

        Raises: InputError: it knows nobody of that name, or there is none. TransientError: it is away.
        """
        if self._on.ldap is None:
            message = "there is no directory server (access.ldap.url)"
            raise InputError(message)
        return sorted(there(await self._on.ldap.look_up(username), f"{username!r} at the directory server").groups)

    def try_group_grants(self, grants: Sequence[GroupGrant]) -> list[GroupEffect]:
        """Say for whom a mapping in place of the present one would change what; nothing is changed."""
        known = self.directory
        found = []
        for user in known.people.users:
            before, after = (known.reaches(known.grants_of(user, mapping)) for mapping in (None, grants))
            if before != after:
                found.append(GroupEffect(user.username, before, after))
        return found

    async def note(self, who: Who, action: str, subject: str, *, before: Any = None, after: Any = None) -> None:  # noqa: ANN401 - any record
        """Put on the record what somebody does elsewhere, where no room of its own records it; durable when it returns.

        Raises: StoreError, TransientError: it cannot be recorded now.
        """
        told = act(who, action, subject, act_id=new_epoch(), ts=self._on.clock.now_ns(), before=before, after=after)
        await self._within(asyncio.to_thread(self._on.store.change, lambda book: book.note(told)))

    # ── oneself ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def change_password(self, who: Who, me: Principal, was: str, password: str, *, keep: str) -> None:
        """Put a new password in place of one's own; every other session ends.

        Raises: NotAllowedError: `was` is wrong, or the directory server keeps it. InputError: a bad one.
        """
        known = await self._proved(me, was)
        if was == password:
            message = "the new password is the old one"
            raise InputError(message)
        made = await self._hashed(password, me.username)
        kept = digest_of_handle(self._on.sessions, keep)
        await self._do(
            who,
            lambda book, ts: own.change_password(
                book, who, me.user_id, was_hash=known.password_hash, password_hash=made, keep=kept, ts=ts
            ),
            kind=Any,
        )

    async def begin_totp(self, who: Who, me: Principal) -> Enrolment:
        """Begin a second factor; it counts once a code of it was sent. Raises: StateConflictError: one counts."""
        secret = new_bytes(totp.SECRET_BYTES)
        sealed = self._on.vault.seal(secret, about=f"totp {me.user_id}")
        await self._do(who, lambda book, _ts: own.begin_totp(book, me.user_id, sealed), kind=Any, hide="secret")
        return Enrolment(totp.text_of(secret), totp.uri_of(secret, username=me.username))

    async def confirm_totp(self, who: Who, me: Principal, code: str) -> list[str]:
        """Let the second factor count; return recovery codes, shown this once.

        Raises: InputError: a wrong code, or nothing was begun. StateConflictError: it counts already.
        """
        known = await self._credentials(me)
        if not known.totp_secret:
            message = "no second factor was begun; begin one first"
            raise InputError(message)
        secret = self._on.vault.open(known.totp_secret, about=f"totp {me.user_id}")
        step = totp.accepted_step(secret, code, now_ns=self._on.clock.now_ns(), after=known.totp_step)
        if step is None:
            message = "this code is wrong or too old; is the telephone's clock right?"
            raise InputError(message)
        codes = [new_short_code() for _ in range(own.RECOVERY_CODES)]
        recovery = tuple(recovery_digest(one) for one in codes)
        await self._do(
            who,
            lambda book, ts: own.confirm_totp(
                book, who, me.user_id, sealed=known.totp_secret, step=step, recovery=recovery, ts=ts
            ),
            kind=Any,
            hide="recovery codes",
        )
        return ["-".join(one[start : start + 4] for start in range(0, len(one), 4)) for one in codes]

    async def remove_totp(self, who: Who, me: Principal, password: str) -> None:
        """Take one's second factor off. Raises: NotAllowedError: the password is wrong."""
        await self._proved(me, password)
        await self._do(who, lambda book, ts: own.remove_totp(book, who, me.user_id, ts=ts), kind=Any)

    async def add_key(
        self,
        who: Who,
        me: Principal,
        *,
        name: str,
        permissions: frozenset[Permission],
        products: tuple[str, ...],
        days: int,
    ) -> MadeKey:
        """Make an API key. Raises: as `own.add_key`; InputError: it would be good for too long."""
        if not 1 <= days <= self._on.settings.key_days:
            message = f"a key is good for 1 to {self._on.settings.key_days} days (access.key_days), was {days}"
            raise InputError(message)
        secret = f"{KEY_PREFIX}{new_secret()}"
        most = self._on.settings.keys_per_user
        wish = own.KeyWish(
            name=name,
            permissions=permissions,
            products=products,
            expires_at=self._on.clock.now_ns() + days * _DAY_NS,
        )
        key = await self._do(
            who,
            lambda book, ts: own.add_key(book, who, me, wish, secret_sha256=digest_of(secret), most=most, ts=ts),
            kind=ApiKey,
            hide="secret",
        )
        return MadeKey(key, secret)

    async def revoke_key(self, who: Who, key_id: str, *, of: Principal | None) -> None:
        """Take a key back, of one's own or (`of` None) anybody's. Raises: InputError: there is none."""
        user_id = None if of is None else of.user_id
        await self._do(who, lambda b, ts: people.revoke_key(b, who, key_id, user_id=user_id, ts=ts), kind=Any)

    def keys_of(self, *, of: Principal | None = None) -> list[ApiKey]:
        """Return API keys, all or one user's."""
        return [key for key in self._on.sessions.all_keys() if of is None or key.user_id == of.user_id]

    async def desk_of(self, me: Principal) -> OwnDesk | None:
        """Return what somebody has arranged for themselves. Raises: StoreError, TransientError."""
        found: OwnDesk | None = await self._within(asyncio.to_thread(self._on.store.find, OwnDesk, me.user_id))
        return found

    async def save_desk(self, who: Who, me: Principal, content: str, version: int) -> OwnDesk:
        """Keep it. Raises: StateConflictError, InputError: as `own_desk.save_desk`."""
        return await self._do(
            who, lambda book, ts: save_desk(book, who, me.user_id, content, version=version, ts=ts), kind=OwnDesk
        )

    async def make_ticket(self, opened_by: str) -> tuple[str, int]:
        """Return a ticket for a socket and when it is over. Raises: StoreError, TransientError."""
        made: tuple[str, int] = await self._within(asyncio.to_thread(self._on.tickets.make, opened_by))
        return made

    async def sessions_changed(self) -> None:
        """Write down which sessions began and ended, where that can be done at once; else it is done later."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STORE_S):
                await self._on.service.refresh()

    def session_digest(self, session_id: str) -> str:
        """Return the hash behind a session's handle, for tickets in its name."""
        return digest_of_handle(self._on.sessions, session_id)

    def has_approvers(self) -> bool:
        """Say whether there is a user who may approve instructions of anything."""
        directory = self.directory
        known = (directory.principal_by_id(user.user_id) for user in directory.people.users)
        return any(principal is not None and principal.may_somewhere(Permission.APPROVE) for principal in known)

    # ── how it is done ──────────────────────────────────────────────────────────────────────────────────────────
    async def _do(self, who: Who, work: Callable[[Book, int], R], *, kind: Any, hide: str = "") -> R:  # noqa: ANN401 - a type
        self._require_store()
        clock = self._on.clock
        run: Callable[[Book], R] = once(who, lambda book: work(book, clock.now_ns()), kind=kind, clock=clock, hide=hide)
        result: R = await self._within(asyncio.to_thread(self._on.store.change, run))
        await self._on.service.refresh()
        return result

    async def _within(self, working: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever is awaited
        try:
            self._require_store()
        except TransientError:
            working.close()
            raise
        try:
            async with asyncio.timeout(STORE_S):
                return await working
        except TimeoutError as error:
            message = "the store of users does not answer; whether it was done is not known: look before trying again"
            raise StoreAwayError(message) from error

    def _require_store(self) -> None:
        if self._on.service.failure is not None:
            message = f"users and rights cannot be changed now: {self._on.service.failure}"
            raise TransientError(message)

    async def _credentials(self, me: Principal) -> Credentials:
        found = await self._within(asyncio.to_thread(self._on.store.find, Credentials, me.user_id))
        known: Credentials = there(found, "user of ours behind this sign-in")
        return known

    async def _proved(self, me: Principal, password: str) -> Credentials:
        known = await self._credentials(me)
        user = self.directory.user(me.username)
        if user is not None and user.source != "local":
            message = "your password is kept by the directory server: it is neither proved nor changed here"
            raise NotAllowedError(message)
        # A browser that somebody left open must not be good for guessing the password either.
        name = (f"session {me.username}",)
        wait_s = await self._changed(self._tries.begun(name))
        if wait_s:
            message = f"too many wrong tries; try again in {wait_s} s"
            raise NotAllowedError(message)
        if not await self._on.hashing.verify(known.password_hash, password[: passwords.LONGEST]):
            message = "the present password is wrong"
            raise NotAllowedError(message)
        await self._changed(self._tries.right(name))
        return known

    async def _changed(self, work: Callable[[Book], R]) -> R:
        result: R = await self._within(asyncio.to_thread(self._on.store.change, work))
        return result

    async def _hashed(self, password: str, username: str) -> str:
        wrong = passwords.problem(password, username=username, min_length=self._on.settings.passwords.min_length)
        if wrong is not None:
            raise InputError(wrong)
        return await self._on.hashing.hash(password)


def digest_of_handle(sessions: Sessions, session_id: str) -> str:
    """Return the hash of the session that goes by this handle; "" if there is none."""
    return next((one.secret_sha256 for one in sessions.live() if one.session_id == session_id), "")
