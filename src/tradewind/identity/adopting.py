"""How people of the directory server become users of ours, and follow what the server says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.user import User, username_problem
from tradewind.errors import InputError
from tradewind.identity.keeping import Who, act
from tradewind.identity.people import end_sessions
from tradewind.kernel.ids import new_epoch
from tradewind.stores.people import Credentials

if TYPE_CHECKING:
    from tradewind.identity.ports import LdapPerson
    from tradewind.stores.people import Book


def adopt(book: Book, who: Who, person: LdapPerson, *, ts: int) -> User:
    """Return the user of somebody the directory server vouched for: made at the first time, brought up to date later.

    Raises: InputError: their name cannot be one here, or a local user has it.
    """
    problem = username_problem(person.username)
    if problem is not None:
        raise InputError(problem)
    known = book.find(User, person.username.casefold())
    if known is None:
        made = _as_told(User(user_id=book.next_id(User), username=person.username, source="ldap"), person)
        made = msgspec.structs.replace(made, created_at=ts, updated_at=ts)
        book.put(made)
        book.put(Credentials(user_id=made.user_id))
        book.note(act(who, "user_added", made.username, act_id=new_epoch(), ts=ts, after=made))
        return made
    if known.source != "ldap":
        message = f"{known.username!r} is a local user; the directory server does not speak for them"
        raise InputError(message)
    told = _as_told(known, person)
    if told == known:
        return known
    told = msgspec.structs.replace(told, version=known.version + 1, updated_at=ts)
    book.put(told)
    book.note(act(who, "user_changed", told.username, act_id=new_epoch(), ts=ts, before=known, after=told))
    return told


def shut_out(book: Book, who: Who, user: User, *, reason: str, ts: int) -> None:
    """Let nothing of somebody go on whom the directory server has locked or knows no more: no session, no key.

    The next sign-in that it vouches for ends this.
    """
    now = book.find(User, user.username.casefold())
    if now is None or now.is_shut_out or now.source != "ldap":
        return
    end_sessions(book, user.user_id)
    after = msgspec.structs.replace(now, is_shut_out=True, version=now.version + 1, updated_at=ts)
    book.put(after)
    book.note(act(who, "user_shut_out", user.username, act_id=new_epoch(), ts=ts, before=now, after={"reason": reason}))


def _as_told(user: User, person: LdapPerson) -> User:
    return msgspec.structs.replace(
        user,
        english_name=person.english_name[:100],
        chinese_name=person.chinese_name[:100],
        email=person.email[:254],
        is_shut_out=False,
        groups=tuple(sorted(group[:500] for group in person.groups)),
    )
