"""The identity store in memory: for tests, and for benches that sign nobody in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.errors import StoreAwayError
from tradewind.stores.people import ApiKey, Counters, Credentials, People, Session, SignIns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.act import Act
    from tradewind.stores.people import Book

K = TypeVar("K", bound=msgspec.Struct)
R = TypeVar("R")
_PEOPLE = frozenset({User, Role, Product, GroupGrant, Credentials})
_SIGN_INS = frozenset({Session, ApiKey})
Shelves = dict[type, dict[Any, Any]]


def key_of(record: msgspec.Struct) -> str | int:
    """Return the key of a record: a user's name in lower case, else its first field."""
    if isinstance(record, User):
        return record.username.casefold()
    key: str | int = getattr(record, record.__struct_fields__[0])
    return key


class _MemoryBook:
    """`stores.people.Book` on a copy of the shelves."""

    def __init__(self, shelves: Shelves) -> None:
        self.shelves = {kind: dict(shelf) for kind, shelf in shelves.items()}
        self.acts: list[Act] = []
        self.touched: set[type] = set()

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record."""
        found: K | None = self.shelves.get(kind, {}).get(key)
        return found

    def all(self, kind: type[K], *, user_id: int | None = None) -> list[K]:
        """Return records."""
        shelf = self.shelves.get(kind, {})
        return [shelf[key] for key in sorted(shelf) if user_id is None or shelf[key].user_id == user_id]

    def put(self, record: msgspec.Struct) -> None:
        """Write a record."""
        self.shelves.setdefault(type(record), {})[key_of(record)] = record
        self.touched.add(type(record))

    def remove(self, kind: type[msgspec.Struct], key: str | int) -> bool:
        """Take a record away."""
        self.touched.add(kind)
        return self.shelves.get(kind, {}).pop(key, None) is not None

    def next_id(self, kind: type[msgspec.Struct]) -> int:
        """Return a free number."""
        shelf = self.shelves.get(kind, {})
        return 1 + max((getattr(one, one.__struct_fields__[0]) for one in shelf.values()), default=0)

    def note(self, act: Act) -> None:
        """Put an act on the record."""
        self.acts.append(act)


class MemoryIdentityStore:
    """`stores.people.IdentityStore`; `is_away` makes it fail as a database does that does not answer."""

    def __init__(self) -> None:
        self._shelves: Shelves = {}
        self._lock = threading.Lock()
        self._counters = {"people": 1, "sign_ins": 1}
        self.acts: list[Act] = []
        self.is_away = False

    def open(self) -> None:
        """Be there."""
        self._require_here()

    def close(self) -> None:
        """Nothing to let go of."""

    def counters(self) -> Counters:
        """Return the counters."""
        self._require_here()
        return Counters(self._counters["people"], self._counters["sign_ins"])

    def people(self) -> People:
        """Return everybody."""
        book = self._book()
        return People(
            version=self._counters["people"],
            users=tuple(sorted(book.all(User), key=lambda user: user.user_id)),
            roles=tuple(book.all(Role)),
            products=tuple(book.all(Product)),
            group_grants=tuple(book.all(GroupGrant)),
            must_change=frozenset(one.user_id for one in book.all(Credentials) if one.must_change),
        )

    def sign_ins(self) -> SignIns:
        """Return open sessions and keys."""
        book = self._book()
        return SignIns(
            version=self._counters["sign_ins"], sessions=tuple(book.all(Session)), keys=tuple(book.all(ApiKey))
        )

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record."""
        return self._book().find(kind, key)

    def take(self, kind: type[K], key: str | int) -> K | None:
        """Remove a record and return it."""

        def work(book: Book) -> K | None:
            found = book.find(kind, key)
            return found if book.remove(kind, key) else None

        return self.change(work)

    def change(self, work: Callable[[Book], R]) -> R:
        """Run `work` on a copy that takes the place of what was there."""
        self._require_here()
        with self._lock:
            book = _MemoryBook(self._shelves)
            result = work(book)
            self._shelves = book.shelves
            self.acts += book.acts
            self._counters["people"] += bool(book.touched & _PEOPLE)
            self._counters["sign_ins"] += bool(book.touched & _SIGN_INS)
        return result

    def _book(self) -> _MemoryBook:
        self._require_here()
        return _MemoryBook(self._shelves)

    def _require_here(self) -> None:
        if self.is_away:
            message = "the store in memory was told to be away"
            raise StoreAwayError(message)
