"""What people arrange for themselves (watch-lists, layouts): kept as written, versioned, each saving on the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.errors import InputError, StateConflictError
from tradewind.identity.keeping import Who, act
from tradewind.identity.tokens import digest_of
from tradewind.kernel.ids import new_epoch
from tradewind.stores.people import OwnDesk

if TYPE_CHECKING:
    from tradewind.stores.people import Book

LONGEST: Final = 60_000
"""Bytes of one desk: what a TEXT column of MariaDB holds, with room to spare."""


def save_desk(book: Book, who: Who, user_id: int, content: str, *, version: int, ts: int) -> OwnDesk:
    """Put a desk in place of the one that was seen at `version` (0: there was none).

    Raises: StateConflictError: another machine saved meanwhile. InputError: it is too large.
    """
    size = len(content.encode())
    if size > LONGEST:
        message = f"watch-lists and layouts together may be {LONGEST} bytes, were {size}; take away a list or a layout"
        raise InputError(message)
    known = book.find(OwnDesk, user_id)
    now = known.version if known is not None else 0
    if now != version:
        message = f"your desk is at version {now}, you saw {version}: another machine saved it meanwhile; read it again"
        raise StateConflictError(message)
    saved = OwnDesk(user_id=user_id, version=now + 1, content=content, saved_at=ts)
    book.put(saved)
    # The record says that and by whom, and which content; the content itself concerns nobody else.
    told = {"version": saved.version, "bytes": size, "sha256": digest_of(content)}
    book.note(act(who, "desk_saved", who.actor, act_id=new_epoch(), ts=ts, after=told))
    return saved
