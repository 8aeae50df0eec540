"""Books and bars as jobs: a stand-in provider on one side, a real store on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fleet_fetcher import FileFetcher
from infoway_builders import client_of, stand_in
from tradewind.collector.depth_kline_kinds import DepthKind, KlineKind
from tradewind.collector.infoway import InfowayCollector
from tradewind.collector.protocol_jobs import Job
from tradewind.errors import InputError, KeyRefusedError
from tradewind.kernel.clock import NS_PER_MS, FakeClock
from tradewind.runtime.module import kinds_of
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments
from tradewind.stores.documents.sqlite import SqliteDocuments
from tradewind.testing.infoway_server import StandIn

NOW_MS = 1_750_177_347_000


class Shop(NamedTuple):
    """A collector between its stand-in and its store."""

    server: StandIn
    documents: SpooledDocuments
    collector: InfowayCollector


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    async with stand_in() as server, client_of(server) as client:
        store = SqliteDocuments(DocumentSettings(), folder)
        documents = SpooledDocuments(store, Spool(folder / "spool", max_bytes=1 << 20))
        yield Shop(server, documents, InfowayCollector(client, documents, clock=FakeClock(NOW_MS * NS_PER_MS)))
        await documents.close()


def untold(_done: int, _whole: int) -> None:
    """Listen to no progress."""


async def test_a_depth_job_stores_the_book_of_each_code_and_says_what_it_could_not_have(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    async with shop(tmp_path) as here:
        here.server.market.quote("TSLA.US", 250.0, at_ms=NOW_MS)
        job = Job(kind="depth", codes=("TSLA.US", "USDCNY", "NOSUCH.US"))
        result = await DepthKind(here.collector).run(job, lambda done, whole: told.append((done, whole)))
        again = await DepthKind(here.collector).run(job, untold)
        (book,) = await here.documents.store.depths("TSLA.US", 9)
    assert (result["codes"], result["books"], result["stored"], result["refused_count"]) == (3, 2, 2, 1)
    assert (again["stored"], again["known"]) == (0, 2)
    assert told == [(3, 3)]
    assert (book.t, book.create_time) == (NOW_MS, NOW_MS)
    assert (book.a[0][0], book.a[1][0], book.b[0][0]) == ("250.05", "100", "249.95")
    assert list(result["refused"]) == ["NOSUCH.US"]


async def test_a_kline_job_stores_bars_and_a_bar_that_grew_takes_the_place_of_its_earlier_self(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.server.market.quote("TSLA.US", 250.0, size=10, at_ms=NOW_MS)
        kind = KlineKind(here.collector)
        job = Job(kind="kline", codes=("TSLA.US", "USDCNY"), bar="1d")
        first = await kind.run(job, untold)
        here.server.market.quote("TSLA.US", 252.5, size=5, at_ms=NOW_MS)
        second = await kind.run(job, untold)
        (bar,) = await here.documents.store.bars("TSLA.US", 8, 9)
        assert await here.documents.store.count("kline") == 2
    assert (first["bars"], first["stored"], first["bar"]) == (2, 2, "1d")
    assert (second["stored"], second["known"]) == (1, 1)
    assert (bar.ty, bar.c, bar.t % 1_000) == (8, "252.5", 0)


async def test_many_bars_of_many_codes_are_a_request_for_each_code(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    async with shop(tmp_path) as here:
        found = await here.collector.fetch_bars(
            ["TSLA.US", "AAPL.US", "nonsense"], bar="5m", count=30, on_progress=lambda *step: told.append(step)
        )
        assert len(here.server.requests) == 2
        assert await here.documents.store.count("kline") == 60
        assert len(await here.documents.store.bars("AAPL.US", 2, 100)) == 30
        two = await here.collector.fetch_bars(["TSLA.US", "AAPL.US"], count=2)
        assert len(here.server.requests) == 3
    assert (len(found.documents), found.stored, list(found.refused)) == (60, 60, ["nonsense"])
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert len(two.documents) == 4


@pytest.mark.parametrize("kind", ["depth", "kline"])
async def test_a_refused_key_ends_the_job_by_name(tmp_path: Path, kind: str) -> None:
    async with shop(tmp_path) as here:
        here.server.market.accounts.clear()
        made: dict[str, Any] = {"depth": DepthKind(here.collector), "kline": KlineKind(here.collector)}
        with pytest.raises(KeyRefusedError):
            await made[kind].run(Job(kind=kind, codes=("TSLA.US",)), untold)
        with pytest.raises(InputError, match="codes to collect must be 1 to"):
            await made[kind].run(Job(kind=kind, codes=()), untold)


async def test_a_module_offers_the_kinds_that_its_fetcher_is_good_for(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        assert list(kinds_of(here.collector)) == ["quotes", "depth", "kline", "stream"]
    assert list(kinds_of(FileFetcher(tmp_path / "files"))) == ["quotes"]
