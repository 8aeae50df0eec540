"""The promises of `bus.ports.Bus` as one suite, inherited by the tests of each adapter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest

from tradewind.bus.ports import Bus
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.tick import Tick

from builders import make_tick

Failure = tuple[str, str, Exception]


class BusContract(ABC):
    """Inherit, say how to make a bus, and every promise is tested on it."""

    @abstractmethod
    def make_bus(self, failures: list[Failure]) -> Bus:
        """Return a bus that is not started yet and notes failing handlers in `failures`."""

    @pytest.fixture
    def failures(self) -> list[Failure]:
        return []

    @pytest.fixture
    async def bus(self, failures: list[Failure]) -> AsyncIterator[Bus]:
        bus = self.make_bus(failures)
        await bus.start()
        yield bus
        await bus.stop()

    async def test_every_group_gets_every_event_in_the_order_published(self, bus: Bus) -> None:
        first: list[int] = []
        second: list[int] = []
        bus.subscribe(CLEAN_TICKS, lambda tick: first.append(tick.seq), group="first")
        bus.subscribe(CLEAN_TICKS, lambda tick: second.append(tick.seq), group="second")
        publish = bus.publisher(CLEAN_TICKS)
        for seq in range(1, 301):
            publish(make_tick(seq=seq))
        await bus.settle()
        assert first == second == list(range(1, 301))

    async def test_an_event_arrives_equal_to_what_was_published(self, bus: Bus) -> None:
        got: list[Tick] = []
        bus.subscribe(CLEAN_TICKS, got.append, group="reader")
        sent = make_tick(bid_price=None, depth=((5229.8, 3, 5231.0, 4),), flags=3)
        bus.publisher(CLEAN_TICKS)(sent)
        await bus.settle()
        assert got == [sent]

    async def test_members_of_one_group_share_the_events(self, bus: Bus) -> None:
        shares: tuple[list[int], list[int]] = ([], [])
        for share in shares:
            bus.subscribe(CLEAN_TICKS, lambda tick, share=share: share.append(tick.seq), group="pool")  # type: ignore[misc]
        publish = bus.publisher(CLEAN_TICKS)
        for seq in range(1, 101):
            publish(make_tick(seq=seq))
        await bus.settle()
        assert sorted(shares[0] + shares[1]) == list(range(1, 101))

    async def test_a_failing_handler_is_reported_and_disturbs_nobody(self, bus: Bus, failures: list[Failure]) -> None:
        got: list[int] = []

        def fail(tick: Tick) -> None:
            if tick.seq == 2:
                message = "no"
                raise ValueError(message)

        bus.subscribe(CLEAN_TICKS, fail, group="failing")
        bus.subscribe(CLEAN_TICKS, lambda tick: got.append(tick.seq), group="healthy")
        publish = bus.publisher(CLEAN_TICKS)
        for seq in (1, 2, 3):
            publish(make_tick(seq=seq))
        await bus.settle()
        assert got == [1, 2, 3]
        assert {(topic, group, type(error)) for topic, group, error in failures} == {
            ("clean_ticks", "failing", ValueError)
        }

    async def test_a_failing_handler_gets_the_events_after_the_one_it_failed_on(self, bus: Bus) -> None:
        got: list[int] = []

        def fail_once(tick: Tick) -> None:
            if tick.seq == 1:
                message = "no"
                raise ValueError(message)
            got.append(tick.seq)

        bus.subscribe(CLEAN_TICKS, fail_once, group="reader")
        publish = bus.publisher(CLEAN_TICKS)
        for seq in (1, 2, 3):
            publish(make_tick(seq=seq))
        await bus.settle()
        assert got == [2, 3]

    async def test_a_handler_may_publish(self, bus: Bus) -> None:
        got: list[int] = []
        forward = bus.publisher(QUOTE_SNAPSHOTS)
        bus.subscribe(QUOTE_SNAPSHOTS, lambda tick: got.append(tick.seq), group="end")
        bus.subscribe(CLEAN_TICKS, forward, group="relay")
        bus.publisher(CLEAN_TICKS)(make_tick(seq=7))
        await bus.settle()
        assert got == [7]

    async def test_topics_do_not_mix(self, bus: Bus) -> None:
        got: list[int] = []
        bus.subscribe(QUOTE_SNAPSHOTS, lambda tick: got.append(tick.seq), group="reader")
        bus.publisher(CLEAN_TICKS)(make_tick())
        await bus.settle()
        assert got == []

    async def test_a_cancelled_subscription_gets_nothing_more(self, bus: Bus) -> None:
        got: list[int] = []
        subscription = bus.subscribe(CLEAN_TICKS, lambda tick: got.append(tick.seq), group="reader")
        publish = bus.publisher(CLEAN_TICKS)
        publish(make_tick(seq=1))
        await bus.settle()
        subscription.cancel()
        subscription.cancel()
        publish(make_tick(seq=2))
        await bus.settle()
        assert got == [1]

    async def test_publishing_to_nobody_is_fine(self, bus: Bus) -> None:
        bus.publisher(CLEAN_TICKS)(make_tick())
        await bus.settle()
