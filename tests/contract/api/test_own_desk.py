"""What people arrange for themselves follows them: kept by the server, versioned, bounded, nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from api_builders import ApiWorld, serving

LIST = {"list_id": "own", "name": "黑色", "instruments": ["rb2605.SHFE", "i2605.DCE"]}
LAYOUT = {"name": "早盘", "panels": ["quotes", "chart"], "sizes": {"quotes": 480.0}, "choices": {"period": "5"}}
DESK: dict[str, Any] = {
    "lists": [LIST], "layouts": [LAYOUT], "layout": LAYOUT, "recents": ["page.market"],
    "choices": {"account.benchmark": "main:IF.CFFEX"},
}  # fmt: skip


async def _two_people(world: ApiWorld, client: httpx.AsyncClient) -> tuple[dict[str, str], dict[str, str]]:
    await world.add_user("wang")
    await world.add_user("li")
    return await world.sign_in(client, "wang"), await world.sign_in(client, "li")


async def test_a_saved_desk_is_read_again_by_its_owner_and_nobody_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        wang, li = await _two_people(world, client)
        before = (await client.get("/api/v1/me/desk", headers=wang)).json()
        saved = await client.put("/api/v1/me/desk", json={"version": 0, "desk": DESK}, headers=wang)
        after = (await client.get("/api/v1/me/desk", headers=wang)).json()
        others = (await client.get("/api/v1/me/desk", headers=li)).json()
        tokens = (await client.get("/api/v1/me/desk", headers=world.bearer)).json()

    assert before["version"] == 0
    assert (saved.status_code, saved.json()) == (200, {"version": 1})
    assert after == {"version": 1, "desk": DESK}
    assert (others, tokens) == (before, before)


async def test_of_two_machines_that_save_at_once_the_second_is_told_to_read_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        wang, _ = await _two_people(world, client)
        first = await client.put("/api/v1/me/desk", json={"version": 0, "desk": DESK}, headers=wang)
        second = await client.put("/api/v1/me/desk", json={"version": 0, "desk": {}}, headers=wang)
        third = await client.put("/api/v1/me/desk", json={"version": 1, "desk": {}}, headers=wang)

    assert [answer.status_code for answer in (first, second, third)] == [200, 409, 200]
    assert "read it again" in second.json()["error"]["message"]


async def test_each_saving_is_on_the_record_without_what_was_saved(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        wang, _ = await _two_people(world, client)
        await client.put("/api/v1/me/desk", json={"version": 0, "desk": DESK}, headers=wang)
        acts = [act for act in world.store.acts if act.action == "desk_saved"]

    assert [(act.actor, act.subject) for act in acts] == [("wang", "wang")]
    assert "rb2605" not in acts[0].after


MANY = [f"x{n}.SHFE" for n in range(301)]
LARGE = [{**LAYOUT, "name": str(n), "choices": {"one": "长" * 500, "two": "长" * 500}} for n in range(20)]


@pytest.mark.parametrize(
    ("desk", "told"),
    [
        ({"lists": [LIST, LIST]}, "'own' stands there twice"),
        ({"lists": [{**LIST, "instruments": ["a.SHFE", "a.SHFE"]}]}, "'a.SHFE' stands there twice"),
        ({"lists": [{**LIST, "instruments": MANY}]}, "length <= 300"),
        ({"lists": [{**LIST, "instruments": ["two words"]}]}, "matching regex"),
        ({"layouts": [{**LAYOUT, "sizes": {"quotes": -1}}]}, ">= 0"),
        ({"layouts": LARGE}, "together may be 60000 bytes"),
        ({"theme": "dark"}, "theme"),
    ],
)
async def test_a_desk_that_is_none_is_refused_and_the_kept_one_stays(
    tmp_path: Path, desk: dict[str, Any], told: str
) -> None:
    async with serving(tmp_path) as (world, client):
        wang, _ = await _two_people(world, client)
        await client.put("/api/v1/me/desk", json={"version": 0, "desk": DESK}, headers=wang)
        refused = await client.put("/api/v1/me/desk", json={"version": 1, "desk": desk}, headers=wang)
        kept = (await client.get("/api/v1/me/desk", headers=wang)).json()

    assert refused.status_code == 422
    assert told in refused.json()["error"]["message"]
    assert kept == {"version": 1, "desk": DESK}
