"""Secrets never travel where they are written down, and guessing them gets slower and slower."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_builders import serving
from identity_builders import Household
from tradewind.domain.access import Refused
from tradewind.identity.ports import SignedIn
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.people import SqlIdentityStore


@pytest.mark.parametrize(
    "query",
    [
        "token=abc",
        "access_token=abc",
        "Token=abc",
        "%74oken=abc",
        "a=1&api_key=abc",
        "apikey=",
        "authorization=Bearer+abc",
        "token",
        "+token=abc",
    ],
)
async def test_a_secret_in_the_url_is_refused_at_every_door(tmp_path: Path, query: str) -> None:
    async with serving(tmp_path) as (world, client):
        for path in ("/opportunities", "/api/v1/quotes", "/login", "/", "/metrics"):
            answer = await client.get(f"{path}?{query}", headers=world.bearer)
            assert answer.status_code == 400
            assert answer.json()["error"]["code"] == "token_in_url"


def test_a_secret_in_a_sockets_url_is_refused(tmp_path: Path) -> None:
    house = Household(tmp_path)

    answer = house.gate.admit(f"/ws?token={house.token}", {"Host": "127.0.0.1:8100"}, "127.0.0.1")

    assert isinstance(answer, Refused)
    assert (answer.status, answer.code) == (400, "token_in_url")


async def test_guessing_is_slowed_down_at_every_door_together(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        page = await world.browser(client)
        wrong = {"authorization": "Bearer wrong"}
        for path in ("/opportunities", "/api/v1/quotes", "/metrics"):
            assert (await client.get(path, headers=wrong)).status_code == 401
        for _ in range(2):
            assert (await client.post("/api/v1/session", json={"token": "wrong"})).status_code == 401

        locked = await client.post("/api/v1/session", json={"token": world.token})
        assert locked.status_code == 429
        assert locked.headers["retry-after"] == "1"
        assert (await client.get("/api/v1/quotes", headers=world.bearer)).status_code == 429
        assert (await client.get("/api/v1/quotes", headers=page)).status_code == 200
        assert (await client.get("/opportunities")).status_code == 200

        world.clock.advance(1)
        assert (await client.get("/api/v1/quotes", headers=world.bearer)).status_code == 200
        assert world.refusals.count("wrong_token") == 5
        assert world.refusals.count("too_many_failures") == 2


async def test_one_wrong_token_on_the_fast_lane_counts_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        for _ in range(4):
            await client.get("/opportunities", headers={"authorization": "Bearer wrong"})

        assert (await client.get("/opportunities", headers=world.bearer)).status_code == 200


async def test_a_new_token_ends_what_the_old_one_opened(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        page = await world.browser(client)
        old = world.bearer

        world.tokens.renew()

        assert (await client.get("/api/v1/quotes", headers=page)).status_code == 401
        assert (await client.get("/api/v1/quotes", headers=old)).status_code == 401


def test_nothing_written_to_disk_opens_a_door(tmp_path: Path) -> None:
    house = Household(tmp_path)
    answer = house.gate.sign_in(house.token, headers={}, peer="127.0.0.1")
    assert isinstance(answer, SignedIn)
    store = SqlIdentityStore(StoreSettings(), tmp_path)
    store.open()
    for session in house.sessions.live():
        store.change(lambda book, session=session: book.put(session))  # type: ignore[misc]  # bound now
    store.close()

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode("latin-1")

    assert answer.session_id in written
    assert house.token not in written
    assert answer.csrf not in written
    assert answer.set_cookie.partition(";")[0].partition("=")[2] not in written
