"""Documents in MongoDB. Each has an `_id` made of what makes it the same one, so that it is stored once.

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
from tradewind.stores.documents.forms import (
    TOLD_OF_A_BAR,
    BarDocument,
    DepthDocument,
    QuoteDocument,
    Stored,
    day_of,
    id_in,
    newest_of_each,
)
from tradewind.stores.documents.ports import LATEST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence
    from typing import TypeVar

    from pymongo.asynchronous.collection import AsyncCollection

    from tradewind.stores.documents.forms import Document, TradeCollection
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.settings import DocumentSettings

    D = TypeVar("D", QuoteDocument, DepthDocument, BarDocument)
    R = TypeVar("R")

_AT_ONCE: Final[tuple[Collection, ...]] = ("realtime", "close")
"""Made at the start; others when first something is stored there, since older users may have rights to these alone."""
_DUPLICATE: Final = 11_000
_NOT_ALLOWED: Final = frozenset({13, 18, 8_000})
_DECIMALS: Final = frozenset({"p", "v", "vw", *TOLD_OF_A_BAR})
_WHAT: Final = {QuoteDocument: "trade", DepthDocument: "book", BarDocument: "bar"}
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

        Raises: ConfigError: two collections have one name.
        """
        settings.refuse_same_names()
        self._made: set[Collection] = set()
        self._settings = settings
        self._client: AsyncMongoClient[dict[str, Any]] | None = None

    async def open(self) -> None:
        """Connect and make the indexes."""
        for collection in _AT_ONCE:
            await self._make(collection)

    async def put(self, collection: Collection, documents: Sequence[Document]) -> Stored:
        """Store documents in as few requests as the server takes."""
        stored = 0
        if collection not in _AT_ONCE and collection not in self._made:
            await self._make(collection)
        target = self._of(collection)
        for at in range(0, len(documents), _BATCH):
            batch = documents[at : at + _BATCH]
            stored += await _ask(_store(collection, target, batch))
        return Stored(stored=stored, known=len(documents) - stored)

    async def latest(
        self, collection: TradeCollection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest trades of a code."""
        return await self._newest(collection, QuoteDocument, {"stock_code": code, "t": {"$lte": until_ms}}, limit)

    async def depths(self, code: str, limit: int = 1, *, until_ms: int = LATEST) -> list[DepthDocument]:
        """Return the newest books of a code."""
        return await self._newest("depth", DepthDocument, {"stock_code": code, "t": {"$lte": until_ms}}, limit)

    async def bars(self, code: str, ty: int, limit: int = 1, *, until_ms: int = LATEST) -> list[BarDocument]:
        """Return the newest bars of a code and type."""
        wanted = {"stock_code": code, "ty": ty, "t": {"$lte": until_ms}}
        return await self._newest("kline", BarDocument, wanted, limit)

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes that have a document of that time."""
        # A document is made after what it tells of: that way its index leads to the day's documents alone.
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

    async def _make(self, collection: Collection) -> None:
        by_code = [("stock_code", ASCENDING), ("t", DESCENDING)]
        if collection == "kline":
            by_code.insert(1, ("ty", ASCENDING))
        indexes = [IndexModel(by_code), IndexModel([("create_time", DESCENDING)])]
        await _ask(self._of(collection).create_indexes(indexes))
        self._made.add(collection)

    async def _newest(self, collection: Collection, form: type[D], wanted: dict[str, Any], limit: int) -> list[D]:
        found = self._of(collection).find(wanted).sort("t", DESCENDING).limit(limit)
        return [_as_document(row, form) for row in await _ask(found.to_list())]

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


async def _store(collection: Collection, target: AsyncCollection[dict[str, Any]], documents: Sequence[Document]) -> int:
    """Return how many were new, or newer than what was there."""
    if collection in {"realtime", "depth"}:
        return await _insert(target, [_as_row(collection, document) for document in documents])
    if collection == "close":
        rows = [_as_row(collection, document) for document in documents]
        return await _replace(target, [(row, {"t": {"$lt": row["t"]}}) for row in rows])
    # The server does them in any order.
    rows = [_as_row(collection, document) for document in newest_of_each(collection, list(documents))]
    return await _replace(target, [(row, _is_news(row)) for row in rows])


def _is_news(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a stored bar looks like that this one follows."""
    differs = [{name: {"$ne": row[name]}} for name in TOLD_OF_A_BAR]
    return {"create_time": {"$lte": row["create_time"]}, "$or": differs}


async def _replace(
    target: AsyncCollection[dict[str, Any]], batch: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> int:
    """Put each row where there is none of its id or one that its condition fits; return of how many that was so.

    Where there is another nothing matches, so that the server tries to insert and finds the id taken.
    """
    rows = [ReplaceOne({"_id": row["_id"], **condition}, row, upsert=True) for row, condition in batch]
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


def _as_row(collection: Collection, document: Document) -> dict[str, Any]:
    return {"_id": _object_id(collection, document), **msgspec.structs.asdict(document)}


def _object_id(collection: Collection, document: Document) -> ObjectId:
    """Return an id of the usual kind: a second, as all such ids begin with one, and a digest of what is the same one.

    Ids that grow with time are added at one end of their index; a text of the same meaning costs a third of the rate.
    """
    is_close = collection == "close" and isinstance(document, QuoteDocument)
    second = day_of(document) * _DAY_S if is_close else document.t // 1_000  # type: ignore[arg-type]  # is_close says so
    digest = blake2b(id_in(collection, document).encode(), digest_size=_DIGEST).digest()
    return ObjectId((second & 0xFFFF_FFFF).to_bytes(_SECOND, "big") + digest)


def _as_document(row: dict[str, Any], form: type[D]) -> D:
    """Read a row, whoever wrote it: other programs write times as dates and decimals as numbers.

    Raises: StoreError: it is of another form.
    """
    fields = {name: row.get(name) for name in form.__struct_fields__}
    created = fields["create_time"]
    if isinstance(created, datetime):
        # The driver gives dates in UTC and does not say so.
        fields["create_time"] = round(created.replace(tzinfo=UTC).timestamp() * _MS)
    for name in _DECIMALS & fields.keys():
        if isinstance(fields[name], int | float):
            fields[name] = f"{fields[name]}"
    try:
        return msgspec.convert(fields, form, strict=False)
    except msgspec.ValidationError as error:
        what = _WHAT[form]
        message = f"MongoDB has a document under {row.get('stock_code')!r} that is no {what}: {error}"
        raise StoreError(message) from error
