"""When an account's day ends, by the exchanges' own calendar: after the last close, before the evening session."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tradewind.kernel.clock import NS_PER_S
from tradewind.market import ExchangeCalendar, RoundTheClockCalendar
from tradewind.portfolio.days import AccountDays
from tradewind.portfolio.settings import PortfolioSettings


def at(text: str) -> int:
    moment = datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(moment.timestamp()) * NS_PER_S


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("01-08 22:00", 20260109),  # Thursday evening belongs to Friday
        ("01-09 10:00", 20260109),
        ("01-09 15:10", 20260109),  # bond futures still trade
        ("01-09 15:40", 20260109),
        ("01-09 15:46", 20260112),  # half an hour after their close
        ("01-09 21:30", 20260112),  # Friday evening belongs to Monday
        ("01-10 12:00", 20260112),
        ("02-13 16:00", 20260224),  # the last day before the Spring Festival
    ],
)
def test_an_account_s_day_ends_half_an_hour_after_the_last_close(moment: str, day: int) -> None:
    assert AccountDays(ExchangeCalendar(), PortfolioSettings()).at(at(moment)) == day


@pytest.mark.parametrize(
    ("moment", "has_begun"), [("01-09 16:00", False), ("01-09 20:56", True), ("01-12 09:00", True)]
)
def test_the_next_day_begins_with_its_first_auction(moment: str, *, has_begun: bool) -> None:
    assert AccountDays(ExchangeCalendar(), PortfolioSettings()).has_begun(20260112, at(moment)) is has_begun


def test_round_the_clock_a_day_begins_at_midnight_and_is_settled_later() -> None:
    days = AccountDays(RoundTheClockCalendar(), PortfolioSettings())
    assert days.has_begun(20260110, at("01-10 00:01"))
    assert (days.at(at("01-10 00:01")), days.at(at("01-10 00:31"))) == (20260109, 20260110)
