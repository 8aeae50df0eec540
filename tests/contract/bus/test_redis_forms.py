"""What a program that is none of ours sees on Redis: each key of the seeds, in the seed's form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis

from real_redis import RealRedis
from redis_harness import make_opportunity, make_signal, quick_bus
from signals_builders import make_snapshot, make_window
from tradewind.bus.redis import RedisBus
from tradewind.bus.redis.mirrors import MirrorKeys
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, QUOTE_SNAPSHOTS, RISK_ALERTS, SIGNALS
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.errors import TransientError

from builders import make_tick
from waiting import eventually


@pytest.fixture
async def bus(empty_redis: RealRedis) -> AsyncIterator[RedisBus]:
    bus = quick_bus(empty_redis)
    await bus.start()
    yield bus
    await bus.stop()


def only_payload(client: redis.Redis, key: str) -> Any:
    """Return the JSON of the one entry of a stream, which has the one field 003 knows."""
    entries: Any = client.xrange(key)
    ((_, fields),) = entries
    assert list(fields) == [b"payload"]
    return json.loads(fields[b"payload"])


async def heard(bus: RedisBus, server: RealRedis, channel: str, publish: Any) -> Any:
    """Return the JSON of the next message of a channel, published by `publish` once we listen."""
    with server.client as client, client.pubsub() as listener:
        listener.subscribe(channel)
        assert listener.get_message(timeout=2)["type"] == "subscribe"
        publish()
        await bus.flushed()
        messages: list[Any] = []

        def take() -> bool:
            message = listener.get_message(timeout=0)
            if message:
                messages.append(message["data"])
            return bool(messages)

        await eventually(take)
        return json.loads(messages[0])


async def test_a_tick_is_003s_cleaned_tick(bus: RedisBus, empty_redis: RealRedis) -> None:
    bus.publisher(CLEAN_TICKS)(make_tick(instrument_id="600000.SSE", flags=64))
    await bus.flushed()
    with empty_redis.client as client:
        tick = only_payload(client, "dfp:clean_ticks")
    assert tick["symbol"] == "sh600000"
    assert (tick["price"], tick["volume"], tick["turnover"]) == (5230.0, 240, 376_560_000.0)
    assert (tick["bid_price"], tick["bid_volume"], tick["ask_price"], tick["ask_volume"]) == (5230.0, 1, 5230.8, 2)
    assert tick["timestamp"] == tick["ingested_at"] == tick["cleaned_at"] == "2021-01-04T01:30:00.000Z"
    assert (tick["source"], tick["raw"], tick["quality_flags"]) == ("tradewind", {}, ["repaired"])


async def test_a_signal_is_003s_strategy_signal(bus: RedisBus, empty_redis: RealRedis) -> None:
    bus.publisher(SIGNALS)(make_signal(7))
    await bus.flushed()
    with empty_redis.client as client:
        signal = only_payload(client, "dfp:strategy_signals")
    assert (signal["strategy"], signal["symbol"], signal["signal_type"]) == ("rapid_rise", "IF2101", "rapid_rise")
    assert (signal["confidence"], signal["strength_score"], signal["window"]) == (0.7, 61.5, "60s")
    assert signal["reasons"] == ["rapid_rise change_percent=2.1 window=60s"]
    assert signal["triggered_at"] == "2021-01-04T01:30:00.500Z"
    assert signal["metadata"]["signal_id"] == "rapid_rise:IF2101.CFFEX:7"


async def test_an_opportunity_is_003s_on_the_stream_and_on_the_channel(bus: RedisBus, empty_redis: RealRedis) -> None:
    publish = bus.publisher(OPPORTUNITIES)
    message = await heard(bus, empty_redis, "dfp:opportunities:ws", lambda: publish(make_opportunity()))
    with empty_redis.client as client:
        entry = only_payload(client, "dfp:opportunities")
    assert message["type"] == "opportunity"
    for opportunity in (entry, message["payload"]):
        assert (opportunity["id"], opportunity["symbol"]) == ("IF2101.CFFEX-buy-1", "IF2101")
        assert (opportunity["state"], opportunity["created_at"]) == ("NEW", "2021-01-04T01:30:00.500Z")
        assert (opportunity["confidence"], opportunity["strength_score"]) == (0.7, 61.5)
        assert opportunity["notes"] == ["confirmed by=1"]
        assert opportunity["signals"][0]["strategy"] == "rapid_rise"


async def test_features_are_003s_list_of_snapshots(bus: RedisBus, empty_redis: RealRedis) -> None:
    snapshot = make_snapshot(windows=(make_window(window="5s"), make_window(window="60s")))
    publish = bus.publisher(FEATURES)
    first, second = await heard(bus, empty_redis, "dfp:features", lambda: publish(snapshot))
    assert [first["window"], second["window"]] == ["5s", "60s"]
    assert {"symbol", "timestamp", "price", "change_percent", "volume_sum", "avg_price"} <= second.keys()
    assert {"max_price", "min_price", "turnover_sum", "sample_size"} <= second.keys()


async def test_an_alert_is_003s_risk_alert(bus: RedisBus, empty_redis: RealRedis) -> None:
    alert = RiskAlert(
        alert_id="a1",
        kind=AlertKind.LOW_CONFIDENCE,
        severity=Severity.HIGH,
        instrument_id="IF2101.CFFEX",
        ts_event=1_609_723_800_500_000_123,
        params={"actual": 0.31, "limit": 0.4},
        opportunity_id="o1",
        cause="o1",
    )
    publish = bus.publisher(RISK_ALERTS)
    message = await heard(bus, empty_redis, "dfp:risk_alerts", lambda: publish(alert))
    assert message["type"] == "risk_alert"
    payload = message["payload"]
    assert (payload["symbol"], payload["risk_type"], payload["severity"]) == ("IF2101", "low_confidence", "high")
    assert payload["message"] == "low_confidence actual=0.31 limit=0.4"
    assert (payload["triggered_at"], payload["opportunity_id"]) == ("2021-01-04T01:30:00.500Z", "o1")
    assert payload["metadata"] == {"actual": 0.31, "limit": 0.4}


async def test_a_quote_is_000s_message(bus: RedisBus, empty_redis: RealRedis) -> None:
    """C-000-2."""
    publish = bus.publisher(CLEAN_TICKS)
    quote = await heard(bus, empty_redis, "market_data", lambda: publish(make_tick(limit_down=None)))
    assert (quote["data_type"], quote["instrument_id"], quote["exchange_id"]) == ("market_tick", "IF2101", "CFFEX")
    assert (quote["last_price"], quote["highest_price"], quote["upper_limit_price"]) == (5230.0, 5230.0, 5737.8)
    assert quote["lower_limit_price"] is None
    assert (quote["bid_price1"], quote["ask_volume1"]) == (5230.0, 2)


async def test_a_quote_is_001s_flat_entry_and_goes_on_contract_switch(bus: RedisBus, empty_redis: RealRedis) -> None:
    """C-001-1, C-001-7."""
    bus.publisher(CLEAN_TICKS)(make_tick(instrument_id="au2512.SHFE", bid_price=None))
    with empty_redis.client as client:
        await eventually(lambda: client.xlen("market_data:au2512") == 1)
        ((_, flat),) = client.xrevrange("market_data:au2512", count=1)
        assert list(flat.items()) == [
            (b"timestamp", b"1609723800000"),
            (b"last_price", b"5230.0"),
            (b"volume", b"240"),
            (b"bid_price", b"0"),
            (b"ask_price", b"5230.8"),
            (b"bid_volume", b"1"),
            (b"ask_volume", b"2"),
            (b"high_price", b"5230.0"),
            (b"low_price", b"5230.0"),
            (b"open_price", b"5230.0"),
        ]
        assert bus.mirrors is not None
        # One more quote waits in this very turn of the loop: it must not bring the key back.
        bus.publisher(QUOTE_SNAPSHOTS)(make_tick(instrument_id="au2512.SHFE"))
        bus.mirrors.remove("au2512.SHFE")
        bus.publisher(QUOTE_SNAPSHOTS)(make_tick(instrument_id="au2512.SHFE"))
        await bus.flushed()
        assert not client.exists("market_data:au2512")
        bus.mirrors.restore("au2512.SHFE")
        bus.publisher(QUOTE_SNAPSHOTS)(make_tick(instrument_id="au2512.SHFE"))
        await eventually(lambda: client.xlen("market_data:au2512") == 1)


async def test_which_flat_streams_are_ours_is_known_to_the_next_life_and_those_of_others_are_not(
    bus: RedisBus, empty_redis: RealRedis
) -> None:
    assert bus.mirrors is not None
    publish = bus.publisher(QUOTE_SNAPSHOTS)
    with empty_redis.client as client:
        client.xadd("market_data:theirs", {"note": 1})
        for instrument_id in ("au2512.SHFE", "IF2101.CFFEX", "au2512.SHFE"):
            publish(make_tick(instrument_id=instrument_id))
        await bus.flushed()

        async def call(*command: Any) -> Any:
            return client.execute_command(*command)

        keys = MirrorKeys(bus.mirrors, call)
        assert await keys.written() == ["IF2101.CFFEX", "au2512.SHFE"]
        keys.remove("au2512.SHFE")
        await bus.flushed()
        assert await keys.written() == ["IF2101.CFFEX"]
        assert sorted(client.keys("market_data:*")) == [b"market_data:IF2101", b"market_data:theirs"]
        keys.restore("au2512.SHFE")
        publish(make_tick(instrument_id="au2512.SHFE"))
        await bus.flushed()
        assert await keys.written() == ["IF2101.CFFEX", "au2512.SHFE"]


async def test_of_a_redis_that_is_away_nobody_can_say_what_was_left(bus: RedisBus) -> None:
    async def away(*_command: Any) -> Any:
        message = "gone"
        raise ConnectionResetError(message)

    assert bus.mirrors is not None
    with pytest.raises(TransientError, match="cannot be asked which keys"):
        await MirrorKeys(bus.mirrors, away).written()


async def test_after_redis_was_emptied_it_is_noted_again_which_keys_are_ours(
    bus: RedisBus, empty_redis: RealRedis
) -> None:
    publish = bus.publisher(QUOTE_SNAPSHOTS)
    with empty_redis.client as client:
        publish(make_tick())
        await bus.flushed()
        client.delete("tradewind:bus:mirrored")
        for _ in range(4_097):
            publish(make_tick())
        await bus.flushed()
        await eventually(lambda: client.smembers("tradewind:bus:mirrored") == {b"IF2101.CFFEX"})


async def test_the_flat_stream_is_trimmed(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, mirror_len=100)
    await bus.start()
    publish = bus.publisher(QUOTE_SNAPSHOTS)
    for _ in range(1_000):
        publish(make_tick())
    await bus.settle()
    with empty_redis.client as client:
        assert client.xlen("market_data:IF2101") <= 300
    await bus.stop()


async def test_where_every_reader_is_ours_the_payload_may_be_packed_and_both_are_read(empty_redis: RealRedis) -> None:
    packed, plain = quick_bus(empty_redis, codec="msgpack"), quick_bus(empty_redis)
    seen: list[int] = []
    packed.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
    await packed.start()
    await plain.start()
    packed.publisher(CLEAN_TICKS)(make_tick(seq=1))
    await packed.flushed()
    plain.publisher(CLEAN_TICKS)(make_tick(seq=2))
    await plain.flushed()
    await packed.settle()
    assert seen == [1, 2]
    with empty_redis.client as client:
        first, second = (fields[b"payload"] for _, fields in client.xrange("dfp:clean_ticks"))
    assert len(first) * 3 < len(second)
    await packed.stop()
    await plain.stop()
