"""All documents of a store, out and in again, byte for byte: SQLite's as lines of JSON, MongoDB's as BSON.

Each collection is as of one moment in SQLite; MongoDB gives each document whole, and those that come meanwhile or not.
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

import msgspec

from tradewind.errors import StoreAwayError, StoreError
from tradewind.stores.documents.ports import COLLECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.settings import DocumentSettings

_CHUNK: Final = 1_000
_LENGTH: Final = 4
_ANY: Final = "SELECT 1 FROM {} LIMIT 1"
DocumentKind = Literal["sqlite", "mongodb"]


class Documents(NamedTuple):
    """Some documents in a row, and how many they are."""

    content: bytes
    size: int


class DocumentCopies(Protocol):
    """What a backup asks of a store of documents; every call blocks."""

    kind: DocumentKind

    def collections(self) -> list[Collection]:
        """Return those that hold something.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    def read(self, collection: Collection) -> Iterator[Documents]:
        """Yield all documents in the order of their ids. Raises: as above."""
        ...

    def write(self, collection: Collection, stream: Iterable[bytes]) -> None:
        """Store what `read` gave, cut anywhere, in a collection that is empty.

        Raises: StoreAwayError: as above. StoreError: these are no documents, or the store refuses them.
        """
        ...

    def clear(self, collection: Collection) -> None:
        """Remove all documents. Raises: StoreAwayError: as above."""
        ...


class SqliteCopies:
    """The documents of one file."""

    kind: DocumentKind = "sqlite"

    def __init__(self, file: Path, settings: DocumentSettings) -> None:
        self._file = file
        self._settings = settings

    def collections(self) -> list[Collection]:
        """Return those that hold something; the file is not made for that."""
        if not self._file.exists():
            return []
        with self._connected() as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            there = [each for each in COLLECTIONS if self._settings.name_of(each) in names]
            return [each for each in there if connection.execute(_ANY.format(self._table(each))).fetchone()]

    def read(self, collection: Collection) -> Iterator[Documents]:
        """Yield rows as lines, by id."""
        encode = msgspec.json.Encoder().encode_lines
        with self._connected() as connection:
            rows = connection.execute(f"SELECT id, stock_code, t, body FROM {self._table(collection)} ORDER BY id")  # noqa: S608 - a checked name
            while part := rows.fetchmany(_CHUNK):
                yield Documents(encode(part), len(part))

    def write(self, collection: Collection, stream: Iterable[bytes]) -> None:
        """Store rows in one transaction; the tables have been made."""
        statement = f"INSERT INTO {self._table(collection)} VALUES (?, ?, ?, ?)"  # noqa: S608 - a checked name
        decode = msgspec.json.Decoder(tuple[str, str, int, str]).decode
        try:
            with self._connected() as connection, connection:
                connection.executemany(statement, (decode(line) for line in _lines(stream)))
        except msgspec.MsgspecError as error:
            message = f"what should be documents of {collection} is none ({error}); take another backup"
            raise StoreError(message) from error

    def clear(self, collection: Collection) -> None:
        """Remove all documents."""
        with self._connected() as connection, connection:
            connection.execute(f"DELETE FROM {self._table(collection)}")  # noqa: S608 - a checked name

    def _table(self, collection: Collection) -> str:
        return f'"{self._settings.name_of(collection)}"'

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=self._settings.timeout_s)) as connection:
                yield connection
        except sqlite3.Error as error:
            message = f"documents in {self._file} cannot be copied: {error}"
            raise StoreAwayError(message) from error


class MongoCopies:
    """The documents of one database in MongoDB."""

    kind: DocumentKind = "mongodb"

    def __init__(self, settings: DocumentSettings) -> None:
        self._settings = settings

    def collections(self) -> list[Collection]:
        """Return those that hold something."""
        with self._database() as database:
            return [each for each in COLLECTIONS if database[self._settings.name_of(each)].find_one({}, {"_id": 1})]

    def read(self, collection: Collection) -> Iterator[Documents]:
        """Yield documents as the server keeps them, by id."""
        with self._database() as database:
            found = iter(database[self._settings.name_of(collection)].find().sort("_id", 1).batch_size(_CHUNK))
            while part := [document.raw for document in itertools.islice(found, _CHUNK)]:
                yield Documents(b"".join(part), len(part))

    def write(self, collection: Collection, stream: Iterable[bytes]) -> None:
        """Store documents as they are."""
        from bson.errors import InvalidBSON  # noqa: PLC0415 - comes with the driver, an extra
        from bson.raw_bson import RawBSONDocument  # noqa: PLC0415 - as above

        with self._database() as database:
            target = database[self._settings.name_of(collection)]
            documents = (RawBSONDocument(raw) for raw in _documents(stream))
            try:
                while part := list(itertools.islice(documents, _CHUNK)):
                    target.insert_many(part)
            except InvalidBSON as error:
                message = f"what should be documents of {collection} is none ({error}); take another backup"
                raise StoreError(message) from error

    def clear(self, collection: Collection) -> None:
        """Remove all documents."""
        with self._database() as database:
            database[self._settings.name_of(collection)].delete_many({})

    @contextmanager
    def _database(self) -> Iterator[Any]:
        from bson.raw_bson import RawBSONDocument  # noqa: PLC0415 - an extra
        from pymongo import MongoClient  # noqa: PLC0415 - as above
        from pymongo.errors import PyMongoError  # noqa: PLC0415 - as above

        wait_ms = round(self._settings.timeout_s * 1_000)
        try:
            with MongoClient(
                self._settings.url,
                document_class=RawBSONDocument,
                appname="tradewind backup",
                serverSelectionTimeoutMS=wait_ms,
                connectTimeoutMS=wait_ms,
                w="majority",
                journal=True,
            ) as client:
                yield client[self._settings.database]
        except PyMongoError as error:
            # Its text may repeat the address, password and all.
            message = f"MongoDB does not copy its documents ({type(error).__name__}); see that documents.url answers"
            raise StoreAwayError(message) from None


def _lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for content in stream:
        *whole, rest = (rest + content).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _documents(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Cut BSON into documents, each of which says first how long it is."""
    rest = b""
    for content in stream:
        rest += content
        at = 0
        while len(rest) - at >= _LENGTH:
            size = int.from_bytes(rest[at : at + _LENGTH], "little")
            if size <= _LENGTH or len(rest) - at < size:
                break
            yield rest[at : at + size]
            at += size
        rest = rest[at:]
    if rest:
        message = "the last document is cut off; take another backup"
        raise StoreError(message)
