"""The manners of the chat: whose rooms are whose, what a text may be, who is meant by an @, how fast one may write."""

from __future__ import annotations

import unicodedata
from collections import deque
from typing import TYPE_CHECKING, Final

from tradewind.domain.chat import ALL_ROOM, LONGEST_TEXT
from tradewind.domain.rights import EVERY, Permission
from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tradewind.domain.rights import Principal
    from tradewind.domain.user import User
    from tradewind.notices.ports import People

_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows: a text could look like another."""
_BREAKS: Final = frozenset("\n\t")
_PEOPLE_REMEMBERED: Final = 10_000


def rooms_of(principal: Principal, products: Sequence[str]) -> list[str]:
    """Return somebody's rooms: that of all first, then those of their products."""
    if not principal.may_somewhere(Permission.CHAT):
        return []
    return [ALL_ROOM, *(code for code in products if code != ALL_ROOM and may_enter(principal, code))]


def may_enter(principal: Principal, room: str) -> bool:
    """Say whether somebody may read and write in a room; with one account of a product they belong to its room."""
    if room == ALL_ROOM:
        return principal.may_somewhere(Permission.CHAT)
    return any(product in {EVERY, room} for product, _ in principal.reach(Permission.CHAT).pairs)


def members(room: str, people: People) -> list[User]:
    """Return who may enter a room, without those who are shut out."""
    return [
        user
        for user in people.users()
        if not user.is_disabled
        and (principal := people.principal(user.username)) is not None
        and may_enter(principal, room)
    ]


def clean_text(text: str) -> str:
    """Return a text as it is kept: lines, no control characters, nothing that turns its direction.

    Raises: InputError: nothing is left, or it is too long.
    """
    kept = "".join(mark for mark in text.replace("\r\n", "\n") if _may_stand(mark)).strip()
    if not kept:
        message = "text must say something, was empty"
        raise InputError(message)
    if len(kept) > LONGEST_TEXT:
        message = f"text must have at most {LONGEST_TEXT} characters, had {len(kept)}"
        raise InputError(message)
    return kept


def mentioned(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return whose names stand behind an @, each once, in order; `names` maps what people are called to usernames.

    The longest name that fits is meant, since Chinese has no spaces: "@王小明请看" is 王小明 and not 王小. An @ in the
    middle of a word, as in an address, means nobody; neither does one before the beginning of a longer Latin word.
    """
    found: dict[str, None] = {}
    longest = max(map(len, names), default=0)
    place = text.find("@")
    while place >= 0:
        if not (place and _is_latin(text[place - 1])):
            rest = text[place + 1 : place + 2 + longest]
            for length in range(min(longest, len(rest)), 0, -1):
                username = names.get(rest[:length])
                goes_on = _is_latin(rest[length - 1]) and length < len(rest) and _is_latin(rest[length])
                if username is not None and not goes_on:
                    found[username] = None
                    break
        place = text.find("@", place + 1)
    return tuple(found)


def names_of(users: Iterable[User]) -> dict[str, str]:
    """Return what people may be called after an @; a name that two share means neither, a username always its own."""
    called: dict[str, str | None] = {}
    users = list(users)
    for user in users:
        for name in {user.chinese_name, user.english_name} - {""}:
            called[name] = None if name in called else user.username
    called.update({user.username: user.username for user in users})
    return {name: username for name, username in called.items() if username is not None}


class Pace:
    """How many messages somebody may write in a while; remembers a bounded number of people."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._written: dict[str, deque[float]] = {}

    def wait_s(self, username: str, now_s: float) -> float:
        """Count one message now and return 0, or return how long to wait and count nothing."""
        moments = self._written.pop(username, None) or deque(maxlen=self._count)
        # Whoever wrote last stands last: the one silent for longest is forgotten first.
        self._written[username] = moments
        if len(self._written) > _PEOPLE_REMEMBERED:
            del self._written[next(iter(self._written))]
        if len(moments) == self._count and now_s - moments[0] < self._seconds:
            return self._seconds - (now_s - moments[0])
        moments.append(now_s)
        return 0.0


def _may_stand(mark: str) -> bool:
    return mark in _BREAKS or (unicodedata.category(mark) not in {"Cc", "Cs", "Zl", "Zp"} and mark not in _TURNING)


def _is_latin(mark: str) -> bool:
    return mark.isascii() and (mark.isalnum() or mark in "_.-")
