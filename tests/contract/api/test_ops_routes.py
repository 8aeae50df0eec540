"""The platform as a machine over HTTP: its log, alerts, settings and data, and replays beside the live line."""

from __future__ import annotations

from pathlib import Path

from api_builders import FakeOps, FakeReplay, FakeReplays, serving


async def test_log_lines_are_asked_for_by_service_level_words_and_time(tmp_path: Path) -> None:
    ops = FakeOps()
    async with serving(tmp_path, ops=ops) as (world, client):
        query = "service=push&level=warning&text=lost&since=2026-01-05T01:00:00Z&limit=20"
        answer = await client.get(f"/api/v1/ops/logs?{query}", headers=world.bearer)
        assert answer.json()["lines"][0]["event"] == "client_connected"

    asked = ops.asked[0]
    assert (asked.service, asked.level, asked.text, asked.limit) == ("push", "warning", "lost", 20)
    assert asked.since == "2026-01-05T01:00:00Z"


async def test_a_level_that_is_none_is_refused_with_what_is_allowed(tmp_path: Path) -> None:
    async with serving(tmp_path, ops=FakeOps()) as (world, client):
        answer = await client.get("/api/v1/ops/logs?level=loud", headers=world.bearer)
        assert answer.status_code in {400, 422}
        assert "level" in answer.text


async def test_an_alert_brings_its_page_in_both_languages(tmp_path: Path) -> None:
    async with serving(tmp_path, ops=FakeOps()) as (world, client):
        alert = (await client.get("/api/v1/ops/alerts", headers=world.bearer)).json()[0]
        assert alert["state"] == "firing"
        assert alert["words"]["zh"]["remedy"] == ["恢复发布端"]


async def test_a_replay_is_started_under_the_name_the_page_was_found_by(tmp_path: Path) -> None:
    replays = FakeReplays()
    async with serving(tmp_path, ops=FakeOps(replays)) as (world, client):
        page = await world.browser(client)
        answer = await client.post("/api/v1/ops/replays", json={"day": "20260105:simulator", "speed": 60}, headers=page)
        assert answer.status_code == 201, answer.text
        assert (await client.delete("/api/v1/ops/replays/r1", headers=page)).status_code == 204

    verb, form, host, by = replays.done[0]
    assert (verb, by) == ("start", "administrator")
    assert form.day == "20260105:simulator"  # type: ignore[attr-defined]
    assert str(host).startswith("127.0.0.1")
    assert replays.done[1] == ("end", "r1", "administrator")


async def test_where_no_replay_may_play_beside_it_is_409_and_says_what_to_do(tmp_path: Path) -> None:
    async with serving(tmp_path, ops=FakeOps()) as (world, client):
        page = await world.browser(client)
        answer = await client.post("/api/v1/ops/replays", json={"day": "x"}, headers=page)
        assert answer.status_code == 409
        assert "market.source=replay" in answer.json()["error"]["message"]


async def test_a_strategy_is_stopped_and_changed_under_the_name_of_who_asks(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        page = await world.browser(client)
        assert (await client.post("/api/v1/strategies/macd/stop", headers=page)).status_code == 200
        body = {"params": {"window": "60s", "edge": 0.9}}
        assert (await client.post("/api/v1/strategies/macd/params", json=body, headers=page)).status_code == 200
        assert world.strategies.done == [
            ("macd", "stop", {}, "administrator"),
            ("macd", "params", {"window": "60s", "edge": 0.9}, "administrator"),
        ]


async def test_each_act_on_strategies_and_replays_is_on_the_record_before_it_is_done(tmp_path: Path) -> None:
    async with serving(tmp_path, ops=FakeOps(FakeReplays()), replay=FakeReplay()) as (world, client):
        page = await world.browser(client)
        for path, body in (
            ("strategies/macd/stop", None),
            ("strategies/macd/start", None),
            ("strategies/macd/params", {"params": {"edge": 0.9}}),
            ("strategies/macd/reset", None),
            ("replay/seek", {"percent": 10}),
            ("ops/replays", {"day": "20260105:simulator"}),
        ):
            answer = await client.post(f"/api/v1/{path}", json=body, headers=page)
            assert answer.is_success, answer.text
        assert (await client.delete("/api/v1/ops/replays/r1", headers=page)).is_success
    acts = [act for act in world.store.acts if act.action.endswith(("_strategy", "_replay"))]
    assert [(act.action, act.subject) for act in acts] == [
        ("stop_strategy", "macd"),
        ("start_strategy", "macd"),
        ("params_strategy", "macd"),
        ("reset_strategy", "macd"),
        ("seek_replay", "the line"),
        ("start_replay", "20260105:simulator"),
        ("end_replay", "r1"),
    ]
    assert {(act.actor, act.source.split()[0]) for act in acts} == {("administrator", "api")}
    assert acts[2].after == '{"edge":0.9}'


async def test_what_cannot_be_recorded_is_not_done_but_stopping_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        page = await world.browser(client)
        world.identity.failure = "the database is away"
        assert (await client.post("/api/v1/strategies/macd/start", headers=page)).status_code == 503
        assert (await client.post("/api/v1/strategies/macd/stop", headers=page)).status_code == 200
    assert [verb for _name, verb, *_rest in world.strategies.done] == ["stop"]
