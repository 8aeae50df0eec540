"""What a process has to tell the store of sessions and keys: what began, what was used, what ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.act import Act
from tradewind.stores.people import ApiKey, Session

if TYPE_CHECKING:
    from tradewind.stores.people import Book


class Batch(msgspec.Struct, frozen=True):
    """One lot of it; hashes of secrets name sessions and keys."""

    opened: tuple[Session, ...]
    used: tuple[Session | ApiKey, ...]
    begun: dict[str, Act]
    ended: dict[str, Act | None]

    def __bool__(self) -> bool:
        """Say whether there is anything to tell."""
        return bool(self.used or self.begun or self.ended)

    def write(self, book: Book) -> None:
        """Tell it."""
        for session in self.opened:
            book.put(session)
        for record in self.used:
            _put_use(book, record)
        for act in self.begun.values():
            book.note(act)
        for digest, ending in self.ended.items():
            # Whoever ends it first puts it on the record.
            if book.remove(Session, digest) and ending is not None:
                book.note(ending)


def _put_use(book: Book, record: Session | ApiKey) -> None:
    """Note when it was used last, unless another process noted a later use, or it is gone."""
    if isinstance(record, Session):
        session = book.find(Session, record.secret_sha256)
        if session is not None and session.used_at < record.used_at:
            book.put(msgspec.structs.replace(session, used_at=record.used_at))
        return
    key = book.find(ApiKey, record.key_id)
    if key is not None and key.used_at < record.used_at:
        book.put(msgspec.structs.replace(key, used_at=record.used_at, used_from=record.used_from))
