"""Copies of what the order line tells: everything live is kept as far as anybody is shown it, and more is told of."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from store_builders import T0, make_position
from tradewind.bus.codec import build_codec
from tradewind.bus.desk_topics import ORDER_STATISTICS, POSITION_GROUPS, POSITIONS, TRADE_STATISTICS
from tradewind.bus.local import LocalBus
from tradewind.bus.redis.room_streams import durable_key
from tradewind.bus.topics import Topic
from tradewind.domain.order import Side
from tradewind.domain.statistics import Grouping, OrderStatistic, PositionGroup, TradeStatistic
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.push.topics import PUSH_TOPICS
from tradewind.runtime.desk.copies import DeskCopies
from tradewind.stores.memory import MemoryJournal

from waiting import eventually

ROWS: dict[Topic[Any], Any] = {
    ORDER_STATISTICS: OrderStatistic("paper", "", "rise", "au2506.SHFE", Side.BUY, 1, 2, 0, 2, Decimal(9), 7, T0),
    TRADE_STATISTICS: TradeStatistic(
        "paper", "", "rise", "au2506.SHFE", Side.BUY, 20250102, 1, 2, Decimal(9), Decimal(9), Decimal(1), 7, T0
    ),
    POSITION_GROUPS: PositionGroup(
        Grouping.STRATEGY, "rise", "paper", "",
        positions=1, long_quantity=2, short_quantity=0, net_quantity=2, gross_quantity=2,
        delta_lots=Decimal(2), delta_value=Decimal(2), market_value=Decimal(2), gross_value=Decimal(2),
        position_pnl=Decimal(2), floating_pnl=Decimal(2), margin=Decimal(2), unpriced=0, version=7, ts_event=T0,
    ),
}  # fmt: skip
"""A row of each kind that sums up what is of record, with something in it."""


class Stage:
    """Copies that write into a list."""

    def __init__(self, *, most_live: int) -> None:
        self.written: list[bytes] = []
        self.streams: dict[str, list[bytes]] = {}
        self.asked: list[str] = []
        self.metrics = Metrics()
        self.bus = LocalBus(on_failure=lambda *_told: None)
        links = SimpleNamespace(state="connected", control=self)
        session: Any = SimpleNamespace(links=links, epoch="e1")
        writer: Any = SimpleNamespace(lasting=self.written.append, confirmed=self.confirmed)
        journal = MemoryJournal(FakeClock(T0), entries=[], is_instant=True)
        self.copies = DeskCopies(
            journal=journal, writer=writer, session=session, metrics=self.metrics, most=10, most_live=most_live
        )
        self.copies.attach(self.bus)
        self.tell = self.bus.publisher(POSITIONS)

    def position(self, number: int, *, version: int = 1, **changes: Any) -> None:
        """Let a position in one of many contracts be told."""
        held = make_position(instrument_id=f"au{number}.SHFE", version=version)
        self.tell(msgspec.structs.replace(held, **changes))

    async def confirmed(self) -> None:
        """Have nothing under way to Redis."""

    async def call(self, name: str, key: str, *_rest: object) -> list[Any]:
        """Answer as Redis does: what stands on a stream."""
        assert name == "XRANGE", "the streams are not begun anew"
        self.asked.append(key)
        return [(b"%d-0" % at, [b"payload", each]) for at, each in enumerate(self.streams.get(key, ()), 1)]

    async def compare(self) -> None:
        """Have the streams compared with what is true, once."""
        self.copies.open()
        running = asyncio.create_task(self.copies.run())
        await eventually(lambda: len(self.asked) == len(self.copies.copies))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()

    @property
    def values(self) -> int:
        """Return how many positions are kept."""
        return len(self.copies.copies[POSITIONS.name].values)


def test_as_many_live_values_are_kept_as_push_shows() -> None:
    stage = Stage(most_live=5_000)
    for number in range(5_000):
        stage.position(number)
    assert (stage.values, stage.copies.trouble) == (5_000, None)
    assert b"20000" in stage.written[-1], "the stream holds each of them, and is written anew in time"


def test_what_is_over_makes_room_and_nothing_is_lost() -> None:
    stage = Stage(most_live=3)
    for number in range(3):
        stage.position(number)
    stage.position(1, version=2, today=0, yesterday=0)
    stage.position(3)
    assert (stage.values, stage.copies.trouble) == (3, None)


def test_more_than_can_be_kept_is_counted_and_told() -> None:
    stage = Stage(most_live=3)
    for number in range(5):
        stage.position(number)
    assert stage.values == 3
    assert stage.copies.trouble is not None
    assert "positions (2)" in stage.copies.trouble
    assert stage.metrics.bus_dropped.counts == {"copies_full": 2}


@pytest.mark.parametrize("topic", ROWS, ids=lambda topic: topic.name)
async def test_a_sum_that_ended_on_record_before_its_end_was_told_is_told_to_be_over(topic: Topic[Any]) -> None:
    stage = Stage(most_live=10)
    codec, row = build_codec(topic, "json"), ROWS[topic]
    stage.streams[durable_key(topic, 0, 1)] = [codec.encode(row)]
    await stage.compare()
    (written,) = stage.written
    payload = written[written.index(b"{") : written.rindex(b"}") + 1]
    end = codec.decode(payload)
    (told,) = [each for each in PUSH_TOPICS if each.source is topic]
    assert told.key_of(end) == told.key_of(row)
    assert told.is_over(end)
    assert not told.is_repeat(end, row)
    stage.streams[durable_key(topic, 0, 1)].append(payload)
    stage.asked.clear()
    await stage.compare()
    assert stage.written == [written], "what was told to be over is not told again"


async def test_a_position_that_never_was_has_the_streams_begun_anew() -> None:
    stage = Stage(most_live=10)
    stage.streams[durable_key(POSITIONS, 0, 1)] = [build_codec(POSITIONS, "json").encode(make_position())]
    with pytest.raises(AssertionError, match="begun anew"):
        await stage.compare()
