"""System 004's user and rights (C-004-4): who the caller is, their roles by product, what these allow."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from tradewind.api.admission import WHOEVER, caller_of, signed_in
from tradewind.api.dialects.hsapi_forms import API, TAGS, answered
from tradewind.api.identity_forms import Reached, reached
from tradewind.api.injected import TheHouse
from tradewind.domain.rights import BUILT_IN_ROLES, EVERY, Grant, Permission, Principal
from tradewind.identity.directory import Directory

_WHOLE_ROLE: Final = "administrator"
_ROLES_OF_ONE: Final = 1_000


class HsapiUserRole(msgspec.Struct, frozen=True, kw_only=True):
    """A UserRoleProduct: a role of theirs for a product and an account, `*` for every one."""

    id: int
    user_id: int
    role: str
    product_code: str
    account_id: str


class HsapiRole(msgspec.Struct, frozen=True, kw_only=True):
    """A Role of theirs, and the permissions it holds."""

    name: str
    description: str
    permissions: list[str]


class HsapiProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A Product they have any right to."""

    code: str
    name: str


class HsapiUser(msgspec.Struct, frozen=True, kw_only=True):
    """A User: who asks. `permissions` is what counts: of an API key only its part of what its owner may."""

    id: int
    username: str
    english_name: str
    chinese_name: str
    email: str
    user_role_products: list[HsapiUserRole]
    roles: list[HsapiRole]
    products: list[HsapiProduct]
    permissions: list[Reached]


@get(f"{API}/user", opt=signed_in(WHOEVER), sync_to_thread=False, tags=TAGS)
def user(request: Request[Any, Any, Any], house: TheHouse) -> Response[Any]:
    """Say who you are: names, roles by product, and what each permission covers."""
    principal = caller_of(request).principal
    directory = house.identity.directory if house.identity is not None else Directory()
    return answered(user_of(principal, directory))


def user_of(principal: Principal, directory: Directory) -> HsapiUser:
    """Return somebody as system 004 knows people; who is no user of ours has the number 0."""
    known = directory.user(principal.username) if principal.user_id else None
    if known is not None:
        grants = directory.grants_of(known)
    else:
        is_whole = all(principal.reach(permission).is_whole for permission in Permission)
        grants = [Grant(_WHOLE_ROLE)] if is_whole else []
    roles = {role.name: role for role in directory.people.roles}
    names = sorted({grant.role for grant in grants})
    return HsapiUser(
        id=principal.user_id,
        username=principal.username,
        english_name="" if known is None else known.english_name,
        chinese_name=principal.name if known is None else known.chinese_name,
        email="" if known is None else known.email,
        user_role_products=[
            HsapiUserRole(
                id=principal.user_id * _ROLES_OF_ONE + place,
                user_id=principal.user_id,
                role=grant.role,
                product_code=grant.product_code,
                account_id=grant.account_id,
            )
            for place, grant in enumerate(grants, 1)
        ],
        roles=[
            HsapiRole(
                name=name,
                description=roles[name].description if name in roles else name.replace("_", " "),
                permissions=sorted(roles[name].permissions if name in roles else BUILT_IN_ROLES.get(name, ())),
            )
            for name in names
        ],
        products=[
            HsapiProduct(code=product.code, name=product.name)
            for product in directory.people.products
            if _sees(principal, product.code)
        ],
        permissions=reached(principal),
    )


def _sees(principal: Principal, product_code: str) -> bool:
    """Say whether any right of theirs is about this product, in whatever account."""
    wanted = {product_code, EVERY}
    return any(product in wanted for reach in principal.reaches.values() for product, _ in reach.pairs)


USER_ROUTES = (user,)
