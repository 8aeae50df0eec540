"""Who has an execution, and whose result counts: modules fall silent, come back late, and servers die."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from control_stage import Server, serving
from old_module import OldModule, register
from tradewind.domain import fleet
from tradewind.domain.job import JobState, Spread

from waiting import eventually


async def fetch(args: dict[str, Any]) -> Any:
    return len(args["codes"])


class Hanging:
    """A job that takes until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, args: dict[str, Any]) -> Any:
        self.begun.set()
        await self.go.wait()
        return f"late {len(args['codes'])}"


async def a_module(server: Server, work: Any = fetch) -> tuple[OldModule, asyncio.Task[None]]:
    answer = await asyncio.to_thread(register, server.address)
    module = OldModule(server.address, answer["result"]["hash"], work)
    return module, asyncio.create_task(module.run())


async def test_a_dead_modules_job_goes_to_another(folder: Path) -> None:
    async with serving(folder) as server:
        hanging = Hanging()
        _, first = await a_module(server, hanging)
        await server.online(1)
        job_id = await server.start_job()
        await hanging.begun.wait()
        _, second = await a_module(server)
        await server.online(2)
        first.cancel()
        (done,) = (await server.ended(job_id)).executions
        assert (done.lease, done.result, done.is_late) == (2, 1, False)
        second.cancel()


async def test_the_result_of_a_lost_lease_counts_when_it_is_the_first_and_the_other_then_does_not(
    folder: Path,
) -> None:
    async with serving(folder) as server:
        before, after = Hanging(), Hanging()
        module, first = await a_module(server, before)
        (one,) = await server.online(1)
        job_id = await server.start_job()
        await before.begun.wait()
        assert module.socket is not None
        (sent,) = [text for text in module.heard if "execute" in text]
        meta = json.loads(sent)["message"]["meta"]
        first.cancel()
        _, second = await a_module(server, after)
        await after.begun.wait()
        back, third = OldModule(server.address, module.url.rpartition("=")[2], fetch), None
        third = asyncio.create_task(back.run())
        await server.online(2)
        assert back.socket is not None
        await back.socket.send(json.dumps({"status": "success", "meta": meta, "result": "first"}))
        (done,) = (await server.ended(job_id)).executions
        assert (done.result, done.is_late, done.module_id) == ("first", True, one.module_id)
        after.go.set()
        await eventually(lambda: server.metrics.control_executions.counts.get("again") == 1)
        assert (await server.job(job_id)).executions[0].result == "first"
        second.cancel()
        third.cancel()


async def test_who_was_never_given_an_execution_cannot_end_it(folder: Path) -> None:
    async with serving(folder) as server:
        hanging = Hanging()
        _, first = await a_module(server, hanging)
        await server.online(1)
        job_id = await server.start_job()
        await hanging.begun.wait()
        thief, second = await a_module(server)
        await server.online(2)
        assert thief.socket is not None
        for meta in ({"execution_id": f"{job_id}-00000", "lease": 1, "proof": "0" * 32}, {"execution_id": "x"}):
            await thief.socket.send(json.dumps({"status": "success", "meta": meta, "result": "stolen"}))
        await eventually(lambda: thief.heard.count("receive result") == 2)
        hanging.go.set()
        assert (await server.ended(job_id)).executions[0].result == "late 1"
        first.cancel()
        second.cancel()


async def test_a_job_that_nobody_ends_is_given_up_and_what_comes_after_all_is_kept_beside_it(folder: Path) -> None:
    async with serving(folder) as server:
        hanging = Hanging()
        module, first = await a_module(server, hanging)
        await server.online(1)
        job_id = await server.start_job(attempts=1)
        await hanging.begun.wait()
        (sent,) = [text for text in module.heard if "execute" in text]
        first.cancel()
        given_up = await server.ended(job_id, JobState.FAILED)
        assert given_up.job.error == "given up: its module fell silent or took too long"
        back = OldModule(server.address, module.url.rpartition("=")[2], fetch)
        second = asyncio.create_task(back.run())
        await server.online(1)
        assert back.socket is not None
        meta = json.loads(sent)["message"]["meta"]
        for result in ("after all", "and again"):
            await back.socket.send(json.dumps({"status": "success", "meta": meta, "result": result}))
        await eventually(lambda: back.heard.count("receive result") == 2)
        found = await server.job(job_id)
        assert (found.job.state, found.executions[0].result, found.executions[0].is_late) == (
            JobState.FAILED, "after all", True,
        )  # fmt: skip
        second.cancel()


async def test_each_module_of_a_label_does_its_own_part_and_others_do_not(folder: Path) -> None:
    async with serving(folder) as server:
        modules = [await a_module(server) for _ in range(3)]
        known = await server.online(3)
        for one in known[:2]:
            change = fleet.ChangeModule(module_id=one.module_id, name="香港", labels=("hk",), version=one.version)
            await server.do(change)
        job = await server.ended(await server.start_job("00700.HK", label="hk", spread=Spread.EACH))
        assert {one.module_id for one in job.executions} == {one.module_id for one in known[:2]}
        for _, running in modules:
            running.cancel()


async def test_two_servers_share_one_fleet_and_the_dead_ones_modules_go_to_the_living(folder: Path) -> None:
    async with serving(folder) as one, serving(folder) as two:
        module, running = await a_module(one)
        await two.online(1)
        there = OldModule(two.address, module.url.rpartition("=")[2], fetch)
        second = await asyncio.gather(there.run(), return_exceptions=True)
        assert "409" in str(second[0])
        job = await two.ended(await two.start_job())
        assert job.executions[0].state == "done"
        servers = (await two.ask(fleet.AskServers())).servers
        assert sorted(server.modules for server in servers) == [0, 1]

        await one.die()
        await asyncio.gather(running, return_exceptions=True)
        moved = asyncio.create_task(there.run_for_ever())
        job = await two.ended(await two.start_job())
        assert job.executions[0].state == "done"
        # The dead one is listed until its last beat is too old.
        await two.alone()
        moved.cancel()


async def test_a_cancelled_job_is_begun_by_nobody(folder: Path) -> None:
    async with serving(folder) as server:
        module, running = await a_module(server)
        (known,) = await server.online(1)
        running.cancel()
        await server.online(0)
        job_id = await server.start_job(modules=(known.module_id,))
        await server.do(fleet.CancelJob(job_id=job_id))
        again = asyncio.create_task(module.run())
        other = await server.ended(await server.start_job())
        assert other.executions[0].result == 1
        assert (await server.job(job_id)).job.state is JobState.CANCELLED
        assert module.executed == [other.executions[0].execution_id]
        again.cancel()
