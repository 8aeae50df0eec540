"""When a front is supervised: around the sessions, not at night, at weekends or on holidays."""

from __future__ import annotations

import pytest

from market_builders import shanghai
from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar
from tradewind.market.sources.ctp_hours import SessionHours

NIGHT = "night_2300"


def hours(*names: str) -> SessionHours:
    made = SessionHours(ExchangeCalendar(), before_s=600, after_s=1800)
    for name in names:
        made.expect(name)
    return made


@pytest.mark.parametrize(
    ("moment", "is_due"),
    [
        ("2021-01-05 08:44:59", False),
        ("2021-01-05 08:45:00", True),
        ("2021-01-05 10:20:00", True),
        ("2021-01-05 12:30:00", True),
        ("2021-01-05 15:29:59", True),
        ("2021-01-05 16:30:00", False),
        ("2021-01-05 20:44:59", False),
        ("2021-01-05 20:45:00", True),
        ("2021-01-05 23:29:59", True),
        ("2021-01-06 00:30:00", False),
        ("2021-01-08 21:30:00", True),
        ("2021-01-09 10:00:00", False),
        ("2021-01-10 21:30:00", False),
        ("2021-02-12 10:00:00", False),
        ("2021-02-10 21:30:00", False),
    ],
    ids=[
        *(
            "too early",
            "before the open",
            "a break",
            "lunch",
            "after the close",
            "maintenance",
            "evening",
            "night opens",
        ),
        *("after the night", "small hours", "friday night", "saturday", "sunday night", "new year", "eve of new year"),
    ],
)
def test_a_front_is_supervised_around_sessions_only(moment: str, is_due: bool) -> None:  # noqa: FBT001 - a table
    assert hours(NIGHT).is_due(shanghai(moment)) is is_due


def test_the_answer_is_the_same_however_often_it_is_asked() -> None:
    asked = hours(NIGHT)
    step_ns = 7 * 60 * 1_000_000_000
    begin = shanghai("2021-01-08 00:00:00")
    for number in range(3 * 24 * 60 // 7):
        moment = begin + number * step_ns
        assert asked.is_due(moment) is hours(NIGHT).is_due(moment)


def test_hours_that_come_later_count_at_once() -> None:
    asked = hours("index_futures")
    moment = shanghai("2021-01-05 21:30:00")
    assert not asked.is_due(moment)
    asked.expect(NIGHT)
    assert asked.is_due(moment)


def test_round_the_clock_is_always_worth_it_and_nothing_is_not() -> None:
    always = SessionHours(RoundTheClockCalendar(), before_s=0, after_s=0)
    assert not always.is_due(shanghai("2021-01-05 09:30:00"))
    always.expect(NIGHT)
    assert always.is_due(shanghai("2021-01-09 04:00:00"))


def test_the_night_of_a_friday_is_of_monday() -> None:
    assert hours(NIGHT).trading_days(shanghai("2021-01-08 21:30:00")) == {20210111}
    assert hours(NIGHT).trading_days(shanghai("2021-01-08 16:30:00")) == set()
