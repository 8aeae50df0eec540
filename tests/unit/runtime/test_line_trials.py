"""The test tick in one process: all hops timed, push hears the opportunity, and nobody else hears anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS, Topic
from tradewind.domain.trial import TRIAL_ID
from tradewind.errors import StateConflictError
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.line_trials import LineTrials
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line

from builders import make_tick

_NOW_NS = 1_609_723_800_000_000_000
_TOPICS: tuple[Topic[Any], ...] = (CLEAN_TICKS, FEATURES, SIGNALS, OPPORTUNITIES)
_ROOMS = ("features", "strategies", "signals", "risk")


def _keeper(kept: list[tuple[str, Any]], name: str) -> Callable[[Any], None]:
    return lambda event: kept.append((name, event))


class Heard:
    """A line with a listener in the place of push, and one in that of every other edge."""

    def __init__(self) -> None:
        self.line: Line = build_line(TradewindSettings(), metrics=Metrics())
        self.line.attach()
        self.push: list[tuple[str, Any]] = []
        self.page: list[tuple[str, Any]] = []
        for topic in _TOPICS:
            for group, kept in (("push", self.push), ("api", self.page)):
                self.line.bus.subscribe(topic, _keeper(kept, topic.name), group=group)
        self.trials = LineTrials(self.line, rooms=_ROOMS, clock=FakeClock(_NOW_NS), is_live=True)


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()
    yield made
    made.line.detach()


async def test_each_hop_is_timed_in_the_order_of_the_flow(heard: Heard) -> None:
    view = await heard.trials.send()

    assert [hop.service for hop in view.hops] == ["market", "features", "strategies", "signals", "risk"]
    took = [hop.after_us for hop in view.hops]
    assert None not in took
    assert took == sorted(took, key=lambda each: each or 0.0)
    assert (view.instrument_id, view.strategy) == (TRIAL_ID, "line_test")


async def test_push_hears_the_opportunity_and_no_page_hears_anything(heard: Heard) -> None:
    view = await heard.trials.send()

    assert heard.page == []
    assert {(topic, event.opportunity_id) for topic, event in heard.push} == {("opportunities", view.opportunity_id)}


async def test_after_it_all_is_as_before(heard: Heard) -> None:
    before = [report.name for report in heard.line.strategies.reports()]

    await heard.trials.send()
    heard.line.bus.publisher(CLEAN_TICKS)(make_tick())

    assert [report.name for report in heard.line.strategies.reports()] == before
    assert [topic for topic, _ in heard.page if topic == "clean_ticks"] == ["clean_ticks"], "real ticks go everywhere"


async def test_numbers_of_test_ticks_only_grow(heard: Heard) -> None:
    first, second = await heard.trials.send(), await heard.trials.send()

    assert second.seq > first.seq
    assert [hop.after_us is not None for hop in second.hops] == [True] * 5


async def test_a_line_without_a_room_says_which_is_missing(heard: Heard) -> None:
    trials = LineTrials(heard.line, rooms=("features",), clock=FakeClock(_NOW_NS), is_live=True)

    with pytest.raises(StateConflictError, match="strategies, signals, risk"):
        await trials.send()


async def test_a_recording_that_has_not_begun_has_no_place_for_it(heard: Heard) -> None:
    trials = LineTrials(heard.line, rooms=_ROOMS, clock=FakeClock(_NOW_NS), is_live=False)

    with pytest.raises(StateConflictError, match="before its first tick"):
        await trials.send()

    assert "line_test" not in heard.line.strategies.runner.running
