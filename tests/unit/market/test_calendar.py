"""Trading days and sections: night sessions, holidays, breaks, other time zones."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_builders import new_york, shanghai
from tradewind.domain.hours import TradingCalendar
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar, build_calendar, day_number, yyyymmdd
from tradewind.market.facts import holidays, trading_hours

HOURS = sorted({rule.hours_id for rule in trading_hours().hours})
CHINA = sorted({rule.hours_id for rule in trading_hours().hours if rule.region == "china"})
MOMENTS = st.integers(shanghai("2019-01-02 00:00:00"), shanghai("2026-12-20 00:00:00"))


def test_both_calendars_answer_as_the_line_asks() -> None:
    calendars: list[TradingCalendar] = [ExchangeCalendar(), RoundTheClockCalendar()]
    for calendar in calendars:
        assert calendar.day_at("day_only", shanghai("2021-01-04 10:00:00")).trading_day == 20210104


def test_index_futures_trade_from_half_past_nine_with_an_auction_before() -> None:
    day = ExchangeCalendar().day_at("index_futures", shanghai("2021-01-04 09:29:00"))
    assert day.trading_day == 20210104
    assert day.auction_ns == shanghai("2021-01-04 09:25:00")
    assert [(section.open_ns, section.close_ns) for section in day.sections] == [
        (shanghai("2021-01-04 09:30:00"), shanghai("2021-01-04 11:30:00")),
        (shanghai("2021-01-04 13:00:00"), shanghai("2021-01-04 15:00:00")),
    ]


@pytest.mark.parametrize(
    ("hours_id", "moment", "trading_day"),
    [
        ("night_0230", "2021-01-04 21:00:00", 20210105),  # Monday night
        ("night_0230", "2021-01-05 02:29:59", 20210105),
        ("night_0230", "2021-01-08 22:00:00", 20210111),  # Friday night
        ("night_0230", "2021-01-09 02:30:00", 20210111),  # after midnight: Saturday
        ("night_0100", "2021-01-09 01:00:00", 20210111),
        ("night_2300", "2021-01-08 22:59:59", 20210111),
        ("night_0230", "2019-10-08 21:00:00", 20191009),  # first evening after National Day
        ("night_0230", "2020-01-22 23:00:00", 20200123),
        ("night_0100", "2024-02-07 23:00:00", 20240208),
        ("night_0230", "2020-05-06 21:00:00", 20200507),  # night sessions came back
    ],
)
def test_a_night_session_belongs_to_the_next_trading_day(hours_id: str, moment: str, trading_day: int) -> None:
    calendar = ExchangeCalendar()
    assert calendar.section_at(hours_id, shanghai(moment)) is not None
    assert calendar.day_at(hours_id, shanghai(moment)).trading_day == trading_day
    assert calendar.trading_day_at(hours_id, shanghai(moment)) == trading_day


@pytest.mark.parametrize(
    ("hours_id", "moment"),
    [
        ("night_0230", "2019-09-30 21:30:00"),  # eve of National Day
        ("night_0230", "2019-10-01 01:00:00"),
        ("night_0230", "2019-10-07 21:30:00"),  # evening of the last holiday
        ("night_0230", "2020-01-23 21:30:00"),  # eve of Chinese New Year
        ("night_0230", "2024-02-08 21:30:00"),
        ("night_2300", "2025-01-27 21:30:00"),
        ("night_2300", "2026-02-13 21:30:00"),
        ("night_0230", "2020-02-10 21:30:00"),  # epidemic: a year's only trading days without a night
        ("night_0230", "2020-05-05 21:30:00"),
        ("night_0230", "2021-01-10 21:30:00"),  # Sunday evening
        ("night_0230", "2021-01-05 02:30:04"),
        ("night_0100", "2021-01-05 01:30:00"),
        ("day_only", "2021-01-04 21:30:00"),
        ("day_only", "2021-01-04 10:20:00"),
        ("night_0230", "2021-01-04 12:00:00"),
        ("index_futures", "2021-01-04 11:30:04"),
        ("index_futures", "2021-01-04 15:30:48"),
        ("index_futures", "2021-01-02 10:00:00"),
        ("bond_futures", "2020-07-20 09:20:00"),  # first day of the later opening
    ],
)
def test_outside_the_sections_nothing_trades(hours_id: str, moment: str) -> None:
    assert ExchangeCalendar().section_at(hours_id, shanghai(moment)) is None


@pytest.mark.parametrize(
    ("hours_id", "moment"),
    [
        ("bond_futures", "2020-07-17 09:20:00"),
        ("bond_futures", "2021-01-04 15:14:00"),
        ("night_0100", "2019-09-16 14:01:33"),
        ("day_only", "2021-01-04 10:15:03"),
        ("index_futures", "2021-01-04 15:00:00.400"),
    ],
)
def test_inside_the_sections_it_trades(hours_id: str, moment: str) -> None:
    assert ExchangeCalendar().section_at(hours_id, shanghai(moment)) is not None


def test_the_closing_tolerance_is_three_seconds_and_can_be_changed() -> None:
    closing = shanghai("2021-01-04 15:00:00")
    calendar, strict = ExchangeCalendar(), ExchangeCalendar(closing_tolerance_s=0)
    assert calendar.section_at("day_only", closing + 3 * NS_PER_S) is not None
    assert calendar.section_at("day_only", closing + 3 * NS_PER_S + 1) is None
    assert strict.section_at("day_only", closing) is not None
    assert strict.section_at("day_only", closing + 1) is None


def test_after_the_close_the_day_to_come_is_the_answer_but_its_quotes_are_still_yesterdays() -> None:
    calendar = ExchangeCalendar()
    evening = shanghai("2021-01-08 16:00:00")
    assert calendar.day_at("night_0230", evening).trading_day == 20210111
    assert calendar.trading_day_at("night_0230", evening) == 20210108
    assert calendar.trading_day_at("night_0230", shanghai("2021-01-08 20:55:00")) == 20210111
    assert calendar.trading_day_at("index_futures", shanghai("2021-01-11 09:24:59")) == 20210108


def test_without_a_night_session_the_auction_is_in_the_morning() -> None:
    day = ExchangeCalendar().day_at("night_0230", shanghai("2019-10-08 08:00:00"))
    assert day.trading_day == 20191008
    assert day.auction_ns == shanghai("2019-10-08 08:55:00")
    assert len(day.sections) == 3


def test_new_yorks_summer_and_winter_hours_are_told_apart() -> None:
    calendar = ExchangeCalendar()
    summer = calendar.day_at("us_equities", new_york("2013-10-07 12:00:00"))
    winter = calendar.day_at("us_equities", new_york("2013-11-04 12:00:00"))
    assert summer.open_ns == shanghai("2013-10-07 16:00:00")
    assert winter.open_ns == shanghai("2013-11-04 17:00:00")
    assert summer.close_ns == new_york("2013-10-07 20:00:00")


def test_gold_in_new_york_trades_round_the_clock_from_sunday_evening() -> None:
    calendar = ExchangeCalendar()
    assert calendar.day_at("comex_metals", new_york("2013-10-06 18:00:00")).trading_day == 20131007
    assert calendar.section_at("comex_metals", new_york("2013-10-06 17:59:59")) is None
    assert calendar.section_at("comex_metals", new_york("2013-10-07 23:59:59")) is not None
    assert calendar.day_at("comex_metals", new_york("2013-10-07 19:00:00")).trading_day == 20131008


def test_unknown_hours_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'martian'"):
        ExchangeCalendar().day_at("martian", shanghai("2021-01-04 10:00:00"))


def test_the_calendar_says_where_its_holidays_end() -> None:
    calendar = ExchangeCalendar()
    assert calendar.is_verified(20261231)
    assert not calendar.is_verified(20270101)
    assert not calendar.is_verified(20181228)


def test_all_recorded_holidays_are_weekdays_in_order() -> None:
    closed = list(holidays().closed["china"])
    assert closed == sorted(set(closed))
    assert all(date.fromordinal(day_number(day) + date(1970, 1, 1).toordinal()).weekday() < 5 for day in closed)


def test_the_round_the_clock_market_never_closes_and_changes_its_day_at_midnight() -> None:
    calendar = build_calendar("round_the_clock")
    midnight = shanghai("2026-02-17 00:00:00")
    assert calendar.day_at("night_0230", midnight).trading_day == 20260216
    assert calendar.day_at("night_0230", midnight + 1).trading_day == 20260217
    section = calendar.section_at("index_futures", midnight + 1)
    assert section is not None
    assert (section.open_ns, section.close_ns) == (midnight, midnight + 86_400 * NS_PER_S)


def test_the_mode_names_the_calendar() -> None:
    assert isinstance(build_calendar("exchange"), ExchangeCalendar)
    assert isinstance(build_calendar("round_the_clock"), RoundTheClockCalendar)


@given(moment=MOMENTS, hours_id=st.sampled_from(HOURS))
def test_an_answer_does_not_depend_on_what_was_asked_before(moment: int, hours_id: str) -> None:
    fresh, used = ExchangeCalendar(), ExchangeCalendar()
    for offset in (-40, -1, 0, 3):
        used.day_at(hours_id, moment + offset * 3600 * NS_PER_S)
    assert used.day_at(hours_id, moment) == fresh.day_at(hours_id, moment)


@given(moment=MOMENTS, hours_id=st.sampled_from(HOURS))
def test_the_answer_is_the_first_day_that_has_not_ended(moment: int, hours_id: str) -> None:
    calendar = ExchangeCalendar()
    day = calendar.day_at(hours_id, moment)
    assert moment <= day.close_ns + 3 * NS_PER_S
    before = calendar.day_at(hours_id, day.auction_ns - 4 * NS_PER_S)
    assert before.trading_day <= day.trading_day
    assert before is day or before.close_ns + 3 * NS_PER_S < moment or before.trading_day == day.trading_day


@given(moment=MOMENTS, hours_id=st.sampled_from(CHINA))
def test_sections_of_a_day_are_apart_and_in_order(moment: int, hours_id: str) -> None:
    sections = ExchangeCalendar().day_at(hours_id, moment).sections
    times = [edge for section in sections for edge in (section.open_ns, section.close_ns)]
    assert times == sorted(set(times))


@given(moment=MOMENTS, hours_id=st.sampled_from(CHINA))
def test_whoever_trades_in_a_section_trades_on_the_day_it_belongs_to(moment: int, hours_id: str) -> None:
    calendar = ExchangeCalendar()
    section = calendar.section_at(hours_id, moment)
    if section is not None:
        day = calendar.day_at(hours_id, moment)
        assert section in day.sections
        assert day.trading_day not in holidays().closed["china"]
        assert calendar.trading_day_at(hours_id, moment) == day.trading_day


@given(st.dates(date(1971, 1, 1), date(2099, 12, 31)))
def test_day_numbers_and_dates_are_the_same_thing(day: date) -> None:
    written = day.year * 10_000 + day.month * 100 + day.day
    assert yyyymmdd(day_number(written)) == written
    assert day_number(written) == (day - date(1970, 1, 1)) // timedelta(days=1)


def test_laid_out_days_are_bounded() -> None:
    calendar = ExchangeCalendar()
    for day in range(400):
        calendar.day_at("night_0230", shanghai("2021-01-04 10:00:00") + day * 86_400 * NS_PER_S + NS_PER_MS)
    assert len(calendar._tracks["night_0230"]._days) <= 64
