"""People with their roles as another system keeps them, read as users of ours (`tradewind user import`).

Reads only; who calls it decides what to write. Rows that cannot be users are returned beside, each with its reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import column, select, table

from tradewind.domain.rights import EVERY, Grant
from tradewind.domain.user import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.stores.read_settings import PeopleDatabase
    from tradewind.stores.sql.read_only import ReadOnlyStore

_USERNAME: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_OFF: Final = frozenset({"0", "n", "no", "f", "false", "disabled", "inactive"})


class Skipped(NamedTuple):
    """A row that could not be taken over, and why."""

    table: str
    row: str
    reason: str


class People(NamedTuple):
    """What was found: users with their grants, and what was left out. `user_id` is that of the other database."""

    users: list[User]
    skipped: list[Skipped]


def read_people(store: ReadOnlyStore, settings: PeopleDatabase) -> People:
    """Read everybody with their roles; waits for the database. Changes nothing anywhere.

    Raises: StoreError, ConfigError: the database is away, refuses us, or has no such table or column.
    """
    skipped: list[Skipped] = []
    people = _people(store, settings)
    grants = _grants(store, settings, skipped)
    users: dict[str, User] = {}
    for row in people:
        name = str(row["username"] or "").strip()
        if _USERNAME.fullmatch(name) is None:
            reason = "username must be 1 to 64 letters, digits or _ . @ -"
            skipped.append(Skipped(settings.user_table, repr(name[:64]), reason))
        elif name in users:
            skipped.append(Skipped(settings.user_table, name, "the name is there twice; the first counts"))
        else:
            users[name] = _user(row, name, grants.pop(str(row["user_id"]), ()))
    skipped += [Skipped(settings.role_table, user_id, "a role of nobody who was taken over") for user_id in grants]
    return People(list(users.values()), skipped)


def _user(row: Mapping[str, Any], name: str, grants: Iterable[Grant]) -> User:
    user_id = str(row["user_id"])
    return User(
        user_id=int(user_id) if user_id.isdecimal() else 0,
        username=name,
        english_name=_text(row.get("english_name")),
        chinese_name=_text(row.get("chinese_name")),
        email=_text(row.get("email")),
        source="ldap",
        is_disabled=str(row.get("is_active", 1)).strip().lower() in _OFF,
        grants=tuple(sorted(set(grants))),
    )


def _people(store: ReadOnlyStore, settings: PeopleDatabase) -> list[dict[str, Any]]:
    names = settings.columns
    wanted = {
        "user_id": names.user_id,
        "username": names.username,
        "english_name": names.english_name,
        "chinese_name": names.chinese_name,
        "email": names.email,
        "is_active": names.is_active,
    }
    return _rows(store, settings.user_table, wanted, ordered_by=names.user_id)


def _grants(store: ReadOnlyStore, settings: PeopleDatabase, skipped: list[Skipped]) -> dict[str, list[Grant]]:
    """Return the grants of each user id."""
    if not settings.role_table:
        return {}
    names = settings.columns
    wanted = {
        "user": names.role_user,
        "role": names.role,
        "product": names.role_product,
        "account": names.role_account,
    }
    found: dict[str, list[Grant]] = {}
    for row in _rows(store, settings.role_table, wanted, ordered_by=names.role_user):
        there = _text(row["role"])
        if not there or row["user"] is None:
            skipped.append(Skipped(settings.role_table, f"{row['user']} {there!r}", "names no user or no role"))
            continue
        # A column that is there and empty grants nothing: only a setting may say that roles are for everything.
        product = _text(row["product"]) if names.role_product else EVERY
        account = _text(row["account"]) if names.role_account else EVERY
        if not product or not account:
            skipped.append(Skipped(settings.role_table, f"{row['user']} {there}", "names no product or no account"))
            continue
        grant = Grant(settings.roles.get(there, there), product, account)
        found.setdefault(str(row["user"]), []).append(grant)
    return found


def _rows(store: ReadOnlyStore, name: str, wanted: Mapping[str, str], *, ordered_by: str) -> list[dict[str, Any]]:
    """Return rows of a table by our names for its columns; what it has no column for is left out."""
    there = {ours: theirs for ours, theirs in wanted.items() if theirs}
    found: Any = select(*(column(theirs).label(ours) for ours, theirs in there.items()))
    found = found.select_from(table(name)).order_by(column(ordered_by))
    return [dict(row._mapping) for row in store.rows(found)]  # noqa: SLF001 - SQLAlchemy's public name for it


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()[:128]
