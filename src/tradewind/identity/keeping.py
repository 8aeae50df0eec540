"""How acts of people are carried out in the store: once for each key, with a record of who did what to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.domain.act import Act
from tradewind.domain.rights import EVERY
from tradewind.domain.user import Product, Role, User
from tradewind.errors import InputError, StateConflictError
from tradewind.identity.directory import all_roles
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.people import Done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.rights import Grant
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Book

R = TypeVar("R")
K = TypeVar("K", bound=msgspec.Struct)
_REMEMBERED_NS: Final = 7 * 86_400 * NS_PER_S
_FORGET_ABOVE: Final = 1_000


class Who(msgspec.Struct, frozen=True):
    """Who does something, by which door, under which key; the same key again is the same act."""

    actor: str
    source: str
    request_id: str = ""


def once(who: Who, work: Callable[[Book], R], *, kind: type[R], clock: Clock, hide: str = "") -> Callable[[Book], R]:
    """Return `work` so that the same key again gives what the first time gave; field `hide` of it is not kept.

    Raises, when run: StateConflictError: a field was hidden, so it cannot be told again.
    """
    if not who.request_id:
        return work
    own = digest_of(f"{who.actor}\n{who.request_id}")

    def run(book: Book) -> R:
        done = book.find(Done, own)
        if done is not None:
            if hide:
                message = f"this was done already and its {hide} was shown once; begin again with a new Idempotency-Key"
                raise StateConflictError(message)
            return msgspec.json.decode(done.answer, type=kind)
        result = work(book)
        now_ns = clock.now_ns()
        answer = "{}" if hide else msgspec.json.encode(result).decode()
        book.put(Done(request_id=own, answer=answer, ts=now_ns))
        _forget_old(book, now_ns)
        return result

    return run


def act(who: Who, action: str, subject: str, *, act_id: str, ts: int, before: Any = None, after: Any = None) -> Act:  # noqa: ANN401 - any record
    """Return the act for the record."""
    return Act(f"identity-{act_id}", action, who.actor, who.source, subject, _told(before), _told(after), ts)


def seen(record: K | None, version: int, what: str) -> K:
    """Return a record that is as whoever changes it saw it.

    Raises: InputError: there is none. StateConflictError: somebody changed it meanwhile.
    """
    found = there(record, what)
    now = getattr(found, "version", version)
    if now != version:
        message = f"{what} is at version {now}, you saw {version}: somebody changed it meanwhile; read it again"
        raise StateConflictError(message)
    return found


def there(record: K | None, what: str) -> K:
    """Return a record. Raises: InputError: there is none."""
    if record is None:
        message = f"there is no {what}"
        raise InputError(message)
    return record


def require_grants(book: Book, grants: Iterable[Grant]) -> None:
    """Accept grants of roles and products that there are. Raises: InputError: naming the one that is not."""
    roles = all_roles(book.all(Role))
    products = {product.code for product in book.all(Product)}
    for grant in grants:
        if grant.role not in roles:
            message = f"there is no role {grant.role!r}; there are {', '.join(sorted(roles))}"
            raise InputError(message)
        if grant.product_code != EVERY and grant.product_code not in products:
            known = ", ".join(sorted(products)) or "none yet"
            message = f"there is no product {grant.product_code!r}; there are {known}, and {EVERY} for every one"
            raise InputError(message)


def user_named(book: Book, username: str) -> User:
    """Return a user. Raises: InputError: nobody has this name."""
    return there(book.find(User, username.casefold()), f"user {username!r}")


def _told(record: Any) -> str:  # noqa: ANN401 - any record
    return "" if record is None else msgspec.json.encode(record).decode()


def _forget_old(book: Book, now_ns: int) -> None:
    """Forget keys of days ago, once there are many."""
    done = book.all(Done)
    if len(done) > _FORGET_ABOVE:
        for one in done:
            if now_ns - one.ts > _REMEMBERED_NS:
                book.remove(Done, one.request_id)
