"""What administrators do to users, roles, products and group grants; each one transaction and one act on the record.

Plain functions over a `Book`, so that the command line does them as REST does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.rights import BUILT_IN_ROLES, EVERY, Grant
from tradewind.domain.user import GroupGrant, Product, Role, User, code_problem, username_problem
from tradewind.errors import InputError, StateConflictError
from tradewind.identity.keeping import Who, act, require_grants, seen, user_named
from tradewind.kernel.ids import new_epoch
from tradewind.stores.people import ApiKey, Credentials, Session

if TYPE_CHECKING:
    from collections.abc import Collection

    from tradewind.stores.people import Book


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed of a user; `None` leaves it as it is."""

    english_name: str | None = None
    chinese_name: str | None = None
    email: str | None = None
    is_disabled: bool | None = None
    grants: tuple[Grant, ...] | None = None


def add_user(book: Book, who: Who, user: User, *, password_hash: str, ts: int) -> User:
    """Make a user with a one-time password, or without one for the directory server to judge.

    Raises:
        InputError: a bad or reserved name, or a role or product there is not.
        StateConflictError: the name is taken.
    """
    problem = username_problem(user.username)
    if problem is not None:
        raise InputError(problem)
    if book.find(User, user.username.casefold()) is not None:
        message = f"the username {user.username!r} is taken, in whatever case"
        raise StateConflictError(message)
    require_grants(book, user.grants)
    made = msgspec.structs.replace(user, user_id=book.next_id(User), version=1, created_at=ts, updated_at=ts)
    book.put(made)
    book.put(
        Credentials(user_id=made.user_id, password_hash=password_hash, must_change=bool(password_hash), changed_at=ts)
    )
    book.note(act(who, "user_added", made.username, act_id=new_epoch(), ts=ts, after=made))
    return made


def change_user(book: Book, who: Who, username: str, change: UserChange, *, version: int | None, ts: int) -> User:
    """Change a user; who is disabled loses every session with it.

    Raises: InputError, StateConflictError: there is none, it changed meanwhile, or a grant cannot be.
    """
    user = user_named(book, username)
    if version is not None:
        seen(user, version, f"user {username!r}")
    if change.grants is not None:
        require_grants(book, change.grants)
    fields = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    changed = msgspec.structs.replace(user, **fields, version=user.version + 1, updated_at=ts)
    book.put(changed)
    if changed.is_disabled:
        end_sessions(book, user.user_id)
    action = "user_changed"
    if changed.is_disabled != user.is_disabled:
        action = "user_disabled" if changed.is_disabled else "user_enabled"
    book.note(act(who, action, user.username, act_id=new_epoch(), ts=ts, before=user, after=changed))
    return changed


def give_password(book: Book, who: Who, username: str, password_hash: str, *, ts: int, no_totp: bool = False) -> User:
    """Give somebody a password that must be changed at the first sign-in; their sessions end.

    `no_totp` takes their second factor off too, for who lost their telephone. An empty hash leaves the password.
    Raises: InputError: there is none, or the directory server judges their password.
    """
    user = user_named(book, username)
    if user.source != "local" and password_hash:
        message = f"the password of {user.username!r} is kept by the directory server; change it there"
        raise InputError(message)
    known = book.find(Credentials, user.user_id) or Credentials(user_id=user.user_id)
    if password_hash:
        known = msgspec.structs.replace(known, password_hash=password_hash, must_change=True, changed_at=ts)
    if no_totp:
        known = without_totp(known)
    book.put(known)
    changed = msgspec.structs.replace(user, has_totp=known.is_totp_confirmed, version=user.version + 1, updated_at=ts)
    book.put(changed)
    end_sessions(book, user.user_id)
    action = "password_given" if password_hash else "second_factor_removed"
    book.note(act(who, action, user.username, act_id=new_epoch(), ts=ts))
    return changed


def put_role(book: Book, who: Who, role: Role, *, version: int | None, ts: int) -> Role:
    """Make a role (`version` None) or change one.

    Raises: InputError, StateConflictError: a built-in one, a bad name, taken, none, or changed meanwhile.
    """
    problem = code_problem(role.name, "the name of a role")
    if problem is not None:
        raise InputError(problem)
    if role.name in BUILT_IN_ROLES:
        message = f"the role {role.name!r} is built in and never changes; make another"
        raise InputError(message)
    before = book.find(Role, role.name)
    _require_free_or_seen(before, version, f"role {role.name!r}")
    after = msgspec.structs.replace(role, is_built_in=False, version=(version or 0) + 1)
    book.put(after)
    verb = "role_changed" if before else "role_added"
    book.note(act(who, verb, role.name, act_id=new_epoch(), ts=ts, before=before, after=after))
    return after


def remove_role(book: Book, who: Who, name: str, *, version: int, ts: int) -> None:
    """Take a role away that nobody has. Raises: InputError, StateConflictError: somebody has it, none, or changed."""
    role = seen(book.find(Role, name), version, f"role {name!r}")
    holders = [user.username for user in book.all(User) if any(grant.role == name for grant in user.grants)]
    holders += [f"group {one.group_name}" for one in book.all(GroupGrant) if one.role == name]
    if holders:
        message = f"the role {name!r} is given to {', '.join(holders[:10])}; take it from them first"
        raise StateConflictError(message)
    book.remove(Role, name)
    book.note(act(who, "role_removed", name, act_id=new_epoch(), ts=ts, before=role))


def put_product(
    book: Book, who: Who, product: Product, *, version: int | None, ts: int, traded: Collection[str] = ()
) -> Product:
    """Make a product or change one; an account can belong to one product alone.

    `traded` are the products that orders may name, where the settings name any: a new one must be among them.

    Raises: InputError, StateConflictError: as `put_role`, no order could name it, or an account is another product's.
    """
    if version is None and traded and product.code not in traded:
        message = (
            f"no order may name product {product.code!r}; allowed: {', '.join(sorted(traded))}"
            " (trading.products, books of portfolio.accounts, instructions.plans)"
        )
        raise InputError(message)
    problem = code_problem(product.code, "the code of a product")
    if problem is not None:
        raise InputError(problem)
    before = book.find(Product, product.code)
    _require_free_or_seen(before, version, f"product {product.code!r}")
    for other in book.all(Product):
        shared = set(other.sole_accounts) & set(product.sole_accounts) if other.code != product.code else set()
        if shared:
            message = f"account {min(shared)!r} belongs to product {other.code!r} alone; take it from that one first"
            raise StateConflictError(message)
    after = msgspec.structs.replace(product, version=(version or 0) + 1)
    book.put(after)
    verb = "product_changed" if before else "product_added"
    book.note(act(who, verb, product.code, act_id=new_epoch(), ts=ts, before=before, after=after))
    return after


def put_group_grant(book: Book, who: Who, grant: GroupGrant, *, version: int | None, ts: int) -> GroupGrant:
    """Say what a group of the directory server may do, or change it. Raises: InputError, StateConflictError."""
    require_grants(book, (grant.grant,))
    if version is None:
        before, grant_id = None, book.next_id(GroupGrant)
    else:
        before, grant_id = seen(book.find(GroupGrant, grant.grant_id), version, "such group grant"), grant.grant_id
    after = msgspec.structs.replace(grant, grant_id=grant_id, version=(version or 0) + 1)
    book.put(after)
    verb = "group_grant_changed" if before else "group_grant_added"
    book.note(act(who, verb, after.group_name, act_id=new_epoch(), ts=ts, before=before, after=after))
    return after


def remove_group_grant(book: Book, who: Who, grant_id: int, *, version: int, ts: int) -> None:
    """Take a group grant back. Raises: InputError, StateConflictError: there is none, or it changed meanwhile."""
    grant = seen(book.find(GroupGrant, grant_id), version, f"group grant {grant_id}")
    book.remove(GroupGrant, grant_id)
    book.note(act(who, "group_grant_removed", grant.group_name, act_id=new_epoch(), ts=ts, before=grant))


def revoke_key(book: Book, who: Who, key_id: str, *, user_id: int | None, ts: int) -> None:
    """Take an API key back, one's own (`user_id`) or anybody's. Raises: InputError: there is none of that name."""
    key = book.find(ApiKey, key_id)
    if key is None or (user_id is not None and key.user_id != user_id):
        message = f"there is no key {key_id!r}"
        raise InputError(message)
    book.remove(ApiKey, key_id)
    book.note(act(who, "key_revoked", key_id, act_id=new_epoch(), ts=ts, before=shown_key(key)))


def end_sessions(book: Book, user_id: int, *, but: str = "") -> None:
    """End every session of a user, but the one whose secret has the hash `but`."""
    for session in book.all(Session, user_id=user_id):
        if session.secret_sha256 != but:
            book.remove(Session, session.secret_sha256)


def without_totp(known: Credentials) -> Credentials:
    """Return credentials without a second factor."""
    return msgspec.structs.replace(known, totp_secret="", is_totp_confirmed=False, totp_step=0, recovery=())


def shown_key(key: ApiKey) -> dict[str, object]:
    """Return what of a key may be told."""
    told: dict[str, object] = msgspec.to_builtins(key)
    del told["secret_sha256"]
    return told


def built_in_roles() -> list[Role]:
    """Return the roles every installation has."""
    return [
        Role(name=name, description=name.replace("_", " "), permissions=permissions, is_built_in=True, version=0)
        for name, permissions in BUILT_IN_ROLES.items()
    ]


def parse_grant(text: str) -> Grant:
    """Read a grant as operators write it: `role`, `role:product` or `role:product:account`.

    Raises: InputError: it has more parts, or an empty one.
    """
    parts = text.split(":")
    if not all(parts) or len(parts) > len(Grant.__struct_fields__):
        message = f"a grant is role, role:product or role:product:account ({EVERY} for every one), was {text!r}"
        raise InputError(message)
    return Grant(*parts)


def _require_free_or_seen(before: msgspec.Struct | None, version: int | None, what: str) -> None:
    if version is not None:
        seen(before, version, what)
    elif before is not None:
        message = f"{what} is there already; change it with the version you saw"
        raise StateConflictError(message)
