"""Books and bars beside the trades: what every store of documents promises of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from real_mongo import RealMongo
from tradewind.stores.documents.forms import Stored, newest_of_each
from tradewind.stores.documents.mongo import MongoDocuments
from tradewind.stores.documents.ports import COLLECTIONS, DocumentStore
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments

from contract.documents.conftest import build, make_bar, make_book, make_document

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


async def test_books_are_read_as_they_were_stored(store: DocumentStore) -> None:
    books = [make_book(), make_book(5, a=((), ()), b=(("1",), ("2",)))]
    assert await store.put("depth", books) == Stored(stored=2)
    assert await store.depths("TSLA.US", 9) == books[::-1]
    assert await store.depths("TSLA.US", until_ms=books[1].t - 1) == [books[0]]
    assert await store.depths("AAPL.US") == []
    assert await store.codes("depth", books[0].t, books[0].t) == ["TSLA.US"]


async def test_a_book_is_its_code_and_moment_and_the_first_one_stays(store: DocumentStore) -> None:
    first, other = make_book(), make_book(b=(("1",), ("1",)), create_time=1_750_177_999_000)
    await store.put("depth", [first])
    assert await store.put("depth", [other, make_book(s="AAPL.US", stock_code="AAPL.US")]) == Stored(stored=1, known=1)
    assert await store.depths("TSLA.US", 9) == [first]


async def test_a_bar_is_its_code_type_and_begin(store: DocumentStore) -> None:
    bars = [make_bar(), make_bar(1), make_bar(ty=8), make_bar(s="AAPL.US", stock_code="AAPL.US", pca=None)]
    assert await store.put("kline", bars) == Stored(stored=4)
    assert await store.put("kline", bars) == Stored(known=4)
    assert await store.bars("TSLA.US", 1, 9) == [bars[1], bars[0]]
    assert await store.bars("TSLA.US", 1, 9, until_ms=bars[0].t) == [bars[0]]
    assert await store.bars("TSLA.US", 8) == [bars[2]]
    assert await store.bars("AAPL.US", 1) == [bars[3]]


async def test_a_bar_grows_until_its_time_is_over_and_never_back(store: DocumentStore) -> None:
    early, later = make_bar(), make_bar(v="400", vw="2075280", create_time=1_750_177_349_000)
    await store.put("kline", [early])
    assert await store.put("kline", [later]) == Stored(stored=1)
    assert await store.put("kline", [early]) == Stored(known=1)
    same_again = make_bar(v="400", vw="2075280", create_time=1_750_177_999_000)
    assert await store.put("kline", [same_again]) == Stored(known=1)
    assert await store.bars("TSLA.US", 1, 9) == [later]


async def test_of_one_bar_told_twice_in_one_lot_the_last_stays(store: DocumentStore) -> None:
    first, last = make_bar(v="1"), make_bar(v="2")
    told = await store.put("kline", [first, make_bar(1), last])
    assert told.stored + told.known == 3
    assert await store.bars("TSLA.US", 1, 9) == [make_bar(1), last]
    assert newest_of_each("kline", [first, make_bar(1), last]) == [last, make_bar(1)]


async def test_every_collection_is_apart(store: DocumentStore) -> None:
    documents: dict[str, Any] = {
        "realtime": make_document(),
        "close": make_document(),
        "depth": make_book(),
        "kline": make_bar(),
    }
    for collection in COLLECTIONS:
        await store.put(collection, [documents[collection]])
    assert [await store.count(collection) for collection in COLLECTIONS] == [1, 1, 1, 1]


async def test_books_and_bars_wait_on_disk_while_the_store_is_away(settings: DocumentSettings, tmp_path: Path) -> None:
    nowhere = DocumentSettings(url="mongodb://127.0.0.1:1/", timeout_s=0.1)
    spool = tmp_path / "spool"
    away = SpooledDocuments(MongoDocuments(nowhere), Spool(spool, max_bytes=1 << 20))
    assert await away.put("depth", [make_book()]) == Stored(spooled=1)
    assert await away.put("kline", [make_bar(), make_bar(1)]) == Stored(spooled=2)
    assert await away.put("realtime", [make_document()]) == Stored(spooled=1)
    await away.close()
    back = SpooledDocuments(build(settings, tmp_path), Spool(spool, max_bytes=1 << 20))
    await back.open()
    assert await back.drain() == 4
    assert await back.store.depths("TSLA.US") == [make_book()]
    assert await back.store.bars("TSLA.US", 1, 9) == [make_bar(1), make_bar()]
    await back.close()


async def test_in_mongodb_their_collections_come_with_the_first_of_them(mongo: RealMongo) -> None:
    """A user who may do nothing but `realtime` and `close` is left in peace."""
    store = MongoDocuments(DocumentSettings(url=mongo.url, database="kinds", depth="books"))
    await store.open()
    with mongo.client() as client:
        assert set(client["kinds"].list_collection_names()) == {"realtime", "close"}
        await store.put("depth", [make_book()])
        await store.put("kline", [make_bar()])
        assert {"books", "kline"} <= set(client["kinds"].list_collection_names())
        row = client["kinds"]["kline"].find_one({"stock_code": "TSLA.US"})
        keys = [index["key"] for index in client["kinds"]["kline"].index_information().values()]
        book = client["kinds"]["books"].find_one({})
    await store.close()
    assert row is not None
    assert (row["ty"], row["t"], row["c"]) == (1, 1_750_177_320_000, "5188.2")
    assert [("stock_code", 1), ("ty", 1), ("t", -1)] in keys
    assert book is not None
    assert book["a"] == [["5188.3", "5188.4"], ["10", "20"]]
