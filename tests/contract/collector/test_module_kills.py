"""A module that is killed at any step, or whose disk is full: no job twice, none forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from module_at_work import AtWork, module_at_work
from system_002_server import System002Server
from tradewind.collector.module_journal import Journal
from tradewind.collector.module_places import Places
from tradewind.collector.ports import Tell
from tradewind.collector.protocol_jobs import Job
from tradewind.errors import ConfigError
from tradewind.kernel.rng import named_rng

from waiting import eventually


class OnlyOnce:
    """A kind whose jobs have effects that add up, so that none may be begun twice."""

    name = "quotes"
    is_repeatable = False

    def __init__(self) -> None:
        self.begun: list[Job] = []

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        tell(0, 1)
        self.begun.append(job)
        await asyncio.Event().wait()
        return {}


@contextmanager
def full_disk(module: AtWork) -> Iterator[None]:
    """Let the journal's file grow no more, as it cannot on a full disk."""
    connection = module.module.jobs._journal._connection
    connection.execute("CREATE TABLE ballast (x)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    # What room is left within the pages is taken up.
    try:
        while True:
            connection.execute("INSERT INTO ballast VALUES (zeroblob(256))")
    except Exception as error:  # noqa: BLE001 - the driver's, as it comes
        assert "full" in str(error)  # noqa: PT017 - this is how one knows that it is full
    yield
    connection.execute("PRAGMA max_page_count = 1000000")


async def test_a_module_killed_in_a_job_does_it_after_its_next_start_and_tells_it_once(tmp_path: Path) -> None:
    async with System002Server() as server:
        module = AtWork(tmp_path, server.port)
        module.hold()
        module.start()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(module.fetcher.begun))
        await module.kill()
        module.release()
        assert module.fetcher.done == []
        module.start()
        await eventually(lambda: bool(server.of("e1")))
        await eventually(lambda: module.module.jobs.unsent == 0)
        await module.end()
        assert module.fetcher.done == ["realtime TSLA.US"]
        assert [result["status"] for result in server.of("e1")] == ["success"]


async def test_a_job_that_may_have_had_effects_is_not_done_again_but_told_as_failed(tmp_path: Path) -> None:
    async with System002Server() as server:
        module, kind = AtWork(tmp_path, server.port), OnlyOnce()
        module.kinds = {"quotes": kind}
        module.start()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(kind.begun))
        await module.kill()
        module.start()
        await eventually(lambda: bool(server.of("e1")))
        await module.end()
        assert len(kind.begun) == 1
        (told,) = server.of("e1")
        assert told["status"] == "error"
        assert told["message"].startswith("interrupted: the module ended while the job ran; it is not done again")


async def test_a_module_killed_before_its_result_was_heard_tells_it_after_its_next_start(tmp_path: Path) -> None:
    async with System002Server(confirms=False) as server:
        module = AtWork(tmp_path, server.port)
        module.start()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: len(server.of("e1")) == 1)
        await module.kill()
        server.confirms = True
        module.start()
        await eventually(lambda: len(server.of("e1")) == 2)
        await eventually(lambda: module.module.jobs.unsent == 0)
        await module.end()
        await eventually(lambda: not server.is_connected())
        module.start()
        await server.execute_when_connected("e2", "AAPL.US")
        await eventually(lambda: bool(server.of("e2")))
        await module.end()
        assert len(server.of("e1")) == 2
        assert module.fetcher.done == ["realtime TSLA.US", "realtime AAPL.US"]


async def test_a_module_that_is_stopped_lets_a_job_end_and_tells_its_result(tmp_path: Path) -> None:
    async with System002Server() as server:
        module = AtWork(tmp_path, server.port, stop_s=5.0)
        module.hold()
        module.start()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(module.fetcher.begun))
        module.module.stop()
        await eventually(lambda: module.module.jobs.is_stopping)
        await server.execute("e2", "AAPL.US")
        module.release()
        await module.task
        assert [result["status"] for result in server.of("e1")] == ["success"]
        assert server.of("e2")[0]["message"] == "refused: the module is stopping"


async def test_a_full_disk_refuses_a_job_by_name_and_takes_it_when_there_is_room(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        await eventually(server.is_connected)
        with full_disk(module):
            await server.execute("e1", *(f"A{number}.US" for number in range(2_000)))
            await eventually(lambda: bool(server.of("e1")))
            (refused,) = server.of("e1")
            assert refused["status"] == "error"
            assert (
                "the job was not taken: the module's journal executions.db cannot be used: database or disk is full"
                in (refused["message"])
            )
            assert module.fetcher.begun == []
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: len(server.of("e1")) == 2)
        assert server.of("e1")[1]["status"] == "success"
        assert module.module.jobs.counts.journal_failures == 1


async def test_a_disk_that_fills_up_under_a_job_delays_its_result_and_loses_nothing(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        module.hold()
        await eventually(server.is_connected)
        await server.execute("e1", *(f"NONE{number}.US" for number in range(300)))
        await eventually(lambda: bool(module.fetcher.begun))
        with full_disk(module):
            module.release()
            await eventually(lambda: module.module.jobs.counts.journal_failures >= 2)
            assert module.module.jobs.open_ids == ("e1",)
            assert server.of("e1") == []
        await eventually(lambda: bool(server.of("e1")))
        assert server.of("e1")[0]["result"]["refused_count"] == 300
        assert len(module.fetcher.done) == 1


async def test_more_jobs_than_may_wait_are_refused_and_the_others_done(tmp_path: Path) -> None:
    async with (
        System002Server() as server,
        module_at_work(tmp_path, server.port, jobs_at_once=1, jobs_waiting=2) as module,
    ):
        module.hold()
        await eventually(server.is_connected)
        await server.execute("e0", "A.US")
        await eventually(lambda: bool(module.fetcher.begun))
        for number in range(1, 4):
            await server.execute(f"e{number}", "A.US")
        await eventually(lambda: bool(server.of("e3")))
        assert server.of("e3")[0]["message"] == "refused: 2 jobs wait already, at most 2 may"
        module.release()
        await eventually(lambda: len(server.results) == 4)
        assert [server.of(f"e{number}")[0]["status"] for number in range(3)] == ["success"] * 3
        await server.execute("e3", "A.US")
        await eventually(lambda: len(server.of("e3")) == 2)
        assert server.of("e3")[1]["status"] == "success"


async def test_a_job_that_takes_too_long_is_given_up_and_told(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port, job_s=0.05) as module:
        module.hold()
        await eventually(server.is_connected)
        await server.execute("e1", "A.US")
        await eventually(lambda: bool(server.of("e1")))
        assert server.of("e1")[0]["message"] == "timeout: the job took longer than 0.05 s (module.job_s)"


def test_what_is_no_journal_is_refused_by_name(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    places.journal.write_bytes(b"no journal" * 1_000)
    with pytest.raises(ConfigError, match=r"executions.db cannot be opened: file is not a database"):
        Journal(places.journal)


def test_what_was_told_long_ago_is_forgotten_and_what_was_not_stays(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    journal = Journal(places.journal)
    for number in range(30):
        journal.take(f"e{number}", {}, {}, 0)
        if number != 3:
            journal.end(f"e{number}", "{}", 1)
        if number not in {3, 4}:
            journal.move(f"e{number}", type(journal.find("e0").state)("told"))  # type: ignore[union-attr]
    journal.forget(10)
    left = [number for number in range(30) if journal.find(f"e{number}") is not None]
    journal.close()
    assert left == [3, 4, *range(20, 30)]


@pytest.mark.parametrize("seed", range(3))
async def test_a_module_killed_at_any_moment_again_and_again_does_every_job_and_tells_each_result(
    tmp_path: Path, seed: int
) -> None:
    rng, jobs = named_rng(seed, "kills"), [f"e{number}" for number in range(20)]
    async with System002Server() as server:
        module = AtWork(tmp_path, server.port)
        module.start()
        waiting = list(jobs)
        while waiting:
            await server.execute_when_connected(waiting[0], f"{waiting[0].upper()}.US")
            await asyncio.sleep(rng.random() * 0.02)
            if rng.random() < 0.4:
                await module.kill()
                await eventually(lambda: not server.is_connected())
                module.start()
            # What did not reach the journal is lost on the way, as the server sees: it tells it again.
            if module.module.jobs._journal.find(waiting[0]) is not None:
                waiting.pop(0)
        await eventually(lambda: {result["meta"]["execution_id"] for result in server.results} == set(jobs))
        assert {result["status"] for result in server.results} == {"success"}
        assert {line.partition(" ")[2] for line in module.fetcher.done} == {f"{job.upper()}.US" for job in jobs}
        await eventually(lambda: module.module.jobs.unsent == 0)
        told = len(server.results)
        await module.end()
        await eventually(lambda: not server.is_connected())
        module.start()
        await server.execute_when_connected("last", "LAST.US")
        await eventually(lambda: bool(server.of("last")))
        await module.end()
        assert len(server.results) == told + 1
