"""Alerts judged in the process: the table's own expressions over what the platform says of itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewind.api.ports import ServiceView, SourceInfo
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.runtime.monitoring.alerts import alerts
from tradewind.runtime.monitoring.promql import judge_of, names_in
from tradewind.runtime.monitoring.samples import Samples, Series
from tradewind.runtime.monitoring.watching import AlertWatch
from tradewind.runtime.status import SystemView

NOW_NS = 1_700_000_000 * NS_PER_S


def labels(**named: str) -> frozenset[tuple[str, str]]:
    return frozenset(named.items())


def samples(*taken: tuple[float, dict[str, Series]]) -> Samples:
    kept = Samples(kept_s=3_600)
    for at_s, metrics in taken:
        kept.take(at_s, metrics)
    return kept


def counter(value: float, **named: str) -> dict[str, Series]:
    return {"tradewind_x_total": {labels(**named): value}}


class World:
    """A platform of one service, told by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW_NS)
        self.view = SystemView(
            version="1", ts=0, uptime_s=1, memory_mb=1, source=SourceInfo("simulator", "x"),
            services=[ServiceView("market", "running", is_healthy=True)], strategy_errors={}, rates={}, counters={},
            gauges={}, line_latency={}, hops=[],
        )  # fmt: skip
        self.watch = AlertWatch(lambda: self.view, clock=self.clock)

    def tell(self, **changes: Any) -> None:
        self.view = msgspec.structs.replace(self.view, **changes)
        self.watch.judge()

    def state(self, name: str) -> str:
        return next(view.state for view in self.watch.views() if view.name == name)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_every_alert_of_the_table_can_be_judged_here(alert: Any) -> None:
    assert judge_of(alert.expr)(Samples(kept_s=60)) in ({}, {frozenset(): False})
    assert names_in(alert.expr)


@pytest.mark.parametrize("text", ["sum by (a", "rate(x[5m]", "x >", "topk(3, x)", "x offset 5m", "x ? 3", ""])
def test_what_is_not_known_is_refused_when_the_table_is_read(text: str) -> None:
    with pytest.raises(ConfigError, match="is not understood"):
        judge_of(text)


def test_an_increase_counts_what_came_within_the_span_and_survives_a_restart() -> None:
    taken = samples((0, counter(5)), (100, counter(7)), (200, counter(1)), (300, counter(4)))
    assert judge_of("increase(tradewind_x_total[150s])")(taken) == {labels(): 4.0}


def test_a_label_that_was_not_there_before_grew_from_nothing() -> None:
    taken = samples((0, {}), (10, counter(2, strategy="macd")))
    assert judge_of("sum by (strategy) (increase(tradewind_x_total[1m])) > 0")(taken) == {labels(strategy="macd"): 2.0}


def test_what_stood_there_at_the_start_wakes_nobody() -> None:
    assert judge_of("increase(tradewind_x_total[1m]) > 0")(samples((0, counter(99)))) == {}


def test_labels_are_kept_apart_or_summed_as_the_expression_says() -> None:
    metrics: dict[str, Series] = {
        "g": {labels(room="a", n="1"): 3.0, labels(room="a", n="2"): 4.0, labels(room="b"): 9.0}
    }
    taken = samples((0, metrics))
    assert judge_of("sum by (room) (g)")(taken) == {labels(room="a"): 7.0, labels(room="b"): 9.0}
    assert judge_of("max by (room) (g) > 5")(taken) == {labels(room="b"): 9.0}
    assert judge_of('g{room="b"} * 2 - 1')(taken) == {labels(room="b"): 17.0}


def test_a_quantile_is_the_edge_of_the_bucket_that_holds_it() -> None:
    metrics: dict[str, Series] = {"b": {labels(le="0.01"): 90.0, labels(le="0.1"): 99.0, labels(le="1.0"): 100.0}}
    assert judge_of("histogram_quantile(0.99, sum by (le) (b))")(samples((0, metrics))) == {labels(): 0.1}


def test_an_alert_is_pending_until_it_has_held_for_as_long_as_it_must() -> None:
    world = World()
    world.tell()
    assert world.state("TradewindFeedMute") == "quiet"
    world.tell(gauges={"tradewind_market_feed_alarm": {"": 1.0}})
    assert world.state("TradewindFeedMute") == "pending"
    world.clock.advance(31)
    world.watch.judge()
    assert world.state("TradewindFeedMute") == "firing"
    world.tell(gauges={"tradewind_market_feed_alarm": {"": 0.0}})
    assert world.state("TradewindFeedMute") == "quiet"


def test_a_quarantine_names_its_strategy() -> None:
    world = World()
    world.tell()
    world.clock.advance(10)
    world.tell(counters={"tradewind_strategies_quarantines_total": {"macd": 1}})
    found = next(view for view in world.watch.views() if view.name == "TradewindStrategyQuarantined").found
    assert found == [{"strategy": "macd", "": "1"}]


def test_a_service_that_is_not_well_is_down() -> None:
    world = World()
    world.tell(services=[ServiceView("market", "silent", is_healthy=False)])
    assert world.state("TradewindServiceDown") != "quiet"
