"""The shell on a bus, what it answers to queries, and its settings."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from signals_builders import make_signal, make_snapshot
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS
from tradewind.domain.opportunity import OpportunityState
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.signals import SignalsService, SignalsSettings

from builders import MORNING_NS, make_tick
from fakes import RaisingBus, Recorder


class House:
    """A signals service on a local bus."""

    def __init__(self, **settings: Any) -> None:
        self.bus = RaisingBus()
        self.clock = LineClock(MORNING_NS)
        self.metrics = Metrics()
        self.recorder = Recorder(self.bus, OPPORTUNITIES)
        self.service = SignalsService(
            settings=SignalsSettings(**settings), bus=self.bus, clock=self.clock, metrics=self.metrics
        )
        self.signal = self.bus.publisher(SIGNALS)
        self.features = self.bus.publisher(FEATURES)
        self.tick = self.bus.publisher(CLEAN_TICKS)


def test_signals_on_the_bus_become_opportunities_on_the_bus() -> None:
    house = House()
    house.service.attach()
    house.signal(make_signal())
    house.signal(make_signal(strategy="momentum"))
    assert [event.state for event in house.recorder.events] == [OpportunityState.NEW, OpportunityState.ACTIVE]
    assert house.metrics.opportunities.counts == {"NEW": 1, "ACTIVE": 1}


def test_attaching_twice_hears_everything_once() -> None:
    house = House()
    house.service.attach()
    house.service.attach()
    house.features(make_snapshot(seq=1))
    house.signal(make_signal())
    assert len(house.recorder.events) == 1


def test_detached_it_neither_hears_nor_expires() -> None:
    house = House()
    house.service.attach()
    house.signal(make_signal())
    house.service.detach()
    house.signal(make_signal(strategy="momentum"))
    house.clock.advance_to(MORNING_NS + 3600 * NS_PER_S)
    assert len(house.recorder.events) == 1
    house.service.attach()
    house.clock.advance_to(MORNING_NS + 3601 * NS_PER_S)
    assert [event.state for event in house.recorder.events[1:]] == [OpportunityState.TRACKING, OpportunityState.CLOSED]


def test_a_gap_in_the_features_is_counted_under_the_room() -> None:
    house = House()
    house.service.attach()
    house.features(make_snapshot(seq=1))
    house.features(make_snapshot(seq=3))
    assert house.metrics.gaps.counts == {"signals": 1}


@pytest.mark.parametrize(("track_on", "needs"), [("features", True), ("ticks", False)])
def test_prices_come_from_features_or_from_ticks_as_set(track_on: str, needs: bool) -> None:  # noqa: FBT001 - a table
    house = House(track_on=track_on)
    house.service.attach()
    house.tick(make_tick(seq=1, last_price=5000.0))
    house.features(make_snapshot(seq=1, last_price=4000.0))
    assert house.service.needs_features is needs
    assert house.service.aggregator.prices.last_price("IF2101.CFFEX") == (4000.0 if needs else 5000.0)


def test_queries_filter_and_order_open_opportunities() -> None:
    house = House()
    house.service.attach()
    queries = house.service.queries
    house.signal(make_signal(instrument_id="a.SHFE", confidence=0.3))
    house.clock.advance_to(MORNING_NS + NS_PER_S)
    house.signal(make_signal(instrument_id="b.SHFE", confidence=0.9))
    assert [each.instrument_id for each in queries.open_opportunities()] == ["b.SHFE", "a.SHFE"]
    assert [each.instrument_id for each in queries.open_opportunities(min_confidence=0.5)] == ["b.SHFE"]
    assert [each.instrument_id for each in queries.open_opportunities(state=OpportunityState.NEW)] == ["a.SHFE"]
    assert [each.instrument_id for each in queries.open_opportunities(instrument_id="a.SHFE")] == ["a.SHFE"]


def test_closed_opportunities_stay_findable_in_a_bounded_ring() -> None:
    house = House(recent_closed=1)
    house.service.attach()
    queries = house.service.queries
    for name in ("a.SHFE", "b.SHFE"):
        house.signal(make_signal(instrument_id=name))
    first, second = (each.opportunity_id for each in house.recorder.events)
    house.clock.advance_to(MORNING_NS + 3600 * NS_PER_S)
    assert queries.open_opportunities() == []
    assert queries.find(first) is None
    found = queries.find(second)
    assert found is not None
    assert found.state is OpportunityState.CLOSED
    assert queries.recent(limit=5) == [found]
    assert queries.recent(instrument_id="a.SHFE") == []


def test_recent_signals_come_newest_first() -> None:
    house = House(recent_signals=2)
    house.service.attach()
    for seq, strategy in enumerate(("a", "b", "c"), start=1):
        house.signal(make_signal(strategy=strategy, seq=seq))
    queries = house.service.queries
    assert [each.strategy for each in queries.recent_signals()] == ["c", "b"]
    assert [each.strategy for each in queries.recent_signals(limit=1)] == ["c"]
    assert queries.recent_signals(strategy="b", instrument_id="x.SHFE") == []


def test_statistics_and_revision_follow_what_happened() -> None:
    house = House()
    house.service.attach()
    queries = house.service.queries
    assert queries.revision == 0
    house.signal(make_signal())
    house.signal(make_signal())
    statistics = queries.statistics()
    assert (statistics.open, statistics.closed_kept, statistics.revision) == (1, 0, 1)
    assert statistics.by_state == {"NEW": 1, "ACTIVE": 0, "TRACKING": 0}
    assert statistics.signals_refused == house.metrics.signals_refused.counts == {"redelivered": 1}


def test_deadlines_out_of_order_are_refused_with_their_values() -> None:
    with pytest.raises(
        ConfigError, match="refresh_every_s < tracking_after_s < expire_after_s must hold, were 30, 50, 40"
    ):
        SignalsSettings(tracking_after_s=50.0, expire_after_s=40.0)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"max_opened": 3}, SignalsSettings)


def test_a_weight_of_zero_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"strategy_weights": {"a": 0.0}}, SignalsSettings)
