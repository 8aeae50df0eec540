"""The shell on a bus, what it answers to queries, and its settings."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from risk_harness import index_futures_day, ns
from signals_builders import make_opportunity, make_signal, make_snapshot
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS
from tradewind.domain.risk import AlertKind, Severity
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.risk import RiskService, RiskSettings

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeInstruments, RaisingBus, Recorder


class House:
    """A risk service on a local bus."""

    def __init__(self, **settings: Any) -> None:
        self.bus = RaisingBus()
        self.clock = LineClock(MORNING_NS)
        self.metrics = Metrics()
        self.recorder = Recorder(self.bus, RISK_ALERTS)
        self.service = RiskService(
            settings=RiskSettings(**settings),
            instruments=FakeInstruments(make_instrument()),
            calendar=index_futures_day(),
            bus=self.bus,
            clock=self.clock,
            metrics=self.metrics,
        )
        self.service.attach()
        self.tick = self.bus.publisher(CLEAN_TICKS)
        self.features = self.bus.publisher(FEATURES)
        self.signal = self.bus.publisher(SIGNALS)
        self.opportunity = self.bus.publisher(OPPORTUNITIES)


def test_events_on_the_bus_become_alerts_on_the_bus() -> None:
    house = House(crowded_strategies=2)
    house.tick(make_tick(last_price=5737.8))
    house.features(make_snapshot())
    house.signal(make_signal(strategy="a"))
    house.signal(make_signal(strategy="b"))
    house.opportunity(make_opportunity(confidence=0.1))
    assert [event.kind for event in house.recorder.events] == ["near_limit", "crowded_signal", "low_confidence"]
    assert house.metrics.alerts.counts == {"near_limit": 1, "crowded_signal": 1, "low_confidence": 1}


def test_attaching_twice_hears_everything_once() -> None:
    house = House()
    house.service.attach()
    house.tick(make_tick(seq=1))
    house.tick(make_tick(seq=3))
    assert house.metrics.gaps.counts == {"risk": 1}


def test_detached_it_neither_hears_nor_fires() -> None:
    house = House()
    house.tick(make_tick())
    house.service.detach()
    house.tick(make_tick(seq=2, last_price=5737.8))
    house.clock.advance_to(ns(3_000))
    assert house.recorder.events == []


def test_features_are_not_read_when_no_watch_needs_them() -> None:
    house = House(watches=(AlertKind.NEAR_LIMIT,))
    assert not house.service.needs_features
    assert House().service.needs_features


def test_queries_filter_the_latest_alerts_newest_first() -> None:
    house = House()
    queries = house.service.queries
    house.tick(make_tick(last_price=5737.8))
    house.opportunity(make_opportunity(confidence=0.39))
    near, low = house.recorder.events
    assert queries.recent_alerts() == [low, near]
    assert queries.recent_alerts(limit=1) == [low]
    assert queries.recent_alerts(kind=AlertKind.NEAR_LIMIT) == [near]
    assert queries.recent_alerts(min_severity=Severity.HIGH) == [near]
    assert queries.recent_alerts(instrument_id="x.SHFE") == []
    assert queries.recent_alerts(opportunity_id=low.opportunity_id) == [low]


def test_counts_go_on_when_the_ring_forgets() -> None:
    house = House(recent_alerts=1)
    house.tick(make_tick(last_price=5737.8))
    house.opportunity(make_opportunity(confidence=0.39))
    queries = house.service.queries
    assert [alert.kind for alert in queries.recent_alerts()] == ["low_confidence"]
    counts = queries.counts()
    assert counts.total == queries.revision == 2
    assert (counts.by_kind["near_limit"], counts.by_kind["stale_data"]) == (1, 0)
    assert counts.by_severity == {"low": 1, "medium": 0, "high": 0, "critical": 1}


@pytest.mark.parametrize("wrong", [{"stale_after": 3}, {"stale_after_s": -1}, {"watches": ["gossip"]}])
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, RiskSettings)


def test_settings_read_from_plain_values() -> None:
    settings = msgspec.convert({"watches": ["near_limit"], "near_limit_steps": [0.1, 0.2, 0.3]}, RiskSettings)
    assert settings.watches == (AlertKind.NEAR_LIMIT,)
    assert settings.steps_of(AlertKind.NEAR_LIMIT) == (0.1, 0.2, 0.3)
