"""One transaction on the identity tables: records to rows and back, and the lock that keeps transactions apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from sqlalchemy import delete, func, insert, select, update

from tradewind.domain.rights import Grant
from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.stores.people import ApiKey, Credentials, Device, Done, OwnDesk, Session, Ticket, WrongTries
from tradewind.stores.sql import identity_tables as tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column, Table
    from sqlalchemy.engine import Connection

    from tradewind.domain.act import Act

K = TypeVar("K", bound=msgspec.Struct)
TABLES: Final[Mapping[type[msgspec.Struct], Table]] = {
    User: tables.USERS,
    Credentials: tables.CREDENTIALS,
    Role: tables.ROLES,
    Product: tables.PRODUCTS,
    GroupGrant: tables.GROUP_GRANTS,
    Session: tables.SESSIONS,
    ApiKey: tables.API_KEYS,
    Ticket: tables.TICKETS,
    Device: tables.DEVICES,
    Done: tables.IDENTITY_REQUESTS,
    WrongTries: tables.WRONG_TRIES,
    OwnDesk: tables.OWN_DESKS,
}
PEOPLE: Final = frozenset({User, Credentials, Role, Product, GroupGrant})
SIGN_INS: Final = frozenset({Session, ApiKey})
_GRANTS: Final = tables.USER_ROLE_PRODUCTS


def lock(connection: Connection) -> None:
    """Keep every other transaction on these tables waiting until this one ends.

    SQLite has the whole file to itself since BEGIN IMMEDIATE; elsewhere one row stands for all of them.
    """
    state = tables.IDENTITY_STATE
    missing = "INSERT OR IGNORE" if connection.dialect.name == "sqlite" else "INSERT IGNORE"
    connection.exec_driver_sql(f"{missing} INTO identity_state (name, version) VALUES ('people', 1), ('sign_ins', 1)")
    connection.execute(select(state.c.version).where(state.c.name == "people").with_for_update()).all()


def count(connection: Connection, touched: set[type[msgspec.Struct]]) -> None:
    """Let the counters of what was touched rise."""
    state = tables.IDENTITY_STATE
    for name, kinds in (("people", PEOPLE), ("sign_ins", SIGN_INS)):
        if touched & kinds:
            connection.execute(update(state).where(state.c.name == name).values(version=state.c.version + 1))


class SqlBook:
    """`stores.people.Book` on an open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.acts: list[Act] = []
        self.touched: set[type[msgspec.Struct]] = set()

    def find(self, kind: type[K], key: str | int) -> K | None:
        """Return a record."""
        found = self._read(kind, _key_column(kind) == key)
        return found[0] if found else None

    def all(self, kind: type[K], *, user_id: int | None = None) -> list[K]:
        """Return records."""
        return self._read(kind, None if user_id is None else TABLES[kind].c.user_id == user_id)

    def put(self, record: msgspec.Struct) -> None:
        """Write a record in place of the one with its key."""
        kind = type(record)
        table, column = TABLES[kind], _key_column(kind)
        values = _row(record)
        self.touched.add(kind)
        result = self._connection.execute(update(table).where(column == values[column.name]).values(values))
        if not result.rowcount:
            self._connection.execute(insert(table).values(values))
        if isinstance(record, User):
            self._put_grants(record)

    def remove(self, kind: type[msgspec.Struct], key: str | int) -> bool:
        """Take a record away."""
        result = self._connection.execute(delete(TABLES[kind]).where(_key_column(kind) == key))
        if result.rowcount:
            self.touched.add(kind)
        return bool(result.rowcount)

    def next_id(self, kind: type[msgspec.Struct]) -> int:
        """Return a number that no record of this kind has."""
        first = next(iter(TABLES[kind].primary_key.columns))
        return int(self._connection.execute(select(func.max(first))).scalar() or 0) + 1

    def note(self, act: Act) -> None:
        """Put an act on the record when the work is done."""
        self.acts.append(act)

    def _read(self, kind: type[K], where: Any | None) -> list[K]:  # noqa: ANN401 - a clause of SQLAlchemy's
        table = TABLES[kind]
        asked = select(table).order_by(_key_column(kind))
        found = self._connection.execute(asked if where is None else asked.where(where)).mappings()
        # Names that must be quoted come as a kind of text of SQLAlchemy's own.
        rows = [{str(name): value for name, value in row.items()} for row in found]
        if kind is User:
            self._add_grants(rows)
        return [msgspec.convert(row, kind) for row in rows]

    def _add_grants(self, rows: list[dict[str, Any]]) -> None:
        asked = select(_GRANTS)
        if len(rows) == 1:
            asked = asked.where(_GRANTS.c.username == rows[0]["username"])
        grants: dict[str, list[Grant]] = {}
        for found in self._connection.execute(asked):
            grants.setdefault(found.username, []).append(Grant(found.role, found.product_code, found.account_id))
        for row in rows:
            del row["name_key"]
            row["grants"] = sorted(grants.get(row["username"], ()))

    def _put_grants(self, user: User) -> None:
        self._connection.execute(delete(_GRANTS).where(_GRANTS.c.username == user.username))
        rows = [{"username": user.username, **msgspec.structs.asdict(grant)} for grant in sorted(set(user.grants))]
        if rows:
            self._connection.execute(insert(_GRANTS), rows)


def _key_column(kind: type[msgspec.Struct]) -> Column[Any]:
    if kind is User:
        return tables.USERS.c.name_key
    column: Column[Any] = TABLES[kind].c[kind.__struct_fields__[0]]
    return column


def _row(record: msgspec.Struct) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(record)
    if isinstance(record, User):
        del row["grants"]
        row["name_key"] = record.username.casefold()
    if "permissions" in row:
        row["permissions"] = sorted(row["permissions"])
    return row
