"""`tradewind module run --kind …` as a user types it: real processes, a stand-in provider, one store for all."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from infoway_builders import stand_in
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.sqlite import SqliteDocuments
from tradewind.testing.infoway_live import until
from tradewind.testing.infoway_market import GOOD_KEY
from tradewind.testing.infoway_server import StandIn

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


async def typed(server: StandIn, folder: Path, *words: str) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")}
    environment |= {
        "TRADEWIND_INFOWAY__BASE_URL": server.base_url,
        "TRADEWIND_INFOWAY__LIVE_URL": server.live_url,
        "TRADEWIND_INFOWAY__PLAN": "basic",
        "TRADEWIND_DATA_DIR": str(folder),
        "INFOWAY_API_KEY": GOOD_KEY,
        "COLUMNS": "160",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tradewind", "module", "run", *words, env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def told(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_books_bars_and_pushes_are_stored_by_a_direct_run(tmp_path: Path) -> None:
    async with stand_in() as server:
        server.market.quote("TSLA.US", 250.0, at_ms=1_750_177_346_523)
        depth, kline, stream = await asyncio.gather(
            typed(server, tmp_path, "--kind", "depth", "--codes", "TSLA.US", "NOSUCH.US"),
            typed(server, tmp_path, "--kind", "kline", "--bar", "1d", "--count", "3", "--codes", "TSLA.US", "--json"),
            typed(server, tmp_path, "--kind", "stream", "--codes", "TSLA.US"),
        )
        books, bars = await asyncio.gather(told(depth), told(kline))
        async with asyncio.timeout(30):
            await until(server.live, "trade", {"TSLA.US"})
        await server.publish("TSLA.US", 251.0)
        store = SqliteDocuments(DocumentSettings(), tmp_path)
        async with asyncio.timeout(30):
            while await store.count("realtime") < 1:  # noqa: ASYNC110 - another process fills it
                await asyncio.sleep(0.02)
        stream.send_signal(signal.SIGINT)
        pushes = await told(stream)
        counts = [await store.count(collection) for collection in ("realtime", "depth", "kline")]
        await store.close()
    assert books[0] == 0, books
    for word in ("fetching", "TSLA.US", "249.95", "250.05", "2025-06-17", "NOSUCH.US"):
        assert word in books[1] + books[2]
    assert "1 books: 1 stored, 0 known already" in books[1]
    assert [one["ty"] for one in json.loads(bars[1])["documents"]] == [8, 8, 8]
    assert pushes[0] == 0, pushes
    assert "1 pushes in" in pushes[1]
    assert counts == [1, 1, 3]
