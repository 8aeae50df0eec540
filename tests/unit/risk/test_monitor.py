"""All watches together: redelivery, determinism, bounds, one story."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_harness import Watchtower, index_futures_day, ns
from tradewind.domain.hours import TradingCalendar
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind, RiskAlert
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import NS_PER_MS

from builders import make_tick, make_ticks
from fakes import FakeCalendar

Step = tuple[float, str, float]

_steps = st.lists(
    st.tuples(
        st.floats(0.1, 40.0),
        st.sampled_from(["tick", "tick", "tick", "opportunity", "close", "signal", "volatility"]),
        st.floats(0.0, 1.0),
    ),
    max_size=60,
)


def play(tower: Watchtower, steps: list[Step], *, is_repeated: bool = False) -> list[RiskAlert]:
    """Play steps; with `is_repeated`, every event is delivered twice."""
    now = 0.0
    for index, (wait, what, level) in enumerate(steps):
        now += wait
        tower.at(now)
        for _ in range(2 if is_repeated else 1):
            _deliver(tower, index + 1, what, level)
    return tower.alerts


def _deliver(tower: Watchtower, number: int, what: str, level: float) -> None:
    price = round(4694.6 + level * (5737.8 - 4694.6), 1)
    now = tower.clock.now_ns()
    state = OpportunityState.CLOSED if what == "close" else OpportunityState.ACTIVE
    if what == "tick":
        tower.monitor.on_tick(make_tick(seq=number, ts_event=now, ts_recv=now, last_price=price))
    elif what == "signal":
        tower.signal(f"s{number % 7}", seq=number)
    elif what == "volatility":
        tower.volatility(level, seq=number)
    else:
        tower.monitor.on_opportunity(
            tower.version(
                version=number, confidence=level, strength=100 * level, state=state, opportunity_id=f"o{number // 10}"
            )
        )


@given(_steps)
def test_every_event_delivered_twice_raises_the_same_alerts(steps: list[Step]) -> None:
    settings_: dict[str, Any] = {"crowded_strategies": 3, "volatility_warmup_ticks": 3}
    once = play(Watchtower(**settings_), steps)
    assert play(Watchtower(**settings_), steps, is_repeated=True) == once


@given(_steps)
@settings(max_examples=30)
def test_the_same_input_gives_the_same_bytes_and_unique_ids(steps: list[Step]) -> None:
    alerts = play(Watchtower(cooldown_s=0.0), steps)
    assert msgspec.json.encode(alerts) == msgspec.json.encode(play(Watchtower(cooldown_s=0.0), steps))
    assert len({alert.alert_id for alert in alerts}) == len(alerts)


@given(_steps)
def test_within_the_cooldown_only_a_worse_severity_of_a_kind_is_told(steps: list[Step]) -> None:
    order = ["low", "medium", "high", "critical"]
    last: dict[tuple[AlertKind, object], RiskAlert] = {}
    for alert in play(Watchtower(cooldown_s=60.0), steps):
        key = (alert.kind, alert.opportunity_id or alert.params.get("which", ""))
        known = last.get(key)
        if known is not None and alert.ts_event - known.ts_event < 60 * 10**9:
            assert order.index(alert.severity) > order.index(known.severity)
        last[key] = alert


def test_a_redelivered_tick_changes_nothing_and_a_hole_is_a_gap() -> None:
    tower = Watchtower(AlertKind.NEAR_LIMIT)
    tower.tick(seq=5)
    assert tower.tick(5737.8, seq=4) == []
    assert tower.gaps == 0
    tower.tick(seq=8)
    assert tower.gaps == 1


def test_a_writer_that_numbers_from_one_again_is_followed() -> None:
    tower = Watchtower(AlertKind.NEAR_LIMIT)
    tower.tick(seq=900)
    tower.at(1)
    assert len(tower.tick(5737.8, seq=1)) == 1
    assert tower.gaps == 0


def test_beyond_the_limit_of_instruments_further_ones_are_not_watched() -> None:
    tower = Watchtower(AlertKind.NEAR_LIMIT, max_instruments=1)
    tower.tick()
    assert tower.tick(5737.8, instrument_id="other.SHFE") == []


def test_beyond_the_limit_of_opportunities_the_oldest_is_no_longer_followed() -> None:
    tower = Watchtower(AlertKind.NEGATIVE_REVERSAL, max_opportunities=2, cooldown_s=0.0)
    tower.tick()
    for name in "abc":
        tower.opportunity(opportunity_id=name)
    assert [alert.opportunity_id for alert in tower.tick(5000.0)] == ["b", "c"]


def test_a_story_of_one_morning_raises_each_kind_once() -> None:
    tower = Watchtower(volatility_warmup_ticks=3, crowded_strategies=3, escalates=False)
    for _ in range(5):
        tower.tick()
        tower.volatility(0.001)
    for name in "abc":
        tower.signal(name)
    tower.opportunity(confidence=0.2, strength=10.0)
    tower.tick(5220.0)
    tower.volatility(0.02)
    tower.tick(5737.8)
    tower.at(600)
    assert sorted(alert.kind for alert in tower.alerts) == sorted(AlertKind)


def test_quiet_ticks_raise_nothing() -> None:
    tower = Watchtower()
    for tick in make_ticks([5230.0, 5230.2, 5230.4] * 300):
        tower.clock.advance_to(tick.ts_recv)
        tower.monitor.on_tick(tick)
    assert tower.alerts == []


def _ns_of(action_time: int) -> int:
    clock, ms = divmod(action_time, 1000)
    hours, minutes, seconds = clock // 10_000, clock // 100 % 100, clock % 100
    return ns((hours - 9) * 3600 + (minutes - 30) * 60 + seconds) + ms * NS_PER_MS


@pytest.mark.data
def test_a_whole_recorded_day_has_no_stale_alarm_in_its_breaks_or_at_its_close(data_dir: Path) -> None:
    import pyarrow.parquet as pq

    calendar: TradingCalendar = index_futures_day()
    assert isinstance(calendar, FakeCalendar)
    tower = Watchtower(AlertKind.STALE_DATA)
    table = pq.read_table(data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet")
    seq = 0
    for price, action_time in zip(table["price"].to_pylist(), table["action_time"].to_pylist(), strict=True):
        ts = _ns_of(action_time)
        tower.clock.advance_to(ts)
        if ts < ns(0) or calendar.section_at("", ts) is not None:
            seq += 1
            tower.monitor.on_tick(make_tick(seq=seq, ts_event=ts, ts_recv=ts, last_price=price))
    tower.at(100_000)
    assert seq > 27_900
    assert tower.alerts == []


def test_of_a_contract_that_ended_no_limit_and_no_volatility_is_remembered() -> None:
    line = Watchtower(volatility_warmup_ticks=2)
    near = {"limit_up": 5231.0, "limit_down": 4700.0}
    assert [alert.kind for alert in line.tick(5230.8, **near)] == [AlertKind.NEAR_LIMIT]
    for value in (1e-5, 1e-5, 1e-5):
        line.volatility(value)
    line.tick(5230.8, flags=int(TickFlag.LAST), **near)
    assert line.monitor._tracks == {}
    assert line.monitor._volatility._usual == {}
    line.at(3_600)
    assert [alert.kind for alert in line.tick(5230.8, **near)] == [AlertKind.NEAR_LIMIT]


def test_as_many_ends_are_remembered_as_contracts_may_be_followed() -> None:
    line = Watchtower(max_instruments=2)
    for month in range(1, 6):
        line.tick(instrument_id=f"IF21{month:02}.CFFEX")
        line.tick(instrument_id=f"IF21{month:02}.CFFEX", flags=int(TickFlag.LAST))
    assert list(line.monitor._ended) == ["IF2104.CFFEX", "IF2105.CFFEX"]
