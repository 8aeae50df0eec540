"""Trading calendars: which trading day and which section a moment belongs to.

A night session belongs to the next trading day: Friday's to Monday, and on the eve of a holiday there is none.
Questions are asked per tick, so the last answer of every hours id is kept together with the span it holds for; a
trading day is laid out once and then only compared with.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tradewind.domain.hours import Section, TradingDayHours
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.facts import HolidayFile, HoursFile, HoursRule, holidays, trading_hours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradewind.market.settings import CalendarMode

DEFAULT_TOLERANCE_S: Final = 3.0
_MINUTE_NS: Final = 60 * NS_PER_S
_DAY_NS: Final = 86_400 * NS_PER_S
_SHANGHAI_OFFSET_NS: Final = 8 * 3600 * NS_PER_S
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_SATURDAY: Final = 5
_DAYS_KEPT: Final = 64


def day_number(trading_day: int) -> int:
    """Return the days from 1970-01-01 to `yyyymmdd`."""
    return date(trading_day // 10_000, trading_day // 100 % 100, trading_day % 100).toordinal() - _EPOCH_ORDINAL


def yyyymmdd(number: int) -> int:
    """Return the day `number` days after 1970-01-01 as one integer."""
    day = date.fromordinal(number + _EPOCH_ORDINAL)
    return day.year * 10_000 + day.month * 100 + day.day


def china_date(ts: int) -> int:
    """Return the date in China at that moment, whatever is traded there."""
    return yyyymmdd((ts + _SHANGHAI_OFFSET_NS) // _DAY_NS)


class ExchangeCalendar:
    """The exchanges' real hours and holidays; implements `domain.hours.TradingCalendar`.

    At most 64 laid-out days are kept per hours id; when full the oldest is forgotten. Outside the span of
    `verified_from` … `verified_until` only weekends are known to be closed.
    """

    def __init__(
        self,
        *,
        closing_tolerance_s: float = DEFAULT_TOLERANCE_S,
        hours: HoursFile | None = None,
        closed: HolidayFile | None = None,
    ) -> None:
        """Use the shipped tables unless others are given."""
        hours = trading_hours() if hours is None else hours
        closed = holidays() if closed is None else closed
        self.verified_from = closed.verified_from
        self.verified_until = closed.verified_until
        tolerance_ns = round(closing_tolerance_s * NS_PER_S)
        regions = {
            name: _Region(zone, frozenset(day_number(day) for day in closed.closed.get(name, ())))
            for name, zone in hours.regions.items()
        }
        suspended = tuple((day_number(item.from_day), day_number(item.to_day)) for item in closed.night_suspensions)
        rules: dict[str, list[HoursRule]] = {}
        for rule in hours.hours:
            rules.setdefault(rule.hours_id, []).append(rule)
        self._tracks = {
            hours_id: _Track(
                tuple(dated), regions[dated[0].region], suspended, tolerance_ns, _early(closed.early_closes, hours_id)
            )
            for hours_id, dated in rules.items()
        }

    def day_at(self, hours_id: str, ts: int) -> TradingDayHours:
        """Return the trading day that `ts` lies in (breaks included), or else the next one to open after it."""
        return self._track(hours_id).day_at(ts)

    def section_at(self, hours_id: str, ts: int) -> Section | None:
        """Return the section that `ts` lies in, with the closing tolerance; `None` outside trading."""
        track = self._track(hours_id)
        for section in track.day_at(ts).sections:
            if section.open_ns <= ts <= section.close_ns + track.tolerance_ns:
                return section
        return None

    def trading_day_at(self, hours_id: str, ts: int) -> int:
        """Return the trading day whose figures a quote of that moment shows: it lasts until the next auction."""
        track = self._track(hours_id)
        day = track.day_at(ts)
        return day.trading_day if ts >= day.auction_ns else track.before(day.trading_day)

    def is_verified(self, trading_day: int) -> bool:
        """Say whether the list of holidays is known to be complete for that day."""
        return self.verified_from <= trading_day <= self.verified_until

    def _track(self, hours_id: str) -> _Track:
        try:
            return self._tracks[hours_id]
        except KeyError:
            message = f"no trading hours are named {hours_id!r}; sessions.json has {', '.join(self._tracks)}"
            raise ConfigError(message) from None


class RoundTheClockCalendar:
    """One section from midnight to midnight in Shanghai, every day of the year: the simulated market's hours.

    The instant between two days belongs to the day that ends.
    """

    verified_from = 0
    verified_until = 99991231

    def __init__(self) -> None:
        self._day = self._lay_out(0)

    def day_at(self, hours_id: str, ts: int) -> TradingDayHours:  # noqa: ARG002 - the port's signature
        """Return the calendar day that `ts` lies in."""
        day = self._day
        if not day.auction_ns < ts <= day.sections[0].close_ns:
            day = self._day = self._lay_out((ts + _SHANGHAI_OFFSET_NS - 1) // _DAY_NS)
        return day

    def section_at(self, hours_id: str, ts: int) -> Section | None:
        """Return the one section of that day."""
        return self.day_at(hours_id, ts).sections[0]

    def trading_day_at(self, hours_id: str, ts: int) -> int:
        """Return that calendar day."""
        return self.day_at(hours_id, ts).trading_day

    def is_verified(self, trading_day: int) -> bool:  # noqa: ARG002 - the signature of `ExchangeCalendar`
        """Always: there are no holidays to know."""
        return True

    @staticmethod
    def _lay_out(number: int) -> TradingDayHours:
        opened = number * _DAY_NS - _SHANGHAI_OFFSET_NS
        return TradingDayHours(yyyymmdd(number), opened, (Section(opened, opened + _DAY_NS),))


def build_calendar(
    mode: CalendarMode, *, closing_tolerance_s: float = DEFAULT_TOLERANCE_S
) -> ExchangeCalendar | RoundTheClockCalendar:
    """Return the calendar of that mode; the round-the-clock one never closes and so needs no tolerance."""
    if mode == "round_the_clock":
        return RoundTheClockCalendar()
    return ExchangeCalendar(closing_tolerance_s=closing_tolerance_s)


class _Region:
    """Where midnight is and which days are worked on."""

    def __init__(self, zone: str, closed: frozenset[int]) -> None:
        # Shanghai has had no daylight saving time since 1991: integers do.
        self._zone = None if zone == "Asia/Shanghai" else ZoneInfo(zone)
        self._closed = closed

    def is_open(self, number: int) -> bool:
        """Say whether day `number` is a trading day."""
        return _weekday(number) < _SATURDAY and number not in self._closed

    def open_day_from(self, number: int, step: int = 1) -> int:
        """Return the first trading day from `number` on, in that direction."""
        while not self.is_open(number):
            number += step
        return number

    def is_next_evening(self, before: int, number: int) -> bool:
        """Say whether only a weekend, and no holiday, lies between two successive trading days."""
        return not any(day in self._closed for day in range(before + 1, number))

    def at_ns(self, number: int, minute: int) -> int:
        """Return the moment `minute` minutes of wall time after the midnight that begins day `number`."""
        if self._zone is None:
            return number * _DAY_NS - _SHANGHAI_OFFSET_NS + minute * _MINUTE_NS
        wall = datetime.fromordinal(number + _EPOCH_ORDINAL) + timedelta(minutes=minute)
        return round(wall.replace(tzinfo=self._zone).timestamp()) * NS_PER_S


class _Track:
    """The laid-out days of one hours id and the last answer."""

    def __init__(
        self,
        rules: tuple[HoursRule, ...],
        region: _Region,
        suspended: tuple[tuple[int, int], ...],
        tolerance_ns: int,
        early: Mapping[int, int],
    ) -> None:
        self._rules = rules
        self._region = region
        self._suspended = suspended
        self._early = early
        """Days that end early, and after how many minutes of wall time."""
        self.tolerance_ns = tolerance_ns
        self._days: dict[int, TradingDayHours] = {}
        self._last: TradingDayHours | None = None
        self._after_ns = 0
        self._until_ns = -1

    def day_at(self, ts: int) -> TradingDayHours:
        """Return the first trading day that has not ended before `ts`."""
        if self._last is not None and self._after_ns < ts <= self._until_ns:
            return self._last
        # The local date is the UTC date or one beside it; a day too early only costs one more comparison.
        number = self._region.open_day_from(ts // _DAY_NS - 1)
        while (day := self._laid_out(number)).close_ns + self.tolerance_ns < ts:
            number = self._region.open_day_from(number + 1)
        before = self._laid_out(self._region.open_day_from(number - 1, -1))
        self._after_ns = before.close_ns + self.tolerance_ns
        self._until_ns = day.close_ns + self.tolerance_ns
        self._last = day
        return day

    def before(self, trading_day: int) -> int:
        """Return the trading day before that one."""
        return yyyymmdd(self._region.open_day_from(day_number(trading_day) - 1, -1))

    def _laid_out(self, number: int) -> TradingDayHours:
        day = self._days.get(number)
        if day is None:
            if len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            day = self._days[number] = self._lay_out(number)
        return day

    def _lay_out(self, number: int) -> TradingDayHours:
        trading_day = yyyymmdd(number)
        rule = next(rule for rule in self._rules if rule.until is None or trading_day <= rule.until)
        at_ns = self._region.at_ns
        spans = [(_minutes(begin), _minutes(end)) for begin, end in rule.day]
        if (last := self._early.get(trading_day)) is not None:
            # The section under way then ends then, be it later than usual, as the half day's auction of Hong Kong.
            spans = [span for span in spans if span[0] < last]
            spans[-1] = (spans[-1][0], last)
        sections = [Section(at_ns(number, begin), at_ns(number, end)) for begin, end in spans]
        before = self._region.open_day_from(number - 1, -1)
        if rule.night is not None and self._has_night(before, number):
            begin, end = rule.night
            sections.insert(0, Section(at_ns(before, _minutes(begin)), at_ns(before, _minutes(end))))
        return TradingDayHours(trading_day, sections[0].open_ns - rule.auction_minutes * _MINUTE_NS, tuple(sections))

    def _has_night(self, before: int, number: int) -> bool:
        is_suspended = any(first <= number <= last for first, last in self._suspended)
        return not is_suspended and self._region.is_next_evening(before, number)


def _early(early_closes: Mapping[str, Mapping[str, Sequence[int]]], hours_id: str) -> dict[int, int]:
    return {day: _minutes(wall) for wall, days in early_closes.get(hours_id, {}).items() for day in days}


def _weekday(number: int) -> int:
    """Monday is 0; 1970-01-01 was a Thursday."""
    return (number + 3) % 7


def _minutes(wall_time: str) -> int:
    """Return `HH:MM` as minutes after midnight; negative on the evening before, past 1440 on the day after."""
    sign = -1 if wall_time.startswith("-") else 1
    hours, _, minutes = wall_time.lstrip("-").partition(":")
    return sign * (int(hours) * 60 + int(minutes))
