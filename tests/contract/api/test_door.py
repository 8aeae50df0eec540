"""The outermost layer and the fast lane, over real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api_builders import ApiWorld, make_opportunity, serving
from tradewind.bus.topics import OPPORTUNITIES


async def _raw(world: ApiWorld, request: bytes) -> bytes:
    """Send bytes as they are and return everything up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.settings.port)
    writer.write(request.replace(b"HOST", b"127.0.0.1:%d" % world.settings.port))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_the_fast_lane_and_the_ordinary_way_answer_alike(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        world.bus.publisher(OPPORTUNITIES)(make_opportunity())

        fast = await client.get("/opportunities")
        # A length of its own, and the percent sign, both lead the ordinary way.
        ordinary = await client.request("GET", "/opportunities", headers={"content-length": "0"})
        escaped = await client.get("/%6Fpportunities")

        assert fast.content == ordinary.content == escaped.content
        assert {**fast.headers, "date": ""} == {**ordinary.headers, "date": ""}


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, _):
        answer = await _raw(
            world,
            b"GET /opportunities HTTP/1.1\r\nHost: HOST\r\n\r\n"
            b"GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n"
            b"GET /opportunities HTTP/1.1\r\nHost: HOST\r\n\r\n"
            b"GET /opportunities HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        )

        assert answer.count(b"HTTP/1.1 200 OK") == 4
        bodies = [part for part in (b"[]", b'{"status":"ok"') for _ in range(answer.count(part))]
        assert bodies == [b"[]", b"[]", b"[]", b'{"status":"ok"']
        assert answer.index(b"[]") < answer.index(b'"status"') < answer.rindex(b"[]")


async def test_an_old_client_without_keep_alive_is_served_and_let_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, _):
        answer = await _raw(world, b"GET /opportunities HTTP/1.0\r\nHost: HOST\r\n\r\n")

        assert b"200 OK" in answer.partition(b"\r\n")[0]
        assert answer.endswith(b"[]")


async def test_a_body_nobody_asked_for_does_not_upset_the_next_request(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, _):
        answer = await _raw(
            world,
            b"GET /opportunities HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\n\r\nabc"
            b"GET /opportunities HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        )

        assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("request_bytes", [b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n"])
async def test_noise_is_answered_400_and_the_server_lives_on(tmp_path: Path, request_bytes: bytes) -> None:
    async with serving(tmp_path) as (world, client):
        assert b" 400 " in (await _raw(world, request_bytes)).partition(b"\r\n")[0]
        assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
async def test_methods_that_nobody_offers_are_405(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as (world, client):
        for path in ("/opportunities", "/api/v1/quotes", "/health"):
            assert (await client.request(method, path, headers=world.bearer)).status_code == 405


async def test_a_known_path_with_the_wrong_method_is_405(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        for method, path in (("POST", "/opportunities"), ("DELETE", "/api/v1/quotes"), ("GET", "/api/v1/replay/pause")):
            answer = await client.request(method, path, headers=world.bearer)
            assert answer.status_code == 405
            assert answer.json()["error"]["code"] == "method_not_allowed"


async def test_the_page_is_served_compressed_and_only_once(tmp_path: Path) -> None:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("<p>page</p>")
    (tmp_path / "static" / "assets" / "index-AbCd1234.js").write_text("run()")
    async with serving(tmp_path) as (_, client):
        page = await client.get("/market")
        again = await client.get("/market", headers={"if-none-match": page.headers["etag"]})
        script = await client.get("/assets/index-AbCd1234.js")
        head = await client.head("/")

        assert page.text == "<p>page</p>"
        assert page.headers["cache-control"] == "no-cache"
        assert (again.status_code, again.content) == (304, b"")
        assert "immutable" in script.headers["cache-control"]
        assert (head.status_code, head.content) == (200, b"")
        assert (await client.post("/market")).status_code == 405
        assert (await client.get("/assets/gone.js")).status_code == 404


async def test_too_many_requests_are_429_with_the_time_to_wait(tmp_path: Path) -> None:
    async with serving(tmp_path, settings={"rate_per_s": 0.5, "rate_burst": 3}) as (world, client):
        answers = [await client.get("/opportunities") for _ in range(4)]
        other_way = await client.get("/api/v1/quotes", headers=world.bearer)

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 2
        assert answers[3].json()["error"]["code"] == "too_many_requests"
        assert other_way.status_code == 429


async def test_a_broken_route_says_nothing_of_its_insides(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        world.system.states.append(None)  # type: ignore[arg-type]  # breaks the route on purpose

        answer = await client.get("/gateway/health")

        assert answer.status_code == 500
        assert answer.json() == {
            "error": {"code": "internal", "message": "the server failed on this request; its log says how"}
        }
        assert (await client.get("/health")).status_code == 200
