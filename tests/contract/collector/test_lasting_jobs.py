"""Jobs that last, at our module and our control server: cancelled, cut off, taken up again, their leases kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from control_stage import Server, serving
from fleet_ear import Ear
from module_at_work import AtWork
from tradewind.collector.registering import register
from tradewind.collector.stream_kind import StreamKind
from tradewind.domain import fleet
from tradewind.domain.job import JobState
from tradewind.kernel.clock import NS_PER_S, SystemClock

from waiting import eventually


class Stage:
    """A server, a module and its ear."""

    def __init__(self, server: Server, module: AtWork) -> None:
        self.server = server
        self.module = module
        self.ear = Ear()
        module.kinds["stream"] = StreamKind(self.ear)

    async def stream(self, **plan: Any) -> str:
        begun = len(self.ear.began)
        job_id = await self.server.start_job("TSLA.US", kind="stream", **plan)
        await eventually(lambda: len(self.ear.began) == begun + 1)
        return job_id

    async def cancel(self, job_id: str) -> None:
        await self.server.do(fleet.CancelJob(job_id=job_id))


@asynccontextmanager
async def stage(folder: Path, **settings: Any) -> AsyncIterator[Stage]:
    async with serving(folder / "server", **settings) as server:
        module = AtWork(folder / "module", int(server.address.rpartition(":")[2]), job_s=0.05)
        here = Stage(server, module)
        module.places.write_hash(await register(module.settings))
        module.start()
        await server.online(1)
        yield here
        await module.end()


async def test_a_stream_lasts_until_it_is_cancelled_and_its_result_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        job_id = await here.stream()
        await eventually(lambda: any(job.running == 1 for job in here.server.jobs))
        # Far beyond module.job_s, which is of other jobs, and several leases' worth of signs of life.
        progress = await here.server._until(
            lambda: here.server.job(job_id), lambda found: found.executions[0].progress == "7/7"
        )
        assert progress.executions[0].lease == 1
        await here.cancel(job_id)
        await eventually(lambda: here.ear.ended == 1)
        kept = await here.server._until(lambda: here.server.job(job_id), lambda found: bool(found.executions[0].result))
        assert kept.job.state is JobState.CANCELLED
        assert (kept.executions[0].result["received"], kept.executions[0].result["stored"]) == (7, 6)
        assert here.module.module.jobs.open_ids == ()


async def test_a_job_of_any_kind_that_runs_is_ended_by_a_cancel_and_the_module_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        here.module.module.jobs._router._job_s = 60.0
        here.module.hold()
        job_id = await here.server.start_job("TSLA.US")
        await eventually(lambda: len(here.module.fetcher.begun) == 1)
        await here.cancel(job_id)
        await eventually(lambda: here.module.module.jobs.open_ids == ())
        here.module.release()
        await here.server.ended(await here.server.start_job("AAPL.US"))
        assert here.module.fetcher.done == ["realtime AAPL.US"]
        assert here.module.module.jobs.counts.failed == 1


async def test_a_stream_that_a_stop_cut_off_is_taken_up_again_for_what_is_left_of_its_time(tmp_path: Path) -> None:
    async with stage(tmp_path, reassign_s=30.0) as here:
        job_id = await here.stream(duration_s=3_600)
        await here.module.end()
        assert here.ear.ended == 1
        here.module.start()
        await eventually(lambda: len(here.ear.began) == 2)
        first, again = here.ear.began
        assert first == again
        await here.server.online(1)
        (running,) = (await here.server.job(job_id)).executions
        assert (running.state, running.lease) == ("sent", 1)
        await here.cancel(job_id)
        await eventually(lambda: here.ear.ended == 2)


async def test_what_waits_and_is_cancelled_never_begins(tmp_path: Path) -> None:
    async with stage(tmp_path, per_module=9) as here:
        streams = [await here.stream() for _ in range(4)]
        waiting = await here.server.start_job("AAPL.US", kind="stream")
        await eventually(lambda: len(here.module.module.jobs.open_ids) == 5)
        await here.cancel(waiting)
        await eventually(lambda: len(here.module.module.jobs.open_ids) == 4)
        for job_id in streams:
            await here.cancel(job_id)
        await eventually(lambda: here.ear.ended == 4)
        assert [codes for codes, _ in here.ear.began] == [("TSLA.US",)] * 4


async def test_a_stream_that_another_module_has_meanwhile_is_left_to_it_and_may_come_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        job_id = await here.stream()
        execution_id = f"{job_id}-00000"
        other = AtWork(tmp_path / "other", here.module.settings.server_port)
        ear = Ear()
        other.kinds["stream"] = StreamKind(ear)
        other.places.write_hash(await register(other.settings))
        other.start()
        await here.server.online(2)
        # As after a silence of the first: its lease is over, and the other, who is idle, is given it.
        assert here.server.store.expire(SystemClock().now_ns() + 1_000 * NS_PER_S) == [job_id]
        await eventually(lambda: len(ear.began) == 1)
        await eventually(lambda: here.ear.ended == 1)
        await eventually(lambda: here.module.module.jobs.open_ids == ())
        assert here.module.module.jobs._journal.find(execution_id) is None
        (running,) = (await here.server.job(job_id)).executions
        assert (running.state, running.lease, ear.ended) == ("sent", 2, 0)
        await other.end()
        await eventually(lambda: len(here.ear.began) == 2)
        await here.cancel(job_id)
        await eventually(lambda: here.ear.ended == 2)
