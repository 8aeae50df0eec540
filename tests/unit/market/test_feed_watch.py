"""The feed's health: silence in trading hours is an alarm, silence in a break is none."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.feed_watch import FeedState, FeedWatch

CHINA = timezone(timedelta(hours=8))
AU, IF = "night_0230", "index_futures"
CALENDAR = ExchangeCalendar()


def at(clock: str, day: str = "2025-12-01") -> int:
    return round(datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=CHINA).timestamp()) * NS_PER_S


def make_watch(start: str, **changes: object) -> FeedWatch:
    settings: dict[str, object] = {
        "calendar": CALENDAR,
        "usual_hours": (AU, IF),
        "silence_ns": 30 * NS_PER_S,
        "absent_ns": 10 * NS_PER_S,
        "now_ns": at(start),
    }
    return FeedWatch(**{**settings, **changes})  # type: ignore[arg-type]


def flowing_until(clock: str, *hours: str, day: str = "2025-12-01") -> FeedWatch:
    watch = make_watch(clock, now_ns=at(clock, day))
    watch.note_connected("tcp://a", at(clock, day))
    for hours_id in hours:
        watch.expect(hours_id)
    watch.last_message_ns = at(clock, day)
    watch.check(at(clock, day))
    assert watch.state is FeedState.FLOWING
    return watch


def test_silence_in_trading_hours_is_an_alarm_once() -> None:
    watch = flowing_until("10:00:00", AU)
    assert not watch.check(at("10:00:29"))
    assert watch.check(at("10:00:30"))
    assert (watch.state, watch.is_alarm) == (FeedState.SILENT, True)
    assert not watch.check(at("10:05:00"))


@pytest.mark.parametrize(
    ("last", "until", "day"),
    [
        ("10:15:00", "10:29:59", "2025-12-01"),
        ("11:30:00", "13:29:59", "2025-12-01"),
        ("15:00:00", "20:59:59", "2025-12-01"),
        ("10:00:00", "23:59:59", "2025-11-29"),
        ("10:00:00", "23:59:59", "2026-01-01"),
    ],
)
def test_a_break_the_night_s_end_a_weekend_and_a_holiday_are_no_alarm(last: str, until: str, day: str) -> None:
    watch = flowing_until(last, AU, day=day)
    for now_ns in range(at(last, day), at(until, day), 30 * NS_PER_S):
        watch.check(now_ns)
        assert not watch.is_alarm, now_ns


def test_after_a_break_the_silence_counts_from_the_opening() -> None:
    watch = flowing_until("11:30:00", AU)
    watch.check(at("13:30:29"))
    assert not watch.is_alarm
    watch.check(at("13:30:30"))
    assert watch.is_alarm


def test_only_hours_of_contracts_in_the_feed_count() -> None:
    watch = flowing_until("15:00:00", IF)
    watch.check(at("21:30:00"))
    assert watch.state is FeedState.QUIET


def test_before_the_first_contract_only_hours_that_all_share_count() -> None:
    watch = make_watch("21:00:00")
    watch.note_connected("tcp://a", at("21:00:00"))
    watch.check(at("22:00:00"))
    assert not watch.is_alarm
    watch.check(at("10:00:00", "2025-12-02"))
    assert watch.is_alarm


def test_a_message_ends_the_alarm() -> None:
    watch = flowing_until("10:00:00", AU)
    watch.check(at("10:01:00"))
    watch.last_message_ns = at("10:01:10")
    assert watch.check(at("10:01:10"))
    assert (watch.state, watch.is_alarm) == (FeedState.FLOWING, False)


def test_making_the_connection_anew_does_not_hide_the_alarm() -> None:
    watch = flowing_until("10:00:00", AU)
    watch.check(at("10:01:00"))
    watch.note_reopened(at("10:01:05"))
    watch.check(at("10:01:06"))
    watch.note_connected("tcp://a", at("10:01:07"))
    watch.check(at("10:01:08"))
    assert (watch.state, watch.is_alarm) == (FeedState.SILENT, True)


@pytest.mark.parametrize(("clock", "is_alarm"), [("10:00:00", True), ("12:00:00", False)])
def test_a_publisher_that_is_absent_is_an_alarm_in_trading_hours_only(clock: str, *, is_alarm: bool) -> None:
    watch = make_watch(clock)
    watch.check(at(clock) + 9 * NS_PER_S)
    assert watch.state is FeedState.CONNECTING
    assert watch.check(at(clock) + 10 * NS_PER_S)
    assert (watch.state, watch.is_alarm) == (FeedState.ABSENT, is_alarm)


def test_silence_can_be_switched_off() -> None:
    watch = make_watch("10:00:00", silence_ns=0)
    watch.note_connected("tcp://a", at("10:00:00"))
    watch.check(at("11:00:00"))
    assert watch.state is FeedState.QUIET
