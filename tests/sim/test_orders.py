"""Seeded worlds: whatever goes wrong, orders end as the exchange has them. `SEED=n` runs one, `SEEDS=n` so many."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

from sim.orders import OrderWorld, make_room
from sim.paper import PaperWorld
from sim.world import Room, World
from tradewind.domain.order import OrderStatus

COUNT = int(os.environ.get("SEEDS", "600"))
ONE = os.environ.get("SEED")
pytestmark = pytest.mark.timeout(1_800)


def seeds(first: int, count: int) -> range:
    return range(int(ONE), int(ONE) + 1) if ONE is not None else range(first, first + count)


@pytest.mark.parametrize("make", [OrderWorld, PaperWorld])
def test_every_seed_ends_in_the_exchanges_truth(make: Callable[[int], OrderWorld | PaperWorld]) -> None:
    for seed in seeds(0, COUNT):
        world = make(seed)
        try:
            world.run()
        except BaseException as error:
            error.add_note(f"SEED={seed} {make.__name__}")
            raise


@pytest.mark.parametrize("make", [OrderWorld, PaperWorld])
def test_the_same_seed_is_the_same_run(make: Callable[[int], OrderWorld | PaperWorld]) -> None:
    def digest(seed: int) -> str:
        world = make(seed)
        world.run()
        return world.world.digest()

    once = [digest(seed) for seed in seeds(0, 20)]
    assert [digest(seed) for seed in seeds(0, 20)] == once
    assert len(set(once)) == len(once)


@pytest.mark.skipif(ONE is not None, reason="of many seeds")
def test_the_seeds_reach_what_they_are_there_for() -> None:
    ends: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    lives = 0
    for seed in range(300):
        world = OrderWorld(seed)
        world.run()
        lives += world.world.lives
        kinds.update(alarm.kind.value for alarm in world.alarms)
        ends.update(f"{order.status}/{order.reason_code}" for order in world.service.book.orders.values())
    assert lives > 400
    assert {"lost", "unanswered"} <= set(kinds)
    wanted = {"filled/", "cancelled/cancelled", "cancelled/halted", "cancelled/reducing", "rejected/", "rejected/lost"}
    assert wanted <= set(ends)


class ResendingWorld(OrderWorld):
    """The same worlds for a room that takes silence for failure and sends again, as the naive do."""

    def _room(self, world: World) -> Room:
        room = make_room(world, self.broker, self.alarms)

        def send_again(key: str, _ts: int) -> None:
            order = room.book.get(key)
            if order is not None and order.status is OrderStatus.SENT:
                room._wire.send(order)

        room._outbox._unanswered._on_due = send_again
        return room


@pytest.mark.skipif(ONE is not None, reason="of many seeds")
def test_a_room_that_sends_again_what_it_does_not_know_is_caught() -> None:
    caught = 0
    for seed in range(200):
        try:
            ResendingWorld(seed).run()
        except AssertionError as error:
            caught += "I3" in str(error)
    assert caught >= 5
