"""What may come in to an order line that hears the line over Redis: nothing old, nothing twice, nothing too soon."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api_builders import make_alert
from instructions_harness import make_opportunity
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import BARS, CLEAN_TICKS, OPPORTUNITIES, RISK_ALERTS, Topic
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.desk.foyer import Foyer

from builders import make_tick

NOON = 1_700_000_000 * NS_PER_S


class Door:
    """A foyer between two buses, and what came through."""

    def __init__(self) -> None:
        self.ear, self.line = LocalBus(), LocalBus()
        self.clock, self.metrics = LineClock(), Metrics()
        self.now_s = 100.0
        self.foyer = Foyer(self.ear, self.line, clock=self.clock, metrics=self.metrics, now_s=lambda: self.now_s)
        self.foyer.attach()
        self.came: list[Any] = []
        topics: tuple[Topic[Any], ...] = (CLEAN_TICKS, BARS, OPPORTUNITIES)
        for topic in topics:
            self.line.subscribe(topic, self.came.append, group="desk")
        self._tick = self.ear.publisher(CLEAN_TICKS)
        self._offer = self.ear.publisher(OPPORTUNITIES)

    def tick(self, seq: int, *, at_s: float, name: str = "au2604.SHFE") -> None:
        self._tick(make_tick(instrument_id=name, seq=seq, ts_recv=NOON + round(at_s * NS_PER_S)))

    def offer(self, name: str, version: int = 1, *, ends_s: float = 60, **changes: Any) -> None:
        told = make_opportunity(opportunity_id=name, version=version, expires_at=NOON + round(ends_s * NS_PER_S))
        self._offer(msgspec.structs.replace(told, **changes))

    def let_in(self, *, age_s: float | None = 0.0) -> None:
        self.foyer.level(age_s=age_s)
        self.foyer.open()

    @property
    def offered(self) -> list[tuple[str, int]]:
        return [(each.opportunity_id, each.version) for each in self.came if isinstance(each, Opportunity)]

    @property
    def ticks(self) -> list[int]:
        return [each.seq for each in self.came if not isinstance(each, Opportunity)]

    @property
    def missed(self) -> dict[str, int]:
        return self.metrics.opportunities_missed.counts


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("is_level_first", [True, False])
def test_of_what_was_there_before_the_newest_price_of_each_contract_comes_in_and_only_when_all_is_ready(
    door: Door, *, is_level_first: bool
) -> None:
    door.offer("o1")
    for seq in (1, 2, 3):
        door.tick(seq, at_s=seq)
    door.tick(7, at_s=2, name="rb2605.SHFE")
    steps = [lambda: door.foyer.level(age_s=0.0), door.foyer.open]
    first, second = steps if is_level_first else reversed(steps)
    first()
    assert door.came == []
    second()
    assert door.ticks == [3, 7]
    assert door.offered == [("o1", 1)]
    assert door.came.index(next(each for each in door.came if isinstance(each, Opportunity))) == 2
    door.tick(4, at_s=4)
    assert door.ticks == [3, 7, 4]


def test_what_is_read_again_is_not_heard_again(door: Door) -> None:
    door.let_in()
    door.tick(1, at_s=1)
    door.tick(2, at_s=2)
    door.offer("o1", 2)
    door.foyer.catch_up()
    door.tick(1, at_s=1)
    door.tick(2, at_s=2)
    door.tick(3, at_s=3)
    door.offer("o1", 1)
    door.offer("o1", 2)
    door.foyer.level(age_s=0.0)
    assert door.ticks == [1, 2, 3]
    assert door.offered == [("o1", 2)]


def test_while_more_waits_to_be_read_prices_come_in_and_opportunities_wait_for_their_newest_version(door: Door) -> None:
    door.let_in()
    door.tick(1, at_s=1)
    door.foyer.catch_up()
    door.offer("o1", 1)
    door.tick(2, at_s=2)
    door.offer("o1", 2)
    assert (door.ticks, door.offered) == ([1, 2], [])
    door.foyer.level(age_s=0.0)
    assert door.offered == [("o1", 2)]


def test_one_that_is_over_by_the_lines_time_is_counted_and_left_alone(door: Door) -> None:
    door.tick(1, at_s=0)
    door.offer("short", ends_s=5)
    door.offer("long", ends_s=60)
    # The newest tick is ten seconds old: so late is the line by now.
    door.let_in(age_s=10.0)
    assert door.offered == [("long", 1)]
    assert door.missed == {"expired": 1}
    door.offer("late", ends_s=9)
    assert door.missed == {"expired": 2}
    assert door.offered == [("long", 1)]


def test_an_end_is_heard_whenever_it_comes_for_something_may_be_held_because_of_it(door: Door) -> None:
    door.tick(1, at_s=0)
    door.offer("o1", 1)
    door.offer("o1", 2, ends_s=0, state=OpportunityState.CLOSED)
    door.let_in(age_s=30.0)
    assert door.offered == [("o1", 2)]
    assert door.missed == {"closed": 1}


def test_an_end_of_which_nobody_knows_whether_it_was_heard_before_is_left_alone(door: Door) -> None:
    door.foyer.is_memory_whole = lambda: False
    door.offer("o1", 2, state=OpportunityState.CLOSED)
    door.offer("o2", 1)
    door.let_in(age_s=None)
    assert door.offered == [("o2", 1)]


def test_time_goes_on_between_ticks_and_never_past_one_that_is_under_way(door: Door) -> None:
    door.let_in()
    door.tick(1, at_s=1)
    door.now_s += 2.0
    door.foyer.move()
    assert door.clock.now_ns() == NOON + round(2.9 * NS_PER_S)
    door.tick(2, at_s=2.95)
    assert door.clock.now_ns() == NOON + round(2.95 * NS_PER_S)


def test_without_a_line_time_begins_where_it_is_told_to_and_a_tick_does_not_take_it_back(door: Door) -> None:
    door.foyer.begin_time(NOON)
    door.foyer.open()
    door.foyer.level(age_s=None)
    door.now_s += 5.0
    door.foyer.move()
    door.tick(1, at_s=-100)
    assert door.clock.now_ns() == NOON + round(4.9 * NS_PER_S)
    assert door.ticks == [1]


def test_an_alert_from_before_everything_was_let_in_is_told_to_nobody_however_often_it_is_read(door: Door) -> None:
    told: list[str] = []
    door.line.subscribe(RISK_ALERTS, lambda alert: told.append(alert.alert_id), group="notices")
    raise_alert = door.ear.publisher(RISK_ALERTS)
    old = make_alert(alert_id="old", ts_event=NOON)
    raise_alert(old)
    door.tick(1, at_s=60)
    door.let_in()
    raise_alert(old)
    door.foyer.catch_up()
    raise_alert(make_alert(alert_id="new", ts_event=NOON + 61 * NS_PER_S))
    assert told == ["new"]
