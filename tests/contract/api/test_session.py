"""Signing in and out, as the page does it, on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_builders import serving
from private_ports import free_port
from tradewind import __version__


async def test_the_token_is_exchanged_for_a_cookie(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.post("/api/v1/session", json={"token": world.token})

        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-tradewind=")
        assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert world.token not in answer.text
        assert cookie.partition(";")[0].partition("=")[2] not in answer.text


async def test_the_page_learns_what_it_needs_to_begin(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        browser = await world.browser(client)

        told = (await client.get("/api/v1/session", headers=browser)).json()

        assert told["identity"] == "administrator"
        assert told["csrf"] == browser["x-csrf-token"]
        assert told["push_url"] == "ws://127.0.0.1:8100/ws"
        assert told["version"] == __version__
        assert told["source"] == {"kind": "simulator", "name": "simulated market"}
        assert told["features"] == {"replay": False, "test_quotes": False, "history": False}


async def test_push_is_found_at_the_host_the_page_came_from(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        headers = {**world.bearer, "host": f"localhost:{world.settings.port}"}

        assert (await client.get("/api/v1/session", headers=headers)).json()["push_url"] == "ws://localhost:8100/ws"


async def test_push_behind_a_proxy_is_where_the_operator_says(tmp_path: Path) -> None:
    async with serving(tmp_path, push_url="wss://desk.example/ws") as (world, client):
        told = (await client.get("/api/v1/session", headers=world.bearer)).json()
        page = await client.get("/")

        assert told["push_url"] == "wss://desk.example/ws"
        assert "connect-src 'self' wss://desk.example;" in page.headers["content-security-policy"]


async def test_signing_out_ends_the_session_and_clears_the_cookie(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        browser = await world.browser(client)

        answer = await client.delete("/api/v1/session", headers=browser)

        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await client.get("/api/v1/session", headers=browser)).status_code == 401
        assert world.sessions.live() == []


async def test_another_browser_can_be_signed_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        first = await world.browser(client)
        second = await world.browser(client)
        listed = (await client.get("/api/v1/sessions", headers=second)).json()
        (other,) = [entry for entry in listed if not entry["is_current"]]

        assert (await client.delete(f"/api/v1/sessions/{other['session_id']}", headers=second)).status_code == 204
        assert (await client.get("/api/v1/session", headers=first)).status_code == 401
        assert (await client.get("/api/v1/session", headers=second)).status_code == 200
        assert (await client.delete("/api/v1/sessions/nobody", headers=second)).status_code == 404


async def test_a_wrong_token_opens_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        answer = await client.post("/api/v1/session", json={"token": "wrong"})

        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "wrong_token"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"token": 7}', "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"token": ""}', "application/json", 422),
        (b'{"token": "x", "more": 1}', "application/json", 422),
        (b'[{"token": "x"}]', "application/json", 422),
        (b"token=x", "application/x-www-form-urlencoded", 415),
        (b'{"token": "x"}', "text/plain", 415),
        (b'{"token": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_bad_form_is_refused_with_its_reason(tmp_path: Path, body: bytes, kind: str, status: int) -> None:
    async with serving(tmp_path) as (_, client):
        answer = await client.post("/api/v1/session", content=body, headers={"content-type": kind})

        assert answer.status_code == status, answer.text
        assert answer.json()["error"]["message"]


async def test_behind_our_gateway_push_is_on_the_pages_own_origin(tmp_path: Path) -> None:
    async with serving(tmp_path, push_url="/ws") as (world, client):
        assert (await client.get("/api/v1/session", headers=world.bearer)).json()["push_url"] == "/ws"
        policy = (await client.get("/market")).headers["content-security-policy"]
        assert f"ws://{client.base_url.netloc.decode()}" in policy


async def test_who_comes_to_our_own_port_behind_a_gateway_finds_push_at_its_own_too(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, port=port, push_url="/ws", apart={"own_port": port}) as (world, client):
        told = (await client.get("/api/v1/session", headers=world.bearer)).json()
        policy = (await client.get("/market")).headers["content-security-policy"]

        assert told["push_url"] == "ws://127.0.0.1:8100/ws"
        assert "ws://127.0.0.1:8100" in policy
