"""Asynchronous strategies: in order, bounded, timed; waited for only where no loop runs."""

from __future__ import annotations

import asyncio

from strategies_builders import Plain, StrategyRoom, make_answer, make_snapshot, strategy_room
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.strategies import StrategyState


class Pausing(Plain):
    """Answers after giving the loop a turn."""

    async def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        await asyncio.sleep(0)
        self.seen.append(snapshot.seq)
        return make_answer()


class Gated(Plain):
    """Waits for the test to open the gate."""

    gate: asyncio.Event

    async def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        await self.gate.wait()
        self.seen.append(snapshot.seq)
        return make_answer()


class Never(Plain):
    """Waits for ever."""

    async def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.Event().wait()


class Failing(Plain):
    """Raises after a pause."""

    async def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.sleep(0)
        message = "async trouble"
        raise ValueError(message)


async def until_idle(room: StrategyRoom) -> None:
    async with asyncio.timeout(10):
        while any(queue.task is not None for queue in room.service.runner.async_calls._queues.values()):  # noqa: ASYNC110 - idle is the fact
            await asyncio.sleep(0)


def test_without_a_loop_the_answer_is_there_when_the_event_returns() -> None:
    room = strategy_room()
    room.run("pausing", Pausing)
    room.feed_snapshots(3)
    assert [signal.seq for signal in room.signals] == [1, 2, 3]
    room.service.detach()


def test_without_a_loop_the_order_among_strategies_is_that_of_loading() -> None:
    class Sync(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> Signal:  # noqa: ARG002 - the port's signature
            return make_answer()

    room = strategy_room()
    room.run("a", Pausing)
    room.run("b", Sync)
    room.feed_snapshots(2)
    assert [signal.signal_id.replace("IF2101.CFFEX:", "") for signal in room.signals] == ["a:1", "b:1", "a:2", "b:2"]
    room.service.detach()


async def test_with_a_loop_the_line_does_not_wait() -> None:
    room = strategy_room()
    room.run("pausing", Pausing)
    room.feed_snapshots(3)
    assert room.signals == []
    await until_idle(room)
    assert [signal.signal_id for signal in room.signals] == [f"pausing:IF2101.CFFEX:{seq}" for seq in (1, 2, 3)]
    assert [signal.cause for signal in room.signals] == [f"tick:IF2101.CFFEX:{seq}" for seq in (1, 2, 3)]
    room.service.detach()


async def test_events_are_seen_one_at_a_time_in_order() -> None:
    Gated.gate = asyncio.Event()
    room = strategy_room()
    room.run("gated", Gated)
    room.feed_snapshots(4)
    await asyncio.sleep(0)
    Gated.gate.set()
    await until_idle(room)
    assert room.instance("gated").seen == [1, 2, 3, 4]
    room.service.detach()


async def test_one_that_is_too_far_behind_loses_the_oldest_and_says_so() -> None:
    Gated.gate = asyncio.Event()
    room = strategy_room(async_backlog=3)
    room.run("gated", Gated)
    room.feed_snapshots(1)
    await asyncio.sleep(0)  # the worker holds the first
    room.feed_snapshots(5, first_seq=2)
    Gated.gate.set()
    await until_idle(room)
    assert room.instance("gated").seen == [1, 4, 5, 6]
    assert room.health("gated").dropped_events == 2
    room.service.detach()


async def test_one_that_never_answers_is_timed_out_and_quarantined() -> None:
    room = strategy_room(async_timeout_s=0.01, max_errors=2)
    room.run("never", Never)
    room.feed_snapshots(4)
    await until_idle(room)
    health = room.health("never")
    assert (health.state, health.errors) == (StrategyState.QUARANTINED, 2)
    assert health.last_error is not None
    assert "no answer within 0.01 s" in health.last_error
    room.service.detach()


def test_without_a_loop_the_time_out_holds_too_and_is_no_hang() -> None:
    room = strategy_room(async_timeout_s=0.2, hang_ms=40, max_errors=2)
    room.run("never", Never)
    room.feed_snapshots(1)
    health = room.health("never")
    assert (health.state, health.errors) == (StrategyState.ACTIVE, 1)
    room.service.detach()


async def test_an_exception_in_a_coroutine_counts_as_the_strategys() -> None:
    room = strategy_room()
    room.run("failing", Failing)
    room.feed(make_snapshot())
    await until_idle(room)
    assert (room.health("failing").last_error or "").startswith("ValueError: async trouble")
    room.service.detach()


async def test_unloading_cancels_what_is_under_way() -> None:
    room = strategy_room()
    room.run("never", Never)
    room.feed_snapshots(3)
    await asyncio.sleep(0)
    room.service.unload("never")
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - that no task is left is the fact
            await asyncio.sleep(0)
    assert room.signals == []
    room.service.detach()


async def test_the_answer_of_a_version_replaced_meanwhile_is_dropped() -> None:
    Gated.gate = asyncio.Event()
    room = strategy_room()
    room.run("gated", Gated)
    room.feed_snapshots(1)
    await asyncio.sleep(0)
    room.run("gated", Pausing)
    Gated.gate.set()
    await asyncio.sleep(0)
    assert room.signals == []
    room.service.detach()


def test_an_answer_that_comes_late_does_not_say_when_another_tick_came_in() -> None:
    room = strategy_room(wall_ns=lambda: 7)
    room.run("pausing", Pausing)

    async def play() -> None:
        room.feed_snapshots(2)
        await until_idle(room)

    asyncio.run(play())
    assert [(signal.times.ts_recv, signal.times.ts_made) for signal in room.signals if signal.times] == [(0, 7), (0, 7)]
    room.service.detach()
