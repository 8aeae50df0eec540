"""People, roles and products as the record knows them. Source: C-004-7 (User, Role, Product, UserRoleProduct)."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from tradewind.domain.rights import Grant, Permission

UserSource = Literal["local", "ldap"]
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_RESERVED: Final = frozenset({"administrator", "anonymous", "platform", "seed-client", "system", "root", "token"})
"""Names by which the record knows who is no user: nobody may be taken for them."""
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


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
    is_shut_out: bool = False
    """The directory server has locked them, or knows them no more; its own word at a later sign-in ends it."""
    has_totp: bool = False
    grants: tuple[Grant, ...] = ()
    groups: tuple[str, ...] = ()
    """Groups of the directory server they were in when it was asked last; `GroupGrant` says what these give."""
    version: int = 1
    created_at: int = 0
    updated_at: int = 0

    @property
    def may_come_in(self) -> bool:
        """True where neither an administrator nor the directory server has shut them out."""
        return not (self.is_disabled or self.is_shut_out)

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


class GroupGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody in a group of the directory server may do: a role, for a product and an account.

    `group_name` is the group's DN, or its first value alone (`traders` for `cn=traders,ou=groups,dc=desk`); letters
    compare without case.
    """

    grant_id: int
    group_name: str
    role: str
    product_code: str
    account_id: str
    version: int = 1

    @property
    def grant(self) -> Grant:
        """Return what it gives."""
        return Grant(self.role, self.product_code, self.account_id)

    def is_for(self, groups: tuple[str, ...]) -> bool:
        """Say whether somebody in these groups gets it."""
        own = self.group_name.casefold()
        return any(own in {group.casefold(), first_value(group).casefold()} for group in groups)


def first_value(dn: str) -> str:
    """Return the first value of a distinguished name: `traders` of `cn=traders,ou=groups`."""
    return re.split(r"(?<!\\),", dn, maxsplit=1)[0].partition("=")[2]


def username_problem(username: str) -> str | None:
    """Say what is wrong with a name somebody is to sign in by, `None` if nothing is."""
    if not _USERNAME.fullmatch(username):
        allowed = "1 to 32 letters, digits, dots, dashes or underscores, a letter or digit first"
        return f"a username is {allowed}, was {username[:64]!r}"
    if username.casefold() in _RESERVED:
        return f"the username {username!r} is one of the platform's own; take another"
    return None


def code_problem(code: str, what: str) -> str | None:
    """Say what is wrong with the name of a role or the code of a product, `None` if nothing is."""
    if _CODE.fullmatch(code):
        return None
    return f"{what} is 1 to 32 letters, digits, dashes or underscores, was {code[:64]!r}"
