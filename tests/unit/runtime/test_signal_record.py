"""What the record hears of opportunities: their stages, the tick they came from, and no more than it can hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from signals_builders import make_opportunity
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, RISK_ALERTS
from tradewind.domain.opportunity import Contribution, OpportunityState
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import SignalTimes
from tradewind.domain.signal_record import KeptAlert, KeptOpportunity
from tradewind.errors import StoreError
from tradewind.kernel.clock import FakeClock
from tradewind.runtime.signal_record import SignalRecord
from tradewind.signals.settings import SignalsSettings

from builders import make_tick

NOW = 1_000_000_000_000
GOLD = make_opportunity().instrument_id


class Written:
    """`SqlSignalRecord` in memory; `is_away` as a database is."""

    def __init__(self) -> None:
        self.opportunities: dict[str, KeptOpportunity] = {}
        self.alerts: dict[str, KeptAlert] = {}
        self.is_away = False

    def write(self, opportunities: Sequence[KeptOpportunity], alerts: Sequence[KeptAlert]) -> None:
        if self.is_away:
            message = "away"
            raise StoreError(message)
        self.opportunities.update({each.opportunity.opportunity_id: each for each in opportunities})
        self.alerts.update({each.alert.alert_id: each for each in alerts})

    def prune(self, _before: int, *, most: int) -> int:
        return 0 * most


class Stage:
    def __init__(self) -> None:
        self.bus = LocalBus()
        self.written = Written()
        self.record = SignalRecord(
            SignalsSettings(),
            bus=self.bus,
            clock=FakeClock(NOW),
            record=self.written,  # type: ignore[arg-type]
            ready=self._ready,
            features_ns=lambda: 1_100,
        )
        self.record._hear()
        self.tick = self.bus.publisher(CLEAN_TICKS)
        self.tell = self.bus.publisher(OPPORTUNITIES)
        self.alert = self.bus.publisher(RISK_ALERTS)

    async def _ready(self) -> None:
        """Be ready."""

    def write(self) -> dict[str, KeptOpportunity]:
        asyncio.run(self.record.write())
        return self.written.opportunities

    def say(self, **changes: Any) -> None:
        self.tell(msgspec.structs.replace(make_opportunity(), **{"state": OpportunityState.NEW, **changes}))


def quote(seq: int, recv: int) -> Any:
    return make_tick(instrument_id=GOLD, seq=seq, ts_event=recv - 5, ts_recv=recv)


def test_the_ticks_behind_end_with_the_one_it_came_from_though_it_is_heard_later() -> None:
    stage = Stage()
    stage.tick(quote(1, NOW - 20))
    stage.say()
    stage.tick(quote(2, NOW - 10))
    stage.tick(quote(3, NOW + 10))
    (kept,) = stage.write().values()
    assert kept.evidence is not None
    assert [tick.seq for tick in kept.evidence.ticks] == [1, 2]
    assert kept.evidence.heard_at == NOW
    assert kept.trading_day == quote(1, NOW).trading_day


def test_a_tick_after_it_is_not_behind_it() -> None:
    stage = Stage()
    stage.tick(quote(1, NOW - 20))
    stage.say()
    stage.tick(quote(2, NOW + 10))
    (kept,) = stage.write().values()
    assert kept.evidence is not None
    assert [tick.seq for tick in kept.evidence.ticks] == [1]


def test_each_state_is_a_stage_and_news_within_one_is_not() -> None:
    stage = Stage()
    states = (OpportunityState.NEW, OpportunityState.ACTIVE, OpportunityState.ACTIVE, OpportunityState.CLOSED)
    for version, state in enumerate(states, start=1):
        stage.say(state=state, version=version, updated_at=version)
    (kept,) = stage.write().values()
    assert [(step.ts, step.state) for step in kept.steps] == [(1, "NEW"), (2, "ACTIVE"), (4, "CLOSED")]
    assert kept.opportunity.version == 4


def test_of_one_whose_beginning_was_not_heard_nothing_is_said_to_stand_behind_it() -> None:
    stage = Stage()
    stage.say(state=OpportunityState.TRACKING)
    (kept,) = stage.write().values()
    assert kept.evidence is None


def test_what_could_not_be_written_is_written_when_the_store_is_back() -> None:
    stage = Stage()
    stage.written.is_away = True
    stage.say()
    stage.alert(RiskAlert("a", AlertKind.NEAR_LIMIT, Severity.LOW, GOLD, NOW, {}, None, ""))
    assert stage.write() == {}
    stage.written.is_away = False
    assert len(stage.write()) == 1
    assert set(stage.written.alerts) == {"a"}


def contribution(strategy: str, made: int) -> Contribution:
    times = SignalTimes(ts_recv=NOW, ts_made=made, ts_merged=made + 1)
    return Contribution(strategy, strategy, "rise", "buy", 0.5, 50.0, 1.0, NOW - 5, (), times)


def test_the_first_way_of_each_strategy_stays_with_what_stood_behind_it() -> None:
    stage = Stage()
    bare = msgspec.structs.replace(contribution("bare", 1), times=None)
    stage.say(contributions=(contribution("rise", NOW + 1), bare))
    stage.say(version=2, contributions=(contribution("rise", NOW + 9), contribution("macd", NOW + 20)))
    (kept,) = stage.write().values()
    assert kept.evidence is not None
    assert [(way.strategy, way.ts_event, way.times.ts_made - NOW) for way in kept.evidence.ways] == [
        ("rise", NOW - 5, 1),
        ("macd", NOW - 5, 20),
    ]
    assert kept.evidence.features_ns == 1_100


def test_no_more_ways_are_kept_than_somebody_reads() -> None:
    stage = Stage()
    stage.say(contributions=(contribution("0", NOW),))
    stage.say(version=2, contributions=tuple(contribution(str(each), NOW) for each in range(40)))
    (kept,) = stage.write().values()
    assert kept.evidence is not None
    assert [way.strategy for way in kept.evidence.ways] == [str(each) for each in range(16)]
