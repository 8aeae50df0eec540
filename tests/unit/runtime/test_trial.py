"""The test tick: what each room does with it, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tradewind.bus.ports import Bus
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS, Topic
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.tick import Tick, TickFlag
from tradewind.domain.trial import TRIAL_ID
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.trial import TrialTicks, trial_tick
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line

from builders import make_tick

NOW_NS = 1_609_723_800_000_000_000
LINE_NS = 1_500_000_000_000_000_000


class Heard:
    """A line that answers test ticks, and every event of it by topic."""

    def __init__(self) -> None:
        self.line: Line = build_line(TradewindSettings(), metrics=Metrics())
        self.line.strategies.load_trial()
        self.line.attach()
        self.events: dict[str, list[Any]] = {}
        topics: tuple[Topic[Any], ...] = (CLEAN_TICKS, FEATURES, BARS, SIGNALS, OPPORTUNITIES, RISK_ALERTS)
        for topic in topics:
            self.line.bus.subscribe(topic, self.events.setdefault(topic.name, []).append, group="test")
        self.line.clock.advance_to(LINE_NS)
        self.trials = trials_on(self.line.bus, self.line.clock)


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()
    yield made
    made.line.detach()


def trials_on(bus: Bus, clock: LineClock, *, is_live: bool = True) -> TrialTicks:
    return TrialTicks(bus=bus, line_clock=clock, clock=LineClock(NOW_NS), is_live=is_live)


def test_a_test_tick_becomes_features_a_signal_and_an_opportunity_that_is_closed_at_once(heard: Heard) -> None:
    for seq in (1, 2, 3):
        assert heard.trials.send(seq)
    assert [event.instrument_id for event in heard.events["features"]] == [TRIAL_ID] * 3
    assert [(event.strategy, event.seq) for event in heard.events["signals"]] == [
        ("line_test", seq) for seq in (1, 2, 3)
    ]
    states = [event.state for event in heard.events["opportunities"]]
    assert states == [OpportunityState.NEW, OpportunityState.CLOSED] * 3
    assert list(heard.line.signals.aggregator.open_opportunities()) == []
    assert heard.events["bars"] == heard.events["risk_alerts"] == []
    assert heard.line.metrics.handler_failures.total() == 0
    assert heard.line.metrics.gaps.total() == 0


def test_a_test_tick_says_that_it_is_one_and_moves_no_time(heard: Heard) -> None:
    heard.trials.send(9)
    (tick,) = heard.events["clean_ticks"]
    assert (tick.seq, tick.ts_recv, tick.ts_event, tick.flags) == (9, LINE_NS, NOW_NS, TickFlag.TEST)
    assert heard.line.clock.now_ns() == LINE_NS


def test_the_strategy_of_test_ticks_hears_of_no_other_instrument(heard: Heard) -> None:
    heard.line.strategies.runner.on_features(_snapshot(heard))
    assert heard.events["signals"] == []
    assert heard.line.strategies.runner.running["line_test"].spec.is_trial


def test_no_opportunity_makes_room_for_a_test(heard: Heard) -> None:
    settings = TradewindSettings()
    aggregator = heard.line.signals.aggregator
    heard.trials.send(1)
    (real,) = (event for event in heard.events["signals"] if event.seq == 1)
    assert settings.signals.max_open > 0
    aggregator._settings = _with_one_open(settings)
    aggregator.on_signal(_for("au2604.SHFE", real))
    heard.trials.send(2)
    assert [opened.instrument_id for opened in aggregator.open_opportunities()] == ["au2604.SHFE"]


def test_a_number_used_before_and_a_replay_without_time_give_no_test_tick(heard: Heard) -> None:
    assert heard.trials.send(5)
    assert not heard.trials.send(5)
    assert not trials_on(heard.line.bus, LineClock(), is_live=False).send(6)
    assert trials_on(heard.line.bus, LineClock(), is_live=True).send(6)


def test_cleaning_lets_no_feed_send_the_test_instrument(heard: Heard) -> None:
    tick: Tick = trial_tick(1, ts_event=LINE_NS, ts_recv=LINE_NS)
    heard.line.intake.accept((TRIAL_ID, LINE_NS, LINE_NS, *([None] * 19)))
    assert heard.events["clean_ticks"] == []
    assert tick.instrument_id == TRIAL_ID


def _snapshot(heard: Heard) -> Any:
    heard.line.features._on_tick(make_tick())
    return heard.events["features"].pop()


def _for(instrument_id: str, signal: Any) -> Any:
    return msgspec.structs.replace(signal, instrument_id=instrument_id, signal_id=f"x:{instrument_id}:1", strategy="x")


def _with_one_open(settings: TradewindSettings) -> Any:
    return msgspec.structs.replace(settings.signals, max_open=1)
