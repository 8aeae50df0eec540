"""People, roles and products as the record knows them. Source: C-004-7 (User, Role, Product, UserRoleProduct)."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.domain.rights import Grant, Permission

UserSource = Literal["local", "ldap"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in. `username` never changes and is what the record of acts shows; secrets stand elsewhere.

    `source` says who judges the password: ourselves, or the directory server. Times in ns UTC.
    """

    user_id: int
    username: str
    english_name: str = ""
    chinese_name: str = ""
    email: str = ""
    source: UserSource = "local"
    language: Literal["zh", "en"] = "zh"
    is_disabled: bool = False
    has_totp: bool = False
    grants: tuple[Grant, ...] = ()
    version: int = 1
    created_at: int = 0
    updated_at: int = 0

    @property
    def name(self) -> str:
        """Return what people call them."""
        return self.chinese_name or self.english_name or self.username


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A set of permissions with a name; those built in never change."""

    name: str
    description: str
    permissions: frozenset[Permission]
    is_built_in: bool = False
    version: int = 1


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A fund. `sole_accounts` are the accounts it has to itself: their rows as a whole are its own too."""

    code: str
    name: str
    sole_accounts: tuple[str, ...] = ()
    is_active: bool = True
    version: int = 1
