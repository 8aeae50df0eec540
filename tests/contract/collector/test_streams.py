"""What is pushed is stored: a stand-in provider's live door on one side, a real store on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from infoway_builders import infoway_settings, stand_in
from tradewind.collector.infoway_streams import InfowayStreams
from tradewind.collector.ports import Streamed
from tradewind.errors import (
    ConfigError,
    InputError,
    KeyRefusedError,
    SpoolFullError,
    StateConflictError,
    TransientError,
)
from tradewind.kernel.clock import NS_PER_MS, SystemClock
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments
from tradewind.stores.documents.sqlite import SqliteDocuments
from tradewind.testing.infoway_live import until
from tradewind.testing.infoway_server import StandIn

from waiting import eventually


class Desk:
    """Streams of one process, with what they store and what they told."""

    def __init__(self, server: StandIn, folder: Path, **changes: Any) -> None:
        self.server = server
        store = SqliteDocuments(DocumentSettings(), folder)
        self.documents = SpooledDocuments(store, Spool(folder / "spool", max_bytes=1 << 16))
        most_waiting = changes.pop("most_waiting", 1_000)
        self.streams = InfowayStreams(
            infoway_settings(server, **{"plan": "professional", **changes}),
            self.documents,
            flush_s=0.02,
            most_waiting=most_waiting,
        )
        self.stop = asyncio.Event()
        self.told: list[tuple[int, int]] = []

    async def listen(
        self, *codes: str, watch: Any = "trade", bar: Any = "1m", seconds: float | None = None
    ) -> Streamed:
        until_ms = None if seconds is None else round(SystemClock().now_ns() / NS_PER_MS + seconds * 1_000)
        return await self.streams.listen(
            codes, watch=watch, bar=bar, stop=self.stop, until_ms=until_ms,
            on_progress=lambda *step: self.told.append(step),
        )  # fmt: skip

    def begin(self, *codes: str, **how: Any) -> asyncio.Task[Streamed]:
        return asyncio.create_task(self.listen(*codes, **how))


@asynccontextmanager
async def desk(folder: Path, **changes: Any) -> AsyncIterator[Desk]:
    async with stand_in() as server:
        here = Desk(server, folder, **changes)
        yield here
        await here.documents.close()


async def test_every_push_is_stored_until_the_stream_is_told_to_end(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        stream = here.begin("TSLA.US", "USDCNY", "no code")
        await until(here.server.live, "trade", {"TSLA.US"})
        await until(here.server.live, "trade", {"USDCNY"})
        for number in range(50):
            await here.server.publish("TSLA.US", 250.0 + number, at_ms=1_750_177_346_000 + number)
        await here.server.publish("USDCNY", 7.1, at_ms=1_750_177_346_000)
        await eventually(lambda: (51, 51) in here.told)
        here.stop.set()
        found = await stream
        assert await here.documents.store.count("realtime") == 51
        (newest,) = await here.documents.store.latest("realtime", "TSLA.US")
        assert here.server.live.guests == []
    assert (found.received, found.stored, found.connections, found.lost) == (51, 51, 2, 0)
    assert list(found.refused) == ["no code"]
    assert (newest.p, newest.stock_code) == ("299", "TSLA.US")


async def test_books_and_bars_are_stored_where_they_belong(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        books, bars = here.begin("TSLA.US", watch="depth"), here.begin("TSLA.US", watch="kline", bar="5m")
        await until(here.server.live, "depth", {"TSLA.US"})
        await until(here.server.live, "bar", {"TSLA.US"})
        for number in range(3):
            await here.server.publish("TSLA.US", 250.0 + number, at_ms=1_750_177_346_000 + number)
        store = here.documents.store
        async with asyncio.timeout(5):
            while (await store.count("depth"), await store.count("kline")) != (3, 1):  # noqa: ASYNC110 - a file's view
                await asyncio.sleep(0.01)
        here.stop.set()
        found = await asyncio.gather(books, bars)
        (bar,) = await store.bars("TSLA.US", 2)
        subscribed = [frame["data"] for frame in here.server.live.frames if frame["code"] == 10_006]
    assert [one.received for one in found] == [3, 3]
    assert found[1].stored + found[1].known == 3
    assert bar.c == "252"
    assert subscribed == [{"arr": [{"type": 2, "codes": "TSLA.US"}]}]


async def test_a_stream_ends_by_itself_when_its_time_is_over_and_what_it_heard_is_stored(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        stream = here.begin("TSLA.US", seconds=0.3)
        await until(here.server.live, "trade", {"TSLA.US"})
        await here.server.publish("TSLA.US", 250.0)
        found = await stream
        assert await here.documents.store.count("realtime") == 1
        late = await here.listen("TSLA.US", seconds=-5)
    assert found.received == 1
    assert late.received == 0
    assert here.told


async def test_a_stream_survives_a_connection_that_breaks_and_says_how_often_it_was_lost(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        stream = here.begin("TSLA.US")
        for number in range(3):
            await until(here.server.live, "trade", {"TSLA.US"})
            await here.server.publish("TSLA.US", 250.0 + number)
            await eventually(lambda so_many=number + 1: (so_many, so_many) in here.told)  # type: ignore[misc]  # bound at once
            await here.server.live.hang_up()
            await eventually(lambda: not here.server.live.guests)
        await until(here.server.live, "trade", {"TSLA.US"})
        here.stop.set()
        found = await stream
    assert (found.received, found.stored, found.lost) == (3, 3, 3)


async def test_streams_keep_to_the_plan_of_the_key_all_together(tmp_path: Path) -> None:
    async with desk(tmp_path, plan="free") as here:
        with pytest.raises(InputError, match=r"need 2 live connections of 10 codes .* the plan free has 1"):
            await here.listen(*(f"A{number}.US" for number in range(11)))
        with pytest.raises(InputError, match="none of the codes can be had"):
            await here.listen("nonsense")
        first = here.begin("TSLA.US")
        await until(here.server.live, "trade", {"TSLA.US"})
        with pytest.raises(StateConflictError, match="1 of the 1 live connections of the plan free are in use"):
            await here.listen("AAPL.US")
        here.stop.set()
        await first
        assert (await here.listen("AAPL.US", seconds=0)).connections == 1


@pytest.mark.parametrize(("code", "kind"), [(508, KeyRefusedError), (512, ConfigError)])
async def test_a_provider_that_ends_it_for_good_ends_the_job_by_name(
    tmp_path: Path, code: int, kind: type[Exception]
) -> None:
    async with desk(tmp_path) as here:
        here.server.live.greet_with.append(code)
        with pytest.raises(kind):
            await here.listen("TSLA.US")


async def test_what_cannot_be_stored_ends_the_stream_and_is_never_passed_over(tmp_path: Path) -> None:
    async with desk(tmp_path, most_waiting=2) as here:
        stream = here.begin("TSLA.US")
        await until(here.server.live, "trade", {"TSLA.US"})
        here.documents._turn = asyncio.Lock()
        async with here.documents._turn:
            for number in range(5):
                await here.server.publish("TSLA.US", 250.0 + number)
            await asyncio.sleep(0.1)
        with pytest.raises(TransientError, match="could not wait for it and are lost"):
            await stream
    (tmp_path / "full").mkdir()
    async with stand_in() as server:
        here = Desk(server, tmp_path / "full")
        (tmp_path / "full" / "documents.db").mkdir()
        stream = here.begin("TSLA.US")
        await until(server.live, "trade", {"TSLA.US"})
        here.documents._spool._max_bytes = 10
        await server.publish("TSLA.US", 250.0)
        with pytest.raises(SpoolFullError):
            await stream
        await here.documents.close()
