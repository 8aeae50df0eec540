"""The whole desk in seeded worlds: some in every run of the tests, ten thousand in the stage `simulation`."""

from __future__ import annotations

import os

import pytest

from sim.desk import DeskWorld
from sim.run import known_bad
from tradewind.execution import ExecutionService
from tradewind.portfolio.service import PortfolioService

COUNT = int(os.environ.get("SEEDS", "100"))
pytestmark = pytest.mark.timeout(1_800)


def test_every_seed_ends_in_the_exchanges_truth_and_in_exact_money() -> None:
    for seed in [*known_bad(), *range(COUNT)]:
        world = DeskWorld(seed)
        try:
            world.run()
        except BaseException as error:
            error.add_note(f"SEED={seed}")
            raise


def test_the_same_seed_is_the_same_run() -> None:
    def digest(seed: int) -> str:
        world = DeskWorld(seed)
        world.run()
        return world.world.digest()

    once = [digest(seed) for seed in range(10)]
    assert [digest(seed) for seed in range(10)] == once
    assert len(set(once)) == len(once)


def test_the_seeds_reach_crashes_fills_of_both_sides_and_halts() -> None:
    lives, fills, halts, refused = 0, 0, 0, 0
    for seed in range(60):
        world = DeskWorld(seed)
        world.run()
        lives += world.world.lives
        kinds = [entry.kind for entry in world.world.journal.read(0)]
        fills += kinds.count("fills")
        halts += kinds.count("trading_states")
        refused += kinds.count("refused_orders")
    assert lives > 100
    assert fills > 50
    assert halts > 30
    assert refused > 30


def test_the_check_finds_an_order_that_is_sent_again_when_nobody_answers() -> None:
    class ResendingWorld(DeskWorld):
        def wait_long(self) -> None:
            super().wait_long()
            service: ExecutionService = self.service
            for order in service.queries.working():
                service._wire.send(order)

    found = 0
    for seed in range(40):
        world = ResendingWorld(seed)
        try:
            world.run()
        except AssertionError:
            found += 1
    assert found


def test_the_check_finds_money_that_comes_from_nowhere() -> None:
    world = DeskWorld(1)
    world.run()
    books = world._of(PortfolioService).books
    books.accounts["paper"].account.deposit += 1
    with pytest.raises(AssertionError, match="I7"):
        world.check_money()
