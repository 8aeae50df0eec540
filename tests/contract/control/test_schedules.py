"""Schedules begin once, whoever looks; workflows go on step by step, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from control_stage import DAY_NS, Server, serving
from old_module import OldModule, register
from tradewind.domain import fleet
from tradewind.domain.job import CronCadence, JobPlan, JobState, MarketCadence, Step
from tradewind.errors import InputError, StateConflictError
from tradewind.kernel.clock import FakeClock

from waiting import eventually

MORNING_NS = 20_000 * DAY_NS + 7 * 3_600_000_000_000
"""7 o'clock UTC, 15:00 in Shanghai, of a Friday."""
PLAN = JobPlan(codes=("TSLA.US",))


async def a_module(server: Server, work: Any) -> asyncio.Task[None]:
    answer = await asyncio.to_thread(register, server.address)
    running = asyncio.create_task(OldModule(server.address, answer["result"]["hash"], work).run())
    await server.online(1)
    return running


async def server_looked(server: Server) -> None:
    """Wait until a server has done what it does every second, twice."""
    for _ in range(2):
        run = await server.do(fleet.CreateWorkflow(name="look", steps=(Step(plan=PLAN),)))
        begun = await server.do(fleet.RunWorkflow(workflow_id=run.workflow_id))
        await server.ended(f"{begun.run_id}-0")


async def fetch(args: dict[str, Any]) -> Any:
    return len(args["codes"])


async def test_two_servers_begin_a_due_schedule_once(folder: Path) -> None:
    clock = FakeClock(MORNING_NS)
    async with serving(folder, clock=clock) as one, serving(folder, clock=clock) as two:
        running = await a_module(one, fetch)
        put = fleet.PutSchedule(name="close", cadence=CronCadence(cron="1 15 * * 1-5"), plan=PLAN)
        schedule = await one.do(put)
        assert schedule.next_at == MORNING_NS + 60_000_000_000
        clock.advance(61.0)
        await eventually(lambda: one.fired() + two.fired() == 1)
        # Whoever comes second has looked by then, too.
        await server_looked(one)
        await server_looked(two)
        jobs = (await one.ask(fleet.AskJobs(origin_id="close"))).jobs
        assert len(jobs) == 1
        (kept,) = (await two.ask(fleet.AskSchedules())).schedules
        assert kept.last_job_id == jobs[0].job_id
        assert kept.next_at == MORNING_NS + 3 * DAY_NS + 60_000_000_000
        running.cancel()


async def test_one_that_was_due_while_nobody_ran_is_let_pass_and_counted(folder: Path) -> None:
    clock = FakeClock(MORNING_NS)
    async with serving(folder, clock=clock) as server:
        running = await a_module(server, fetch)
        cadence = MarketCadence("au2512.SHFE", minutes=10)
        schedule = await server.do(fleet.PutSchedule(name="close", cadence=cadence, plan=PLAN))
        assert schedule.next_at == MORNING_NS + 600_000_000_000
        running.cancel()
    clock.advance(7_200.0)
    async with serving(folder, clock=clock) as server:
        await eventually(lambda: server.metrics.control_schedules.counts == {"missed": 1})
        (kept,) = (await server.ask(fleet.AskSchedules())).schedules
        assert (kept.missed, kept.last_job_id, kept.next_at) == (1, "", MORNING_NS + DAY_NS + 600_000_000_000)


async def test_a_workflow_goes_on_when_a_step_has_ended_and_stops_where_it_was_told_to(folder: Path) -> None:
    async def some(args: dict[str, Any]) -> Any:
        if args["codes"] == ["BAD"]:
            message = "no such code"
            raise ValueError(message)
        return args["codes"]

    async with serving(folder) as server:
        running = await a_module(server, some)
        bad = JobPlan(codes=("BAD",))
        steps = (Step(plan=PLAN), Step(plan=bad, on_failure="continue"), Step(plan=bad), Step(plan=PLAN))
        workflow = await server.do(fleet.CreateWorkflow(name="收盘", steps=steps))
        command = fleet.RunWorkflow(workflow_id=workflow.workflow_id, request_id="once")
        run, same = await server.do(command), await server.do(command)
        assert run.run_id == same.run_id
        await server.ended(f"{run.run_id}-2", JobState.FAILED)

        async def ended() -> Any:
            return (await server.ask(fleet.AskRuns())).runs[0]

        while (found := await ended()).state is JobState.RUNNING:  # noqa: ASYNC110 - the fact is in a database
            await asyncio.sleep(0.02)
        assert (found.state, found.step, found.error) == (JobState.FAILED, 2, "no such code")
        with pytest.raises(InputError):
            await server.job(f"{run.run_id}-3")
        running.cancel()


async def test_what_cannot_be_is_refused_by_name(folder: Path) -> None:
    async with serving(folder) as server:
        for cadence, word in (
            (CronCadence(cron="61 * * * *"), "61"),
            (CronCadence(cron="* * * * * *"), "5 fields"),
            (CronCadence(cron="0 9 * * *", zone="Mars/Base"), "Mars/Base"),
            (MarketCadence("xx9999.SHFE"), "xx9999.SHFE"),
        ):
            with pytest.raises(InputError, match=word):
                await server.do(fleet.PutSchedule(name="s", cadence=cadence, plan=PLAN))
        with pytest.raises(InputError, match="either a job"):
            await server.do(fleet.PutSchedule(name="s", cadence=CronCadence(cron="0 9 * * *")))
        with pytest.raises(StateConflictError, match="no module is admitted"):
            await server.start_job()
        with pytest.raises(InputError, match="kind must be one of quotes"):
            await server.start_job(kind="shell")
