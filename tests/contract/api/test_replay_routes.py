"""The replay's remote control over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_builders import FakeReplay, serving


async def test_the_page_pauses_steps_and_changes_speed(tmp_path: Path) -> None:
    replay = FakeReplay()
    async with serving(tmp_path, replay=replay) as (world, client):
        page = await world.browser(client)
        for path, body in (
            ("pause", None),
            ("resume", None),
            ("step", None),
            ("step", {"n": 5}),
            ("speed", {"speed": 60}),
            ("speed", {"speed": "max"}),
        ):
            answer = await client.post(f"/api/v1/replay/{path}", json=body, headers=page)
            assert answer.status_code == 200, answer.text
            assert answer.json() == {"is_paused": True, "speed": 1.0}

    assert replay.done == [
        ("pause", None),
        ("resume", None),
        ("step", 1),
        ("step", 5),
        ("speed", 60.0),
        ("speed", "max"),
    ]


async def test_a_post_without_any_body_will_do_where_none_is_needed(tmp_path: Path) -> None:
    replay = FakeReplay()
    async with serving(tmp_path, replay=replay) as (world, client):
        page = await world.browser(client)
        for path in ("pause", "step"):
            assert (await client.post(f"/api/v1/replay/{path}", headers=page)).status_code == 200

    assert replay.done == [("pause", None), ("step", 1)]


async def test_where_the_replay_is_can_be_asked(tmp_path: Path) -> None:
    async with serving(tmp_path, replay=FakeReplay()) as (world, client):
        assert (await client.get("/api/v1/replay", headers=world.bearer)).json()["is_paused"] is True
        assert (await client.get("/api/v1/session", headers=world.bearer)).json()["features"] == {
            "replay": True,
            "test_quotes": False,
            "history": False,
        }


async def test_without_a_replay_it_is_409_and_says_what_there_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        for answer in (
            await client.get("/api/v1/replay", headers=world.bearer),
            await client.post("/api/v1/replay/pause", headers=world.bearer),
        ):
            assert answer.status_code == 409
            assert "simulator" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("step", {"n": 0}),
        ("step", {"n": 1.5}),
        ("step", {"n": True}),
        ("step", {"m": 1}),
        ("speed", {}),
        ("speed", {"speed": 0}),
        ("speed", {"speed": -1}),
        ("speed", {"speed": "fast"}),
        ("speed", {"speed": None}),
        ("speed", {"speed": False}),
        ("speed", {"speed": 13}),
    ],
)
async def test_an_impossible_wish_is_refused_with_what_is_possible(tmp_path: Path, path: str, body: Any) -> None:
    replay = FakeReplay()
    async with serving(tmp_path, replay=replay) as (world, client):
        answer = await client.post(f"/api/v1/replay/{path}", json=body, headers=world.bearer)

        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["message"]
    assert replay.done == []
