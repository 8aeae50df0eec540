"""A module of system 002, written by its wire alone, against our control server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from control_stage import serving
from old_module import OldModule, get, post, register
from tradewind.domain import fleet
from tradewind.domain.job import JobState

from waiting import eventually


async def fetch(args: dict[str, Any]) -> Any:
    return {"stored": len(args["codes"])}


@pytest.mark.parametrize("heartbeat", ["text", "json"])
@pytest.mark.parametrize("form", ["data", "mission"])
async def test_it_registers_connects_does_a_job_and_hears_that_its_result_was_received(
    folder: Path, heartbeat: Any, form: Any
) -> None:
    async with serving(folder) as server:
        answer = await asyncio.to_thread(register, server.address, form=form)
        assert (answer["code"], answer["message"]) == ("2000", "成功!")
        module = OldModule(server.address, answer["result"]["hash"], fetch, heartbeat=heartbeat)
        running = asyncio.create_task(module.run())
        (known,) = await server.online(1)
        job = await server.ended(await server.start_job("TSLA.US", "USDCNY"))
        assert job.executions[0].result == {"stored": 2}
        assert job.executions[0].module_id == known.module_id
        await eventually(lambda: "receive result" in module.heard and len(module.heard) > 2)
        answered = "heartbeat confirm" if heartbeat == "text" else '{"type":"ping"'
        assert any(text.startswith(answered) for text in module.heard)
        await server.do(fleet.ShutModule(module_id=known.module_id))
        await running
        assert module.is_shut_down


async def test_what_it_cannot_do_is_on_record_in_its_words(folder: Path) -> None:
    async def refuse(args: dict[str, Any]) -> Any:
        message = f"没有权限: {args['codes'][0]}"
        raise ValueError(message)

    async with serving(folder) as server:
        answer = await asyncio.to_thread(register, server.address)
        running = asyncio.create_task(OldModule(server.address, answer["result"]["hash"], refuse).run())
        await server.online(1)
        job = await server.ended(await server.start_job("TSLA.US"), JobState.FAILED)
        assert job.job.error == job.executions[0].error == "没有权限: TSLA.US"
        running.cancel()


async def test_programs_of_its_system_find_their_routes(folder: Path) -> None:
    async with serving(folder) as server:
        answer = await asyncio.to_thread(register, server.address)
        running = asyncio.create_task(OldModule(server.address, answer["result"]["hash"], fetch).run())
        await server.online(1)
        online = await asyncio.to_thread(get, server.address, "/module/online")
        (listed,) = online["result"]
        assert (online["code"], listed["name"]) == ("2000", "股票采集")
        assert answer["result"]["hash"] not in str(online)

        said = {"hash": listed["hash"], "message": {"type": "execute", "args": {"codes": ["TSLA.US"]}}}
        sent = await asyncio.to_thread(post, server.address, "/module/send_message", said)
        assert (await server.ended(sent["result"]["job_id"])).job.origin == "legacy"

        made = {"name": "收盘", "steps": [{"hash": answer["result"]["hash"], "args": {"codes": "TSLA.US,AAPL.US"}}]}
        workflow = await asyncio.to_thread(post, server.address, "/workflow/create", made)
        path = f"/workflow/{workflow['result']['id']}/execute"
        run = await asyncio.to_thread(post, server.address, path, {})
        assert (await server.ended(f"{run['result']['run_id']}-0")).executions[0].result == {"stored": 2}
        listing = await asyncio.to_thread(get, server.address, "/workflow/list")
        assert [one["name"] for one in listing["result"]] == ["收盘"]
        assert (await asyncio.to_thread(get, server.address, "/scheduler/jobs"))["result"] == []
        assert (await asyncio.to_thread(post, server.address, "/scheduler/reload", {}))["code"] == "2000"

        closed = await asyncio.to_thread(
            post, server.address, "/module/close_websocket", {"hash": answer["result"]["hash"]}
        )
        assert closed["code"] == "2000"
        await running
        await server.online(0)
        gone = await asyncio.to_thread(post, server.address, "/module/send_message", said)
        assert (gone["code"], gone["message"]) == ("3002", f"module {listed['hash']} is not connected")
