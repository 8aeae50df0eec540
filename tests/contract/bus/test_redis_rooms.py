"""Rooms on buses of their own over a real Redis: the forms of their entries, and what strangers write among them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from real_redis import RealRedis
from redis_harness import quick_settings
from signals_builders import make_signal, make_snapshot, make_window
from tradewind.bus.packs import is_pack
from tradewind.bus.redis import RedisBus
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.room_bus import RoomBus
from tradewind.bus.redis.room_session import RoomSession
from tradewind.bus.redis.writer import build_writer
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, SIGNALS
from tradewind.errors import ConfigError
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.services import row

from builders import make_tick
from waiting import eventually

CODECS = pytest.mark.parametrize("codec", ["json", "msgpack", "packed"])


@contextlib.asynccontextmanager
async def room(name: str, settings: BusSettings, metrics: Metrics | None = None) -> AsyncIterator[RoomBus]:
    """Run a room's bus; what is subscribed to before the first await is heard from the oldest entry on."""
    metrics = metrics or Metrics()
    writer = build_writer(settings, name=name, metrics=metrics)
    bus = RoomBus(
        name, reads=row(name).reads, writes=row(name).writes, clock=LineClock(), settings=settings, metrics=metrics,
        writer=writer, on_failure=print,
    )  # fmt: skip
    session = RoomSession(bus, settings=settings, metrics=metrics, writer=writer)
    task = asyncio.create_task(session.run())
    try:
        yield bus
    finally:
        await session.leave()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def edge(settings: BusSettings) -> AsyncIterator[EdgeBus]:
    metrics = Metrics()
    writer = build_writer(settings, name="push", metrics=metrics)
    bus = EdgeBus(row("push").reads, settings=settings, metrics=metrics, writer=writer, on_failure=print)
    session = EdgeSession(bus, edge="push", settings=settings, metrics=metrics, writer=writer, begin_with=100)
    task = asyncio.create_task(session.run())
    try:
        yield bus
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def payloads(server: RealRedis, key: str) -> list[bytes]:
    with server.client as client:
        entries: Any = client.xrange(key)
        assert all(list(fields) == [b"payload"] for _, fields in entries)
        return [fields[b"payload"] for _, fields in entries]


async def test_by_default_each_tick_is_an_entry_of_json(empty_redis: RealRedis) -> None:
    async with room("market", quick_settings(empty_redis)) as market:
        publish = market.publisher(CLEAN_TICKS)
        for seq in (1, 2, 3):
            publish(make_tick(seq=seq))
        await market.settle()
    assert [json.loads(payload)["seq"] for payload in payloads(empty_redis, "dfp:clean_ticks")] == [1, 2, 3]


async def test_packed_ticks_of_one_turn_are_one_entry(empty_redis: RealRedis) -> None:
    async with room("market", quick_settings(empty_redis, codec="packed")) as market:
        publish = market.publisher(CLEAN_TICKS)
        for seq in (1, 2, 3):
            publish(make_tick(seq=seq))
        await market.settle()
    (pack,) = payloads(empty_redis, "dfp:clean_ticks")
    assert is_pack(pack)


@CODECS
async def test_a_room_hears_every_form_and_goes_on_after_what_is_none(empty_redis: RealRedis, codec: str) -> None:
    heard: list[int] = []
    metrics = Metrics()
    for form, seqs in (("json", (1, 2)), ("packed", (3, 4, 5)), ("msgpack", (6,))):
        async with room("market", quick_settings(empty_redis, codec=form)) as market:
            for seq in seqs:
                market.publisher(CLEAN_TICKS)(make_tick(seq=seq))
            await market.settle()
        with empty_redis.client as client:
            for junk in (b"", b"{", b"\xc1\x01\x01", b"\xc1\x07", "合约".encode("gbk")):
                client.xadd("dfp:clean_ticks", {"payload": junk})
            client.xadd("dfp:clean_ticks", {"somebody": "else"})
    async with room("features", quick_settings(empty_redis, codec=codec), metrics) as features:
        features.subscribe(CLEAN_TICKS, lambda tick: heard.append(tick.seq), group="test")
        await eventually(lambda: heard == [1, 2, 3, 4, 5, 6])
    assert sum(metrics.bus_refused.counts.values()) == 18
    with empty_redis.client as client:
        assert client.xlen("dfp:clean_ticks:poison") >= 18


@CODECS
async def test_what_a_room_makes_of_a_tick_reaches_the_next_room_and_the_edge(
    empty_redis: RealRedis, codec: str
) -> None:
    settings, signals, seen = quick_settings(empty_redis, codec=codec), [], []
    async with (
        room("market", settings) as market,
        room("features", settings) as features,
        room("strategies", settings) as strategies,
        edge(settings) as push,
    ):
        tell_features, tell_signal = features.publisher(FEATURES), strategies.publisher(SIGNALS)
        features.subscribe(CLEAN_TICKS, lambda tick: tell_features(make_snapshot(seq=tick.seq)), group="test")
        strategies.subscribe(FEATURES, lambda snapshot: tell_signal(make_signal(seq=snapshot.seq)), group="test")
        push.subscribe(SIGNALS, lambda signal: signals.append(signal.seq), group="test")
        push.subscribe(FEATURES, lambda snapshot: seen.append(snapshot.seq), group="test")
        for seq in range(1, 6):
            market.publisher(CLEAN_TICKS)(make_tick(seq=seq, ts_recv=seq))
        await eventually(lambda: signals == seen == [1, 2, 3, 4, 5])
    # Clients count signals by entries, whatever their form.
    assert len(payloads(empty_redis, "dfp:strategy_signals")) == 5


async def test_an_edge_that_wants_the_newest_gets_no_more(empty_redis: RealRedis) -> None:
    settings = quick_settings(empty_redis, codec="packed", edge_pause_ms=5)
    newest: list[tuple[int, int, int]] = []
    async with room("market", settings) as market, edge(settings) as push:
        push.skim(CLEAN_TICKS, lambda: True, lambda found: newest.append((found[0].seq, found[1], found[2])))
        for seq in (1, 2, 3):
            market.publisher(CLEAN_TICKS)(make_tick(seq=seq))
        await eventually(lambda: newest == [(3, 1, 3)])


async def test_the_channel_of_features_is_told_in_003s_form_to_who_listens(empty_redis: RealRedis) -> None:
    settings = quick_settings(empty_redis, codec="packed")
    messages: list[Any] = []
    async with room("features", settings) as features:
        with empty_redis.client as client, client.pubsub() as listener:
            listener.subscribe("dfp:features")
            await eventually(lambda: bool(features.packing and features.packing.overheard))
            features.publisher(FEATURES)(make_snapshot(windows=(make_window(window="60s"),)))

            def take() -> bool:
                message = listener.get_message(timeout=0)
                if message and message["type"] == "message":
                    messages.append(json.loads(message["data"]))
                return bool(messages)

            await eventually(take)
    ((first,),) = messages
    assert first["window"] == "60s"
    assert first["event"]["windows"][0]["window"] == "60s"


def test_groups_of_ones_own_are_not_packed(empty_redis: RealRedis) -> None:
    with pytest.raises(ConfigError, match="json or msgpack"):
        RedisBus(quick_settings(empty_redis, codec="packed"), metrics=Metrics())
