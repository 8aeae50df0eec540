"""Tables and documents on their way into a backup, hashed as they pass."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tradewind.runtime.backup.manifest import Head, Part
from tradewind.runtime.backup.parts import pack
from tradewind.stores.sql.dumping import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from tradewind.runtime.backup.manifest import Kind
    from tradewind.stores.documents.copies import DocumentCopies
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.sql.dumping import TableForm

    Passing = tuple[bytes, bytes, int]


def packed_table(connection: Connection, form: TableForm, room: Path) -> Part:
    """Write a table. Raises: StoreError, SQLAlchemyError: it cannot be read. OSError: the disk refuses."""
    return _packed(f"tables/{form.name}.jsonl.gz", "table", rows_of(connection, form), room, form)


def packed_documents(copies: DocumentCopies, collection: Collection, room: Path) -> Part:
    """Write a collection. Raises: StoreAwayError: it cannot be read. OSError: the disk refuses."""
    end = "jsonl" if copies.kind == "sqlite" else "bson"
    read = ((content, content, count) for content, count in copies.read(collection))
    return _packed(f"documents/{collection}.{end}.gz", "documents", read, room)


def journal_heads(connection: Connection) -> Iterator[Head]:
    """Yield where each journal ends."""
    ends = "SELECT chain, MAX(seq) FROM journal GROUP BY chain ORDER BY chain"
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    question = f"SELECT hash FROM journal WHERE chain = {mark} AND seq = {mark}"  # noqa: S608 - marks of the driver
    for chain, seq in connection.exec_driver_sql(ends).all():
        found = connection.exec_driver_sql(question, (chain, seq)).scalar_one()
        yield Head(chain, seq, bytes(found).hex())


def _packed(path: str, kind: Kind, read: Iterable[Passing], room: Path, form: TableForm | None = None) -> Part:
    sha, count = hashlib.sha256(), 0

    def contents() -> Iterator[bytes]:
        nonlocal count
        for content, hashed, number in read:
            sha.update(hashed)
            count += number
            yield content

    written = pack(room / path, contents())
    return Part(
        path=path,
        kind=kind,
        bytes=written.bytes,
        sha256=written.sha256,
        digest=sha.hexdigest(),
        count=count,
        form=form,
    )
