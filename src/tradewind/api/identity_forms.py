"""The bodies of requests about users, roles, products and oneself, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.rights import EVERY, Grant, Permission, Principal
from tradewind.domain.user import UserSource

Name = Annotated[str, Meta(max_length=100)]
Code = Annotated[str, Meta(min_length=1, max_length=32)]
ProductCode = Annotated[str, Meta(min_length=1, max_length=50)]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
Version = Annotated[int, Meta(ge=0, description="The version you saw; somebody's change meanwhile is answered 409.")]


class GrantForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role for a product and an account; `*` for every one."""

    role: Code
    product_code: ProductCode = EVERY
    account_id: ProductCode = EVERY

    @property
    def grant(self) -> Grant:
        """Return it as the domain has it."""
        return Grant(self.role, self.product_code, self.account_id)


Grants = Annotated[tuple[GrantForm, ...], Meta(max_length=1_000)]


class UserForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user; `password` is one-time and must be changed at the first sign-in."""

    username: Annotated[str, Meta(min_length=1, max_length=32)]
    english_name: Name = ""
    chinese_name: Name = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    language: Literal["zh", "en"] = "zh"
    source: UserSource = "local"
    password: Password | None = None
    grants: Grants = ()

    def __post_init__(self) -> None:
        """Accept a password for who is kept here alone."""
        if (self.source == "local") != (self.password is not None):
            message = "`password` is for local users, who need one; the directory server keeps the others'"
            raise ValueError(message)


class UserChangeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of a user; what is left out stays."""

    version: Version
    english_name: Name | None = None
    chinese_name: Name | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    is_disabled: bool | None = None
    grants: Grants | None = None


class GivenPasswordForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time password for somebody, their second factor taken off, or both."""

    password: Password | None = None
    remove_totp: bool = False


class RoleForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role of one's own."""

    description: Annotated[str, Meta(max_length=500)] = ""
    permissions: frozenset[Permission]
    version: Version | None = None


class ProductForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product (fund); `sole_accounts` belong to it alone."""

    name: Name
    sole_accounts: Annotated[tuple[ProductCode, ...], Meta(max_length=1_000)] = ()
    is_active: bool = True
    version: Version | None = None


class VersionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that was seen of what is to be removed."""

    version: Version


class GroupGrantForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a group of the directory server may do; `group` is its DN or its first value."""

    group: Annotated[str, Meta(min_length=1, max_length=500)]
    role: Code
    product_code: ProductCode = EVERY
    account_id: ProductCode = EVERY


class GroupGrantChangeForm(GroupGrantForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for one there is."""

    version: Version


class MappingForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole mapping of groups, to be tried and not kept."""

    group_grants: Annotated[tuple[GroupGrantForm, ...], Meta(max_length=1_000)]


class PasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's present password, to prove that it is oneself."""

    password: Password


class NewPasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password in place of the present one."""

    password: Password
    new_password: Password


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that one's app shows now."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]


class KeyForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API key: what its program may do, for which products (none: all of yours), for how many days."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    permissions: Annotated[frozenset[Permission], Meta(min_length=1)]
    products: Annotated[tuple[ProductCode, ...], Meta(max_length=100)] = ()
    days: Annotated[int, Meta(ge=1, le=3_660)] = 90


class Reached(msgspec.Struct, frozen=True):
    """What a permission covers, as pairs of product and account; `*` for every one, `""` for an account as a whole."""

    permission: Permission
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
    permissions: list[Permission]
    products: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int
    used_from: str


class NewKeyView(msgspec.Struct, frozen=True):
    """A new API key; `secret` is shown this once: `Authorization: Bearer <secret>`."""

    key: KeyView
    secret: str


class TicketView(msgspec.Struct, frozen=True):
    """A ticket for one WebSocket: offer the subprotocols `tradewind` and `ticket.<ticket>`."""

    ticket: str
    expires_at: int


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would see and might do, were they to come in now."""

    username: str
    may_come_in: bool
    must_change_password: bool
    """They may do nothing of this until they have changed the password somebody gave them."""
    grants: list[Grant]
    permissions: list[Reached]


def reached(principal: Principal) -> list[Reached]:
    """Return what each permission of somebody covers, in the order of their declaration."""
    return [
        Reached(permission, principal.reach(permission).is_whole, sorted(principal.reach(permission).pairs))
        for permission in Permission
        if principal.reach(permission)
    ]
