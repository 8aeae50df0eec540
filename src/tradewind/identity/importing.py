"""How people of another system become users of ours, and follow it afterwards in what came from there.

That system owns their names, their address, the roles it gave and whether it has shut them out; what was granted or
decided here stays. Passwords never come along. What each person was given is kept as the answer to their import, so
that a role taken away there is taken away here, and one given here is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.rights import EVERY, Grant
from tradewind.domain.user import Product, Role, User, UserSource, code_problem, username_problem
from tradewind.identity.directory import all_roles
from tradewind.identity.people import UserChange, add_user, change_user, put_product
from tradewind.identity.tokens import digest_of
from tradewind.stores.people import Done

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tradewind.identity.keeping import Who
    from tradewind.stores.people import Book

_LONGEST_NAME: Final = 100
_LONGEST_ADDRESS: Final = 254
_NEVER_FORGOTTEN: Final = 2**62
"""As a time: answers of imports outlive those of requests, which are forgotten after days."""


class Left(msgspec.Struct, frozen=True):
    """A person or a role of theirs that was not taken over, and why."""

    what: str
    reason: str


class Import(msgspec.Struct, kw_only=True):
    """What came of an import; `gone` were imported before and are not there any more."""

    added: list[User] = []
    changed: list[User] = []
    unchanged: int = 0
    products: list[str] = []
    gone: list[str] = []
    left: list[Left] = []


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How an import is done: `origin` names the other system, `source` says who will judge passwords."""

    origin: str
    source: UserSource
    adds_products: bool = False
    """Make products that are not here yet."""
    disables_gone: bool = False
    """Shut those out who are not there any more."""


class _Given(msgspec.Struct, frozen=True):
    """What somebody has from the other system."""

    username: str
    grants: tuple[Grant, ...] = ()
    is_disabled: bool = False


class _Roll(msgspec.Struct, frozen=True):
    """Everybody who was ever imported from a system."""

    names: tuple[str, ...] = ()


def take_over(book: Book, who: Who, people: Sequence[User], terms: Terms, *, ts: int) -> Import:
    """Make users of people, or bring those up to date who are; whoever cannot be is left out and named.

    Each user added or changed is one act on the record. Done again with nothing new it changes nothing.
    """
    done = Import()
    if terms.adds_products:
        _add_products(book, who, people, done, ts=ts)
    roles, products = set(all_roles(book.all(Role))), {product.code for product in book.all(Product)}
    taken: dict[str, None] = {}
    for person in people:
        problem = username_problem(person.username) or _clash(book, person, terms, taken)
        if problem is not None:
            done.left.append(Left(person.username, problem))
            continue
        taken[person.username.casefold()] = None
        grants = tuple(_possible(person, roles, products, done.left))
        _take(book, who, msgspec.structs.replace(person, grants=grants), terms, done, ts=ts)
    _follow_the_gone(book, who, taken, terms, done, ts=ts)
    return done


def _take(book: Book, who: Who, person: User, terms: Terms, done: Import, *, ts: int) -> None:
    known = book.find(User, person.username.casefold())
    before = _given(book, terms.origin, person.username)
    names = {
        "english_name": person.english_name[:_LONGEST_NAME],
        "chinese_name": person.chinese_name[:_LONGEST_NAME],
        "email": person.email[:_LONGEST_ADDRESS],
    }
    if known is None:
        made = msgspec.structs.replace(person, source=terms.source, **names)
        done.added.append(add_user(book, who, made, password_hash="", ts=ts))
    else:
        own = set(known.grants) - set(() if before is None else before.grants)
        change = UserChange(
            **names,
            grants=tuple(sorted(own | set(person.grants))),
            is_disabled=_is_disabled(known, person, before),
        )
        if all(getattr(known, name) == value for name, value in msgspec.structs.asdict(change).items()):
            done.unchanged += 1
        else:
            done.changed.append(change_user(book, who, known.username, change, version=None, ts=ts))
    _keep(book, terms.origin, _Given(person.username, person.grants, person.is_disabled))


def _is_disabled(known: User, person: User, before: _Given | None) -> bool:
    """Say whether somebody is shut out: the other system takes back only what it did itself."""
    if person.is_disabled:
        return True
    return known.is_disabled and not (before is not None and before.is_disabled)


def _clash(book: Book, person: User, terms: Terms, taken: Iterable[str]) -> str | None:
    """Say why a name cannot be taken over, `None` if it can."""
    key = person.username.casefold()
    if key in taken:
        return "somebody before them has this name, but for capitals"
    known = book.find(User, key)
    if known is not None and known.source == "local" and _given(book, terms.origin, key) is None:
        return "a user made here has this name; nobody is taken for them (rename or remove one of the two)"
    return None


def _possible(person: User, roles: set[str], products: set[str], left: list[Left]) -> Iterable[Grant]:
    """Yield the roles of somebody that can be given here, and name the others."""
    for grant in person.grants:
        what = f"{person.username} {grant.role}:{grant.product_code}:{grant.account_id}"
        if grant.role not in roles:
            left.append(Left(what, f"there is no role {grant.role!r} here; map it (databases.dataweb_read.roles)"))
        elif grant.product_code != EVERY and grant.product_code not in products:
            left.append(Left(what, f"there is no product {grant.product_code!r} here; make it, or --add-products"))
        elif not 0 < len(grant.account_id) <= 50:  # noqa: PLR2004 - as the store's column
            left.append(Left(what, "the account's name is longer than 50 characters"))
        else:
            yield grant


def _add_products(book: Book, who: Who, people: Iterable[User], done: Import, *, ts: int) -> None:
    known = {product.code for product in book.all(Product)}
    wanted = {grant.product_code for person in people for grant in person.grants} - known - {EVERY}
    for code in sorted(wanted):
        if code_problem(code, "the code of a product") is None:
            put_product(book, who, Product(code=code, name=code), version=None, ts=ts)
            done.products.append(code)


def _follow_the_gone(book: Book, who: Who, taken: Iterable[str], terms: Terms, done: Import, *, ts: int) -> None:
    """Name those who were there at an earlier import and are not now; shut them out where that is asked for."""
    key = _key(terms.origin, "")
    kept = book.find(Done, key)
    roll = msgspec.json.decode(kept.answer, type=_Roll) if kept is not None else _Roll()
    here = set(taken)
    left = {each.what.casefold() for each in done.left}
    for name in roll.names:
        known = book.find(User, name)
        if name in here or name in left or known is None or known.is_disabled:
            continue
        done.gone.append(known.username)
        if terms.disables_gone:
            done.changed.append(
                change_user(book, who, known.username, UserChange(is_disabled=True), version=None, ts=ts)
            )
            before = _given(book, terms.origin, name) or _Given(name)
            _keep(book, terms.origin, msgspec.structs.replace(before, is_disabled=True))
    names = tuple(sorted({*roll.names, *here}))
    if names != roll.names:
        book.put(Done(request_id=key, answer=msgspec.json.encode(_Roll(names)).decode(), ts=_NEVER_FORGOTTEN))


def _given(book: Book, origin: str, username: str) -> _Given | None:
    kept = book.find(Done, _key(origin, username))
    return None if kept is None else msgspec.json.decode(kept.answer, type=_Given)


def _keep(book: Book, origin: str, given: _Given) -> None:
    answer = msgspec.json.encode(given).decode()
    book.put(Done(request_id=_key(origin, given.username), answer=answer, ts=_NEVER_FORGOTTEN))


def _key(origin: str, username: str) -> str:
    # A request's key holds one line break and no more, so that none is ever this one.
    return digest_of(f"import\n{origin}\n{username.casefold()}")
