"""When quiet ends: hours of China's day, through midnight too, and the time between two sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices_builders import HOUR, T0
from tradewind.domain.notice import Quiet, Wishes
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import ExchangeCalendar
from tradewind.notices.quiet import awake_at

CALENDAR = ExchangeCalendar()


def shanghai(text: str) -> int:
    return round((datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)).timestamp()) * NS_PER_S


def awake(wishes: Wishes, now: int) -> int:
    return awake_at(wishes, now, calendar=CALENDAR, hours_id="night_0230")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-05 21:59:59", "2026-01-05 21:59:59"),
        ("2026-01-05 22:00:00", "2026-01-06 07:00:00"),
        ("2026-01-06 06:59:30", "2026-01-06 07:00:00"),
        ("2026-01-06 07:00:00", "2026-01-06 07:00:00"),
    ],
)
def test_quiet_hours_go_through_the_night(now: str, until: str) -> None:
    assert awake(Wishes(quiet=Quiet.HOURS), shanghai(now)) == shanghai(until)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = Wishes(quiet=Quiet.HOURS, quiet_from=11 * 60 + 30, quiet_until=13 * 60)
    assert awake(noon, shanghai("2026-01-06 12:00:00")) == shanghai("2026-01-06 13:00:00")
    assert awake(noon, shanghai("2026-01-06 13:01:00")) == shanghai("2026-01-06 13:01:00")


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 48 * 3600))
def test_quiet_ends_within_a_day_and_is_over_then(begins: int, ends: int, later_s: int) -> None:
    if begins == ends:
        with pytest.raises(ValueError, match="must differ"):
            Wishes(quiet=Quiet.HOURS, quiet_from=begins, quiet_until=ends)
        return
    wishes, now = Wishes(quiet=Quiet.HOURS, quiet_from=begins, quiet_until=ends), T0 + later_s * NS_PER_S
    end = awake(wishes, now)
    assert now <= end < now + 24 * HOUR
    assert awake(wishes, end) == end


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-05 10:00:00", "2026-01-05 10:00:00"),
        ("2026-01-05 12:00:00", "2026-01-05 13:30:00"),
        ("2026-01-05 16:00:00", "2026-01-05 21:00:00"),
        ("2026-01-06 01:00:00", "2026-01-06 01:00:00"),
        ("2026-01-10 12:00:00", "2026-01-12 09:00:00"),
    ],
)
def test_between_sessions_quiet_lasts_until_the_next_one_opens(now: str, until: str) -> None:
    assert awake(Wishes(quiet=Quiet.OFF_SESSION), shanghai(now)) == shanghai(until)


def test_wishes_outside_what_a_day_has_are_refused_with_their_place() -> None:
    with pytest.raises(msgspec.ValidationError, match="quiet_from"):
        msgspec.json.decode(b'{"quiet_from": 1440}', type=Wishes)
