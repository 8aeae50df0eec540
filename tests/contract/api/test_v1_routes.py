"""The interface as a program with the token sees it, on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_builders import ApiWorld, make_alert, make_bar, make_features, make_opportunity, make_signal, serving
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind, Severity

from builders import make_tick


def _fill(world: ApiWorld) -> None:
    """Let a little of everything happen on the line."""
    world.bus.publisher(CLEAN_TICKS)(make_tick())
    world.bus.publisher(FEATURES)(make_features(rsi=41.0))
    for minute in range(3):
        world.bus.publisher(BARS)(make_bar(ts_open=minute * 60))
    world.bus.publisher(SIGNALS)(make_signal())
    world.bus.publisher(SIGNALS)(make_signal(signal_id="s-2", strategy="macd", instrument_id="au2512.SHFE"))
    world.bus.publisher(OPPORTUNITIES)(make_opportunity())
    world.bus.publisher(OPPORTUNITIES)(
        make_opportunity(opportunity_id="opp-2", state=OpportunityState.CLOSED, confidence=0.3)
    )
    world.bus.publisher(RISK_ALERTS)(make_alert())
    world.bus.publisher(RISK_ALERTS)(
        make_alert(alert_id="a-2", kind=AlertKind.NEAR_LIMIT, severity=Severity.CRITICAL, instrument_id="au2512.SHFE")
    )


async def _get(world: ApiWorld, client: Any, path: str) -> Any:
    answer = await client.get(path, headers=world.bearer)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


async def test_everything_of_the_line_can_be_read(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        _fill(world)

        async def names(path: str, field: str) -> list[Any]:
            return [entry[field] for entry in await _get(world, client, path)]

        assert await names("/api/v1/instruments", "price_digits") == [1]
        assert await names("/api/v1/quotes", "last_price") == [5230.0]
        assert await names("/api/v1/features", "rsi") == [41.0]
        assert await names("/api/v1/bars/IF2101.CFFEX", "ts_open") == [0, 60, 120]
        assert await names("/api/v1/signals", "signal_id") == ["s-2", "s-1"]
        assert await names("/api/v1/opportunities", "opportunity_id") == ["opp-1", "opp-2"]
        assert await names("/api/v1/alerts", "alert_id") == ["a-2", "a-1"]
        assert await names("/api/v1/quality", "accepted") == [7]
        assert await names("/api/v1/strategies", "name") == ["rapid_rise"]
        assert (await _get(world, client, "/api/v1/system"))["source"]["kind"] == "simulator"


async def test_one_thing_can_be_read_by_its_id(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        _fill(world)

        assert (await _get(world, client, "/api/v1/instruments/IF2101.CFFEX"))["contract_multiplier"] == 300
        assert (await _get(world, client, "/api/v1/quotes/IF2101.CFFEX"))["seq"] == 1
        assert (await _get(world, client, "/api/v1/features/IF2101.CFFEX"))["rsi"] == 41.0
        assert (await _get(world, client, "/api/v1/opportunities/opp-2"))["state"] == "CLOSED"
        assert await _get(world, client, "/api/v1/bars/unknown.SHFE") == []


@pytest.mark.parametrize(
    ("path", "field", "found"),
    [
        ("/api/v1/bars/IF2101.CFFEX?limit=2", "ts_open", [60, 120]),
        ("/api/v1/signals?strategy=macd", "signal_id", ["s-2"]),
        ("/api/v1/signals?instrument=IF2101.CFFEX", "signal_id", ["s-1"]),
        ("/api/v1/signals?limit=1", "signal_id", ["s-2"]),
        ("/api/v1/opportunities?state=CLOSED", "opportunity_id", ["opp-2"]),
        ("/api/v1/opportunities?min_confidence=0.5", "opportunity_id", ["opp-1"]),
        ("/api/v1/opportunities?instrument=au2512.SHFE", "opportunity_id", []),
        ("/api/v1/opportunities?limit=1", "opportunity_id", ["opp-1"]),
        ("/api/v1/alerts?severity=critical", "alert_id", ["a-2"]),
        ("/api/v1/alerts?kind=stale_data&severity=high", "alert_id", ["a-1"]),
        ("/api/v1/alerts?instrument=au2512.SHFE&limit=5", "alert_id", ["a-2"]),
    ],
)
async def test_lists_can_be_filtered(tmp_path: Path, path: str, field: str, found: list[Any]) -> None:
    async with serving(tmp_path) as (world, client):
        _fill(world)

        assert [entry[field] for entry in await _get(world, client, path)] == found


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/instruments/xx", 404, "'xx'"),
        ("/api/v1/quotes/xx", 404, "'xx'"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/signals?limit=0", 422, "limit"),
        ("/api/v1/signals?limit=abc", 422, "limit"),
        ("/api/v1/signals?limit=1.5", 422, "limit"),
        ("/api/v1/signals?strateggy=macd", 422, "strateggy"),
        ("/api/v1/signals?limit=1&limit=2", 422, "twice"),
        ("/api/v1/opportunities?state=OPEN", 422, "state"),
        ("/api/v1/opportunities?min_confidence=2", 422, "min_confidence"),
        ("/api/v1/opportunities?min_confidence=nan", 422, "min_confidence"),
        ("/api/v1/opportunities?in_state=NEW", 422, "in_state"),
        ("/api/v1/quotes?x=1", 422, "unknown query parameter"),
        ("/opportunities?limit=1", 422, "limit"),
    ],
)
async def test_what_may_not_stand_there_is_named(tmp_path: Path, path: str, status: int, word: str) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get(path, headers=world.bearer)

        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
        assert word in answer.text
        assert "Traceback" not in answer.text


async def test_an_unknown_parameter_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get("/api/v1/opportunities?states=NEW", headers=world.bearer)

        assert answer.json()["error"]["allowed"] == ["instrument", "limit", "min_confidence", "state"]


async def test_metrics_are_prometheus_text(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get("/metrics", headers=world.bearer)

        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert answer.text.startswith("tradewind_api_requests_total")


async def test_the_interface_describes_itself(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        described = await _get(world, client, "/api/v1/openapi.json")

        assert described["openapi"].startswith("3.1")
        assert "/api/v1/opportunities" in described["paths"]
        names = {entry["name"] for entry in described["paths"]["/api/v1/opportunities"]["get"]["parameters"]}
        assert names == {"state", "instrument", "min_confidence", "limit"}
        assert "Tick" in described["components"]["schemas"]


async def test_a_websocket_knocking_here_is_told_where_to_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        headers = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-key": "x",
            "sec-websocket-version": "13",
        }
        answer = await client.get("/ws/opportunities", headers=headers)

        assert answer.status_code == 426
        assert "8100" in answer.text
