"""Answers about who one is."""

from __future__ import annotations

import msgspec

from tradewind.domain.user import UserSource


class SourceInfo(msgspec.Struct, frozen=True):
    """Where the ticks come from: `simulator`, `replay` …, and what exactly."""

    kind: str
    name: str


class Session(msgspec.Struct, frozen=True):
    """Who you are, and what a client needs to know to begin.

    `csrf` goes into the header X-CSRF-Token of every request that changes something (empty for token holders).
    """

    identity: str
    name: str
    """As people call them."""
    session_id: str | None
    csrf: str
    push_url: str
    version: str
    source: SourceInfo
    features: dict[str, bool]
    reconnect_tries: int
    permissions: dict[str, list[tuple[str, str]]]
    """What the caller may do, each with the (product, account) it covers, `*` for every one."""
    is_alone: bool = False
    """The access token's holder, and there is no user who could approve what they write."""


class Ticket(msgspec.Struct, frozen=True):
    """A ticket for one WebSocket: offer the subprotocols `tradewind` and `ticket.<ticket>`."""

    ticket: str
    expires_at: int


class Reached(msgspec.Struct, frozen=True):
    """What a permission covers, as pairs of product and account; `*` for every one, `""` for an account as a whole."""

    permission: str
    is_whole: bool
    pairs: list[tuple[str, str]]


class MeView(msgspec.Struct, frozen=True, kw_only=True):
    """Who you are and what you may do. `user_id` 0: the access token's holder, who is no user."""

    user_id: int
    username: str
    name: str
    english_name: str = ""
    chinese_name: str = ""
    email: str = ""
    source: UserSource = "local"
    has_totp: bool = False
    must_change_password: bool = False
    permissions: list[Reached]


class PersonView(msgspec.Struct, frozen=True):
    """Somebody by user name, and what they are called; a name that nobody has given is ""."""

    username: str
    chinese_name: str
    english_name: str


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """An API key without its secret; times in ns UTC, `used_at` 0: never."""

    key_id: str
    name: str
    username: str
    permissions: list[str]
    products: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int
    used_from: str
