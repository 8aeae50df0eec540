"""One's own affairs: who one is, password, second factor, API keys, tickets for sockets."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, JSONBody

from tradewind.api.admission import WHOEVER, Caller, caller_of, signed_in
from tradewind.api.idempotency import signed
from tradewind.api.identity_forms import (
    CodeForm,
    KeyForm,
    KeyView,
    MeView,
    NewKeyView,
    NewPasswordForm,
    PasswordForm,
    TicketView,
    reached,
)
from tradewind.api.injected import TheHouse
from tradewind.api.own_desk_forms import OwnDeskForm, OwnDeskView, SaveDeskForm, SavedView
from tradewind.api.ports import House
from tradewind.api.strictness import strictly
from tradewind.domain.rights import Permission
from tradewind.errors import InputError, NotAllowedError, TransientError
from tradewind.identity.directory import Directory
from tradewind.identity.office import Enrolment, IdentityOffice
from tradewind.stores.people import ApiKey

_WHOEVER: Final = signed_in(WHOEVER)
_TAGS: Final = ["me"]
Web = Request[Any, Any, Any]


@get("/api/v1/me", opt=_WHOEVER, sync_to_thread=False, tags=_TAGS)
def me(request: Web, house: TheHouse) -> MeView:
    """Say who you are, and what you may do with which products and accounts."""
    principal = caller_of(request).principal
    directory = house.identity.directory if house.identity is not None else Directory()
    user = directory.user(principal.username) if principal.user_id else None
    permissions = reached(principal)
    if user is None:
        return MeView(user_id=0, username=principal.username, name=principal.name, permissions=permissions)
    return MeView(
        user_id=user.user_id,
        username=user.username,
        name=user.name,
        english_name=user.english_name,
        chinese_name=user.chinese_name,
        email=user.email,
        source=user.source,
        has_totp=user.has_totp,
        must_change_password=user.user_id in directory.people.must_change,
        permissions=permissions,
    )


@post("/api/v1/me/password", opt=_WHOEVER, status_code=204, tags=_TAGS)
async def change_password(request: Web, house: TheHouse, data: JSONBody[NewPasswordForm]) -> None:
    """Change your password; every other session of yours ends."""
    form, caller = await strictly(request, data), _in_person(request)
    await office_of(house).change_password(
        signed(request), caller.principal, form.password, form.new_password, keep=caller.session_id or ""
    )


@post("/api/v1/me/totp", opt=_WHOEVER, status_code=200, tags=_TAGS)
async def begin_totp(request: Web, house: TheHouse) -> Enrolment:
    """Begin a second factor; it counts once a code was confirmed."""
    return await office_of(house).begin_totp(signed(request), _in_person(request).principal)


@post("/api/v1/me/totp/confirm", opt=_WHOEVER, status_code=200, tags=_TAGS)
async def confirm_totp(request: Web, house: TheHouse, data: JSONBody[CodeForm]) -> list[str]:
    """Confirm the second factor with a code; answers recovery codes, shown this once."""
    form = await strictly(request, data)
    return await office_of(house).confirm_totp(signed(request), _in_person(request).principal, form.code)


@post("/api/v1/me/totp/remove", opt=_WHOEVER, status_code=204, tags=_TAGS)
async def remove_totp(request: Web, house: TheHouse, data: JSONBody[PasswordForm]) -> None:
    """Take your second factor off."""
    form = await strictly(request, data)
    await office_of(house).remove_totp(signed(request), _in_person(request).principal, form.password)


@get("/api/v1/me/keys", opt=_WHOEVER, sync_to_thread=False, tags=_TAGS)
def my_keys(request: Web, house: TheHouse) -> list[KeyView]:
    """List your API keys, newest first."""
    principal, office = caller_of(request).principal, office_of(house)
    return [key_view(key, office) for key in office.keys_of(of=principal)] if principal.user_id else []


@post("/api/v1/me/keys", opt=_WHOEVER, status_code=201, tags=_TAGS)
async def add_key(request: Web, house: TheHouse, data: JSONBody[KeyForm]) -> NewKeyView:
    """Make an API key for a program: part of what you may do, until a day. Its secret is shown this once."""
    form, office = await strictly(request, data), office_of(house)
    made = await office.add_key(
        signed(request, needs_key=True),
        _in_person(request).principal,
        name=form.name,
        permissions=form.permissions,
        products=form.products,
        days=form.days,
    )
    return NewKeyView(key_view(made.key, office), made.secret)


@delete("/api/v1/me/keys/{key_id:str}", opt=_WHOEVER, tags=_TAGS)
async def revoke_key(request: Web, house: TheHouse, key_id: FromPath[str]) -> None:
    """Revoke an API key of yours; what it opened closes within a second."""
    await office_of(house).revoke_key(signed(request), key_id, of=_in_person(request).principal)


@post("/api/v1/tickets", opt=_WHOEVER, status_code=201, tags=_TAGS)
async def make_ticket(request: Web, house: TheHouse) -> TicketView:
    """Make a one-time ticket for a WebSocket, good for half a minute, in the name of this sign-in."""
    caller, office = caller_of(request), office_of(house)
    opened_by = caller.session_id or ""
    if not opened_by.startswith("key:"):
        opened_by = office.session_digest(opened_by) if opened_by else house.gate.token_handle()
    secret, expires_at = await office.make_ticket(opened_by)
    return TicketView(secret, expires_at)


@get("/api/v1/me/desk", opt=_WHOEVER, tags=_TAGS)
async def my_desk(request: Web, house: TheHouse) -> OwnDeskView:
    """Read your watch-lists and layouts."""
    kept = await office_of(house).desk_of(caller_of(request).principal)
    if kept is None:
        return OwnDeskView(0, OwnDeskForm())
    return OwnDeskView(kept.version, msgspec.json.decode(kept.content, type=OwnDeskForm))


@put("/api/v1/me/desk", opt=_WHOEVER, tags=_TAGS)
async def save_my_desk(request: Web, house: TheHouse, data: JSONBody[SaveDeskForm]) -> SavedView:
    """Save your watch-lists and layouts in place of the version you saw; 409 when another machine saved meanwhile."""
    form = await strictly(request, data)
    content = msgspec.json.encode(form.desk).decode()
    kept = await office_of(house).save_desk(signed(request), caller_of(request).principal, content, form.version)
    return SavedView(kept.version)


def key_view(key: ApiKey, office: IdentityOffice) -> KeyView:
    """Return a key without its secret's hash."""
    owner = next((user for user in office.directory.people.users if user.user_id == key.user_id), None)
    return KeyView(
        key_id=key.key_id,
        name=key.name,
        username=owner.username if owner is not None else "",
        permissions=[permission for permission in Permission if permission in key.permissions],
        products=key.products,
        created_at=key.created_at,
        expires_at=key.expires_at,
        used_at=key.used_at,
        used_from=key.used_from,
    )


def office_of(house: House) -> IdentityOffice:
    """Return where people are served. Raises: TransientError: there is no such place here."""
    if house.identity is None:
        message = "users are not kept here"
        raise TransientError(message)
    return house.identity


def _in_person(request: Web) -> Caller:
    """Return who calls, if it is a user in a browser: neither a program's key nor the access token.

    Raises: NotAllowedError: it is a key. InputError: it is the token, which has no password, factor or keys.
    """
    caller = caller_of(request)
    if not caller.principal.user_id:
        message = "the holder of the access token is no user; sign in with a name and a password for this"
        raise InputError(message)
    if caller.session_id is None or caller.session_id.startswith("key:"):
        message = "an API key may not do this; sign in yourself"
        raise NotAllowedError(message)
    return caller


ME_ROUTES = (
    me, change_password, begin_totp, confirm_totp, remove_totp, my_keys, add_key, revoke_key, make_ticket, my_desk,
    save_my_desk,
)  # fmt: skip
