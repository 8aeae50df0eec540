"""The live feed over HTTP: how it is, what of it could not be read, and its alarm where people look for health."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from api_builders import FakeFeed, serving
from tradewind.api.ports import FeedAlarm, GatewayReport, ServiceView

FEED, QUARANTINE = "/api/v1/market/feed", "/api/v1/market/feed/quarantine"
ALARM = FeedAlarm("silent", 1_764_552_600_000_000_000, "feed silent in trading hours: no message for 42 s")


async def test_the_feed_tells_how_it_is(tmp_path: Path) -> None:
    async with serving(tmp_path, feed=FakeFeed()) as (world, client):
        answer = await client.get(FEED, headers=world.bearer)

    assert (answer.status_code, answer.json()["state"]) == (200, "flowing")


async def test_the_quarantine_shows_as_many_as_are_asked_for(tmp_path: Path) -> None:
    feed = FakeFeed()
    async with serving(tmp_path, feed=feed) as (world, client):
        assert (await client.get(QUARANTINE, headers=world.bearer)).json()[0]["reason"] == "pickle"
        await client.get(f"{QUARANTINE}?limit=500", headers=world.bearer)

    assert feed.asked == [50, 500]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("limit=0", "limit", ">= 1"),
        ("limit=501", "limit", "<= 500"),
        ("limit=many", "limit", "int"),
        ("limit=1&limit=2", "limit", "twice"),
        ("newest=5", "newest", "unknown query parameter"),
        (f"{'x' * 500}=1", "x" * 100, "unknown query parameter"),
    ],
)
async def test_a_wrong_question_is_told_what_was_wrong_and_asks_nobody(
    tmp_path: Path, query: str, field: str, told: str
) -> None:
    feed = FakeFeed()
    async with serving(tmp_path, feed=feed) as (world, client):
        answer = await client.get(f"{QUARANTINE}?{query}", headers=world.bearer)

    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    assert told in answer.json()["error"]["message"]
    assert feed.asked == []


@pytest.mark.parametrize("path", [FEED, QUARANTINE])
async def test_nothing_but_reading_is_offered_and_only_to_who_is_known(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path, feed=FakeFeed()) as (world, client):
        for method in ("POST", "DELETE", "PUT"):
            refused = await client.request(method, path, headers=world.bearer)
            assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
        assert (await client.get(path)).status_code == 401
        assert (await client.get(f"{path}/x", headers=world.bearer)).status_code == 404


@pytest.mark.parametrize("path", [FEED, QUARANTINE])
async def test_a_source_that_is_no_feed_is_409_and_named(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get(path, headers=world.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "state_conflict")
    assert "the source is a simulator, not a live feed" in answer.json()["error"]["message"]


async def test_health_tells_of_the_alarm_and_stays_well(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        assert "feed_alarm" not in (await client.get("/health")).json()
        world.system.alarm = ALARM
        answer = await client.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["feed_alarm"] == msgspec.to_builtins(ALARM)


class AllWell:
    """A gateway whose services are all served."""

    async def report(self) -> GatewayReport:
        return GatewayReport("ok", [ServiceView("market", "running", is_healthy=True)])


@pytest.mark.parametrize("gateway", [None, AllWell()])
async def test_the_gateway_tells_of_the_alarm_of_a_market_that_is_well(tmp_path: Path, gateway: AllWell | None) -> None:
    async with serving(tmp_path, gateway=gateway) as (world, client):
        assert (await client.get("/gateway/health")).json()["feed_alarm"] is None
        world.system.alarm = ALARM
        answer = await client.get("/gateway/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["feed_alarm"]["state"] == "silent"
