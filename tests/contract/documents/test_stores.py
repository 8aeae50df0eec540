"""What every store of documents promises (C-002-4)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from real_mongo import RealMongo
from tradewind.errors import ConfigError, StoreAwayError, StoreError
from tradewind.stores.documents.forms import Stored
from tradewind.stores.documents.mongo import MongoDocuments
from tradewind.stores.documents.ports import DocumentStore
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.sqlite import FILE_NAME, SqliteDocuments

from contract.documents.conftest import build, make_document

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
SETTINGS = DocumentSettings()
DAY_MS = 86_400_000


async def test_what_was_stored_is_read_as_it_was(store: DocumentStore) -> None:
    documents = [make_document(number, td=number % 3) for number in range(5)]
    assert await store.put("realtime", documents) == Stored(stored=5)
    assert await store.latest("realtime", "TSLA.US", 3) == documents[:1:-1]
    assert await store.latest("realtime", "AAPL.US") == []


async def test_the_same_trade_is_stored_once_however_often_it_comes(store: DocumentStore) -> None:
    first = [make_document(number) for number in range(10)]
    again = [make_document(number, create_time=1_750_177_999_000) for number in range(5, 15)]
    await store.put("realtime", first)
    assert await store.put("realtime", again) == Stored(stored=5, known=5)
    assert await store.put("realtime", [make_document(99), make_document(99)]) == Stored(stored=1, known=1)
    assert await store.count("realtime") == 16
    (newest,) = await store.latest("realtime", "TSLA.US")
    assert newest.t == make_document(99).t
    # The first time it was stored is when it was created.
    assert {
        one.create_time for one in await store.latest("realtime", "TSLA.US", 12) if one.t < make_document(10).t
    } == {1_750_177_347_000}


async def test_trades_that_differ_in_anything_are_different_trades(store: DocumentStore) -> None:
    changes: list[dict[str, Any]] = [{}, {"p": "1"}, {"v": "4.0"}, {"vw": "1"}, {"td": 1}, {"s": "AAPL.US"}]
    await store.put("realtime", [make_document(**change) for change in changes])
    assert await store.count("realtime") == len(changes)


async def test_the_two_collections_are_apart(store: DocumentStore) -> None:
    await store.put("realtime", [make_document()])
    await store.put("close", [make_document(), make_document(DAY_MS)])
    assert (await store.count("realtime"), await store.count("close")) == (1, 2)


async def test_of_a_days_closes_the_latest_trade_stays_whatever_comes_when(store: DocumentStore) -> None:
    early, late, next_day = make_document(), make_document(5, p="5190.0"), make_document(DAY_MS)
    assert await store.put("close", [early]) == Stored(stored=1)
    assert await store.put("close", [late, next_day]) == Stored(stored=2)
    assert await store.put("close", [early, late, next_day]) == Stored(known=3)
    assert await store.latest("close", "TSLA.US", 9) == [next_day, late]
    both = make_document(9, s="USDCNY", stock_code="USDCNY"), make_document(3, s="USDCNY", stock_code="USDCNY")
    await store.put("close", both)
    assert await store.latest("close", "USDCNY", 9) == [both[0]]


async def test_the_newest_trade_up_to_a_moment_is_found(store: DocumentStore) -> None:
    documents = [make_document(number * 10) for number in range(4)]
    await store.put("realtime", documents)
    assert await store.latest("realtime", "TSLA.US", until_ms=documents[1].t) == [documents[1]]
    assert await store.latest("realtime", "TSLA.US", 2, until_ms=documents[3].t - 1) == [documents[2], documents[1]]
    assert await store.latest("realtime", "TSLA.US", until_ms=documents[0].t - 1) == []


async def test_the_codes_that_traded_in_a_span_of_time_are_found(store: DocumentStore) -> None:
    start = make_document().t
    assert await store.codes("realtime", 0, start) == []
    for code, number in (("USDCNY", 0), ("AAPL.US", 10), ("AAPL.US", 11), ("00700.HK", 20)):
        await store.put("realtime", [make_document(number, s=code, stock_code=code)])
    assert await store.codes("realtime", start, start + 20) == ["00700.HK", "AAPL.US", "USDCNY"]
    assert await store.codes("realtime", start + 1, start + 19) == ["AAPL.US"]
    assert await store.codes("realtime", start + 12, start + 19) == []
    assert await store.codes("close", start, start + 20) == []


async def test_nothing_to_store_is_nothing_stored(store: DocumentStore) -> None:
    assert await store.put("realtime", []) == Stored()


async def test_many_writers_at_once_lose_and_double_nothing(store: DocumentStore) -> None:
    parts = [[make_document(number) for number in range(start, start + 60)] for start in range(0, 400, 40)]
    results = await asyncio.gather(*(store.put("realtime", part) for part in parts))
    assert await store.count("realtime") == 420
    assert sum(result.stored for result in results) == 420
    assert sum(result.known for result in results) == 600 - 420


async def test_what_was_stored_is_there_after_a_new_start(settings: DocumentSettings, tmp_path: Path) -> None:
    for turn in (1, 2):
        store = build(settings, tmp_path)
        await store.open()
        await store.put("realtime", [make_document(turn)])
        assert await store.count("realtime") == turn
        await store.close()


@pytest.mark.parametrize("kind", ["sqlite", "mongo"])
async def test_collections_are_called_as_the_settings_say(
    kind: str, settings_of: Callable[..., DocumentSettings], tmp_path: Path
) -> None:
    settings = settings_of(kind, realtime="ticks.live", close="day_end")
    store = build(settings, tmp_path)
    await store.open()
    await store.put("realtime", [make_document()])
    await store.close()
    if kind == "sqlite":
        with sqlite3.connect(tmp_path / FILE_NAME) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.close()
        assert names == {"ticks.live", "day_end", "depth", "kline"}
    else:
        assert isinstance(store, MongoDocuments)
        probe = MongoDocuments(settings)
        found = await probe._connected()[settings.database].list_collection_names()
        await probe.close()
        assert {"ticks.live", "day_end"} <= set(found)


def test_collections_of_one_name_are_refused(tmp_path: Path) -> None:
    same = DocumentSettings(realtime="x", close="x")
    with pytest.raises(ConfigError, match="must differ"):
        SqliteDocuments(same, tmp_path)
    with pytest.raises(ConfigError, match="must differ"):
        MongoDocuments(same)


@pytest.mark.parametrize("name", ["", "a b", 'x"; DROP TABLE x; --', "$cmd", "system\0", "x" * 65, "名"])
def test_a_name_that_no_collection_may_have_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"realtime": name}, DocumentSettings)


async def test_another_program_finds_the_documents_under_the_names_of_the_older_system(mongo: RealMongo) -> None:
    settings = DocumentSettings(url=mongo.url)
    store = MongoDocuments(settings)
    await store.open()
    await store.put("realtime", [make_document()])
    await store.close()
    with mongo.client() as client:
        row = client["forecast_platform"]["realtime"].find_one({"s": "TSLA.US"})
        indexes = client["forecast_platform"]["realtime"].index_information()
        client.drop_database("forecast_platform")
    assert row is not None
    del row["_id"]
    assert row == msgspec.to_builtins(make_document())
    assert [("stock_code", 1), ("t", -1)] in [index["key"] for index in indexes.values()]


async def test_documents_that_the_older_module_wrote_stay_and_are_read(mongo: RealMongo) -> None:
    settings = DocumentSettings(url=mongo.url, database="older")
    with mongo.client() as client:
        client["older"]["realtime"].insert_one(msgspec.to_builtins(make_document()))
    store = MongoDocuments(settings)
    await store.open()
    await store.put("realtime", [make_document(1)])
    assert await store.latest("realtime", "TSLA.US", 5) == [make_document(1), make_document()]
    await store.close()


async def test_times_as_dates_and_prices_as_numbers_are_read_and_what_is_no_trade_is_told(mongo: RealMongo) -> None:
    fields: dict[str, Any] = msgspec.to_builtins(make_document())
    written = {**fields, "p": 5188.211, "v": 3, "create_time": datetime(2026, 11, 20, 7, 0, 1, 500_000, tzinfo=UTC)}
    with mongo.client() as client:
        client["others"]["realtime"].insert_many([written, {"stock_code": "AAPL.US", "t": 5}])
    store = MongoDocuments(DocumentSettings(url=mongo.url, database="others"))
    (found,) = await store.latest("realtime", "TSLA.US")
    assert (found.p, found.v, found.create_time) == ("5188.211", "3", 1_795_158_001_500)
    with pytest.raises(StoreError, match=r"AAPL\.US.*no trade"):
        await store.latest("realtime", "AAPL.US")
    await store.close()


async def test_a_server_that_is_away_says_so_and_gives_no_secret_away() -> None:
    settings = DocumentSettings(url="mongodb://user:hunter2@127.0.0.1:1/", timeout_s=0.2)
    store = MongoDocuments(settings)
    with pytest.raises(StoreAwayError) as caught:
        await store.put("realtime", [make_document()])
    await store.close()
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {settings!r}"


@pytest.mark.parametrize(
    "url", ["mongodb://secret:27017x", "mongodb://a:b:c@x", "http://host", "mongodb://h:99999999/"]
)
async def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    store = MongoDocuments(DocumentSettings(url=url, timeout_s=0.2))
    with pytest.raises((ConfigError, StoreAwayError)) as caught:
        await store.open()
    assert url not in str(caught.value)
    await store.close()


async def test_a_folder_that_cannot_be_written_is_a_store_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    store = SqliteDocuments(SETTINGS, tmp_path / "file")
    with pytest.raises(StoreAwayError, match=r"documents\.db"):
        await store.open()
    await store.close()


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = SqliteDocuments(SETTINGS, tmp_path / "new")
    await store.open()
    assert (tmp_path / "new" / FILE_NAME).stat().st_mode & 0o077 == 0
    await store.close()
