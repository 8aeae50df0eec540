"""The tables of holidays abroad against the rules that make them: weekdays of months, Easter, fixed days and eves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

from market_builders import new_york
from tradewind.domain.hours import Section
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import ExchangeCalendar, day_number, yyyymmdd
from tradewind.market.facts import holidays

MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6
YEARS: Final = (2025, 2026, 2027)
MOURNING: Final = {date(2025, 1, 9)}
"""Days that no rule knows of."""
_DAY_NS: Final = 86_400 * NS_PER_S
_BEFORE_ALL_OPEN_NS: Final = 61 * 60 * NS_PER_S
"""After midnight UTC: past New York's evening, before Hong Kong's morning."""
NEW_MOONS: Final = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6)}
"""First days of the lunar years."""


def nth(year: int, month: int, weekday: int, number: int) -> date:
    """Return the `number`th of a weekday in a month, from its end where that is below zero."""
    step = timedelta(days=1 if number > 0 else -1)
    day = date(year, month, 1) if number > 0 else date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    while day.weekday() != weekday:
        day += step
    return day + timedelta(weeks=number - 1 if number > 0 else number + 1)


def easter(year: int) -> date:
    """Return Easter Sunday (Oudin's rule)."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - epact // 28 * (1 - epact // 28 * (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    shift = moon - weekday
    month = 3 + (shift + 40) // 44
    return date(year, month, shift + 28 - 31 * (month // 4))


def observed(day: date) -> date:
    """Return the weekday on which New York keeps a holiday."""
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


def american(year: int) -> set[date]:
    return {
        observed(date(year, 1, 1)), nth(year, 1, MONDAY, 3), nth(year, 2, MONDAY, 3), easter(year) - timedelta(days=2),
        nth(year, 5, MONDAY, -1), observed(date(year, 6, 19)), observed(date(year, 7, 4)), nth(year, 9, MONDAY, 1),
        nth(year, 11, THURSDAY, 4), observed(date(year, 12, 25)),
    }  # fmt: skip


def days_of(numbers: tuple[int, ...], year: int) -> set[date]:
    epoch = date(1970, 1, 1)
    return {epoch + timedelta(days=day_number(number)) for number in numbers if number // 10_000 == year}


@pytest.mark.parametrize("year", YEARS)
def test_american_holidays_are_those_of_the_exchanges_rules(year: int) -> None:
    assert days_of(holidays().closed["us_shares"], year) - MOURNING == american(year)


@pytest.mark.parametrize("year", YEARS)
def test_american_half_days_are_the_eves_and_the_day_after_thanksgiving(year: int) -> None:
    eves = {
        date(year, 12, 24): observed(date(year, 12, 25)) == date(year, 12, 25),
        date(year, 7, 3): date(year, 7, 4).weekday() not in {SATURDAY, SUNDAY, MONDAY},
    }
    wanted = {day for day, is_one in eves.items() if is_one} | {nth(year, 11, THURSDAY, 4) + timedelta(days=1)}
    for hours_id, wall in (("us_regular", "13:00"), ("us_equities", "17:00")):
        assert days_of(holidays().early_closes[hours_id][wall], year) == wanted


@pytest.mark.parametrize("year", YEARS)
def test_hong_kong_is_closed_on_its_fixed_days_and_at_easter_and_half_open_on_three_eves(year: int) -> None:
    closed = days_of(holidays().closed["hong_kong"], year)
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 7, 1), date(year, 10, 1), date(year, 12, 25)}
    new_moon = NEW_MOONS[year]
    moving = {easter(year) - timedelta(days=2), *(new_moon + timedelta(days=number) for number in range(3))}
    assert {day for day in fixed | moving if day.weekday() < SATURDAY} <= closed
    eves = {new_moon - timedelta(days=1), date(year, 12, 24), date(year, 12, 31)}
    half = days_of(holidays().early_closes["hk_equities"]["12:10"], year)
    assert half == {day for day in eves if day.weekday() < SATURDAY}


@pytest.mark.parametrize("region", ["us_shares", "hong_kong", "currencies"])
def test_holidays_abroad_are_weekdays_in_order(region: str) -> None:
    closed = list(holidays().closed[region])
    assert closed == sorted(set(closed))
    assert all((day_number(day) + THURSDAY) % 7 < SATURDAY for day in closed)


def test_a_half_day_is_no_holiday_and_its_hours_end_early() -> None:
    calendar = ExchangeCalendar()
    for hours_id, walls in holidays().early_closes.items():
        for wall, days in walls.items():
            for day in days:
                hours = calendar.day_at(hours_id, day_number(day) * _DAY_NS + _BEFORE_ALL_OPEN_NS)
                assert hours.trading_day == day, (hours_id, wall)
                usual = calendar.day_at(hours_id, hours.close_ns + _DAY_NS)
                assert len(hours.sections) <= len(usual.sections)
    black_friday = calendar.day_at("us_regular", new_york("2026-11-27 12:00:00"))
    assert black_friday.sections == (Section(new_york("2026-11-27 09:30:00"), new_york("2026-11-27 13:00:00")),)
    assert calendar.section_at("us_regular", new_york("2026-11-27 14:00:00")) is None
    assert calendar.day_at("us_regular", new_york("2026-11-27 14:00:00")).trading_day == yyyymmdd(day_number(20261130))
