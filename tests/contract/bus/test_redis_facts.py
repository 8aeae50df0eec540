"""What `tradewind status` reads of the line: how far rooms are, told by themselves or with what they wrote."""

from __future__ import annotations

from real_redis import RealRedis
from signals_builders import make_snapshot
from tradewind.bus.line_order import TIMER, LineKey, through, tick_place
from tradewind.bus.packs import packer
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import FEATURES
from tradewind.runtime.lifecycle.redis_facts import look

TICK = (5_000, 3)


def done(redis: RealRedis) -> dict[str, int]:
    return look(BusSettings(kind="redis", url=redis.url)).done


def features_done_with(redis: RealRedis, mark: LineKey) -> None:
    one = packer(FEATURES)
    one.add((*mark[:2], 1, 0), make_snapshot(seq=1))
    assert one.mark(mark)
    with redis.client as client:
        for pack in one.take():
            client.xadd("tradewind:features", {"payload": pack})


def test_a_room_is_as_far_as_the_later_of_its_marks(empty_redis: RealRedis) -> None:
    with empty_redis.client as client:
        client.xadd("dfp:clean_ticks", {"payload": b"{}"}, id="5000-3")
        client.xadd("tradewind:bus:line:features", {"payload": f"[1000,0,{TIMER}]"})
    assert done(empty_redis) == {"features": 4_000}
    features_done_with(empty_redis, (4_990, 0, TIMER))
    assert done(empty_redis) == {"features": 10}
    features_done_with(empty_redis, through(tick_place(TICK)))
    assert done(empty_redis) == {"features": 0}
