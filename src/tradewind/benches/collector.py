"""`tradewind bench collector`: storing documents, against the plainest insert of the same into the same store.

Ours makes each trade's id, knows one that is there already and answers when it is durable. MongoDB's part runs where
SecantusDB is installed, a small server of the same protocol: the ratio says what our part costs, the rate says nothing
of MongoDB.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.result import BenchResult
from tradewind.kernel.clock import perf_ns
from tradewind.stores.documents.forms import QuoteDocument, id_of
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.sqlite import SqliteDocuments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    _Work = Callable[[list[QuoteDocument]], Awaitable[object]]

_DOCUMENTS: Final = 100_000
_QUICK: Final = 10_000
_BATCH: Final = 1_000
_GOAL: Final = 0.8
_TABLE: Final = (
    "CREATE TABLE plain (id TEXT PRIMARY KEY, stock_code TEXT NOT NULL, t INTEGER NOT NULL, body TEXT NOT NULL) "
    "WITHOUT ROWID; CREATE INDEX plain_by_code ON plain (stock_code, t)"
)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure and, unless `as_json`, print a table; return the result as a dictionary."""
    result = BenchResult("collector")
    # Not below /tmp, which is memory on many machines: a durable write there says nothing.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-collector-") as folder:
        asyncio.run(_measure(result, Path(folder), _QUICK if quick else _DOCUMENTS))
    if not as_json:
        result.show()
    return result.as_dict()


async def _measure(result: BenchResult, folder: Path, count: int) -> None:
    store = SqliteDocuments(DocumentSettings(), folder)
    await store.open()
    with contextlib.closing(_plain_sqlite(folder / "plain.db")) as connection:
        await _compare(
            result,
            "sqlite",
            count,
            ours=lambda batch: store.put("realtime", batch),
            plain=lambda batch: _fill(connection, batch),
        )
    await store.close()
    server = shutil.which("secantusd-py", path=str(Path(sys.executable).parent))
    if server is not None:
        await _measure_mongo(result, folder / "mongo", server, count)


async def _compare(result: BenchResult, name: str, count: int, *, ours: _Work, plain: _Work) -> None:
    """Store the same batches both ways in turn, so that what else the machine does meets both; making them is free."""
    spent: dict[str, list[int]] = {"ours": [], "plain": []}
    ways = [("ours", ours), ("plain", plain)]
    for batch in _batches(count):
        for way, work in ways:
            begun_ns = perf_ns()
            await work(batch)
            spent[way].append(perf_ns() - begun_ns)
        ways.reverse()
    result.figure(f"{name}_documents_per_s", count / sum(spent["ours"]) * 1e9)
    result.figure(f"{name}_plain_insert_many_per_s", count / sum(spent["plain"]) * 1e9)
    ratio = median(spent["plain"]) / median(spent["ours"])
    result.ratio(f"{name}_to_plain_insert_many", ratio)
    result.goal(f"{name}_to_plain_insert_many", ratio, _GOAL, better="higher")


def _documents(start: int, count: int) -> list[QuoteDocument]:
    return [
        QuoteDocument(
            s=f"A{number % 500}.US",
            t=1_750_177_346_523 + number,
            p="5188.211",
            v="3.0",
            vw="15564.6330",
            td=number % 3,
            stock_code=f"A{number % 500}.US",
            create_time=1_750_177_347_000,
        )
        for number in range(start, start + count)
    ]


def _batches(count: int) -> Iterator[list[QuoteDocument]]:
    for start in range(0, count, _BATCH):
        yield _documents(start, _BATCH)


def _plain_sqlite(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_TABLE}")
    return connection


async def _fill(connection: sqlite3.Connection, batch: list[QuoteDocument]) -> None:
    with connection:
        rows = [(id_of(one), one.stock_code, one.t, msgspec.json.encode(one).decode()) for one in batch]
        connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?)", rows)


async def _measure_mongo(result: BenchResult, folder: Path, server: str, count: int) -> None:
    from pymongo import AsyncMongoClient, WriteConcern  # noqa: PLC0415 - an extra

    from tradewind.stores.documents.mongo import MongoDocuments  # noqa: PLC0415 - an extra

    folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else runs yet
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [server, "--port", str(port), "--storage-path", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603, ASYNC220 - our own
    url = f"mongodb://127.0.0.1:{port}"
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, serverSelectionTimeoutMS=20_000)
    try:
        await client.admin.command("ping")
        concern = WriteConcern(w="majority", j=True)
        store = MongoDocuments(DocumentSettings(url=url, database="ours"))
        await store.open()
        target = client["plain"].get_collection("realtime", write_concern=concern)
        await target.create_index([("stock_code", 1), ("t", -1)])
        await target.create_index([("create_time", -1)])
        await _compare(
            result,
            "mongo_protocol",
            count,
            ours=lambda batch: store.put("realtime", batch),
            plain=lambda batch: _insert(target, batch),
        )
        await store.close()
    finally:
        await client.close()
        process.kill()
        process.wait()


async def _insert(target: Any, batch: list[QuoteDocument]) -> None:  # noqa: ANN401 - the driver's collection
    await target.insert_many([msgspec.structs.asdict(one) for one in batch], ordered=False)
