"""The identity store in SQL: `stores.people.IdentityStore` on SQLite and on MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import delete, select

from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.stores.people import IDENTITY_CHAIN, ApiKey, Counters, Credentials, People, Session, SignIns
from tradewind.stores.sql import act_chain, people_book
from tradewind.stores.sql.identity_tables import IDENTITY_STATE
from tradewind.stores.sql.people_book import TABLES, SqlBook
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.transactions import in_reading, in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from tradewind.stores.people import Book
    from tradewind.stores.settings import StoreSettings

K = TypeVar("K", bound=msgspec.Struct)
R = TypeVar("R")
_PATIENCE_S = 2
"""People wait for these statements: a server that is silent for longer is away."""


class SqlIdentityStore:
    """Users, sessions and keys beside the journal, with connections of their own."""

    def __init__(self, settings: StoreSettings, data_dir: Path) -> None:
        """Name the database; nothing is opened yet. Raises: ConfigError: the address is none, or its driver missing."""
        self._store = SqlStore(settings, data_dir, patience_s=_PATIENCE_S)

    def open(self) -> None:
        """Connect, and see that the tables are the right ones. Raises: as `SqlStore.open`."""
        self._store.open()

    def close(self) -> None:
        """Let go of every connection."""
        self._store.close()

    def counters(self) -> Counters:
        """Return the counters."""
        return self._ask(_counters)

    def people(self) -> People:
        """Return everybody, all as of one moment."""

        def read(connection: Connection) -> People:
            book = SqlBook(connection)
            version = _counters(connection).people
            given = select(TABLES[Credentials].c.user_id).where(TABLES[Credentials].c.must_change)
            return People(
                version=version,
                users=tuple(sorted(book.all(User), key=lambda user: user.user_id)),
                roles=tuple(book.all(Role)),
                products=tuple(book.all(Product)),
                group_grants=tuple(book.all(GroupGrant)),
                must_change=frozenset(connection.execute(given).scalars()),
            )

        return self._ask(read)

    def sign_ins(self) -> SignIns:
        """Return open sessions and keys, all as of one moment."""

        def read(connection: Connection) -> SignIns:
            book, version = SqlBook(connection), _counters(connection).sign_ins
            return SignIns(version=version, sessions=tuple(book.all(Session)), keys=tuple(book.all(ApiKey)))

        return self._ask(read)

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record as it stands."""
        return self._ask(lambda connection: SqlBook(connection).find(kind, key))

    def take(self, kind: type[K], key: str | int) -> K | None:
        """Remove a record and return it: the count of deleted rows decides who gets it."""
        column = TABLES[kind].c[kind.__struct_fields__[0]]

        def work(connection: Connection) -> K | None:
            found = SqlBook(connection).find(kind, key)
            result = connection.execute(delete(TABLES[kind]).where(column == key))
            return found if result.rowcount else None

        return in_transaction(self._store, work)

    def change(self, work: Callable[[Book], R]) -> R:
        """Run `work` in one transaction that no other overlaps, with its acts on the chain."""

        def locked(connection: Connection) -> R:
            people_book.lock(connection)
            book = SqlBook(connection)
            result = work(book)
            act_chain.append(connection, IDENTITY_CHAIN, book.acts)
            people_book.count(connection, book.touched)
            return result

        return in_transaction(self._store, locked)

    def _ask(self, question: Callable[[Connection], R]) -> R:
        return in_reading(self._store, question)


def _counters(connection: Connection) -> Counters:
    found: dict[str, Any] = {row.name: row.version for row in connection.execute(select(IDENTITY_STATE))}
    return Counters(found.get("people", 0), found.get("sign_ins", 0))
