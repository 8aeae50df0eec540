"""From a row of somebody's quote table to a raw tick; a row that is none says why."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.instrument import instrument_id_of
from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.domain.instrument import Instrument
    from tradewind.market.sources.settings import SqlMonitorSettings

_UNITS: Final = {"s": NS_PER_S, "ms": 1_000_000, "us": 1_000, "ns": 1}
_ABSENT_FROM: Final = 1e300
"""CTP writes DBL_MAX where it has no price, and so do tables filled from it."""
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local time on both sides of a difference
_LATEST_NS: Final = 1 << 62
_NAMES_KEPT: Final = 10_000


class QuoteRows:
    """Reads rows by the settings' columns; what names were looked up is remembered."""

    def __init__(self, settings: SqlMonitorSettings, find_symbol: Callable[[str], Instrument | None]) -> None:
        self._form = settings.time_form
        self._offset_ns = round(settings.utc_offset_h * 3_600) * NS_PER_S
        self._find_symbol = find_symbol
        self._names: dict[tuple[str, str], str] = {}

    def tick(self, row: Mapping[str, Any], ts_recv: int) -> RawTick:
        """Return the quote of a row.

        Raises: RefusedFrameError: it names no contract or no time, or a number in it is none.
        """
        fields: dict[str, Any] = {name: _number(row, name) for name in _PRICES}
        fields |= {name: _lots(row, name) for name in _LOTS}
        return RawTick(
            instrument_id=self._instrument_id(row),
            ts_event=self._moment(row["time"]),
            ts_recv=ts_recv,
            trading_day=_day(row.get("trading_day")),
            depth=None,
            **fields,
        )

    def _instrument_id(self, row: Mapping[str, Any]) -> str:
        told = (str(row["instrument"] or "").strip(), str(row.get("exchange") or "").strip().upper())
        known = self._names.get(told)
        if known is not None:
            return known
        symbol, exchange = told
        if symbol and exchange and "." not in symbol:
            found = instrument_id_of(symbol, exchange)
        elif "." in symbol:
            found = symbol
        else:
            instrument = self._find_symbol(symbol) if symbol else None
            if instrument is None:
                message = f"no exchange trades {symbol[:40]!r}, or more than one does"
                raise RefusedFrameError(RefusalReason.INSTRUMENT, message)
            found = instrument.instrument_id
        if len(self._names) >= _NAMES_KEPT:
            self._names.clear()
        self._names[told] = found
        return found

    def _moment(self, told: object) -> int:
        """Return a time as ns UTC."""
        if self._form == "local":
            since = _local(told)
            return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000 - self._offset_ns
        if isinstance(told, int | float | Decimal) and not isinstance(told, bool) and math.isfinite(told):
            moment = int(Decimal(str(told)) * _UNITS[self._form])
            if 0 < moment < _LATEST_NS:
                return moment
        message = f"time must be a number of {self._form} since 1970, was {str(told)[:40]!r}"
        raise RefusedFrameError(RefusalReason.TIME, message)


_PRICES: Final = (
    *("last_price", "turnover", "open_interest", "bid_price", "ask_price", "open_price", "high_price", "low_price"),
    *("pre_settlement_price", "pre_close_price", "pre_open_interest", "limit_up", "limit_down", "settlement_price"),
)
_LOTS: Final = ("volume", "bid_volume", "ask_volume")


def _local(told: object) -> timedelta:
    if isinstance(told, str):
        try:
            told = datetime.fromisoformat(told.strip())
        except ValueError:
            told = None
    if isinstance(told, datetime) and told.tzinfo is None:
        return told - _EPOCH
    message = f"time must be a date and time without a zone, was {str(told)[:40]!r}"
    raise RefusedFrameError(RefusalReason.TIME, message)


def _number(row: Mapping[str, Any], name: str) -> float | None:
    told = row.get(name)
    if told is None:
        return None
    if isinstance(told, int | float | Decimal) and not isinstance(told, bool):
        value = float(told)
    else:
        try:
            value = float(str(told).strip())
        except ValueError as error:
            message = f"{name} must be a number, was {str(told)[:40]!r}"
            raise RefusedFrameError(RefusalReason.WRONG_TYPE, message) from error
    # NaN fails the comparison: absent, as what CTP writes for it.
    return value if abs(value) < _ABSENT_FROM else None


def _lots(row: Mapping[str, Any], name: str) -> int | None:
    value = _number(row, name)
    if value is None:
        return None
    if value != int(value):
        message = f"{name} must be whole lots, was {value}"
        raise RefusedFrameError(RefusalReason.WRONG_TYPE, message)
    return int(value)


def _day(told: object) -> int:
    """Return a trading day as YYYYMMDD, 0 where the table does not say."""
    if told is None or told == "":
        return 0
    if isinstance(told, date):
        return told.year * 10_000 + told.month * 100 + told.day
    text = str(told).strip().replace("-", "")
    if len(text) == len("20260105") and text.isdecimal():
        return int(text)
    message = f"trading_day must be YYYYMMDD or a date, was {str(told)[:40]!r}"
    raise RefusedFrameError(RefusalReason.TIME, message)
