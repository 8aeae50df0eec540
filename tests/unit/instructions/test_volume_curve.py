"""The usual course of a contract's volume through the day."""

from __future__ import annotations

from decimal import Decimal

from tradewind.domain.bar import Bar
from tradewind.instructions.volume_curve import VolumeCurves

MINUTE_NS = 60_000_000_000
DAY_NS = 1_440 * MINUTE_NS


def hear_day(curves: VolumeCurves, day: int, volumes: list[int]) -> None:
    for number, volume in enumerate(volumes):
        opens = day * DAY_NS + number * MINUTE_NS
        curves.heard(
            Bar("x", 60, opens, opens + MINUTE_NS, 20210100 + day, 1.0, 1.0, 1.0, 1.0, volume, 0.0, 0.0, 1, number)
        )


def test_without_a_whole_day_seen_there_is_no_curve() -> None:
    curves = VolumeCurves()
    hear_day(curves, 1, [10] * 60)
    assert curves.share("x", 0, MINUTE_NS * 60, MINUTE_NS) is None


def test_the_share_follows_yesterdays_volume_not_the_clock() -> None:
    curves = VolumeCurves()
    hear_day(curves, 1, [30] * 30 + [10] * 30)
    hear_day(curves, 2, [1])
    begin = 2 * DAY_NS
    assert curves.share("x", begin, begin + 60 * MINUTE_NS, begin + 30 * MINUTE_NS) == Decimal("0.75")
    assert curves.share("x", begin, begin + 60 * MINUTE_NS, begin + 60 * MINUTE_NS) == Decimal("1.0")


def test_days_are_remembered_less_the_older_they_are() -> None:
    curves = VolumeCurves()
    hear_day(curves, 1, [40] * 30 + [0] * 30)
    hear_day(curves, 2, [0] * 30 + [40] * 30)
    hear_day(curves, 3, [1])
    begin = 3 * DAY_NS
    assert curves.share("x", begin, begin + 60 * MINUTE_NS, begin + 30 * MINUTE_NS) == Decimal("0.75")


def test_a_day_of_a_few_minutes_teaches_nothing() -> None:
    curves = VolumeCurves()
    hear_day(curves, 1, [10] * 5)
    hear_day(curves, 2, [1])
    assert curves.share("x", 2 * DAY_NS, 2 * DAY_NS + MINUTE_NS, 2 * DAY_NS) is None
