"""What people do to themselves: password, second factor, API keys. Functions over a `Book`, as in `people`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.rights import Permission
from tradewind.domain.user import User
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from tradewind.identity.keeping import Who, act, there
from tradewind.identity.people import end_sessions, shown_key, without_totp
from tradewind.kernel.ids import new_epoch
from tradewind.stores.people import ApiKey, Credentials

if TYPE_CHECKING:
    from tradewind.domain.rights import Principal
    from tradewind.stores.people import Book

RECOVERY_CODES: Final = 10


class KeyWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is to be for."""

    name: str
    permissions: frozenset[Permission]
    products: tuple[str, ...]
    expires_at: int


def change_password(
    book: Book, who: Who, user_id: int, *, was_hash: str, password_hash: str, keep: str, ts: int
) -> None:
    """Put a new password in place of the one that was proved (`was_hash`); other sessions than `keep` end.

    Raises: StateConflictError: the password was changed meanwhile.
    """
    known = _credentials(book, user_id)
    if known.password_hash != was_hash:
        message = "the password was changed meanwhile; sign in with the new one"
        raise StateConflictError(message)
    book.put(msgspec.structs.replace(known, password_hash=password_hash, must_change=False, changed_at=ts))
    end_sessions(book, user_id, but=keep)
    book.note(act(who, "password_changed", who.actor, act_id=new_epoch(), ts=ts))


def begin_totp(book: Book, user_id: int, sealed: str) -> None:
    """Keep a second factor that a code must confirm before it counts.

    Raises: StateConflictError: there is one that counts; it has to be taken off first.
    """
    known = _credentials(book, user_id)
    if known.is_totp_confirmed:
        message = "there is a second factor already; take it off first"
        raise StateConflictError(message)
    book.put(msgspec.structs.replace(known, totp_secret=sealed, totp_step=0, recovery=()))


def confirm_totp(
    book: Book, who: Who, user_id: int, *, sealed: str, step: int, recovery: tuple[str, ...], ts: int
) -> None:
    """Let the second factor count from now on.

    Raises: StateConflictError: another was begun meanwhile, or it counts already.
    """
    known = _credentials(book, user_id)
    if known.totp_secret != sealed or known.is_totp_confirmed:
        message = "the second factor was begun anew or confirmed meanwhile; begin again"
        raise StateConflictError(message)
    book.put(msgspec.structs.replace(known, is_totp_confirmed=True, totp_step=step, recovery=recovery))
    _mark_totp(book, user_id, has_totp=True, ts=ts)
    book.note(act(who, "second_factor_confirmed", who.actor, act_id=new_epoch(), ts=ts))


def remove_totp(book: Book, who: Who, user_id: int, *, ts: int) -> None:
    """Take one's own second factor off."""
    book.put(without_totp(_credentials(book, user_id)))
    _mark_totp(book, user_id, has_totp=False, ts=ts)
    book.note(act(who, "second_factor_removed", who.actor, act_id=new_epoch(), ts=ts))


def use_code(book: Book, user_id: int, *, step: int | None, recovery: str = "") -> bool:
    """Use up a code: a later half minute than any before, or a recovery code; False if somebody was faster."""
    known = _credentials(book, user_id)
    if step is not None:
        if step <= known.totp_step:
            return False
        book.put(msgspec.structs.replace(known, totp_step=step))
        return True
    if recovery not in known.recovery:
        return False
    left = tuple(one for one in known.recovery if one != recovery)
    book.put(msgspec.structs.replace(known, recovery=left))
    return True


def add_key(book: Book, who: Who, owner: Principal, wish: KeyWish, *, secret_sha256: str, most: int, ts: int) -> ApiKey:
    """Make an API key.

    Raises: NotAllowedError: it would permit what its owner may not. StateConflictError: there are too many.
    """
    beyond = [permission.value for permission in wish.permissions if not owner.reach(permission)]
    if beyond:
        message = f"you may not {', '.join(sorted(beyond))} yourself, so your key may not either"
        raise NotAllowedError(message)
    if not wish.permissions:
        message = "a key needs at least one permission, and only those its program uses"
        raise InputError(message)
    if len(book.all(ApiKey, user_id=owner.user_id)) >= most:
        message = f"you have {most} keys (access.keys_per_user); revoke one that is no longer used"
        raise StateConflictError(message)
    key = ApiKey(
        key_id=new_epoch(),
        secret_sha256=secret_sha256,
        user_id=owner.user_id,
        name=wish.name,
        permissions=wish.permissions,
        products=wish.products,
        created_at=ts,
        expires_at=wish.expires_at,
    )
    book.put(key)
    book.note(act(who, "key_made", key.key_id, act_id=new_epoch(), ts=ts, after=shown_key(key)))
    return key


def _credentials(book: Book, user_id: int) -> Credentials:
    return there(book.find(Credentials, user_id), "password of yours here")


def _mark_totp(book: Book, user_id: int, *, has_totp: bool, ts: int) -> None:
    for user in book.all(User):
        if user.user_id == user_id:
            book.put(msgspec.structs.replace(user, has_totp=has_totp, version=user.version + 1, updated_at=ts))
