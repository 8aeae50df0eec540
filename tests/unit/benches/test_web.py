"""What the web bench computes by itself: its way through the pages, and the load it lets into the line."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise, permutations

from tradewind.benches.web import walk_of
from tradewind.benches.web_server import STAMP_MS, Load
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line

from waiting import eventually


def test_the_walk_goes_from_every_page_to_every_other() -> None:
    places = ["/market", "/positions", "/trades", "/chat"]
    steps = list(pairwise(walk_of(places)))
    assert set(steps) == set(permutations(places, 2))
    assert all(start != end for start, end in steps)


async def test_the_load_lets_ticks_of_as_many_contracts_into_the_line_and_none_is_turned_away() -> None:
    line = build_line(TradewindSettings(), metrics=Metrics())
    load = Load(line, instruments=1_000, rate=1_000_000)
    running = asyncio.create_task(load.run(line.intake))
    await eventually(lambda: load.sent >= 3_000)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    counts = line.intake.counts()
    assert counts.accepted == counts.ticks_in == load.sent
    assert len(line.market.instruments()) == 1_000


async def test_each_tick_says_when_it_was_made() -> None:
    line = build_line(TradewindSettings(), metrics=Metrics())
    seen: list[tuple[object, ...]] = []

    class Listening:
        def accept(self, raw: tuple[object, ...]) -> None:
            seen.append(raw)
            if len(seen) == 10:
                raise asyncio.CancelledError

        def advance_to(self, now_ns: int) -> None:
            del now_ns

    with contextlib.suppress(asyncio.CancelledError):
        await Load(line, instruments=5, rate=1_000_000).run(Listening())
    for raw in seen:
        received_ns, stamp = raw[2], raw[9]
        assert isinstance(received_ns, int)
        assert stamp == received_ns // 1_000_000 % STAMP_MS + 1
