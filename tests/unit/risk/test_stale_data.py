"""Silence in trading hours, and never a false alarm outside them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_harness import AFTERNOON, MORNING, Watchtower, ns
from tradewind.domain.risk import AlertKind, Severity
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import RoundTheClockCalendar

from builders import MORNING_NS
from fakes import FakeCalendar


def tower(**changes: Any) -> Watchtower:
    fixed = {"cooldown_s": 0.0, "stale_after_s": 30.0, "stale_intervals": 20.0, "stale_open_grace_s": 30.0}
    return Watchtower(AlertKind.STALE_DATA, **{**fixed, **changes})


def ticking(line: Watchtower, begin: float, end: float, step: float = 0.5) -> None:
    for index in range(int((end - begin) / step) + 1):
        line.at(begin + index * step)
        line.tick()


def test_silence_in_a_section_is_told_when_it_is_due() -> None:
    line = tower()
    ticking(line, 0, 100)
    assert line.at(129.9) == []
    (alert,) = line.at(140)
    assert alert.ts_event == ns(130)
    assert (alert.kind, alert.severity) == (AlertKind.STALE_DATA, Severity.LOW)
    assert alert.params == {"actual": 30.0, "limit": 30.0, "last_seq": 201.0}
    assert alert.cause == f"timer:{ns(130)}"


def test_a_longer_silence_is_told_again_at_each_severity_only() -> None:
    line = tower()
    ticking(line, 0, 100)
    line.at(2000)
    assert [(alert.severity, alert.ts_event) for alert in line.alerts] == [
        ("low", ns(130)),
        ("medium", ns(160)),
        ("high", ns(220)),
        ("critical", ns(400)),
    ]


def test_after_the_feed_came_back_the_next_silence_is_told_in_time() -> None:
    line = tower()
    ticking(line, 0, 100)
    line.at(230)
    assert len(line.alerts) == 3
    ticking(line, 230, 240)
    (alert,) = line.at(275)
    assert (alert.severity, alert.ts_event) == ("low", ns(270))


def test_an_instrument_that_ticks_rarely_has_more_patience() -> None:
    line = tower()
    ticking(line, 0, 100, step=10.0)
    assert line.at(299) == []
    (alert,) = line.at(300)
    assert alert.params["limit"] == 200.0


def test_silence_is_told_on_a_market_that_never_closes() -> None:
    line = tower(calendar=RoundTheClockCalendar())
    ticking(line, 0, 100)
    assert [alert.ts_event for alert in line.at(140)] == [ns(130)]


def test_nothing_is_watched_before_the_first_tick() -> None:
    line = tower()
    assert line.at(7_000) == []


def test_the_break_is_no_silence() -> None:
    line = tower()
    ticking(line, 7_000, MORNING[1])
    assert line.at(AFTERNOON[0] + 59) == []


def test_a_feed_that_does_not_come_back_after_the_break_is_told_after_some_patience() -> None:
    line = tower()
    ticking(line, 7_100, MORNING[1])
    (alert,) = line.at(AFTERNOON[0] + 61)
    assert alert.ts_event == ns(AFTERNOON[0] + 60)
    assert alert.params["actual"] == 30.0


def test_silence_just_before_a_break_is_not_told_in_it() -> None:
    line = tower()
    ticking(line, 7_000, MORNING[1] - 10)
    assert line.at(AFTERNOON[0]) == []


def test_the_close_ends_the_watch() -> None:
    line = tower()
    ticking(line, AFTERNOON[1] - 100, AFTERNOON[1] + 2)
    assert line.at(AFTERNOON[1] + 100_000) == []


def test_an_auction_tick_does_not_make_the_minute_before_the_open_a_silence() -> None:
    line = tower()
    line.tick(ts_event=MORNING_NS - 60 * NS_PER_S, ts_recv=MORNING_NS - 60 * NS_PER_S)
    assert line.at(59) == []
    assert [alert.ts_event for alert in line.at(61)] == [ns(60)]


def test_an_unknown_instrument_is_not_watched() -> None:
    line = tower()
    line.tick(instrument_id="zz.SHFE")
    assert line.at(7_000) == []


def test_switched_off_it_sets_no_timer() -> None:
    line = Watchtower(AlertKind.NEAR_LIMIT)
    line.tick()
    assert line.at(7_000) == []
    assert line.clock._heap == []


def test_the_cooldown_delays_the_next_episode_but_does_not_lose_it() -> None:
    line = tower(cooldown_s=120.0)
    ticking(line, 0, 100)
    line.at(135)
    line.tick()
    assert line.at(249) == []
    assert len(line.at(300)) > 0


def test_released_nothing_fires_until_the_next_tick() -> None:
    line = tower()
    ticking(line, 0, 10)
    line.monitor.release()
    assert line.at(500) == []
    line.tick()
    assert len(line.at(531)) == 1


@given(st.lists(st.floats(0.5, 25.0), min_size=1, max_size=60), st.sampled_from([*MORNING, *AFTERNOON]))
@settings(max_examples=50)
def test_an_instrument_that_ticks_in_every_section_is_never_stale(waits: list[float], begin: int) -> None:
    line = tower()
    now = float(begin)
    calendar = FakeCalendar(20210104, *((ns(opened), ns(closed)) for opened, closed in (MORNING, AFTERNOON)))
    for wait in waits:
        now += wait
        line.at(now)
        if calendar.section_at("", ns(now)) is not None:
            line.tick()
    if calendar.section_at("", ns(now)) is None:
        line.at(AFTERNOON[0] + 50)
    assert line.alerts == []


@pytest.mark.parametrize("section", [MORNING, AFTERNOON])
def test_ticks_up_to_the_closing_instant_leave_no_alarm_behind(section: tuple[int, int]) -> None:
    line = tower()
    ticking(line, section[1] - 60, section[1])
    assert line.at(section[1] + 1_000) == []


def test_a_contract_that_nobody_subscribes_to_any_more_is_never_stale() -> None:
    line = tower()
    ticking(line, 0, 100)
    line.tick(flags=int(TickFlag.LAST))
    assert line.at(7_000) == []
    assert line.clock._heap == []


def test_one_found_stale_before_it_ended_is_told_of_no_more() -> None:
    line = tower(cooldown_s=0.0)
    ticking(line, 0, 100)
    assert len(line.at(131)) == 1
    line.tick(flags=int(TickFlag.LAST))
    assert line.at(7_000) == []


def test_a_tick_of_its_time_redelivered_begins_no_new_watch() -> None:
    line = tower()
    ticking(line, 0, 100)
    line.tick(flags=int(TickFlag.LAST))
    line.tick(seq=50, ts_event=ns(50), ts_recv=ns(50))
    line.tick(seq=line._seq - 1, flags=int(TickFlag.LAST))
    assert line.at(7_000) == []


def test_subscribed_again_it_is_watched_again() -> None:
    line = tower()
    ticking(line, 0, 100)
    line.tick(flags=int(TickFlag.LAST))
    assert line.at(200) == []
    line.tick()
    assert [alert.ts_event for alert in line.at(231)] == [ns(230)]
    assert line.gaps == 0
