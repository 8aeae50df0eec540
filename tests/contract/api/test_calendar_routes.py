"""When a contract trades, over REST: night session first, holidays left out, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from api_builders import ApiWorld, serving
from tradewind.bus.topics import CLEAN_TICKS

from builders import MORNING_NS, make_tick

IF = "IF2101.CFFEX"


async def sessions(world: ApiWorld, client: httpx.AsyncClient, **params: str | int) -> httpx.Response:
    asked = {"instrument_id": IF, **params}
    return await client.get("/api/v1/calendar/sessions", params=asked, headers=world.bearer)


async def test_days_come_oldest_first_and_holidays_are_left_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await sessions(world, client, at_ns=MORNING_NS, days=3)
    days: list[dict[str, Any]] = answer.json()
    # 2021-01-01 was a holiday, the days after it a weekend.
    assert [day["trading_day"] for day in days] == [20201230, 20201231, 20210104]
    minutes = [[(section["close_ns"] - section["open_ns"]) / 60e9 for section in day["sections"]] for day in days]
    assert minutes == [[120.0, 120.0]] * 3


async def test_without_a_moment_it_is_the_day_of_the_newest_quote(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        missing = await sessions(world, client)
        world.bus.publisher(CLEAN_TICKS)(make_tick(instrument_id=IF, ts_event=MORNING_NS))
        answer = await sessions(world, client)
    assert missing.status_code == 422
    assert "at_ns must be given" in missing.json()["error"]["message"]
    assert [day["trading_day"] for day in answer.json()] == [20210104]


async def test_an_unknown_contract_is_refused_by_its_name(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await sessions(world, client, instrument_id="xx9999.SHFE", at_ns=MORNING_NS)
    assert answer.status_code == 404
    assert "xx9999.SHFE" in answer.json()["error"]["message"]
