"""Users, roles, products and group grants; for who may administer.

What is made needs an `Idempotency-Key`; what is changed names the version that was seen and is answered 409 when
somebody changed it meanwhile.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.answers import found
from tradewind.api.idempotency import signed
from tradewind.api.identity_forms import (
    GivenPasswordForm,
    GroupGrantChangeForm,
    GroupGrantForm,
    KeyView,
    MappingForm,
    PreviewView,
    ProductForm,
    RoleForm,
    UserChangeForm,
    UserForm,
    reached,
)
from tradewind.api.injected import TheHouse
from tradewind.api.routes.me import key_view, office_of
from tradewind.api.strictness import strictly
from tradewind.domain.rights import Permission
from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.identity.office import GroupEffect
from tradewind.identity.people import UserChange, built_in_roles

_ADMINISTER: Final = signed_in(Permission.ADMINISTER)
_TAGS: Final = ["administration"]
Web = Request[Any, Any, Any]
Seen = Annotated[int, QueryParameter(name="version", ge=0, description="The version you saw.")]


@get("/api/v1/admin/users", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def users(house: TheHouse) -> list[User]:
    """List users with their grants."""
    return list(office_of(house).directory.people.users)


@post("/api/v1/admin/users", opt=_ADMINISTER, status_code=201, tags=_TAGS)
async def add_user(request: Web, house: TheHouse, data: JSONBody[UserForm]) -> User:
    """Make a user; a local one gets a password to be changed at the first sign-in."""
    form = await strictly(request, data)
    user = User(
        user_id=0,
        username=form.username,
        english_name=form.english_name,
        chinese_name=form.chinese_name,
        email=form.email,
        language=form.language,
        source=form.source,
        grants=tuple(one.grant for one in form.grants),
    )
    return await office_of(house).add_user(signed(request, needs_key=True), user, form.password)


@put("/api/v1/admin/users/{username:str}", opt=_ADMINISTER, tags=_TAGS)
async def change_user(request: Web, house: TheHouse, username: FromPath[str], data: JSONBody[UserChangeForm]) -> User:
    """Change names, grants, or whether somebody may come in; who is disabled is out within a second."""
    form = await strictly(request, data)
    grants = None if form.grants is None else tuple(one.grant for one in form.grants)
    change = UserChange(
        english_name=form.english_name,
        chinese_name=form.chinese_name,
        email=form.email,
        is_disabled=form.is_disabled,
        grants=grants,
    )
    return await office_of(house).change_user(signed(request), username, change, form.version)


@post("/api/v1/admin/users/{username:str}/password", opt=_ADMINISTER, status_code=200, tags=_TAGS)
async def give_password(
    request: Web, house: TheHouse, username: FromPath[str], data: JSONBody[GivenPasswordForm]
) -> User:
    """Give somebody a one-time password, or take their second factor off; their sessions end."""
    form = await strictly(request, data)
    who = signed(request, needs_key=True)
    return await office_of(house).give_password(who, username, form.password, no_totp=form.remove_totp)


@get("/api/v1/admin/users/{username:str}/preview", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def preview(house: TheHouse, username: FromPath[str]) -> PreviewView:
    """Say what somebody would see and might do: each permission with its products and accounts."""
    directory = office_of(house).directory
    user = found(directory.user(username), what="user", name=username)
    return PreviewView(
        username=user.username,
        may_come_in=user.may_come_in,
        must_change_password=user.user_id in directory.people.must_change,
        grants=directory.grants_of(user),
        permissions=reached(directory.preview(user)),
    )


@get("/api/v1/admin/roles", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def roles(house: TheHouse) -> list[Role]:
    """List roles: those built in, which never change, then those of this installation."""
    return [*built_in_roles(), *office_of(house).directory.people.roles]


@put("/api/v1/admin/roles/{name:str}", opt=_ADMINISTER, tags=_TAGS)
async def put_role(request: Web, house: TheHouse, name: FromPath[str], data: JSONBody[RoleForm]) -> Role:
    """Make a role, or change one (with the `version` you saw)."""
    form = await strictly(request, data)
    role = Role(name=name, description=form.description, permissions=form.permissions)
    return await office_of(house).put_role(signed(request), role, form.version)


@delete("/api/v1/admin/roles/{name:str}", opt=_ADMINISTER, tags=_TAGS)
async def remove_role(request: Web, house: TheHouse, name: FromPath[str], version: Seen) -> None:
    """Take a role away that nobody has."""
    await office_of(house).remove_role(signed(request), name, version)


@get("/api/v1/admin/products", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def products(house: TheHouse) -> list[Product]:
    """List products with the accounts that are theirs alone."""
    return list(office_of(house).directory.people.products)


@put("/api/v1/admin/products/{code:str}", opt=_ADMINISTER, tags=_TAGS)
async def put_product(request: Web, house: TheHouse, code: FromPath[str], data: JSONBody[ProductForm]) -> Product:
    """Make a product, or change one (with the `version` you saw)."""
    form = await strictly(request, data)
    product = Product(code=code, name=form.name, sole_accounts=form.sole_accounts, is_active=form.is_active)
    return await office_of(house).put_product(signed(request), product, form.version)


@get("/api/v1/admin/group-grants", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def group_grants(house: TheHouse) -> list[GroupGrant]:
    """List what groups of the directory server may do."""
    return list(office_of(house).directory.people.group_grants)


@post("/api/v1/admin/group-grants", opt=_ADMINISTER, status_code=201, tags=_TAGS)
async def add_group_grant(request: Web, house: TheHouse, data: JSONBody[GroupGrantForm]) -> GroupGrant:
    """Say what a group of the directory server may do."""
    grant = _group_grant(await strictly(request, data))
    return await office_of(house).put_group_grant(signed(request, needs_key=True), grant, None)


@put("/api/v1/admin/group-grants/{grant_id:int}", opt=_ADMINISTER, tags=_TAGS)
async def change_group_grant(
    request: Web, house: TheHouse, grant_id: FromPath[int], data: JSONBody[GroupGrantChangeForm]
) -> GroupGrant:
    """Change it."""
    form = await strictly(request, data)
    grant = msgspec.structs.replace(_group_grant(form), grant_id=grant_id)
    return await office_of(house).put_group_grant(signed(request), grant, form.version)


@delete("/api/v1/admin/group-grants/{grant_id:int}", opt=_ADMINISTER, tags=_TAGS)
async def remove_group_grant(request: Web, house: TheHouse, grant_id: FromPath[int], version: Seen) -> None:
    """Take it back."""
    await office_of(house).remove_group_grant(signed(request), grant_id, version)


@post("/api/v1/admin/group-grants/preview", opt=_ADMINISTER, status_code=200, tags=_TAGS)
async def try_group_grants(request: Web, house: TheHouse, data: JSONBody[MappingForm]) -> list[GroupEffect]:
    """Say for whom this mapping, in place of the present one, would change what; nothing is changed."""
    form = await strictly(request, data)
    return office_of(house).try_group_grants([_group_grant(one) for one in form.group_grants])


@get("/api/v1/admin/groups/{username:str}", opt=_ADMINISTER, tags=_TAGS)
async def groups_of(house: TheHouse, username: FromPath[str]) -> list[str]:
    """Ask the directory server for somebody's groups, as a mapping would name them."""
    return await office_of(house).groups_of(username)


@get("/api/v1/admin/keys", opt=_ADMINISTER, sync_to_thread=False, tags=_TAGS)
def keys(house: TheHouse) -> list[KeyView]:
    """List everybody's API keys, newest first."""
    office = office_of(house)
    return [key_view(key, office) for key in office.keys_of()]


@delete("/api/v1/admin/keys/{key_id:str}", opt=_ADMINISTER, tags=_TAGS)
async def revoke_any_key(request: Web, house: TheHouse, key_id: FromPath[str]) -> None:
    """Revoke anybody's API key."""
    await office_of(house).revoke_key(signed(request), key_id, of=None)


def _group_grant(form: GroupGrantForm) -> GroupGrant:
    return GroupGrant(
        grant_id=0,
        group_name=form.group,
        role=form.role,
        product_code=form.product_code,
        account_id=form.account_id,
    )


ADMIN_ROUTES = (
    users, add_user, change_user, give_password, preview, roles, put_role, remove_role, products, put_product,
    group_grants, add_group_grant, change_group_grant, remove_group_grant, try_group_grants, groups_of, keys,
    revoke_any_key,
)  # fmt: skip
