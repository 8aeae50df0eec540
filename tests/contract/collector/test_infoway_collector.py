"""Fetching and storing in one: a stand-in provider on one side, a real store on the other (C-002-3, C-002-4)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from infoway_builders import client_of, stand_in
from tradewind.collector.infoway import InfowayCollector
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import NS_PER_MS, FakeClock
from tradewind.kernel.settings import load
from tradewind.runtime.infoway import build_documents, build_spool, infoway_client, open_fetcher
from tradewind.runtime.settings import OLDER_NAMES, TradewindSettings
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments
from tradewind.stores.documents.sqlite import SqliteDocuments
from tradewind.testing.infoway_market import GOOD_KEY
from tradewind.testing.infoway_server import StandIn


def documents_in(folder: Path) -> SpooledDocuments:
    return SpooledDocuments(SqliteDocuments(DocumentSettings(), folder), Spool(folder / "spool", max_bytes=1 << 20))


async def test_the_codes_of_the_seeds_page_are_fetched_and_stored(tmp_path: Path) -> None:
    async with stand_in() as server, client_of(server) as client:
        server.market.quote("TSLA.US", 5_188.211, size=3, at_ms=1_750_177_346_523)
        documents = documents_in(tmp_path)
        collector = InfowayCollector(client, documents, clock=FakeClock(1_750_177_347_000 * NS_PER_MS))
        found = await collector.fetch(["TSLA.US", "AAPL.US", "USDCNY", "NOSUCH.US", "nonsense"])
        (kept,) = await documents.store.latest("realtime", "TSLA.US")
        again = await collector.fetch(["TSLA.US"])
        await documents.store.close()
    assert (found.stored, found.known, found.spooled) == (3, 0, 0)
    assert set(found.refused) == {"NOSUCH.US", "nonsense"}
    assert (again.stored, again.known) == (0, 1)
    assert msgspec.to_builtins(kept) == {
        "s": "TSLA.US", "t": 1_750_177_346_523, "p": "5188.211", "v": "3.0", "vw": "15564.6330", "td": kept.td,
        "stock_code": "TSLA.US", "create_time": 1_750_177_347_000,
    }  # fmt: skip


async def test_many_codes_tell_their_progress(tmp_path: Path) -> None:
    codes = [f"A{number}.US" for number in range(1_000)]
    told: list[tuple[int, int]] = []
    async with stand_in() as server, client_of(server) as client:
        for code in codes:
            server.market.quote(code, 10.0)
        documents = documents_in(tmp_path)
        found = await InfowayCollector(client, documents).fetch(
            codes, collection="close", on_progress=lambda done, whole: told.append((done, whole))
        )
        assert await documents.store.count("close") == 1_000
        await documents.store.close()
        assert len(server.requests) == 10
    assert (len(found.quotes), found.stored) == (1_000, 1_000)
    assert told == [(400, 1_000), (800, 1_000), (1_000, 1_000)]


async def test_no_codes_are_refused(tmp_path: Path) -> None:
    async with stand_in() as server, client_of(server) as client:
        with pytest.raises(InputError, match="must be 1 to"):
            await InfowayCollector(client, documents_in(tmp_path)).fetch([])


def test_the_variables_of_the_older_module_are_read() -> None:
    environ = {
        "INFOWAY_API_KEY": "k1",
        "MONGODB_HOST": "mongodb+srv://user:pw@cluster.example",
        "MONGODB_DB_NAME": "db",
        "MONGODB_COLLECTION_NAME": "older",
        "MONGODB_CLOSE_COLLECTION_NAME": "day_end",
    }
    loaded = load(TradewindSettings, environ=environ, older_names=OLDER_NAMES)
    settings = loaded.settings
    assert settings.infoway.api_key == "k1"
    assert settings.documents.url == environ["MONGODB_HOST"]
    assert (settings.documents.database, settings.documents.realtime, settings.documents.close) == (
        "db", "older", "day_end",
    )  # fmt: skip
    newer = load(
        TradewindSettings, environ=environ | {"MONGODB_REALTIME_COLLECTION_NAME": "newer"}, older_names=OLDER_NAMES
    )
    assert newer.settings.documents.realtime == "newer"
    told = f"{settings!r} {loaded.remarks}"
    assert "k1" not in told
    assert "pw" not in told


def test_an_address_of_another_kind_of_store_is_refused(tmp_path: Path) -> None:
    flags = [f"data_dir={tmp_path}", "documents.url=postgres://u:hunter2@h/db"]
    with pytest.raises(ConfigError, match="MONGODB_HOST") as caught:
        build_documents(load(TradewindSettings, flags=flags).settings)
    assert "hunter2" not in str(caught.value)


async def test_what_the_settings_choose_is_built(tmp_path: Path) -> None:
    flags = [f"data_dir={tmp_path}", "infoway.api_key=k"]
    settings = load(TradewindSettings, flags=flags).settings
    documents = build_documents(settings)
    await documents.store.open()
    assert await documents.store.count("realtime") == 0
    await documents.store.close()
    await infoway_client(settings).close()
    with pytest.raises(ConfigError, match="INFOWAY_API_KEY"):
        infoway_client(load(TradewindSettings).settings)


def module_settings(server: StandIn, folder: Path, *flags: str) -> TradewindSettings:
    reached = [f"infoway.base_url={server.base_url}", f"infoway.api_key={GOOD_KEY}", "documents.retry_scale=0.001"]
    return load(TradewindSettings, flags=[f"data_dir={folder}", *reached, *flags]).settings


async def test_a_module_fetches_and_what_waited_on_disk_follows_by_itself(tmp_path: Path) -> None:
    async with stand_in() as server:
        settings = module_settings(server, tmp_path)
        away = SpooledDocuments(SqliteDocuments(settings.documents, tmp_path / "away"), build_spool(settings))
        (tmp_path / "away").write_text("no folder")
        async with client_of(server) as client:
            assert (await InfowayCollector(client, away).fetch(["TSLA.US", "AAPL.US"])).spooled == 2
        await away.close()
        async with open_fetcher(settings) as fetcher:
            found = await fetcher.fetch(["USDCNY"], collection="realtime", on_progress=lambda _done, _whole: None)
            look = SqliteDocuments(settings.documents, tmp_path)
            async with asyncio.timeout(10):
                while await look.count("realtime") < 3:  # noqa: ASYNC110 - another connection's view of a file
                    await asyncio.sleep(0.01)
            await look.close()
    assert (found.refused, [quote.code for quote in found.quotes]) == ({}, ["USDCNY"])


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("infoway.api_key=", "INFOWAY_API_KEY"),
        ("closes.codes=BTCUSDT", "closes.codes must be of markets with a calendar"),
        ("documents.url=mongodb://a:b:c@x", "MONGODB_HOST"),
    ],
)
async def test_a_module_that_could_not_do_its_work_does_not_start(tmp_path: Path, flag: str, told: str) -> None:
    async with stand_in() as server:
        settings = module_settings(server, tmp_path, flag)
        with pytest.raises(ConfigError, match=told):
            async with open_fetcher(settings):
                pass
