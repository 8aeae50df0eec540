"""Foreign pages, rebound names, forged requests: none of them gets anything, whatever cookie comes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_builders import FakeReplay, serving
from identity_builders import OWN_ORIGIN, Household, make_request
from tradewind.domain.access import Access, Admitted, Refused

HOSTILE_ORIGINS = [
    "null",
    "",
    "*",
    "http://evil.example",
    "https://evil.example:8888",
    "https://127.0.0.1:8888",
    "http://127.0.0.1",
    "http://127.0.0.1:80",
    "http://127.0.0.1:8889",
    "http://127.0.0.1:8100",
    "http://127.0.0.1:88888",
    "http://127.0.0.1:8888.evil.example",
    "http://127.0.0.1:8888@evil.example",
    "http://127.0.0.1:8888/",
    "http://127.0.0.1:8888, http://evil.example",
    "http://127.0.0.1:8888 ",
    " http://127.0.0.1:8888",
    "http://127.0.0.2:8888",
    "http://127.1:8888",
    "http://0.0.0.0:8888",
    "http://2130706433:8888",
    "http://localhost.evil.example:8888",
    "http://evil-localhost:8888",
    "http://LOCALHOST.:8888",
    "http://[::ffff:127.0.0.1]:8888",
    "file://",
    "chrome-extension://abcdefgh",
    "ws://127.0.0.1:8888",
    "javascript:alert(1)",
    "http://127.0.0.1:8888\x00",
]
HOSTILE_HOSTS = [
    "",
    "evil.example",
    "evil.example:8888",
    "127.0.0.1:8888.evil.example",
    "127.0.0.1:8888@evil.example",
    "localhost.evil.example:8888",
    "rebind.127.0.0.1.nip.io:8888",
    "127.0.0.1",
    "127.0.0.1:9999",
    "10.0.0.5:8888",
    "127.0.0.1:8888, evil.example",
    "[::1]",
    "localhost:8888:8888",
]


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_no_foreign_origin_passes_any_door(tmp_path: Path, origin: str) -> None:
    house = Household(tmp_path)
    cookie = house.sign_in()
    for access in Access:
        for headers in ({}, {"cookie": cookie}, {"authorization": f"Bearer {house.token}"}):
            answer = house.gate.decide(make_request(access=access, headers={**headers, "origin": origin}))
            assert isinstance(answer, Refused)
            assert (answer.status, answer.code) == (403, "origin_not_allowed")


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_no_foreign_page_opens_a_socket(tmp_path: Path, origin: str) -> None:
    house = Household(tmp_path)
    headers = {"Host": "127.0.0.1:8100", "Cookie": house.sign_in(), "Origin": origin}

    for path in ("/ws", "/ws/opportunities"):
        answer = house.gate.admit(path, headers, "127.0.0.1")
        assert isinstance(answer, Refused)
        assert answer.status == 403


@pytest.mark.parametrize("origin", [OWN_ORIGIN, "http://localhost:8888", "http://[::1]:8888"])
def test_our_own_page_passes(tmp_path: Path, origin: str) -> None:
    house = Household(tmp_path)

    assert isinstance(house.gate.decide(make_request(headers={"cookie": house.sign_in(), "origin": origin})), Admitted)


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_no_rebound_name_passes_any_door(tmp_path: Path, host: str) -> None:
    house = Household(tmp_path)
    for access in Access:
        request = make_request(access=access, headers={"host": host, "authorization": f"Bearer {house.token}"})
        answer = house.gate.decide(request)
        assert isinstance(answer, Refused)
        assert (answer.status, answer.code) == (403, "host_not_allowed")


def test_a_request_without_a_host_is_refused(tmp_path: Path) -> None:
    request = make_request()
    del request.headers["host"]

    assert isinstance(Household(tmp_path).gate.decide(request), Refused)


@pytest.mark.parametrize("host", ["evil.example:8888", "rebind.example"])
async def test_a_rebound_name_is_refused_on_the_wire(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path) as (world, client):
        for path in ("/opportunities", "/health", "/api/v1/quotes", "/", "/login"):
            answer = await client.get(path, headers={**world.bearer, "host": host})
            assert answer.status_code == 403
            assert "access.hosts" in answer.json()["error"]["message"]


async def test_changing_anything_needs_the_csrf_token_of_this_session(tmp_path: Path) -> None:
    replay = FakeReplay()
    async with serving(tmp_path, replay=replay) as (world, client):
        page = await world.browser(client)
        other = await world.browser(client)
        for wrong in (None, "", "x", other["x-csrf-token"], page["cookie"].partition("=")[2]):
            headers = {"cookie": page["cookie"], **({} if wrong is None else {"x-csrf-token": wrong})}
            answer = await client.post("/api/v1/replay/pause", headers=headers)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "csrf"
    assert replay.done == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_forged_form_is_refused_by_where_it_comes_from(tmp_path: Path, site: str) -> None:
    replay = FakeReplay()
    async with serving(tmp_path, replay=replay) as (world, client):
        page = await world.browser(client)
        answer = await client.post("/api/v1/replay/pause", headers={**page, "sec-fetch-site": site})
        signing_in = await client.post("/api/v1/session", json={"token": world.token}, headers={"sec-fetch-site": site})

        assert answer.status_code == signing_in.status_code == 403
    assert replay.done == []
