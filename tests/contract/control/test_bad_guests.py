"""What modules and programs may do wrong at the control server's door: each is named, counted, and disturbs nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect

from control_stage import Server, serving
from old_module import OldModule, get, post, register
from tradewind.domain import fleet

from waiting import eventually


async def fetch(args: dict[str, Any]) -> Any:
    return len(args["codes"])


async def a_hash(server: Server) -> str:
    answer = await asyncio.to_thread(register, server.address)
    found: str = answer["result"]["hash"]
    return found


async def refused(url: str, **more: Any) -> websockets.exceptions.InvalidStatus:
    with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
        async with connect(url, proxy=None, **more):
            pass
    return caught.value


async def test_an_unknown_hash_is_refused_and_its_address_soon_waits(folder: Path) -> None:
    async with serving(folder, tries_per_minute=3) as server:
        url = f"ws://{server.address}/websocket?hash="
        statuses = [(await refused(url + hash_)).response.status_code for hash_ in ("", "x" * 43, "../../etc", "y" * 9)]
        assert statuses == [403, 403, 403, 429]
        assert server.metrics.control_refused.counts == {"unknown_hash": 3, "too_many_tries": 1}


async def test_a_second_connection_with_the_same_hash_is_refused_and_the_first_goes_on(folder: Path) -> None:
    async with serving(folder) as server:
        module_hash = await a_hash(server)
        module = OldModule(server.address, module_hash, fetch)
        running = asyncio.create_task(module.run())
        await server.online(1)
        second = await refused(module.url)
        assert second.response.status_code == 409
        assert json.loads(second.response.body or b"")["code"] == "3002"
        await server.ended(await server.start_job())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.online(0)
        again = asyncio.create_task(module.run())
        await server.online(1)
        again.cancel()


async def test_a_page_of_a_browser_is_no_module(folder: Path) -> None:
    async with serving(folder) as server:
        module_hash = await a_hash(server)
        url = f"ws://{server.address}/websocket?hash={module_hash}"
        assert (await refused(url, origin="http://evil.example")).response.status_code == 403


async def test_a_module_from_elsewhere_waits_for_an_operator_and_a_retired_one_never_returns(folder: Path) -> None:
    async with serving(folder) as server:
        query = "/module/register?name=far"
        far = {"x-forwarded-for": "10.0.0.9"}
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        head = "".join(f"{name}: {value}\r\n" for name, value in far.items())
        writer.write(f"GET {query} HTTP/1.1\r\nhost: {server.address}\r\nconnection: close\r\n{head}\r\n".encode())
        answer = json.loads((await reader.read()).split(b"\r\n\r\n", 1)[1])
        writer.close()
        module = OldModule(server.address, answer["result"]["hash"], fetch)
        assert (await refused(module.url)).response.status_code == 403
        (pending,) = (await server.ask(fleet.AskModules())).modules
        await server.do(fleet.AdmitModule(module_id=pending.module_id))
        running = asyncio.create_task(module.run())
        await server.online(1)
        await server.do(fleet.RetireModule(module_id=pending.module_id))
        await running
        assert (await refused(module.url)).response.status_code == 403


async def test_what_cannot_be_read_is_counted_and_twenty_such_messages_end_the_connection(folder: Path) -> None:
    async with serving(folder) as server:
        url = f"ws://{server.address}/websocket?hash={await a_hash(server)}"
        async with connect(url, proxy=None, ping_interval=None) as socket:
            for frame in ("{", "[]", '{"type":"rm -rf"}', b"\xff\xfe", '{"status":"maybe"}', "null"):
                await socket.send(frame)
            await socket.send("heartbeat")
            while await socket.recv() != "heartbeat confirm":
                pass
            assert server.metrics.control_refused.counts["unreadable_message"] == 6
            for _ in range(14):
                await socket.send("nonsense")
            await asyncio.wait_for(socket.wait_closed(), 5)


async def test_a_frame_beyond_a_mebibyte_ends_its_connection_alone(folder: Path) -> None:
    async with serving(folder) as server:
        other = OldModule(server.address, await a_hash(server), fetch)
        running = asyncio.create_task(other.run())
        url = f"ws://{server.address}/websocket?hash={await a_hash(server)}"
        async with connect(url, proxy=None, ping_interval=None) as socket:
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send("x" * (2 << 20))
            await asyncio.wait_for(socket.wait_closed(), 5)
        await server.online(1)
        await server.ended(await server.start_job())
        running.cancel()


async def test_a_result_nobody_asked_for_changes_nothing_and_a_huge_one_is_noted_by_its_size(folder: Path) -> None:
    async with serving(folder, result_bytes=1_000) as server:

        async def flood(args: dict[str, Any]) -> Any:
            return "x" * 10_000 * len(args["codes"])

        module = OldModule(server.address, await a_hash(server), flood)
        running = asyncio.create_task(module.run())
        await server.online(1)
        job_id = await server.start_job()
        job = await server.ended(job_id)
        assert job.executions[0].result == {"too_large_bytes": 10_002}
        assert module.socket is not None
        for meta in ({"execution_id": job.executions[0].execution_id}, {"execution_id": "none-1"}, {}):
            await module.socket.send(json.dumps({"status": "success", "meta": meta, "result": "forged"}))
        await eventually(lambda: module.heard.count("receive result") == 4)
        assert (await server.job(job_id)).executions[0].result == {"too_large_bytes": 10_002}
        running.cancel()


async def test_a_code_with_characters_of_a_path_goes_to_no_module(folder: Path) -> None:
    async with serving(folder) as server:
        module = OldModule(server.address, await a_hash(server), fetch)
        running = asyncio.create_task(module.run())
        (known,) = await server.online(1)
        for code in ("../etc/passwd", "TSLA.US/../x", "tsla us", "A%2FB", "", "X" * 40):
            said = {"hash": known.module_id, "message": {"type": "execute", "args": {"codes": [code]}}}
            answer = await asyncio.to_thread(post, server.address, "/module/send_message", said)
            assert answer["code"] == "3002", code
        assert not (await server.ask(fleet.AskJobs())).jobs
        running.cancel()


async def test_no_verb_but_execute_and_shutdown_is_sent_on(folder: Path) -> None:
    async with serving(folder) as server:
        module = OldModule(server.address, await a_hash(server), fetch)
        running = asyncio.create_task(module.run())
        (known,) = await server.online(1)
        said = {"hash": known.module_id, "message": {"type": "shell", "args": {"cmd": "id"}}}
        answer = await asyncio.to_thread(post, server.address, "/module/send_message", said)
        assert answer["message"] == "message.type must be execute or shutdown, was 'shell'"
        running.cancel()


async def test_the_old_routes_are_for_this_machine_or_for_who_may_operate(folder: Path) -> None:
    async with serving(folder) as server:

        async def ask(headers: dict[str, str]) -> int:
            answer = await asyncio.to_thread(post, server.address, "/scheduler/reload", {}, headers)
            status: int = answer.get("http", 200)
            return status

        assert await ask({}) == 200
        assert await ask({"x-forwarded-for": "10.0.0.9"}) == 401
        token = {"authorization": f"Bearer {server.token}"}
        assert await ask({"x-forwarded-for": "10.0.0.9"} | token) == 200
        assert await ask({"origin": "http://evil.example"}) in {401, 403}
        assert await ask({"host": "evil.example"}) in {401, 403}
        assert await ask({"authorization": "Bearer wrong"}) in {401, 403}


async def test_no_hash_is_ever_logged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(folder) as server:
        module_hash = await a_hash(server)
        running = asyncio.create_task(OldModule(server.address, module_hash, fetch).run())
        await server.online(1)
        await refused(f"ws://{server.address}/websocket?hash={module_hash}")
        await asyncio.to_thread(get, server.address, "/nowhere", {"hash": module_hash})
        running.cancel()
    told = capsys.readouterr()
    assert module_hash not in told.out + told.err
