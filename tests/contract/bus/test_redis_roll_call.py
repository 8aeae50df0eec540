"""The roll call on a real Redis: who is there is known, who ends is not missed, who was killed is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from real_redis import RealRedis
from tradewind.bus.redis import roll_call
from tradewind.bus.redis.keys import ROLL_KEY
from tradewind.bus.redis.requests import Call
from tradewind.bus.redis.roll_call import PRESENT_MS, RollCall, present
from tradewind.bus.settings import BusSettings
from tradewind.domain.release import Mixture, Running
from tradewind.runtime.lifecycle.redis_facts import asking


@pytest.fixture
async def call(empty_redis: RealRedis) -> AsyncIterator[Call]:
    async with asking(BusSettings(kind="redis", url=empty_redis.url), name="roll") as (control, _):
        yield control.call


def member(call: Call, service: str, version: str = "0.1.0", **options: Any) -> RollCall:
    return RollCall(call, Running(service, "host-1", version, "aa"), **{"hears": True, **options})


async def test_all_hear_of_a_release_that_differs_and_of_its_end(call: Call) -> None:
    changes: list[Mixture | None] = []
    desk, market = member(call, "trading", on_change=changes.append), member(call, "market", "0.2.0", hears=False)
    await desk.answer()
    assert desk.mixture is None
    await market.answer()
    await desk.answer()
    assert desk.mixture is not None
    assert desk.mixture.told == "0.1.0: trading; 0.2.0: market"
    await market.leave()
    await desk.answer()
    assert desk.mixture is None
    assert [change is None for change in changes] == [False, True]


async def test_who_has_left_does_not_come_back_by_himself(call: Call) -> None:
    market = member(call, "market")
    await market.answer()
    await market.leave()
    await market.answer()
    assert await present(call) == []


async def test_who_was_killed_is_forgotten_after_a_while(call: Call) -> None:
    await member(call, "market", "0.2.0").answer()
    (entry,) = await present(call)
    assert entry.version == "0.2.0"
    later = await roll_call._now_ms(call) + PRESENT_MS + 1
    assert await present(call, now_ms=later) == []
    assert await call("HLEN", ROLL_KEY) == 1
    assert await present(call, now_ms=later + 60_000) == []
    assert await call("HLEN", ROLL_KEY) == 0


async def test_an_answer_that_cannot_be_read_is_of_another_release(call: Call) -> None:
    desk = member(call, "trading")
    await call("HSET", ROLL_KEY, "market@host-9", msgspec.json.encode({"since": "2031"}))
    await desk.answer()
    assert desk.mixture is not None
    assert desk.mixture.mode.value == "halted"


async def test_the_same_process_started_again_has_one_place(call: Call) -> None:
    await member(call, "market", "0.1.0").answer()
    await member(call, "market", "0.2.0").answer()
    assert [each.version for each in await present(call)] == ["0.2.0"]
