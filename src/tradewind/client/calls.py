"""One call of REST as a value: what to send and what comes back; who sends it, and who waits, is not its matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from tradewind.kernel.ids import new_secret

T = TypeVar("T")
_KEY_LENGTH = 32


class Lookup(msgspec.Struct, Generic[T], frozen=True):
    """How to find out what came of an act whose answer was lost: ask, and pick it; `None`: it is not there."""

    call: Call[Any]
    pick: Callable[[Any], T | None]


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One request. `key` is that of an act, which is never sent twice; empty for a question."""

    method: str
    path: str
    answer: Any
    """The type of what comes back; `None` for nothing."""
    body: bytes = b""
    key: str = ""
    lookup: Lookup[T] | None = None
    then: Callable[[Any], T] | None = None
    """What is made of the answer, where it is not the answer itself."""


class Pages(msgspec.Struct, Generic[T], frozen=True):
    """A list that comes in pages: `page(place)` asks for one, `rows` are its entries, `next_of` is the next place.

    A place that is empty, 0 or `None` is the end.
    """

    page: Callable[[Any], Call[Any]]
    rows: Callable[[Any], Sequence[T]]
    next_of: Callable[[Any], Any]
    first: Any = ""


def at(template: str, *parts: str | int) -> str:
    """Return a path with its `{}` filled; what a part holds never makes another path of it."""
    return template.format(*(quote(str(part), safe="") for part in parts))


def ask(path: str, answer: Any, **query: object) -> Call[Any]:  # noqa: ANN401 - any type
    """Return a question; what is `None` or empty is left out of its query."""
    told = {name: _told(value) for name, value in query.items() if value is not None and value != ""}
    return Call(method="GET", path=f"{path}?{urlencode(told)}" if told else path, answer=answer)


def judge(path: str, answer: Any, body: object) -> Call[Any]:  # noqa: ANN401 - any type
    """Return a question that is too long for a query: it is sent as a body, and changes nothing."""
    return Call(method="POST", path=path, answer=answer, body=msgspec.json.encode(body))


def act(
    path: str,
    answer: Any,  # noqa: ANN401 - any type
    body: object = None,
    *,
    key: str = "",
    method: str = "POST",
    lookup: Lookup[Any] | None = None,
) -> Call[Any]:
    """Return an act, under a key of its own unless one is given."""
    encoded = b"" if body is None else msgspec.json.encode(body)
    return Call(method=method, path=path, answer=answer, body=encoded, key=key or new_key(), lookup=lookup)


def new_key() -> str:
    """Return a key for an act: random, so that nobody else's is the same."""
    return new_secret()[:_KEY_LENGTH]


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
