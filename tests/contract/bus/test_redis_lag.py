"""How far a reader is behind, by the clock of a real Redis."""

from __future__ import annotations

from real_redis import RealRedis
from tradewind.bus.redis.lag import behind_s
from tradewind.bus.settings import BusSettings
from tradewind.runtime.lifecycle.redis_facts import asking

STREAM = "dfp:clean_ticks"


async def lag(redis: RealRedis, **cursors: bytes) -> float:
    named = {name.replace("_", ":", 1).encode(): cursor for name, cursor in cursors.items()}
    async with asking(BusSettings(kind="redis", url=redis.url), name="lag") as (control, _):
        return await behind_s(control, named)


def add(redis: RealRedis, seconds_ago: float) -> bytes:
    """Add an entry as old as that; return its id."""
    with redis.client as client:
        seconds, micros = client.time()
        added_ms = int((seconds - seconds_ago) * 1e3 + micros / 1e3)
        entry: bytes = client.xadd(STREAM, {"payload": b"{}"}, id=f"{added_ms}-0")
    return entry


async def test_who_has_read_everything_is_not_behind_however_old_that_is(empty_redis: RealRedis) -> None:
    newest = add(empty_redis, 3_600)
    assert await lag(empty_redis, dfp_clean_ticks=newest) == 0


async def test_the_entry_that_waits_longest_says_how_far(empty_redis: RealRedis) -> None:
    read = add(empty_redis, 100)
    add(empty_redis, 30)
    add(empty_redis, 1)
    assert 30 <= await lag(empty_redis, dfp_clean_ticks=read) < 60


async def test_a_stream_that_nobody_wrote_yet_is_no_lag(empty_redis: RealRedis) -> None:
    assert await lag(empty_redis, dfp_clean_ticks=b"0-0") == 0


async def test_a_stream_that_is_not_read_does_not_count(empty_redis: RealRedis) -> None:
    add(empty_redis, 30)
    assert await lag(empty_redis, dfp_clean_ticks=b"$") == 0
