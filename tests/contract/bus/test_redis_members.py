"""How the members of a group share the work, replace one another, and how streams are trimmed around them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from real_redis import RealRedis
from redis_harness import Numbers, crash, make_opportunity, make_signal, quick_bus
from tradewind.bus.redis.keys import shard_of
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS, SIGNALS
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick

from builders import make_tick
from waiting import eventually

TICKS = CLEAN_TICKS.wire_name
INSTRUMENTS = tuple(f"x{number}.SHFE" for number in range(24))


async def test_two_members_share_the_shards_and_keep_each_instruments_order(empty_redis: RealRedis) -> None:
    members = [quick_bus(empty_redis, shards=4) for _ in range(2)]
    seen: list[dict[str, list[int]]] = [{}, {}]
    for bus, share in zip(members, seen, strict=True):
        bus.subscribe(
            CLEAN_TICKS,
            lambda tick, share=share: share.setdefault(tick.instrument_id, []).append(tick.seq),  # type: ignore[misc]
            group="room",
        )
        await bus.start()
    await eventually(lambda: sorted(len(bus.health().shards["room"]) for bus in members) == [2, 2])
    publish = members[0].publisher(CLEAN_TICKS)
    for seq in range(1, 51):
        for instrument_id in INSTRUMENTS:
            publish(make_tick(seq=seq, instrument_id=instrument_id))
    await members[0].settle()
    assert not seen[0].keys() & seen[1].keys()
    assert seen[0]
    assert seen[1]
    assert {**seen[0], **seen[1]} == {instrument_id: list(range(1, 51)) for instrument_id in INSTRUMENTS}
    for bus in members:
        await bus.stop()


async def test_each_instrument_has_one_stream_for_ever(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, shards=4)
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    for seq in (1, 2):
        for instrument_id in INSTRUMENTS:
            publish(make_tick(seq=seq, instrument_id=instrument_id))
    await bus.flushed()
    with empty_redis.client as client:
        for shard in range(4):
            entries = client.xrange(f"{TICKS}:{{{shard}}}")
            mine = [name for name in INSTRUMENTS if shard_of(name, 4) == shard]
            assert len(entries) == 2 * len(mine)
            assert all(any(f'"{name}"'.encode() in fields[b"payload"] for name in mine) for _, fields in entries)
    await bus.stop()


async def test_a_second_member_of_an_unsplit_stream_stands_by_and_goes_on_when_the_first_dies(
    empty_redis: RealRedis,
) -> None:
    first, second, feed = (quick_bus(empty_redis) for _ in range(3))
    by_first, by_second = Numbers(), Numbers()
    first.subscribe(CLEAN_TICKS, by_first.take, group="room")
    second.subscribe(CLEAN_TICKS, by_second.take, group="room")
    for bus in (first, second, feed):
        await bus.start()
    publish = feed.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1))
    await eventually(lambda: by_first.last == {"IF2101.CFFEX": 1})
    await crash(first)
    for seq in range(2, 20):
        publish(make_tick(seq=seq))
    await eventually(lambda: by_second.last == {"IF2101.CFFEX": 19})
    assert by_second.last["IF2101.CFFEX"] == 19
    assert by_first.last == {"IF2101.CFFEX": 1}
    await second.stop()
    await feed.stop()


async def test_what_a_dead_member_had_in_hand_is_handled_before_anything_newer(empty_redis: RealRedis) -> None:
    feed = quick_bus(empty_redis)
    await feed.start()
    publish = feed.publisher(CLEAN_TICKS)
    with empty_redis.client as client:
        client.xgroup_create(TICKS, "room", "$", mkstream=True)
        for seq in range(1, 11):
            publish(make_tick(seq=seq))
        await feed.flushed()
        assert len(client.xreadgroup("room", "dead", {TICKS: ">"}, count=6)[0][1]) == 6
    heir = quick_bus(empty_redis)
    seen: list[int] = []
    heir.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
    await heir.start()
    await heir.settle()
    assert seen == list(range(1, 11))
    assert heir._metrics.bus_reclaimed.counts == {"room": 6}
    with empty_redis.client as client:
        assert [consumer["name"] for consumer in client.xinfo_consumers(TICKS, "room")] == [heir.member.encode()]
    await heir.stop()
    await feed.stop()


class Forgetful(list[bytes]):
    """Acknowledgements that never leave."""

    def append(self, _acknowledgement: bytes) -> None:
        return


async def test_what_was_handled_before_the_connection_broke_is_not_handled_again(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis)
    seen: list[int] = []
    bus.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    reader = bus._groups["room"]
    acknowledge, reader._acks = reader.handled, Forgetful()
    reader.handled = lambda *_: None  # type: ignore[method-assign]
    for seq in range(1, 6):
        publish(make_tick(seq=seq))
    await eventually(lambda: seen == [1, 2, 3, 4, 5])
    reader.handled, reader._acks = acknowledge, []  # type: ignore[method-assign]
    with empty_redis.client as client:
        assert client.xpending(TICKS, "room")["pending"] == 5
        client.client_kill_filter(_type="normal", skipme=True)
        await eventually(lambda: bus.health().reconnects == 1 and bus.health().state == "connected")
        publish(make_tick(seq=6))
        await bus.settle()
        assert seen == [1, 2, 3, 4, 5, 6]
        assert client.xpending(TICKS, "room")["pending"] == 0
    await bus.stop()


async def test_an_entry_that_keeps_ending_its_readers_is_set_aside_alone(empty_redis: RealRedis) -> None:
    feed = quick_bus(empty_redis)
    await feed.start()
    publish = feed.publisher(CLEAN_TICKS)
    with empty_redis.client as client:
        client.xgroup_create(TICKS, "room", "$", mkstream=True)
        for seq in (1, 2, 3):
            publish(make_tick(seq=seq))
        await feed.flushed()
        ids = [entry for entry, _ in client.xreadgroup("room", "dead", {TICKS: ">"})[0][1]]
        for _ in range(4):
            client.xclaim(TICKS, "room", "dead", 0, [ids[1]])
        heir = quick_bus(empty_redis, max_deliveries=5)
        seen: list[int] = []
        heir.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.seq), group="room")
        await heir.start()
        await heir.settle()
        await heir.flushed()
        assert seen == [1, 3]
        ((_, fields),) = client.xrange(f"{TICKS}:poison")
        assert (fields[b"reason"], fields[b"entry"]) == (b"killed_its_handlers", ids[1])
    await heir.stop()
    await feed.stop()


async def test_a_handler_that_always_fails_leaves_poison_and_the_group_goes_on(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, max_deliveries=3)
    tries: list[int] = []

    def fail(tick: Tick) -> None:
        tries.append(tick.seq)
        if tick.seq == 1:
            message = "no"
            raise ValueError(message)

    bus.subscribe(CLEAN_TICKS, fail, group="room")
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1))
    publish(make_tick(seq=2))
    await bus.settle()
    await bus.flushed()
    assert tries == [1, 1, 1, 2]
    with empty_redis.client as client:
        ((_, fields),) = client.xrange(f"{TICKS}:poison")
    assert fields[b"reason"] == b"handler_failed"
    assert b'"seq":1,' in fields[b"payload"]
    await bus.stop()


async def test_a_member_with_a_fixed_name_goes_on_at_once_after_a_crash(empty_redis: RealRedis) -> None:
    first = quick_bus(empty_redis, member="features-1", reclaim_idle_s=60.0)
    first.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    await first.start()
    await crash(first)
    again = quick_bus(empty_redis, member="features-1", reclaim_idle_s=60.0)
    numbers = Numbers()
    again.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await again.start()
    again.publisher(CLEAN_TICKS)(make_tick(seq=1))
    await again.settle()
    assert numbers.last == {"IF2101.CFFEX": 1}
    await again.stop()


async def test_a_stopped_member_hands_over_without_waiting_for_its_lease_to_end(empty_redis: RealRedis) -> None:
    first = quick_bus(empty_redis, reclaim_idle_s=60.0)
    first.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    await first.start()
    await first.stop()
    second = quick_bus(empty_redis, reclaim_idle_s=60.0)
    second.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    await second.start()
    assert second.health().shards == {"room": (0,)}
    await second.stop()


async def test_what_was_published_while_no_member_lived_is_read_after_the_restart(empty_redis: RealRedis) -> None:
    first = quick_bus(empty_redis)
    first.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    feed = quick_bus(empty_redis)
    await first.start()
    await feed.start()
    await first.stop()
    publish = feed.publisher(CLEAN_TICKS)
    for seq in range(1, 101):
        publish(make_tick(seq=seq))
    await feed.flushed()
    again = quick_bus(empty_redis)
    numbers = Numbers()
    again.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await again.start()
    await again.settle()
    assert (numbers.last, numbers.gaps) == ({"IF2101.CFFEX": 100}, 0)
    await again.stop()
    await feed.stop()


async def test_every_member_of_a_broadcast_group_gets_everything(empty_redis: RealRedis) -> None:
    members = [quick_bus(empty_redis) for _ in range(2)]
    numbers = [Numbers(), Numbers()]
    for bus, own in zip(members, numbers, strict=True):
        bus.subscribe(CLEAN_TICKS, own.take, group="push")
        await bus.start()
    publish = members[0].publisher(CLEAN_TICKS)
    for seq in range(1, 101):
        publish(make_tick(seq=seq))
    await eventually(lambda: all(own.last == {"IF2101.CFFEX": 100} for own in numbers))
    assert [own.gaps for own in numbers] == [0, 0]
    await members[1].stop()
    with empty_redis.client as client:
        assert [group["name"].decode() for group in client.xinfo_groups(TICKS)] == [f"push@{members[0].member}"]
    await members[0].stop()


async def test_only_the_holder_of_a_shard_gets_its_pubsub_messages(empty_redis: RealRedis) -> None:
    members = [quick_bus(empty_redis, shards=4) for _ in range(2)]
    seen: list[set[str]] = [set(), set()]
    for bus, share in zip(members, seen, strict=True):
        bus.subscribe(QUOTE_SNAPSHOTS, lambda tick, share=share: share.add(tick.instrument_id), group="room")  # type: ignore[misc]
        await bus.start()
    await eventually(lambda: sorted(len(bus.health().shards["room"]) for bus in members) == [2, 2])
    publish = members[0].publisher(QUOTE_SNAPSHOTS)
    for instrument_id in INSTRUMENTS:
        publish(make_tick(instrument_id=instrument_id))
    await eventually(lambda: seen[0] | seen[1] == set(INSTRUMENTS))
    assert not seen[0] & seen[1]
    for bus in members:
        await bus.stop()


async def test_a_signal_or_an_opportunity_published_twice_has_one_effect(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis)
    signals: list[Signal] = []
    versions: list[int] = []
    bus.subscribe(SIGNALS, signals.append, group="room")
    bus.subscribe(OPPORTUNITIES, lambda opportunity: versions.append(opportunity.version), group="room")
    await bus.start()
    for number in (1, 2, 1, 2, 3):
        bus.publisher(SIGNALS)(make_signal(number))
        bus.publisher(OPPORTUNITIES)(make_opportunity(version=number))
    await bus.settle()
    assert [signal.seq for signal in signals] == [1, 2, 3]
    assert versions == [1, 2, 3]
    assert bus._metrics.bus_repeats.counts == {"signals/room": 2, "opportunities/room": 2}
    await bus.stop()


async def test_two_platforms_on_one_server_do_not_disturb_each_other(empty_redis: RealRedis) -> None:
    one = quick_bus(empty_redis)
    other = quick_bus(empty_redis, url=empty_redis.url.replace("/0", "/1"))
    numbers = Numbers()
    one.subscribe(CLEAN_TICKS, numbers.take, group="room")
    other.subscribe(CLEAN_TICKS, lambda _: None, group="room")
    await one.start()
    await other.start()
    one.publisher(CLEAN_TICKS)(make_tick(seq=1))
    await one.settle()
    assert numbers.last == {"IF2101.CFFEX": 1}
    assert one.health().reconnects == 0
    await other.stop()
    await one.stop()


async def test_a_successor_knows_what_was_done_before_it(empty_redis: RealRedis) -> None:
    first, feed = quick_bus(empty_redis), quick_bus(empty_redis)
    by_first: list[int] = []
    first.subscribe(SIGNALS, lambda signal: by_first.append(signal.seq), group="room")
    await first.start()
    await feed.start()
    publish = feed.publisher(SIGNALS)
    publish(make_signal(1))
    await eventually(lambda: by_first == [1])
    await first.settle()
    await crash(first)
    publish(make_signal(1))
    publish(make_signal(2))
    await feed.flushed()
    second = quick_bus(empty_redis)
    by_second: list[int] = []
    second.subscribe(SIGNALS, lambda signal: by_second.append(signal.seq), group="room")
    await second.start()
    await second.settle()
    assert by_second == [2]
    await second.stop()
    await feed.stop()


async def test_the_tail_of_a_stream_is_there_for_those_who_start_anew(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis)
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    for seq in range(1, 11):
        publish(make_tick(seq=seq))
    await bus.flushed()
    with empty_redis.client as client:
        client.xadd(TICKS, {"payload": "foreign"})
    assert [tick.seq for tick in await bus.tail(CLEAN_TICKS, 4)] == [8, 9, 10]
    await bus.stop()


async def test_trimming_keeps_the_tail_and_never_passes_a_group_that_lags(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, max_len=1_000, hard_max_len=50_000, mirrors=False)
    await bus.start()
    with empty_redis.client as client:
        client.xgroup_create(TICKS, "lagging", "$", mkstream=True)
        publish = bus.publisher(CLEAN_TICKS)
        for seq in range(1, 8_001):
            publish(make_tick(seq=seq))
            if seq % 500 == 0:
                await bus.flushed()
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert client.xlen(TICKS) == 8_000
        ((_, entries),) = client.xreadgroup("lagging", "slow", {TICKS: ">"}, count=5_000)
        await asyncio.sleep(0.2)
        assert client.xlen(TICKS) == 8_000
        client.xack(TICKS, "lagging", *(entry for entry, _ in entries))
        await eventually(lambda: 3_000 <= client.xlen(TICKS) <= 3_200)
        client.xreadgroup("lagging", "slow", {TICKS: ">"}, noack=True)
        await eventually(lambda: 1_000 <= client.xlen(TICKS) <= 1_700)
    assert bus.health().gaps == ()
    await bus.stop()


async def test_at_the_hard_limit_the_stream_is_cut_and_the_laggard_gets_a_gap_record(empty_redis: RealRedis) -> None:
    bus = quick_bus(empty_redis, max_len=500, hard_max_len=2_000, mirrors=False)
    await bus.start()
    with empty_redis.client as client:
        client.xgroup_create(TICKS, "lagging", "$", mkstream=True)
        publish = bus.publisher(CLEAN_TICKS)
        for seq in range(1, 5_001):
            publish(make_tick(seq=seq))
            if seq % 250 == 0:
                await bus.flushed()
                await asyncio.sleep(0.01)
        await eventually(lambda: client.xlen(TICKS) <= 2_200)
        gaps = bus.health().gaps
        assert {(gap.group, gap.reason) for gap in gaps} == {("lagging", "trimmed")}
        assert sum(gap.lost or 0 for gap in gaps) == 5_000 - client.xlen(TICKS)
        await bus.flushed()
        assert b'"trimmed"' in client.xrevrange(f"{TICKS}:gaps", count=1)[0][1][b"payload"]
    await bus.stop()


async def test_the_place_of_a_broadcast_member_that_vanished_does_not_hold_the_trimming_for_ever(
    empty_redis: RealRedis,
) -> None:
    gone = quick_bus(empty_redis, forget_s=0.3)
    gone.subscribe(CLEAN_TICKS, lambda _: None, group="push")
    await gone.start()
    await crash(gone)
    bus = quick_bus(empty_redis, max_len=500, mirrors=False)
    await bus.start()
    publish = bus.publisher(CLEAN_TICKS)
    with empty_redis.client as client:
        for seq in range(1, 3_001):
            publish(make_tick(seq=seq))
            if seq % 250 == 0:
                await bus.flushed()
                await asyncio.sleep(0.01)
        await eventually(lambda: client.xinfo_groups(TICKS) == [] and client.xlen(TICKS) <= 1_000)
    await bus.stop()


def without_repeats(seqs: list[int]) -> list[int]:
    """Return the numbers that were new when they came."""
    fresh: list[int] = []
    for seq in seqs:
        if not fresh or seq > fresh[-1]:
            fresh.append(seq)
    return fresh


@pytest.mark.parametrize("shards", [1, 4])
async def test_members_come_and_go_under_load_and_no_instrument_loses_a_tick(
    empty_redis: RealRedis, shards: int
) -> None:
    feed = quick_bus(empty_redis, shards=shards)
    await feed.start()
    seen: dict[str, list[int]] = {}

    def note(tick: Tick) -> None:
        seen.setdefault(tick.instrument_id, []).append(tick.seq)

    members = [quick_bus(empty_redis, shards=shards) for _ in range(4)]
    for bus in members:
        bus.subscribe(CLEAN_TICKS, note, group="room")
    await members[0].start()
    turns: dict[int, Callable[[], Awaitable[None]]] = {
        50: members[1].start,
        100: partial(crash, members[0]),
        200: members[2].start,
        250: members[3].start,
        300: members[1].stop,
    }
    publish = feed.publisher(CLEAN_TICKS)
    for seq in range(1, 401):
        for instrument_id in INSTRUMENTS:
            publish(make_tick(seq=seq, instrument_id=instrument_id))
        await asyncio.sleep(0.004)
        if seq in turns:
            await turns[seq]()
    await eventually(lambda: all(seen.get(name, [0])[-1] == 400 for name in INSTRUMENTS), timeout_s=10)
    assert all(without_repeats(seen[name]) == list(range(1, 401)) for name in INSTRUMENTS)
    for bus in (members[2], members[3], feed):
        await bus.stop()
