"""When a quote happened: CTP's civil Chinese date and time, full date-times and epochs, to ns UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError
from tradewind.market.sources.layouts.ctp_row import action_day as date_at_night

_CHINA: Final = timezone(timedelta(hours=8))
_CHINA_OFFSET_NS: Final = 8 * 3600 * NS_PER_S
_DAY_NS: Final = 86_400 * NS_PER_S
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MEMO_SIZE: Final = 65_536
_AHEAD_NS: Final = 3600 * NS_PER_S
"""A quote without a date is of the latest day on which it is at most this far ahead of our clock."""
_CLOCK: Final = re.compile(r"(\d\d?):(\d\d):(\d\d)(?:[.,:](\d{1,9}))?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4})[-/]?(\d\d)[-/]?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9})\d*)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_EPOCHS: Final = ((10**17, 1), (10**14, 1000), (10**11, NS_PER_MS), (10**8, NS_PER_S))
"""From which number on it counts ns, µs, ms, s: each covers 1973 … 5138."""
_LATEST_NS: Final = 1 << 62
"""In the year 2116; from there on no 64 bits are sure to hold it."""
_TO_THE_SECOND: Final = len("YYYY-MM-DD HH:MM:SS")
_LONGEST: Final = 40


class Moments:
    """Turns what a message says of its time into ns UTC. Remembers seconds; forgets all of them when full."""

    def __init__(self, *, trusts_action_day: bool) -> None:
        """Trust `ActionDay` at night even from DCE, where trading days are calendar days (round the clock)."""
        self._trusts = trusts_action_day
        self._seconds: dict[tuple[str | bytes, str | bytes, str | bytes, str], int] = {}
        self._civil: dict[str, int] = {}
        self.known_second = self._seconds.get
        """The memo's own look-up, by (clock, action day, trading day, exchange); `None` when it must be worked out."""

    def second_ns(
        self, clock: str | bytes, action: str | bytes, trading_day: str | bytes, exchange: str, *, now_ns: int
    ) -> int:
        """Return the moment of a CTP time of day.

        Raises: RefusedFrameError: there is no such time or date.
        """
        if len(clock) > _LONGEST:
            raise _no_time(clock[:_LONGEST])
        try:
            of_day_s, fraction_ns = _of_day(_text(clock))
            action_text, trading_text = _day_text(action), _day_text(trading_day)
            if not action_text and not trading_text:
                return _undated_ns(of_day_s * NS_PER_S + fraction_ns, now_ns)
            day = self._natural_date(action_text, trading_text, exchange, of_day_s)
        except (ValueError, OverflowError) as error:
            raise RefusedFrameError(RefusalReason.TIME, str(error)) from None
        moment = (day.toordinal() - _EPOCH_ORDINAL) * _DAY_NS - _CHINA_OFFSET_NS + of_day_s * NS_PER_S + fraction_ns
        if not 0 < moment < _LATEST_NS:
            raise _no_time(day.isoformat())
        if len(self._seconds) >= _MEMO_SIZE:
            self._seconds.clear()
        self._seconds[clock, action, trading_day, exchange] = moment
        return moment

    def moment_of(self, value: Any, *, now_ns: int, day: str = "") -> int:  # noqa: ANN401 - whatever the message held
        """Return the moment of a full date-time, an epoch number of any unit, or a time of day.

        Raises: RefusedFrameError: it is none of them.
        """
        if type(value) is str:
            known = self._civil.get(value[:_TO_THE_SECOND])
            if known is not None and (fraction_ns := _plain_fraction(value)) is not None:
                return known + fraction_ns
        elif type(value) is bytes:
            value = _text(value)
        moment = _moment_of(value, now_ns, day)
        if not 0 < moment < _LATEST_NS:
            raise _no_time(value)
        if type(value) is str and value[16:17] == ":" and _plain_fraction(value) is not None:
            if len(self._civil) >= _MEMO_SIZE:
                self._civil.clear()
            self._civil[value[:_TO_THE_SECOND]] = moment // NS_PER_S * NS_PER_S
        return moment

    def _natural_date(self, action: str, trading_day: str, exchange: str, of_day_s: int) -> date:
        # DCE writes the trading day into ActionDay; every other exchange's is the natural date, also at night.
        if action and (self._trusts or exchange != "DCE" or action != trading_day):
            return _date_of(action)
        return date_at_night(trading_day, action, exchange, of_day_s)


def _moment_of(value: Any, now_ns: int, day: str) -> int:  # noqa: ANN401 - as above
    if type(value) is int or type(value) is float:
        return _moment_of_number(value, now_ns, day)
    if type(value) is not str or len(value) > _LONGEST:
        raise _no_time(value)
    text = value.strip()
    if match := _DATE_TIME.fullmatch(text):
        return _moment_of_parts(*match.groups())
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        return _moment_of_number(float(text) if "." in text else int(text), now_ns, day)
    try:
        of_day_s, fraction_ns = _of_day(text)
        return _on_day(of_day_s * NS_PER_S + fraction_ns, day, now_ns)
    except (ValueError, OverflowError):
        raise _no_time(value) from None


def _plain_fraction(text: str) -> int | None:
    """Return the ns behind the seconds of a Chinese date-time; `None` when something else stands there."""
    tail = text[_TO_THE_SECOND:].removesuffix("+08:00")
    if not tail:
        return 0
    digits = tail[1:10]
    return int(digits.ljust(9, "0")) if tail[0] == "." and digits.isdecimal() and len(tail) <= _LONGEST else None


def _on_day(of_day_ns: int, day: str, now_ns: int) -> int:
    if not day:
        return _undated_ns(of_day_ns, now_ns)
    return (_date_of(day).toordinal() - _EPOCH_ORDINAL) * _DAY_NS - _CHINA_OFFSET_NS + of_day_ns


def _undated_ns(of_day_ns: int, now_ns: int) -> int:
    midnight = (now_ns + _CHINA_OFFSET_NS) // _DAY_NS * _DAY_NS - _CHINA_OFFSET_NS
    moment = midnight + _DAY_NS + of_day_ns
    while moment > now_ns + _AHEAD_NS:
        moment -= _DAY_NS
    return moment


def _moment_of_number(value: float, now_ns: int, day: str) -> int:
    for least, unit_ns in _EPOCHS:
        if least <= value < least * 1000:
            # A float of seconds is good for microseconds, no finer.
            return int(value) * unit_ns if type(value) is int else round(value * unit_ns / 1000) * 1000
    # 93000 is 09:30:00, and 93000500 is 09:30:00.500.
    whole, ms = divmod(value, 1000) if value > 240_000 else (value, 0)  # noqa: PLR2004 - later than any HHMMSS
    if value >= 0 and whole == int(whole):
        hour, minute, second = int(whole) // 10_000, int(whole) // 100 % 100, int(whole) % 100
        if hour < 24 and minute < 60 and second < 60:  # noqa: PLR2004 - a clock
            of_day_ns = (hour * 3600 + minute * 60 + second) * NS_PER_S + int(ms) * NS_PER_MS
            return _checked_on_day(of_day_ns, day, now_ns, value)
    raise _no_time(value)


def _checked_on_day(of_day_ns: int, day: str, now_ns: int, value: object) -> int:
    try:
        return _on_day(of_day_ns, day, now_ns)
    except (ValueError, OverflowError):
        raise _no_time(value) from None


def _moment_of_parts(*parts: str | None) -> int:
    *civil, fraction, zone = parts
    offset = _CHINA
    if zone:
        sign = -1 if zone[0] == "-" else 1
        minutes = 0 if zone == "Z" else int(zone[1:3]) * 60 + int(zone[-2:])
        offset = timezone(sign * timedelta(minutes=minutes)) if minutes < 24 * 60 else _CHINA
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in civil)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset)
    except ValueError as error:
        raise RefusedFrameError(RefusalReason.TIME, str(error)) from None
    return round(moment.timestamp()) * NS_PER_S + int((fraction or "").ljust(9, "0"))


def _of_day(clock: str) -> tuple[int, int]:
    """Return seconds and ns of `HH:MM:SS` with or without a fraction.

    Raises: ValueError: no such time of day.
    """
    match = _CLOCK.fullmatch(clock.strip())
    if match:
        hour, minute, second = (int(part) for part in match.groups()[:3])
        if hour < 24 and minute < 60 and second < 60:  # noqa: PLR2004 - a clock
            return hour * 3600 + minute * 60 + second, int((match[4] or "").ljust(9, "0"))
    message = f"no such time of day: {clock[:_LONGEST]!r}, must be HH:MM:SS"
    raise ValueError(message)


def _day_text(day: str | bytes) -> str:
    """Return a day's text; CTP writes 19800100 where it knows none."""
    text = _text(day).strip()
    return "" if text in {"0", "19800100"} else text


def _date_of(text: str) -> date:
    if not re.fullmatch(r"\d{4}-?\d\d-?\d\d", text, re.ASCII):
        message = f"no such date: {text[:_LONGEST]!r}, must be YYYYMMDD"
        raise ValueError(message)
    return date.fromisoformat(text)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _no_time(value: object) -> RefusedFrameError:
    shown = repr(value)[:80] if isinstance(value, str | int | float) else type(value).__name__
    return RefusedFrameError(RefusalReason.TIME, f"no time can be read from {shown}")
