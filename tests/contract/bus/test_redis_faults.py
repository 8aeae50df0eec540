"""What the Redis bus does when Redis, a member or a stranger misbehaves; every server here is real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from real_redis import RealRedis
from redis_harness import Numbers, quick_bus
from tradewind.bus.redis import RedisBus
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import CLEAN_TICKS, SIGNALS
from tradewind.errors import ConfigError
from tradewind.kernel.metrics import Metrics

from builders import make_tick
from waiting import eventually

TICKS = CLEAN_TICKS.wire_name


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[RealRedis]:
    """A server that a test may kill; it forgets nothing that it has answered."""
    server = RealRedis(tmp_path, is_durable=True)
    server.start()
    yield server
    server.kill()


async def publish_under_load(bus: RedisBus, first: int, last: int) -> None:
    """Publish numbered ticks of two instruments, a few per turn of the loop."""
    publish = bus.publisher(CLEAN_TICKS)
    for seq in range(first, last + 1):
        publish(make_tick(seq=seq))
        publish(make_tick(seq=seq, instrument_id="au2512.SHFE"))
        if seq % 20 == 0:
            await asyncio.sleep(0.001)


async def test_killing_and_restarting_redis_under_load_loses_no_tick(own_redis: RealRedis) -> None:
    writer, reader = quick_bus(own_redis), quick_bus(own_redis)
    numbers = Numbers()
    reader.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await reader.start()
    await writer.start()
    load = asyncio.create_task(publish_under_load(writer, 1, 6_000))
    for reached in (500, 2_500):
        await eventually(lambda reached=reached: numbers.last.get("IF2101.CFFEX", 0) >= reached)  # type: ignore[misc]
        own_redis.kill()
        await eventually(lambda: writer.health().state == "degraded")
        await asyncio.to_thread(own_redis.start)
    await load
    await eventually(lambda: numbers.last == {"IF2101.CFFEX": 6_000, "au2512.SHFE": 6_000}, timeout_s=15)
    assert numbers.gaps == 0
    assert writer.health().state == reader.health().state == "connected"
    assert writer.health().reconnects >= 2
    await reader.stop()
    await writer.stop()


async def test_without_redis_the_start_goes_on_and_what_is_published_waits(own_redis: RealRedis) -> None:
    own_redis.kill()
    bus = quick_bus(own_redis, connect_s=0.05)
    numbers = Numbers()
    bus.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    for seq in range(1, 101):
        publish(make_tick(seq=seq))
    health = bus.health()
    assert health.state == "degraded"
    assert "cannot be reached" in health.reason
    assert health.spooled >= 100
    await asyncio.to_thread(own_redis.start)
    await bus.settle()
    assert numbers.last == {"IF2101.CFFEX": 100}
    assert numbers.gaps == 0
    await bus.stop()


async def test_a_full_spool_drops_the_oldest_and_counts_them(own_redis: RealRedis) -> None:
    own_redis.kill()
    bus = quick_bus(own_redis, connect_s=0.05, spool=1_000, mirrors=False)
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    for seq in range(1, 5_001):
        publish(make_tick(seq=seq))
    assert bus.health().spooled <= 1_000 + 256
    dropped = bus.health().dropped
    await asyncio.to_thread(own_redis.start)
    await bus.flushed()
    with own_redis.client as client:
        kept = client.xrange(TICKS)
    assert len(kept) + dropped == 5_000
    assert b'"seq":5000,' in kept[-1][1][b"payload"]
    await bus.stop()


async def test_a_redis_that_stands_still_is_noticed_and_nothing_is_lost(own_redis: RealRedis) -> None:
    bus = quick_bus(own_redis)
    numbers = Numbers()
    bus.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await bus.start()
    own_redis.freeze()
    await publish_under_load(bus, 1, 500)
    await eventually(lambda: bus.health().state == "degraded")
    own_redis.thaw()
    await eventually(lambda: len(numbers.last) == 2 and set(numbers.last.values()) == {500}, timeout_s=10)
    assert numbers.gaps == 0
    await bus.stop()


async def test_out_of_memory_holds_the_writes_until_there_is_room(own_redis: RealRedis) -> None:
    bus = quick_bus(own_redis)
    numbers = Numbers()
    bus.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await bus.start()
    with own_redis.client as client:
        client.config_set("maxmemory", "1mb")
        await publish_under_load(bus, 1, 300)
        await eventually(lambda: "OOM" in bus.health().reason)
        assert bus.health().state == "degraded"
        await publish_under_load(bus, 301, 600)
        client.config_set("maxmemory", "0")
        await bus.settle()
        # Memory may come back in the middle of a flight: what Redis took then stands before what it had refused, which
        # readers see as a gap. Nothing is left out of the stream.
        entries = client.xrange("dfp:clean_ticks")
    assert {json.loads(fields[b"payload"])["seq"] for _, fields in entries} == set(range(1, 601))
    assert numbers.last == {"IF2101.CFFEX": 600, "au2512.SHFE": 600}
    assert bus.health().state == "connected"
    await bus.stop()


async def test_an_emptied_redis_gets_its_groups_again_and_the_hole_is_recorded(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis)
    seen: list[int] = []
    bus.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1))
    await bus.settle()
    with empty_redis.client as client:
        client.flushall()
    publish(make_tick(seq=2))
    await eventually(lambda: seen == [1, 2])
    publish(make_tick(seq=3))
    await eventually(lambda: seen == [1, 2, 3])
    await bus.flushed()
    assert [(gap.group, gap.reason) for gap in bus.health().gaps] == [("room", "stream_lost")]
    with empty_redis.client as client:
        assert client.xlen(f"{TICKS}:gaps") == 1
    await bus.stop()


FOREIGN = {
    "no_payload": {"price": "1.0"},
    "malformed": {"payload": '{"instrument_id": '},
    "not_utf8": {"payload": '{"instrument_id":"螺纹钢"}'.encode("gbk")},
    "wrong_shape": {"payload": '{"symbol":"sh600000","price":1e999}'},
    "too_large": {"payload": b'"' + b"x" * 20_000 + b'"'},
}


@pytest.mark.parametrize("reason", FOREIGN)
async def test_a_foreign_entry_is_counted_set_aside_and_disturbs_nobody(empty_redis: RealRedis, reason: str) -> None:
    bus = quick_bus(empty_redis, entry_bytes=16_384)
    seen: list[int] = []
    bus.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1))
    await bus.flushed()
    with empty_redis.client as client:
        client.xadd(TICKS, FOREIGN[reason])
        publish(make_tick(seq=2))
        await bus.settle()
        await bus.flushed()
        assert seen == [1, 2]
        assert bus._metrics.bus_refused.counts == {reason: 1}
        (_, fields), *more = client.xrange(f"{TICKS}:poison")
        assert fields[b"reason"] == reason.encode()
        assert not more
        assert client.xpending(TICKS, "room")["pending"] == 0
    await bus.stop()


async def test_what_is_set_aside_is_bounded(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, poison_len=10, batch=500)
    bus.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    await bus.start()
    with empty_redis.client as client:
        pipeline = client.pipeline()
        for _ in range(2_000):
            pipeline.xadd(TICKS, {"payload": "{"})
        pipeline.execute()
        await bus.settle()
        await bus.flushed()
        assert bus._metrics.bus_refused.counts == {"malformed": 2_000}
        assert client.xlen(f"{TICKS}:poison") <= 10 + 100
    await bus.stop()


async def test_another_kind_of_value_under_our_key_is_reported_and_other_topics_flow(empty_redis: RealRedis) -> None:
    with empty_redis.client as client:
        client.set("dfp:strategy_signals", "not a stream")
    bus = quick_bus(empty_redis)
    numbers = Numbers()
    bus.subscribe(SIGNALS, lambda _: None, group="room")
    bus.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await bus.start()
    bus.publisher(CLEAN_TICKS)(make_tick(seq=1))
    await eventually(lambda: numbers.last == {"IF2101.CFFEX": 1})
    assert bus._metrics.bus_refused.counts["wrong_key_type"] >= 1
    await bus.stop()


async def test_a_wrong_password_is_one_clear_line(tmp_path: Path) -> None:
    server = RealRedis(tmp_path, "--requirepass", "right-one")
    server.start()
    try:
        bus = quick_bus(server, password="wrong-one")  # noqa: S106 - the example
        with pytest.raises(ConfigError, match=r"refused the password \(WRONGPASS\); set bus.password") as refused:
            await bus.start()
        assert "wrong-one" not in str(refused.value) + repr(bus.health())
        bus = quick_bus(server, password="")
        with pytest.raises(ConfigError, match="wants a password and none is set"):
            await bus.start()
        bus = quick_bus(server)
        await bus.start()
        assert bus.health().state == "connected"
        assert "right-one" not in repr(bus.health()) + repr(bus._address)
        await bus.stop()
    finally:
        server.kill()


async def test_a_database_that_does_not_exist_is_one_clear_line(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, url=empty_redis.url.replace("/0", "/99"))
    with pytest.raises(ConfigError, match="has no database 99"):
        await bus.start()


async def test_something_that_is_no_redis_leaves_the_bus_degraded_with_a_reason() -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    stranger = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    settings = BusSettings(kind="redis", url=f"redis://127.0.0.1:{port}/0", timeout_s=0.5)
    bus = RedisBus(settings, metrics=Metrics())
    await bus.start()
    assert bus.health().state == "degraded"
    assert f"127.0.0.1:{port}" in bus.health().reason
    await bus.stop()
    stranger.close()
    await stranger.wait_closed()
