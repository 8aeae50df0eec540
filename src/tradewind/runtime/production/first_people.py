"""Who there is before anybody has signed in: an administrator, and the program that watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.rights import Grant, Permission, Principal, reaches_of
from tradewind.domain.user import Role, User
from tradewind.identity import own, people
from tradewind.identity.directory import Directory
from tradewind.identity.hashing import Hashing
from tradewind.identity.keeping import Who
from tradewind.identity.sessions import KEY_PREFIX
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.ids import new_secret
from tradewind.runtime.identity import identity_store

if TYPE_CHECKING:
    from tradewind.runtime.production.plan import Plan
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.people import Book

ADMINISTRATOR: Final = "admin"
WATCHER: Final = "monitoring"
_DAY_NS: Final = 86_400 * NS_PER_S
_WHO: Final = Who("platform", "cli")


def ensure_people(plan: Plan, settings: TradewindSettings) -> str | None:
    """Add them where they are not; return the key with which the watcher reads metrics if it was made just now.

    The administrator's one-time password stands in the plan. Raises: StoreError: the database is away.
    """
    store, directory = identity_store(settings), Directory()
    store.open()
    try:
        directory.take(store.people())
        if directory.user(ADMINISTRATOR) is None:
            hashed = Hashing(settings.access.passwords).hash_now(plan.passwords["administrator"])
            store.change(lambda book: _add_administrator(book, hashed))
        if directory.user(WATCHER) is not None:
            return None
        secret = f"{KEY_PREFIX}{new_secret()}"
        store.change(lambda book: _add_watcher(book, secret, settings.access.key_days))
        return secret
    finally:
        store.close()


def _add_administrator(book: Book, hashed: str) -> User:
    made = User(user_id=0, username=ADMINISTRATOR, chinese_name="管理员", grants=(Grant("administrator"),))
    return people.add_user(book, _WHO, made, password_hash=hashed, ts=SystemClock().now_ns())


def _add_watcher(book: Book, secret: str, days: int) -> None:
    """Make a role that reads metrics and nothing else, its one user, who cannot sign in, and their key."""
    ts = SystemClock().now_ns()
    role = Role(name=WATCHER, description="reads metrics", permissions=frozenset({Permission.SYSTEM}))
    people.put_role(book, _WHO, role, version=None, ts=ts)
    made = User(user_id=0, username=WATCHER, english_name="Prometheus", grants=(Grant(WATCHER),))
    user = people.add_user(book, _WHO, made, password_hash="", ts=ts)
    owner = Principal(
        user.username, reaches_of(user.grants, {WATCHER: role.permissions}, sole_owners={}), user.user_id
    )  # fmt: skip
    wish = own.KeyWish(name="prometheus", permissions=role.permissions, products=(), expires_at=ts + days * _DAY_NS)
    own.add_key(book, _WHO, owner, wish, secret_sha256=digest_of(secret), most=1, ts=ts)
