"""Our module at our control server: registration, job, kill in a job, failure; each job once in the results."""

from __future__ import annotations

from pathlib import Path

from control_stage import serving
from module_at_work import AtWork
from tradewind.collector.registering import register
from tradewind.domain.job import JobState

from waiting import eventually


async def test_our_module_works_at_our_server_and_is_killed_in_a_job(tmp_path: Path) -> None:
    async with serving(tmp_path / "server") as server:
        module = AtWork(tmp_path / "module", int(server.address.rpartition(":")[2]))
        module.places.write_hash(await register(module.settings))
        module.start()
        await server.online(1)
        first = await server.ended(await server.start_job("TSLA.US", "AAPL.US"))
        (done,) = first.executions
        assert (done.result["quotes"], done.result["refused_count"]) == (2, 0)
        module.hold()
        second = await server.start_job("USDCNY")
        await eventually(lambda: len(module.fetcher.begun) == 2)
        await module.kill()
        module.release()
        module.start()
        assert len((await server.ended(second)).executions) == 1
        assert module.fetcher.done == ["realtime TSLA.US,AAPL.US", "realtime USDCNY"]
        (module.fetcher.folder / "fail").touch()
        failed = await server.ended(await server.start_job("TSLA.US"), JobState.FAILED)
        assert failed.executions[0].error == "transient: the provider does not answer"
        await module.end()
