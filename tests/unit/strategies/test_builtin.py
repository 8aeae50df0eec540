"""What each built-in strategy sees, and when it stays quiet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from features_builders import feature_room, recorded_if2101
from strategies_builders import make_snapshot, make_window, strategy_room
from tradewind.bus.topics import SIGNALS
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.errors import StrategyError
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies import StrategyService, StrategySettings
from tradewind.strategies.builtin.grading import confidence_of, strength_of
from tradewind.strategies.registry import BUILTINS, load_builtin
from tradewind.strategies.settings import ParamValue

from builders import MORNING_NS


def run(name: str, *snapshots: FeatureSnapshot, **params: ParamValue) -> list[Signal]:
    """Return what a built-in strategy answers to these snapshots, the quiet left out."""
    strategy: Any = load_builtin(name, params).create()
    return [signal for snapshot in snapshots if (signal := strategy.on_features(snapshot)) is not None]


def minute(**changes: Any) -> FeatureSnapshot:
    """Return a snapshot whose 60 s window has these fields."""
    return make_snapshot(windows=(make_window(**changes), make_window(window="5m")))


def five_minutes(price: float, **changes: Any) -> FeatureSnapshot:
    """Return a snapshot at that price whose 5 m window has these fields."""
    return make_snapshot(last_price=price, windows=(make_window(), make_window(window="5m", **changes)))


def later(snapshot: FeatureSnapshot, seconds: float) -> FeatureSnapshot:
    """Return a snapshot like this one some seconds after the opening."""
    fields = {name: getattr(snapshot, name) for name in FeatureSnapshot.__struct_fields__}
    return FeatureSnapshot(**{**fields, "ts_event": MORNING_NS + round(seconds * NS_PER_S)})


def test_confidence_and_strength_grow_with_the_distance_from_the_threshold() -> None:
    assert (confidence_of(1.0), confidence_of(2.0), strength_of(1.0), strength_of(2.0)) == (0.5, 0.75, 40.0, 70.0)
    assert confidence_of(0.2) == 0.5
    assert 0.99 < confidence_of(1e9) <= 1.0
    assert 99.0 < strength_of(1e9) <= 100.0


@pytest.mark.parametrize("name", BUILTINS)
def test_a_quiet_market_gives_no_signal(name: str) -> None:
    assert run(name, *(later(make_snapshot(), second) for second in range(100))) == []


@pytest.mark.parametrize("name", BUILTINS)
def test_indicators_that_are_not_ready_give_no_signal(name: str) -> None:
    absent = dict.fromkeys(
        ("macd_histogram", "rsi", "bollinger_mid", "bollinger_upper", "bollinger_lower", "atr", "spread")
    )
    assert run(name, make_snapshot(**absent)) == []


def test_rapid_rise_follows_a_rise_and_a_fall() -> None:
    (rise,) = run("rapid_rise", minute(change_percent=0.4))
    assert (rise.signal_type, rise.side, rise.confidence, rise.window) == ("rapid_rise", "buy", 0.75, "60s")
    assert rise.reasons == ("rapid_rise change_percent=0.400 window=60s volume=500",)
    (fall,) = run("rapid_rise", minute(change_percent=-0.2))
    assert (fall.signal_type, fall.side, fall.confidence) == ("rapid_fall", "sell", 0.5)


def test_rapid_rise_wants_volume() -> None:
    assert run("rapid_rise", minute(change_percent=0.4, volume_sum=3)) == []


def test_rapid_rise_is_quiet_for_its_cooldown() -> None:
    rise = minute(change_percent=0.4)
    assert len(run("rapid_rise", rise, later(rise, 59.9))) == 1
    assert len(run("rapid_rise", rise, later(rise, 60))) == 2


def test_momentum_follows_a_move_that_holds() -> None:
    held = five_minutes(5250.0, change_percent=0.5, high=5250.0, low=5224.0, vwap=5240.0)
    (signal,) = run("momentum", held)
    assert (signal.side, signal.confidence, signal.window) == ("buy", 0.75, "5m")
    fallen = five_minutes(5210.0, change_percent=-0.5, high=5236.0, low=5210.0, vwap=5220.0)
    assert [signal.side for signal in run("momentum", fallen)] == ["sell"]


@pytest.mark.parametrize(
    "given_back",
    [
        {"high": 5270.0, "low": 5224.0, "vwap": 5240.0},
        {"high": 5250.0, "low": 5224.0, "vwap": 5255.0},
        {"high": 5250.0, "low": 5224.0, "vwap": None},
        {"high": 5250.0, "low": 5250.0, "vwap": 5240.0},
    ],
)
def test_momentum_does_not_follow_a_move_given_back(given_back: dict[str, Any]) -> None:
    assert run("momentum", five_minutes(5250.0, change_percent=0.5, **given_back)) == []


def test_mean_reversion_goes_against_an_extreme() -> None:
    (signal,) = run("mean_reversion", minute(zscore=-3.6))
    assert (signal.side, signal.signal_type) == ("buy", "mean_reversion")
    assert [signal.side for signal in run("mean_reversion", minute(zscore=3.0))] == ["sell"]


def test_mean_reversion_wants_a_calm_book_and_a_full_window() -> None:
    wide = make_snapshot(spread=5.0, windows=(make_window(zscore=4.0), make_window(window="5m")))
    no_book = make_snapshot(spread=None, windows=(make_window(zscore=4.0), make_window(window="5m")))
    assert run("mean_reversion", wide, no_book, minute(zscore=4.0, sample_size=10)) == []


def test_macd_answers_a_cross_beyond_the_dead_band_once() -> None:
    path = [-1.0, -0.3, 0.3, 0.6, 1.2, 1.4, 0.2, -0.2, -0.9]
    crossed = run("macd", *(later(make_snapshot(macd_histogram=h), 200 * i) for i, h in enumerate(path)))
    assert [(signal.side, signal.reasons[0].split()[1]) for signal in crossed] == [
        ("buy", "histogram=0.6000"),
        ("sell", "histogram=-0.9000"),
    ]


def test_macd_without_a_dead_band_answers_every_cross() -> None:
    path = [-0.1, 0.1, -0.1]
    snapshots = [later(make_snapshot(macd_histogram=h), 200 * i) for i, h in enumerate(path)]
    assert [signal.side for signal in run("macd", *snapshots, dead_band=0.0)] == ["buy", "sell"]


def test_macd_needs_a_range_to_measure_by() -> None:
    assert run("macd", *(make_snapshot(macd_histogram=h, atr=0.0) for h in (-1.0, 1.0))) == []


def test_rsi_answers_on_leaving_the_zone_with_the_depth_reached() -> None:
    path = [40.0, 24.0, 12.5, 20.0, 31.0, 60.0, 80.0, 70.0]
    left = run("rsi", *(later(make_snapshot(rsi=r), 200 * i) for i, r in enumerate(path)))
    assert [(signal.side, signal.confidence) for signal in left] == [("buy", 0.75), ("sell", confidence_of(25 / 20))]
    assert left[0].reasons == ("rsi_return rsi=31.0 extreme=12.5",)


def test_bollinger_answers_on_coming_back_into_the_band() -> None:
    path = [5230.0, 5241.0, 5242.0, 5239.0, 5230.0, 5219.0, 5221.0]
    back = run("bollinger", *(later(make_snapshot(last_price=p), 200 * i) for i, p in enumerate(path)))
    assert [(signal.side, signal.signal_type) for signal in back] == [
        ("sell", "bollinger_reentry"),
        ("buy", "bollinger_reentry"),
    ]


def test_bollinger_can_follow_a_breakout_instead() -> None:
    path = [5230.0, 5241.0, 5239.0, 5219.0]
    snapshots = [later(make_snapshot(last_price=p), 200 * i) for i, p in enumerate(path)]
    assert [signal.side for signal in run("bollinger", *snapshots, mode="breakout")] == ["buy", "sell"]


def test_a_narrow_band_means_nothing() -> None:
    narrow = {"bollinger_upper": 5231.0, "bollinger_lower": 5229.0}
    assert run("bollinger", *(make_snapshot(last_price=p, **narrow) for p in (5232.0, 5230.0))) == []


def test_a_window_that_nobody_computes_is_named() -> None:
    with pytest.raises(StrategyError, match=r"needs the window 1h; features\.windows has 60s, 5m"):
        run("momentum", make_snapshot(), window="1h")


@pytest.mark.data
def test_on_a_recorded_day_each_built_in_has_something_to_say_and_none_chatters(data_dir: Path) -> None:
    room = feature_room()
    settings = StrategySettings(entry_points=False, hang_ms=0, cpu_budget_us=0.0)
    service = StrategyService(settings=settings, bus=room.bus, clock=room.clock, metrics=room.metrics)
    service.attach()
    signals: list[Signal] = []
    room.bus.subscribe(SIGNALS, signals.append, group="test")
    room.feed(*recorded_if2101(data_dir))
    counts = Counter(signal.strategy for signal in signals)
    assert set(counts) == set(BUILTINS)
    assert all(5 <= count <= 120 for count in counts.values()), counts
    assert len({signal.signal_id for signal in signals}) == len(signals)
    assert all(report.health.errors == 0 for report in service.reports())
    assert {signal.side for signal in signals} == {"buy", "sell"}


def test_the_built_ins_run_together_without_disturbing_each_other() -> None:
    room = strategy_room(enabled=tuple(BUILTINS))
    room.feed(
        make_snapshot(seq=1),
        later(make_snapshot(seq=2, windows=(make_window(change_percent=0.4, zscore=3.5), make_window(window="5m"))), 1),
    )
    assert [signal.strategy for signal in room.signals] == ["rapid_rise", "mean_reversion"]
