"""C-003-6 and C-003-8: clients of the replaced signal system find its doors as they were, on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_builders import make_opportunity, serving
from tradewind import __version__
from tradewind.api.ports import ProcessHealth, ServiceView
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.domain.opportunity import OpportunityState


async def test_opportunities_are_a_list_in_the_older_form_without_a_token(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        world.bus.publisher(OPPORTUNITIES)(make_opportunity())

        answer = await client.get("/opportunities")

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        (shown,) = answer.json()
        assert (shown["id"], shown["symbol"], shown["state"]) == ("opp-1", "IF2101", "ACTIVE")
        assert shown["signals"][0]["strategy"] == "rapid_rise"


async def test_a_new_version_is_seen_by_the_next_request(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        publish = world.bus.publisher(OPPORTUNITIES)
        publish(make_opportunity())
        await client.get("/opportunities")

        publish(make_opportunity(version=2, state=OpportunityState.CLOSED))

        assert [shown["state"] for shown in (await client.get("/opportunities")).json()] == ["CLOSED"]


async def test_health_says_ok_and_the_version(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        assert (await client.get("/health")).json() == {"status": "ok", "version": __version__}


@pytest.mark.parametrize(("status", "code"), [("ok", 200), ("degraded", 503)])
async def test_health_of_a_process_apart_says_how_it_is_and_why(tmp_path: Path, status: str, code: int) -> None:
    async with serving(tmp_path, apart={"health": lambda: make_health(status)}) as (_, client):
        answer = await client.get("/health")

        assert (answer.status_code, answer.json()["status"], answer.json()["bus"]) == (code, status, "connected")
        assert answer.json()["positions"] == {"dfp:clean_ticks": "7-0"}


def make_health(status: str) -> ProcessHealth:
    return ProcessHealth(
        status=status,  # type: ignore[arg-type]  # one of two words
        service="api",
        version=__version__,
        pid=7,
        uptime_s=1.0,
        memory_mb=60.0,
        bus="connected",
        reason="",
        redis="127.0.0.1:6379",
        positions={"dfp:clean_ticks": "7-0"},
        shards=(),
        rates={"api_requests": 1.0},
        services=[],
        feed_alarm=None,
    )


async def test_gateway_health_is_200_while_every_service_is_well(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        answer = await client.get("/gateway/health")

        assert answer.status_code == 200
        assert answer.json()["services"][0]["name"] == "market"


async def test_gateway_health_is_503_and_names_the_service_that_is_not_well(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        world.system.states.append(ServiceView("push", "waiting", is_healthy=False, last_error="boom"))

        answer = await client.get("/gateway/health")

        assert answer.status_code == 503
        assert answer.json()["status"] == "degraded"
        assert answer.json()["services"][1]["last_error"] == "boom"
