"""Who there is before anybody has signed in: an administrator, with a password for the first time only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.rights import Grant
from tradewind.domain.user import User
from tradewind.identity.directory import Directory
from tradewind.identity.hashing import Hashing
from tradewind.identity.keeping import Who
from tradewind.identity.people import add_user
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.identity import identity_store

if TYPE_CHECKING:
    from tradewind.runtime.production.plan import Plan
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.people import Book

ADMINISTRATOR: Final = "admin"
_WHO: Final = Who("platform", "cli")


def ensure_administrator(plan: Plan, settings: TradewindSettings) -> bool:
    """Add the administrator where there is none of that name, with the plan's password; tell whether that was so.

    Raises: StoreError: the database is away.
    """
    store, directory = identity_store(settings), Directory()
    store.open()
    try:
        directory.take(store.people())
        if directory.user(ADMINISTRATOR) is not None:
            return False
        hashed = Hashing(settings.access.passwords).hash_now(plan.passwords["administrator"])
        store.change(lambda book: _add(book, hashed))
        return True
    finally:
        store.close()


def _add(book: Book, hashed: str) -> User:
    made = User(user_id=0, username=ADMINISTRATOR, chinese_name="管理员", grants=(Grant("administrator"),))
    return add_user(book, _WHO, made, password_hash=hashed, ts=SystemClock().now_ns())
