"""What every budget promises, kept in one process or counted in Redis for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from infoway_builders import client_of, stand_in
from real_redis import RealRedis
from tradewind.bus.redis.quota import RedisQuota
from tradewind.bus.settings import BusSettings
from tradewind.errors import TransientError
from tradewind.infoway.budget import Budget, LocalBudget
from tradewind.infoway.settings import Plan

LOOSE = Plan(100, 1_000, 10_000, 1, 10)


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["process", "redis"])
async def budget(request: pytest.FixtureRequest) -> AsyncIterator[Budget]:
    if request.param == "process":
        yield LocalBudget()
        return
    server: RealRedis = request.getfixturevalue("redis_server")
    with server.client as client:
        client.flushall()
    quota = RedisQuota(BusSettings(kind="redis", url=server.url))
    yield quota
    await quota.close()


@pytest.mark.parametrize(
    ("plan", "low_s", "high_s"),
    [
        (Plan(3, 1_000, 10_000, 1, 10), 0.0, 1.2),
        (Plan(100, 3, 10_000, 1, 10), 2.0, 61.0),
        (Plan(100, 1_000, 3, 1, 10), 0.0, 86_400.0),
    ],
)
async def test_after_as_many_as_the_plan_allows_the_next_must_wait(
    budget: Budget, plan: Plan, low_s: float, high_s: float
) -> None:
    first = await asyncio.gather(*(budget.take("k", plan) for _ in range(3)))
    assert first == [0.0] * 3
    assert low_s < await budget.take("k", plan) <= high_s


async def test_keys_are_counted_apart(budget: Budget) -> None:
    one = Plan(100, 1_000, 1, 1, 10)
    assert [await budget.take(mark, one) for mark in ("a", "b")] == [0.0, 0.0]
    assert await budget.take("a", one) > 0.0


async def test_a_closed_day_lets_nothing_through(budget: Budget) -> None:
    assert await budget.take("k", LOOSE) == 0.0
    await budget.close_day("k")
    assert 0.0 < await budget.take("k", LOOSE) <= 86_400.0
    assert await budget.take("other", LOOSE) == 0.0


async def test_processes_that_share_a_redis_share_the_budget(redis_server: RealRedis) -> None:
    with redis_server.client as client:
        client.flushall()
    quotas = [RedisQuota(BusSettings(kind="redis", url=redis_server.url)) for _ in range(3)]
    plan = Plan(1_000, 1_000, 7, 1, 10)
    waits = await asyncio.gather(*(quota.take("k", plan) for quota in quotas for _ in range(5)))
    assert waits.count(0.0) == 7
    for quota in quotas:
        await quota.close()


async def test_while_nobody_can_say_what_is_left_nothing_is_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    quota = RedisQuota(BusSettings(kind="redis", url=server.url, timeout_s=1.0))
    async with stand_in() as provider, client_of(provider) as client:
        client._budget = quota
        await client.trades(["TSLA.US"])
        server.kill()
        with pytest.raises(TransientError, match="Redis at"):
            await client.trades(["TSLA.US"])
        assert len(provider.requests) == 1
        server.start()
        assert (await client.trades(["TSLA.US"])).rows
    await quota.close()
    server.kill()
