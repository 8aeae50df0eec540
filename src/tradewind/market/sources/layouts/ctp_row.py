"""One row of CTP's depth market data as text, to a raw tick."""

from __future__ import annotations

from datetime import date, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Final, get_args

from tradewind.domain.instrument import Exchange, instrument_id_of
from tradewind.domain.tick import DepthLevel, RawTick
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

ABSENT_FROM: Final = 1e300
_EXCHANGES: Final = tuple(place for place in get_args(Exchange) if place != "US")
"""Where a symbol without exchange may be at home; any capital letters could be a US share."""
_MEMO_SIZE: Final = 100_000
_DAY_NS: Final = 86_400 * NS_PER_S
_CHINA_OFFSET_NS: Final = 8 * 3600 * NS_PER_S
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_EVENING_S: Final = 20 * 3600
_MORNING_S: Final = 4 * 3600
_PRICES: Final = (
    *("LastPrice", "Turnover", "OpenInterest", "BidPrice1", "AskPrice1", "OpenPrice", "HighestPrice", "LowestPrice"),
    *("PreSettlementPrice", "PreClosePrice", "PreOpenInterest", "UpperLimitPrice", "LowerLimitPrice"),
    "SettlementPrice",
)
_LOTS: Final = ("Volume", "BidVolume1", "AskVolume1")
_LEVEL: Final = ("BidPrice", "BidVolume", "AskPrice", "AskVolume")


def canonical(name: str) -> str:
    """Return a column's name as all spellings of it agree: `LastPrice` and `last_price` are `lastprice`."""
    return name.strip().replace("_", "").lower()


class _Prices(dict[str, "float | None"]):
    """Text to price, remembered: a day's prices are few. Forgets everything when full."""

    def __missing__(self, text: str) -> float | None:
        stripped = text.strip()
        price = float(stripped) if stripped and stripped != "--" else None
        # Absent, or no number at all: NaN fails the comparison.
        if price is not None and not abs(price) < ABSENT_FROM:
            price = None
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[text] = price
        return price


class _Clock(dict[str, int]):
    """`HH:MM:SS` to seconds of the day, remembered; there are only 86 400."""

    def __missing__(self, text: str) -> int:
        try:
            hour, minute, second = (int(part) for part in text.strip().split(":"))
        except ValueError:
            hour = minute = second = -1
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):  # noqa: PLR2004 - a clock
            message = f"no such time of day: {text!r}, must be HH:MM:SS"
            raise ValueError(message)
        seconds = self[text] = hour * 3600 + minute * 60 + second
        return seconds


class RowReader:
    """Reads the rows below one header."""

    def __init__(self, header: list[str], options: ReadingOptions) -> None:
        place = {canonical(name): index for index, name in enumerate(header)}
        # Columns that are not there read an empty cell put behind the row's last.
        absent = len(header)
        self._width = len(header)
        self._prices = _picker([place.get(canonical(name), absent) for name in _PRICES])
        self._lots = _picker([place.get(canonical(name), absent) for name in _LOTS])
        names = ("InstrumentID", "ExchangeID", "TradingDay", "ActionDay", "UpdateTime", "UpdateMillisec")
        self._words = _picker([place.get(canonical(name), absent) for name in names])
        self._depth = [
            _picker([place[canonical(f"{name}{level}")] for name in _LEVEL])
            for level in range(2, 6)
            if all(canonical(f"{name}{level}") in place for name in _LEVEL)
        ]
        self._price_of = _Prices()
        self._seconds_of = _Clock()
        self._ids: dict[tuple[str, str], str] = {}
        self._midnights: dict[tuple[str, str, str, int], int] = {}
        self._instruments = options.instruments
        self._named = options.instrument

    def read(self, row: list[str]) -> RawTick:
        """Return the row as a raw tick.

        Raises: ValueError: a cell is no number, time or date, cells are missing, or the exchange is unknown.
        """
        if len(row) != self._width:
            message = f"{len(row)} cells where the header has {self._width}"
            raise ValueError(message)
        row.append("")
        symbol, exchange, trading_day, action, clock, millisec = self._words(row)
        instrument_id = self._named or self._id_of(symbol, exchange)
        of_day = self._seconds_of[clock]
        ts = self._midnight_of(trading_day, action, instrument_id, of_day) + of_day * NS_PER_S
        ts += int(millisec or 0) * NS_PER_MS
        last, turnover, held, bid, ask, opened, high, low, *before = map(self._price_of.__getitem__, self._prices(row))
        volume, bid_lots, ask_lots = map(_lots, self._lots(row))
        depth = self._depth_of(row) if self._depth else None
        return RawTick._make(
            (
                *(instrument_id, ts, ts, int(trading_day or 0), last, volume, turnover, held),
                *(bid, bid_lots, ask, ask_lots, opened, high, low, *before, depth),
            )
        )

    def _id_of(self, symbol: str, exchange: str) -> str:
        known = self._ids.get((symbol, exchange))
        if known is None:
            known = self._ids[symbol, exchange] = _find_id(symbol.strip(), exchange.strip(), self._instruments)
        return known

    def _midnight_of(self, trading_day: str, action: str, instrument_id: str, of_day: int) -> int:
        part = 2 if of_day >= _EVENING_S else 0 if of_day < _MORNING_S else 1
        key = (trading_day, action, instrument_id, part)
        known = self._midnights.get(key)
        if known is None:
            if len(self._midnights) >= _MEMO_SIZE:
                self._midnights.clear()
            day = action_day(trading_day.strip(), action.strip(), instrument_id.rpartition(".")[2], of_day)
            known = self._midnights[key] = (day.toordinal() - _EPOCH_ORDINAL) * _DAY_NS - _CHINA_OFFSET_NS
        return known

    def _depth_of(self, row: list[str]) -> tuple[DepthLevel, ...] | None:
        """Return the levels beyond the first; fronts that send one level leave the second's volumes 0."""
        price_of = self._price_of
        levels = []
        for pick in self._depth:
            bid, bid_lots, ask, ask_lots = pick(row)
            levels.append((price_of[bid], _lots(bid_lots) or 0, price_of[ask], _lots(ask_lots) or 0))
        return tuple(levels) if levels[0][1] or levels[0][3] else None


def action_day(trading_day: str, action: str, exchange: str, of_day_s: int) -> date:
    """Return the natural date of a tick, which the exchanges' own fields get wrong at night.

    DCE writes the trading day into `ActionDay`, and some recorders leave it empty; CZCE's `TradingDay` is the natural
    date already (reference: CTP tick fields, rule 4). A night session follows the last weekday before its trading
    day, since the eve of a holiday has none.

    Raises: ValueError: no date can be read.
    """
    if not action and exchange == "CZCE":
        return _date_of(trading_day)
    day = _date_of(action or trading_day)
    is_doubtful = not action or (action == trading_day and exchange != "CZCE")
    if is_doubtful and of_day_s >= _EVENING_S:
        return _weekday_before(day)
    if is_doubtful and of_day_s < _MORNING_S:
        return _weekday_before(day) + timedelta(days=1)
    return day


def _weekday_before(day: date) -> date:
    friday = 4
    day -= timedelta(days=1)
    return day - timedelta(days=max(day.weekday() - friday, 0))


def _date_of(text: str) -> date:
    number = int(text.replace("-", ""))
    return date(number // 10_000, number // 100 % 100, number % 100)


def _lots(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    text = text.strip()
    return int(float(text)) if text else None


def _picker(columns: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    return itemgetter(*columns)


def _find_id(symbol: str, exchange: str, instruments: InstrumentLookup) -> str:
    if not symbol:
        message = "InstrumentID is empty"
        raise ValueError(message)
    if exchange:
        return instrument_id_of(symbol, exchange)
    ids = [instrument_id_of(symbol, place) for place in _EXCHANGES]
    found = [instrument_id for instrument_id in ids if instruments.find(instrument_id)]
    if len(found) != 1:
        message = f"ExchangeID is empty and the contract tables know {symbol!r} on {len(found)} exchanges, must be one"
        raise ValueError(message)
    return found[0]
