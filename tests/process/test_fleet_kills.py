"""Server, five modules, document server and data provider: killed at random for a minute, each job is done once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from fleet_stage import FleetStage
from infoway_builders import stand_in
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.rng import named_rng

from waiting import wait_until

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
_MINUTE_S = 60.0
_EACH = 3
_MOST_JOBS = 200


def codes_of(number: int) -> list[str]:
    return [f"J{number}X{place}.US" for place in range(_EACH)]


def go_through(stage: FleetStage) -> int:
    """Send jobs for a minute while everything dies around them; return how many were sent when all have ended."""
    chance = named_rng(11, "fleet kills").randrange
    wait_until(lambda: stage.modules_online() == len(stage.modules), timeout_s=60)
    until_s, sent = monotonic_s() + _MINUTE_S, 0
    while monotonic_s() < until_s and sent < _MOST_JOBS:
        for _ in range(1 + chance(4)):
            stage.start_job(sent, *codes_of(sent))
            sent += 1
        match chance(8):
            case 0:
                stage.kill_server()
            case 1:
                stage.kill_documents()
            case _:
                stage.modules[chance(len(stage.modules))].kill()
        time.sleep(chance(400) / 1e3)

    def is_over() -> bool:
        jobs = stage.jobs()
        return jobs is not None and len(jobs) == sent and all(job["ended_at"] for job in jobs)

    wait_until(is_over, timeout_s=90)
    return sent


async def test_every_job_is_in_the_store_exactly_once_whoever_dies(tmp_path: Path) -> None:
    async with stand_in() as provider:
        for number in range(_MOST_JOBS):
            for code in codes_of(number):
                provider.market.quote(code, 10.0 + number)
        stage = await asyncio.to_thread(FleetStage, tmp_path, provider.base_url)
        try:
            sent = await asyncio.to_thread(go_through, stage)
            jobs = await asyncio.to_thread(stage.jobs)
            executions = [await asyncio.to_thread(stage.executions, job["job_id"]) for job in jobs or ()]
            wanted = sorted(code for number in range(sent) for code in codes_of(number))
            # A module that could not store at once has it on disk: it follows when the document server is back.
            await asyncio.to_thread(wait_until, lambda: len(stage.documents()) >= len(wanted), timeout_s=60)
            documents = await asyncio.to_thread(stage.documents)
        finally:
            await asyncio.to_thread(stage.end)
    assert {job["state"] for job in jobs or ()} == {"done"}
    assert {len(found) for found in executions} == {1}
    assert all(found[0]["result"]["quotes"] == _EACH for found in executions)
    assert sorted(document["s"] for document in documents) == wanted
