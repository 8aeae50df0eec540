"""The quotes port asks the same gate as every other door: nobody unnamed but programs of this machine, if at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from node_clients import start_clients
from quotes_builders import QuotesWorld, serving_quotes

from waiting import eventually

POLL = "/socket.io/?EIO=4&transport=polling"
DOORS = (
    POLL,
    *("/api/instruments", "/api/accounts", "/api/positions", "/api/instrument/IF2101", "/api/account/1", "/api/stats"),
    *("/api/realtime/status", "/api/realtime/test", "/api/export/csv", "/api/export/accounts", "/api/nothing"),
)
OWN_PAGE = {"origin": "http://127.0.0.1:8888"}
ELSEWHERE = {"origin": "https://evil.example"}


def connect(world: QuotesWorld, **headers: str) -> websockets.connect:
    address = f"ws://127.0.0.1:{world.port}/socket.io/?EIO=4&transport=websocket"
    return websockets.connect(address, additional_headers=headers, proxy=None, compression=None)


async def refusal_of(world: QuotesWorld, **headers: str) -> tuple[int, str]:
    """Return status and code with which a WebSocket was refused."""
    with pytest.raises(websockets.InvalidStatus) as raised:
        async with connect(world, **headers):
            pass
    response = raised.value.response
    return response.status_code, json.loads(bytes(response.body or b""))["error"]["code"]


async def test_without_seed_clients_a_stranger_gets_401_at_every_door(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, access={"seed_clients": "token"}) as (world, client):
        for path in DOORS:
            answer = await client.get(path)
            assert answer.status_code == 401, path
            assert answer.json()["error"]["code"] == "not_authenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert await refusal_of(world) == (401, "not_authenticated")
        assert (await client.get("/api/stats", headers=world.bearer)).status_code == 200
        assert (await client.get(POLL, headers=world.bearer)).status_code == 200
        async with connect(world, **world.bearer) as socket:
            assert str(await socket.recv()).startswith("0{")


async def test_a_wrong_token_is_refused_though_the_program_is_on_this_machine(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        wrong = {"authorization": "Bearer wrong"}
        assert (await client.get("/api/stats", headers=wrong)).status_code == 401
        assert await refusal_of(world, **wrong) == (401, "wrong_token")


async def test_a_foreign_page_gets_403_at_every_door(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        named = {**ELSEWHERE, **world.bearer}
        for path in (*DOORS, "/realtime"):
            for headers in (ELSEWHERE, named):
                answer = await client.get(path, headers=headers)
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed"), path
        assert (await client.post(POLL, headers=named)).status_code == 403
        assert await refusal_of(world, **named) == (403, "origin_not_allowed")


async def test_a_name_that_is_not_ours_gets_403_at_every_door(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        for path in (*DOORS, "/realtime"):
            answer = await client.get(path, headers={"host": "rebound.example:5502", **world.bearer})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed"), path


@pytest.mark.parametrize(
    "mark", [{"x-forwarded-for": "10.0.0.9"}, {"via": "1.1 proxy"}, {"sec-fetch-site": "cross-site"}]
)
async def test_what_came_through_a_proxy_or_a_page_is_no_program_of_this_machine(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        assert (await client.get("/api/realtime/test", headers=mark)).status_code == 401
        assert (await client.get(POLL, headers=mark)).status_code == 401
        assert await refusal_of(world, **mark) == (401, "not_authenticated")


async def test_a_token_in_the_address_is_refused(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        for path in ("/api/stats?token=x", f"{POLL}&access_token={world.house.token}"):
            assert (await client.get(path)).json()["error"]["code"] == "token_in_url"


async def test_a_cookie_opens_a_socket_only_together_with_our_own_page(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, access={"seed_clients": "token"}) as (world, client):
        cookie = {"cookie": world.house.sign_in()}
        assert await refusal_of(world, **cookie) == (403, "origin_not_allowed")
        async with connect(world, **cookie, **OWN_PAGE) as socket:
            assert str(await socket.recv()).startswith("0{")
        assert (await client.get(POLL, headers={**cookie, "sec-fetch-site": "same-site"})).status_code == 403


async def test_messages_by_long_polling_are_judged_by_their_origin(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, access={"seed_clients": "token"}) as (world, client):
        cookie = {"cookie": world.house.sign_in()}
        sid = await _open(client, cookie)
        address = f"{POLL}&sid={sid}"
        assert (await client.post(address, headers=cookie, content="40")).status_code == 403
        assert (await client.post(address, headers={**cookie, **ELSEWHERE}, content="40")).status_code == 403
        assert (await client.post(address, headers={**cookie, **OWN_PAGE}, content="40")).status_code == 200


async def test_a_session_of_the_protocol_belongs_to_whoever_opened_it(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        sid = await _open(client, world.bearer)
        for request in _requests(client, f"{POLL}&sid={sid}"):
            answer = await request
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_your_session")
        address = f"ws://127.0.0.1:{world.port}/socket.io/?EIO=4&transport=websocket&sid={sid}"
        with pytest.raises(websockets.InvalidStatus):
            async with websockets.connect(address, proxy=None):
                pass
        assert (await client.post(f"{POLL}&sid={sid}", headers=world.bearer, content="40")).status_code == 200


async def test_signing_out_ends_the_connections_of_that_sign_in_and_no_other(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        cookie = {"cookie": world.house.sign_in()}
        sid = await _open(client, cookie)
        async with connect(world, **cookie, **OWN_PAGE) as socket, connect(world) as other:
            for one in (socket, other):
                await one.recv()
            [session_id] = world.service.session_ids()
            assert world.service.close_session(session_id) == 2
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            await other.send("40")
            assert str(await other.recv()).startswith("40")
        assert (await client.get(f"{POLL}&sid={sid}", headers=cookie)).status_code == 400
        await eventually(lambda: world.service.session_ids() == set())


async def test_the_real_client_comes_in_with_the_token_and_is_told_401_without(tmp_path: Path) -> None:
    clients = await start_clients()
    async with serving_quotes(tmp_path, access={"seed_clients": "token"}) as (world, _):
        for transports in (["polling", "websocket"], ["websocket"]):
            name = "-".join(transports)
            await clients.connected(f"named-{name}", world.url, transports=transports, extraHeaders=world.bearer)
            clients.connect(f"stranger-{name}", world.url, transports=transports)
            await clients.hears(f"stranger-{name}", "connect_error")
        assert world.service.client_count == 2
    await clients.stop()
    assert world.house.refusals.count("not_authenticated") == 2


async def test_a_page_is_asked_for_elsewhere_and_never_on_a_foreign_host(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (_, client):
        for path, there in (
            ("/", "/"),
            ("/realtime", "/market"),
            ("/positions", "/positions"),
            ("//evil.example", "/evil.example"),
        ):
            answer = await client.get(f"http://127.0.0.1:{client.base_url.port}{path}")
            assert (answer.status_code, answer.headers["location"]) == (307, f"http://127.0.0.1:8888{there}")
        assert (await client.post("/realtime")).status_code == 405


async def test_only_reading_is_offered_to_programs(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert (await client.request(method, "/api/stats", headers=world.bearer)).status_code == 405


async def test_every_answer_carries_the_security_headers(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        for path in (*DOORS, "/realtime", "/socket.io/?EIO=4&transport=polling&sid=gone"):
            for headers in ({}, world.bearer, ELSEWHERE):
                answer = await client.get(path, headers=headers)
                assert answer.headers["x-content-type-options"] == "nosniff", path
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
                assert answer.headers["cache-control"] == "no-store", path
                assert "server" not in answer.headers, path
                assert "access-control-allow-origin" not in answer.headers, path


async def _open(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    opened = await client.get(POLL, headers=headers)
    sid: str = json.loads(opened.text[1:])["sid"]
    return sid


def _requests(client: httpx.AsyncClient, address: str) -> Iterator[Any]:
    yield client.get(address)
    yield client.post(address, content="40")
    yield client.post(address, content='42["subscribe_market"]')
