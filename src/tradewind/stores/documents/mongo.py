"""Documents in MongoDB. Each has an `_id` made of its trade, or of its code and day, so that it is stored once.

That makes an insert idempotent by itself: what is there already is refused with 11000 and left alone, which costs a
fraction of what asking for an upsert per document costs. Writes are acknowledged by a majority.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
from bson import ObjectId
from bson.errors import InvalidDocument
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, ReplaceOne
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.write_concern import WriteConcern

from tradewind.errors import ConfigError, StoreAwayError, StoreError
from tradewind.stores.documents.ports import LATEST, QuoteDocument, Stored, day_of, id_in, id_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence
    from typing import TypeVar

    from pymongo.asynchronous.collection import AsyncCollection

    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.settings import DocumentSettings

    R = TypeVar("R")

_COLLECTIONS: Final[tuple[Collection, ...]] = ("realtime", "close")
_DUPLICATE: Final = 11_000
_NOT_ALLOWED: Final = frozenset({13, 18, 8_000})
_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(QuoteDocument))
_SECOND: Final = 4
_DAY_S: Final = 86_400
_DIGEST: Final = 8
_MS: Final = 1_000
_BATCH: Final = 10_000
_SKEW_MS: Final = 3_600_000
"""How far the clocks of collectors may be behind the provider's."""


class MongoDocuments:
    """A `DocumentStore` in MongoDB; one client for the life of the process."""

    def __init__(self, settings: DocumentSettings) -> None:
        """Connect nothing yet.

        Raises: ConfigError: both collections have one name.
        """
        if settings.realtime == settings.close:
            message = f"documents.realtime and documents.close must differ, both were {settings.realtime}"
            raise ConfigError(message)
        self._settings = settings
        self._client: AsyncMongoClient[dict[str, Any]] | None = None

    async def open(self) -> None:
        """Connect and make the indexes."""
        for collection in _COLLECTIONS:
            indexes = [
                IndexModel([("stock_code", ASCENDING), ("t", DESCENDING)]),
                IndexModel([("create_time", DESCENDING)]),
            ]
            await _ask(self._of(collection).create_indexes(indexes))

    async def put(self, collection: Collection, documents: Sequence[QuoteDocument]) -> Stored:
        """Store documents in as few requests as the server takes."""
        stored = 0
        target = self._of(collection)
        for at in range(0, len(documents), _BATCH):
            batch = [_as_row(collection, document) for document in documents[at : at + _BATCH]]
            stored += await _ask(_insert(target, batch) if collection == "realtime" else _replace(target, batch))
        return Stored(stored=stored, known=len(documents) - stored)

    async def latest(
        self, collection: Collection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest documents of a code."""
        wanted = {"stock_code": code, "t": {"$lte": until_ms}}
        found = self._of(collection).find(wanted).sort("t", DESCENDING).limit(limit)
        return [_as_document(row) for row in await _ask(found.to_list())]

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes that have a trade in that time."""
        # A document is made after its trade: that way its index leads to the day's documents alone.
        wanted = {"create_time": {"$gte": since_ms - _SKEW_MS}, "t": {"$gte": since_ms, "$lte": until_ms}}
        return sorted(await _ask(self._of(collection).distinct("stock_code", wanted)))

    async def count(self, collection: Collection) -> int:
        """Return how many documents there are."""
        return await _ask(self._of(collection).count_documents({}))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _of(self, collection: Collection) -> AsyncCollection[dict[str, Any]]:
        database = self._connected()[self._settings.database]
        return database.get_collection(
            self._settings.name_of(collection),
            write_concern=WriteConcern(w="majority", j=True, wtimeout=round(self._settings.timeout_s * 1_000)),
        )

    def _connected(self) -> AsyncMongoClient[dict[str, Any]]:
        if self._client is None:
            wait_ms = round(self._settings.timeout_s * 1_000)
            try:
                self._client = AsyncMongoClient(
                    self._settings.url,
                    appname="tradewind",
                    serverSelectionTimeoutMS=wait_ms,
                    connectTimeoutMS=wait_ms,
                    socketTimeoutMS=4 * wait_ms,
                    timeoutMS=4 * wait_ms,
                    retryWrites=True,
                )
            except (InvalidURI, ConfigurationError, ValueError) as error:
                # Its text may repeat the address, password and all.
                message = (
                    "documents.url (MONGODB_HOST) must be mongodb://host:27017 or mongodb+srv://host, and a name with "
                    f"mongodb+srv must be known to the name servers; it was refused ({type(error).__name__})"
                )
                raise ConfigError(message) from None
        return self._client


async def _insert(target: AsyncCollection[dict[str, Any]], batch: list[dict[str, Any]]) -> int:
    """Return how many were new."""
    try:
        await target.insert_many(batch, ordered=False)
    except BulkWriteError as error:
        return int(_unless_refused(error, len(batch)).get("nInserted", 0))
    return len(batch)


async def _replace(target: AsyncCollection[dict[str, Any]], batch: list[dict[str, Any]]) -> int:
    """Put each row where there is none of its id or an earlier trade; return of how many that was so.

    Where there is a later one nothing matches, so that the server tries to insert and finds the id taken.
    """
    rows = [ReplaceOne({"_id": row["_id"], "t": {"$lt": row["t"]}}, row, upsert=True) for row in batch]
    try:
        done = await target.bulk_write(rows, ordered=False)
    except BulkWriteError as error:
        details = _unless_refused(error, len(batch))
        return int(details.get("nUpserted", 0)) + int(details.get("nModified", 0))
    return done.upserted_count + done.modified_count


def _unless_refused(error: BulkWriteError, asked: int) -> Mapping[str, Any]:
    """Return what was done, where all that was not done is there already.

    Raises: as `_ask`.
    """
    details: Mapping[str, Any] = error.details
    others = [trouble for trouble in details.get("writeErrors", ()) if trouble.get("code") != _DUPLICATE]
    if others:
        message = f"MongoDB refuses {len(others)} of {asked} documents (code {others[0].get('code')})"
        raise StoreError(message) from None
    if details.get("writeConcernErrors"):
        message = "MongoDB has the documents, but no majority of its servers says so yet"
        raise StoreAwayError(message) from None
    return details


async def _ask(question: Awaitable[R]) -> R:
    """Wait for an answer and say what no answer means. Addresses stand in no message.

    Only what concerns the documents themselves is a refusal. A wrong password is trouble that somebody will end, and
    what waits must still be there then.

    Raises:
        StoreAwayError: the servers do not answer, or not to us.
        StoreError: they do not want these documents.
    """
    try:
        return await question
    except OperationFailure as error:
        remedy = "; look at the user's name, password and roles in documents.url" if error.code in _NOT_ALLOWED else ""
        message = f"MongoDB refuses for now (code {error.code}){remedy}"
        raise StoreAwayError(message) from None
    except (ConnectionFailure, ConfigurationError, ExecutionTimeout) as error:
        message = f"MongoDB does not answer ({type(error).__name__}); see documents.url (MONGODB_HOST)"
        raise StoreAwayError(message) from None
    except (PyMongoError, InvalidDocument) as error:
        message = f"MongoDB cannot take what it was given ({type(error).__name__})"
        raise StoreError(message) from None


def _as_row(collection: Collection, document: QuoteDocument) -> dict[str, Any]:
    return {
        "_id": _object_id(document) if collection == "realtime" else _close_id(document),
        "s": document.s,
        "t": document.t,
        "p": document.p,
        "v": document.v,
        "vw": document.vw,
        "td": document.td,
        "stock_code": document.stock_code,
        "create_time": document.create_time,
    }


def _close_id(document: QuoteDocument) -> ObjectId:
    """Return an id for a code on its day."""
    digest = blake2b(id_in("close", document).encode(), digest_size=_DIGEST).digest()
    return ObjectId((day_of(document) * _DAY_S & 0xFFFF_FFFF).to_bytes(_SECOND, "big") + digest)


def _object_id(document: QuoteDocument) -> ObjectId:
    """Return an id of the usual kind: the trade's second, as all such ids begin with one, and a digest of the trade.

    Ids that grow with time are added at one end of their index; a text of the same meaning costs a third of the rate.
    """
    digest = blake2b(id_of(document).encode(), digest_size=_DIGEST).digest()
    return ObjectId((document.t // 1_000 & 0xFFFF_FFFF).to_bytes(_SECOND, "big") + digest)


def _as_document(row: dict[str, Any]) -> QuoteDocument:
    """Read a row, whoever wrote it: other programs write times as dates and decimals as numbers.

    Raises: StoreError: it is no trade at all.
    """
    fields = {name: row.get(name) for name in _FIELDS}
    created = fields["create_time"]
    if isinstance(created, datetime):
        # The driver gives dates in UTC and does not say so.
        fields["create_time"] = round(created.replace(tzinfo=UTC).timestamp() * _MS)
    for name in ("p", "v", "vw"):
        if isinstance(fields[name], int | float):
            fields[name] = f"{fields[name]}"
    try:
        return msgspec.convert(fields, QuoteDocument, strict=False)
    except msgspec.ValidationError as error:
        message = f"MongoDB has a document under {row.get('stock_code')!r} that is no trade: {error}"
        raise StoreError(message) from error
