"""The hash chain of the journal: what exactly is hashed, and how a record that was changed is told.

The hash of an entry is SHA-256 over the hash of the entry before and its own content; the first stands on the chain's
name. Seven lines with the columns come before the payload. No column may hold a line break (`clean` takes them out)
and neither does JSON, so two different entries never have the same content.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from tradewind.errors import CorruptJournalError

if TYPE_CHECKING:
    from collections.abc import Iterable

REMEDY: Final = (
    "do not trade on it: restore the database from a backup, or find out who changed it; "
    "`tradewind audit verify` tells all that is wrong"
)
_sha256 = hashlib.sha256
_FIRST_PRINTABLE: Final = " "

COLUMNS: Final = ("seq", "ts", "epoch", "kind", "actor", "source", "subject", "payload", "prev_hash", "hash")
"""An entry as the table has it, in the order in which `follow` takes them."""


def origin(chain: str) -> bytes:
    """Return what the first entry of a chain stands on."""
    return _sha256(b"tradewind journal\n" + chain.encode()).digest()


def clean(text: str, length: int) -> str:
    """Return `text` without control characters and cut to what its column holds."""
    if not text.isprintable():
        text = "".join(mark for mark in text if mark >= _FIRST_PRINTABLE and mark.isprintable())
    return text[:length]


def link(  # noqa: PLR0917 - the columns, in their order
    prev: bytes, seq: int, ts: int, epoch: int, kind: str, actor: str, source: str, subject: str, payload: bytes
) -> bytes:
    """Return the hash of an entry that follows the one whose hash is `prev`."""
    head = f"{seq}\n{ts}\n{epoch}\n{kind}\n{actor}\n{source}\n{subject}\n".encode()
    return _sha256(prev + head + payload).digest()


def follow(rows: Iterable[Any], *, seq: int, prev: bytes) -> tuple[int, bytes]:
    """Verify that `rows` continue a chain whose newest entry is `seq` with hash `prev`; return the new newest.

    Raises: CorruptJournalError: a row does not fit; the message names it and what differs.
    """
    sha256 = _sha256
    row: Any = ()
    try:
        for row in rows:
            here, ts, epoch, kind, actor, source, subject, payload, prev_hash, own = row
            head = f"{here}\n{ts}\n{epoch}\n{kind}\n{actor}\n{source}\n{subject}\n".encode()
            if here != seq + 1 or prev_hash != prev or sha256(prev + head + payload).digest() != own:
                raise _misfit(row, seq, prev)
            seq, prev = here, own
    except (TypeError, ValueError) as error:  # a column holds what no writer ever put there
        raise _misfit(row, seq, prev) from error
    return seq, prev


def _misfit(row: Any, seq: int, prev: bytes) -> CorruptJournalError:  # noqa: ANN401 - whatever stands in the table
    here = row[0]
    if here != seq + 1:
        count = here - seq - 1 if isinstance(here, int) else "some"
        what = f"entry {here} follows entry {seq}: {count} in between are missing"
    elif row[8] != prev:
        what = f"entry {here} names another entry before it than entry {seq} is: one of the two was changed"
    else:
        what = f"the content of entry {here} does not match its hash: it was changed"
    return CorruptJournalError(f"the journal is not as it was written: {what}; {REMEDY}")
