"""What the identity room keeps and asks of a store: users, roles, products, and by what they sign in.

Everything that changes does so inside `change`: one transaction that has all of it to itself, on every machine, and
puts each act on a hash chain of its own. Two counters rise with what changed; whoever keeps a copy looks at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from tradewind.domain.rights import Permission
from tradewind.domain.user import GroupGrant, Product, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.act import Act

IDENTITY_CHAIN: Final = "identity"
"""The chain of the record on which the acts of this store stand."""
R = TypeVar("R")
K = TypeVar("K", bound=msgspec.Struct)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """By what somebody proves who they are; nothing in it opens a door. Times in ns UTC.

    `password_hash` is Argon2's own text, "" for who has none here. `totp_secret` is sealed (`identity.vault`), "" while
    there is none; `totp_step` is the newest half minute a code was taken for. `recovery` are hashes of unused codes.
    """

    user_id: int
    password_hash: str = ""
    must_change: bool = False
    changed_at: int = 0
    totp_secret: str = ""
    is_totp_confirmed: bool = False
    totp_step: int = 0
    recovery: tuple[str, ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser, by the hash of its secret. `user_id` 0: who holds the access token of `generation`."""

    secret_sha256: str
    user_id: int
    identity: str
    generation: str
    created_at: int
    used_at: int
    peer: str
    user_agent: str

    @property
    def session_id(self) -> str:
        """The handle that may be shown and logged."""
        return self.secret_sha256[:32]


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A program's key: part of what its owner may do, until a day. No `products`: all of the owner's."""

    key_id: str
    secret_sha256: str
    user_id: int
    name: str
    permissions: frozenset[Permission]
    products: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int = 0
    used_from: str = ""

    @property
    def handle(self) -> str:
        """Name what is opened with it, as a session's handle does."""
        return f"key:{self.key_id}"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Lets one socket in, once: in the name of the session (its `secret_sha256`), key or token it was asked with."""

    ticket_sha256: str
    opened_by: str
    expires_at: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A browser from which somebody signed in before: strangers who guess elsewhere do not make it wait."""

    device_sha256: str
    user_id: int
    used_at: int


class WrongTries(msgspec.Struct, frozen=True, kw_only=True):
    """Wrong passwords from one address, for one account or in one browser, by the hash of its name; times in ns UTC."""

    counted_sha256: str
    tries: int
    free_at: int
    """Before this moment the next one is not judged."""
    tried_at: int


class OwnDesk(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has arranged, as the page wrote it (JSON); `user_id` 0: the holder of the access token."""

    user_id: int
    version: int
    content: str
    saved_at: int


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was carried out, by its idempotency key, and what was answered; secrets taken out."""

    request_id: str
    answer: str
    ts: int


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody and everything they may do, as of counter `version`."""

    version: int
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    products: tuple[Product, ...] = ()
    group_grants: tuple[GroupGrant, ...] = ()
    must_change: frozenset[int] = frozenset()
    """Users whose password was given them by somebody else, and who have not changed it."""


class SignIns(msgspec.Struct, frozen=True, kw_only=True):
    """Every open session and key, as of counter `version`."""

    version: int
    sessions: tuple[Session, ...] = ()
    keys: tuple[ApiKey, ...] = ()


class Counters(msgspec.Struct, frozen=True):
    """How often people and sign-ins have changed."""

    people: int
    sign_ins: int


class Book(Protocol):
    """One transaction on the store. Keys: usernames in lower case for `User`, else a record's first field."""

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record, or `None`."""
        ...

    def all(self, kind: type[K], *, user_id: int | None = None) -> list[K]:
        """Return the records of a kind, or those of one user, in the order of their keys."""
        ...

    def put(self, record: msgspec.Struct) -> None:
        """Write a record in place of the one with its key, if any."""
        ...

    def remove(self, kind: type[msgspec.Struct], key: str | int) -> bool:
        """Take a record away; False if there is none."""
        ...

    def next_id(self, kind: type[msgspec.Struct]) -> int:
        """Return a number that no record of this kind has."""
        ...

    def note(self, act: Act) -> None:
        """Put an act on the chain; it is there if and only if the transaction is."""
        ...


class IdentityStore(Protocol):
    """Where users, sessions and keys are of record; calls may wait for a disk or a network."""

    def open(self) -> None:
        """Connect, and see that the tables are there.

        Raises:
            StoreAwayError: it does not answer; try again.
            ConfigError, SchemaError: only a person can help.
        """
        ...

    def close(self) -> None:
        """Let go of it; safe to call twice."""
        ...

    def counters(self) -> Counters:
        """Return the counters. Raises: StoreError: as every call below."""
        ...

    def people(self) -> People:
        """Return everybody."""
        ...

    def sign_ins(self) -> SignIns:
        """Return every open session and key."""
        ...

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record as it stands, without waiting for who writes."""
        ...

    def take(self, kind: type[K], key: str | int) -> K | None:
        """Remove a record and return it; of all who ask at once, on whatever machine, one gets it."""
        ...

    def change(self, work: Callable[[Book], R]) -> R:
        """Run `work` in one transaction that no other overlaps; it may run more than once. Its errors undo it."""
        ...
