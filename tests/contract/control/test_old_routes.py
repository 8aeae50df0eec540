"""The old routes of system 002 at a real control server: what each takes, what each refuses, and in which envelope."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from control_stage import Server, serving
from old_module import OldModule, register
from tradewind.collector.control.door import BODY_BYTES

from waiting import eventually

ROUTES = (
    ("GET", "/module/register"),
    ("GET", "/websocket"),
    ("GET", "/health"),
    ("GET", "/module/online"),
    ("POST", "/module/send_message"),
    ("POST", "/module/close_websocket"),
    ("POST", "/workflow/create"),
    ("GET", "/workflow/list"),
    ("POST", "/workflow/w1/execute"),
    ("GET", "/scheduler/jobs"),
    ("POST", "/scheduler/reload"),
)
_OF_OPERATORS = tuple(route for route in ROUTES if route[1] not in {"/module/register", "/websocket", "/health"})
EXECUTE = {"type": "execute", "args": {"codes": ["TSLA.US"]}}


async def fetch(args: dict[str, Any]) -> Any:
    return {"stored": len(args["codes"])}


def client_of(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{server.address}", timeout=10)


def said(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an answer, which is always in the envelope and never kept by anybody."""
    body = answer.json()
    assert set(body) == {"code", "message", "result"}, body
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["code"]


async def test_a_module_is_told_and_let_go_by_its_hash_or_its_id_in_a_form_or_in_json(folder: Path) -> None:
    async with serving(folder) as server, client_of(server) as http:
        module_hash = (await asyncio.to_thread(register, server.address))["result"]["hash"]
        module = OldModule(server.address, module_hash, fetch)
        running = asyncio.create_task(module.run_for_ever())
        (known,) = await server.online(1)

        for name in (module_hash, known.module_id):
            sent = await http.post("/module/send_message", json={"hash": name, "message": EXECUTE})
            assert said(sent) == (200, "2000")
            assert (await server.ended(sent.json()["result"]["job_id"])).executions[0].result == {"stored": 1}
        sent = await http.post("/module/send_message", data={"moduleHash": module_hash, "codes": "TSLA.US,USDCNY"})
        assert (await server.ended(sent.json()["result"]["job_id"])).executions[0].result == {"stored": 2}

        socket = module.socket
        assert said(await http.post(f"/module/close_websocket?hash={module_hash}")) == (200, "2000")
        await eventually(lambda: module.socket is not socket)
        await server.online(1)
        assert said(await http.post("/module/send_message", json={"hash": module_hash, "type": "shutdown"})) == (
            200,
            "2000",
        )
        await running
        for path in ("/module/send_message", "/module/close_websocket"):
            away = await http.post(path, json={"hash": module_hash, "message": EXECUTE})
            assert said(away) == (200, "3002"), path
            assert "is not connected" in away.json()["message"]


async def test_who_and_what_there_is_not_is_said_with_3002_and_nothing_is_begun(folder: Path) -> None:
    async with serving(folder) as server, client_of(server) as http:
        for path, body, told in (
            ("/module/send_message", {"hash": "x" * 43, "message": EXECUTE}, "no module has this hash or id"),
            ("/module/send_message", {"message": EXECUTE}, "hash must name a module"),
            ("/module/close_websocket", {"hash": "x" * 43}, "no module has this hash or id"),
            ("/workflow/create", {"name": "w"}, "steps must be a list"),
            ("/workflow/create", {"name": "w", "steps": [{"hash": "x" * 43, "codes": "A"}]}, "no module has"),
            ("/workflow/create", {"name": "", "steps": [{"label": "l", "codes": "A"}]}, "name must be"),
            ("/workflow/create", {"name": "w", "steps": [{"label": "a b", "codes": "A"}]}, "label"),
            ("/workflow/w1/execute", {}, "w1"),
            ("/workflow/..%2Fetc/execute", {}, "etc"),
        ):
            answer = await http.post(path, json=body)
            assert said(answer) == (200, "3002"), path
            assert told in answer.json()["message"], (path, answer.text)
        for path in ("/module/online", "/workflow/list", "/scheduler/jobs"):
            answer = await http.get(path)
            assert (said(answer), answer.json()["result"]) == ((200, "2000"), []), path
        sent = await http.post("/module/send_message", content=b"[")
        assert said(sent) == (200, "3002")


async def test_too_much_wrong_methods_and_strange_paths_are_refused_in_the_envelope(folder: Path) -> None:
    async with serving(folder) as server, client_of(server) as http:
        huge = await http.post("/module/send_message", content=b"x" * (BODY_BYTES + 1))
        assert said(huge) == (413, "3002")
        for method, path in ROUTES:
            other = "DELETE" if method == "POST" else "PUT"
            assert said(await http.request(other, path)) == (405, "3002"), path
        for path in ("/", "/module", "/module/online/", "/api/v1/modules", "/workflow/a/b/execute"):
            assert said(await http.get(path)) == (404, "3002"), path
        assert said(await http.get("/module/register")) == (200, "3002")
        assert said(await http.get("/module/register?name=m&input_data={")) == (200, "3002")
        assert said(await http.get(f"/module/register?name={'m' * 2_001}")) == (200, "3002")


async def test_operators_from_elsewhere_need_the_right_and_no_page_is_one(folder: Path) -> None:
    async with serving(folder) as server, client_of(server) as http:
        token = {"authorization": f"Bearer {server.token}"}
        far = {"x-forwarded-for": "10.0.0.9"}
        for method, path in _OF_OPERATORS:
            assert said(await http.request(method, path, headers=far)) == (401, "3002"), path
            assert (await http.request(method, path, headers=far | {"authorization": "Bearer x"})).status_code == 401
            assert (await http.request(method, path, headers={"origin": "http://evil.example"})).status_code == 403
            assert (await http.request(method, path, headers={"host": "evil.example"})).status_code in {401, 403}
            assert (await http.request(method, path, headers=far | token)).status_code == 200, path
