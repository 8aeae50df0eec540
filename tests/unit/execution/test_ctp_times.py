"""When a return of CTP's was: its dates are wrong at night on two exchanges, so only times of day are read."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tradewind.execution.brokers.ctp.reading import moment_of
from tradewind.kernel.clock import NS_PER_S

MONDAY = 20250407
CHINA = ZoneInfo("Asia/Shanghai")


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()) * NS_PER_S


@pytest.mark.parametrize(
    ("now", "time_of_day", "was"),
    [
        ("2025-04-07 10:00:05", "10:00:00", "2025-04-07 10:00:00"),
        # Monday's night session is Friday's evening and Saturday's first hours.
        ("2025-04-04 21:30:05", "21:30:00", "2025-04-04 21:30:00"),
        ("2025-04-05 01:30:05", "21:30:00", "2025-04-04 21:30:00"),
        ("2025-04-05 01:30:05", "01:30:00", "2025-04-05 01:30:00"),
        ("2025-04-07 10:00:05", "21:30:00", "2025-04-04 21:30:00"),
        ("2025-04-07 10:00:05", "01:30:00", "2025-04-05 01:30:00"),
    ],
)
def test_a_time_of_day_is_of_the_trading_day_or_of_the_night_before_it(now: str, time_of_day: str, was: str) -> None:
    assert moment_of(time_of_day, MONDAY, ns(now)) == ns(was)


@pytest.mark.parametrize("nonsense", ["", "25:61:00", "9:30", "ab:cd:ef"])
def test_what_is_no_time_is_now(nonsense: str) -> None:
    now = ns("2025-04-07 10:00:00")
    assert moment_of(nonsense, MONDAY, now) == now
