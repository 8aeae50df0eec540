"""Trades and books of the provider Infoway as raw ticks: a trade adds to its day, a book to what stands beside it.

The provider tells single trades; a tick carries the day's totals. They are summed here and lifted to the totals of the
provider's own bar of the day, since nobody sees the trades of the time before he came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.tick import DepthLevel
    from tradewind.infoway.answers import Bar, Depth, Trade

_EXCHANGES: Final = {"SH": "SSE", "SZ": "SZSE", "HK": "HK", "US": "US"}
_LEVELS: Final = 5
_DECIMALS: Final = 8
"""More than any price has; what is beyond them is the difference's own rounding."""
_BEFORE_OPEN_NS: Final = 18 * 3_600 * NS_PER_S
"""A bar of the day may be stamped with its midnight; the one of the day before is further from the open than this."""


def instrument_id_of(code: str) -> str | None:
    """Return our name of what the provider calls so, or `None` for markets that have no place on the line."""
    symbol, _, suffix = code.rpartition(".")
    if not symbol:
        return f"{code}.FX"
    exchange = _EXCHANGES.get(suffix)
    return f"{symbol}.{exchange}" if exchange is not None else None


def code_of(instrument_id: str) -> str | None:
    """Return the provider's code of an instrument, or `None` where it cannot have it."""
    symbol, _, exchange = instrument_id.rpartition(".")
    if exchange == "FX":
        return symbol
    suffix = next((suffix for suffix, ours in _EXCHANGES.items() if ours == exchange), None)
    return f"{symbol}.{suffix}" if suffix is not None else None


class CodeTicks:
    """One code's day so far: makes the next tick of each trade and each book."""

    def __init__(self, instrument: Instrument, calendar: TradingCalendar) -> None:
        self.instrument = instrument
        self._calendar = calendar
        self._day = 0
        self._volume = 0.0
        self._turnover = 0.0
        self._open: float | None = None
        self._high: float | None = None
        self._low: float | None = None
        self._pre_close: float | None = None
        self._trade: Trade | None = None
        self._last_ns = 0
        self._depth: Depth | None = None

    def trade(self, trade: Trade, now_ns: int, *, is_repeatable: bool) -> RawTick | None:
        """Return the tick of a trade, or `None` for one that is the last one again.

        `is_repeatable`: it was asked for and may be told many times; pushed trades come once each.
        """
        if trade == self._trade and is_repeatable:
            return None
        ts = trade.t * NS_PER_MS
        self._begin_day(ts)
        if ts >= self._last_ns:
            self._trade, self._last_ns = trade, ts
        price, size = float(trade.p), float(trade.v)
        self._volume += size
        self._turnover += float(trade.vw)
        self._open = self._open or price
        self._high = max(self._high or price, price)
        self._low = min(self._low or price, price)
        return self._tick(ts, now_ns, price)

    def depth(self, depth: Depth, now_ns: int) -> RawTick | None:
        """Return the tick of a book, or `None` before the first trade, whose price it would have to invent."""
        if depth == self._depth:
            return None
        self._depth = depth
        if self._trade is None:
            return None
        ts = max(depth.t * NS_PER_MS, self._last_ns)
        if self._begins_day(ts):
            return None
        self._last_ns = ts
        return self._tick(ts, now_ns, float(self._trade.p))

    def lift(self, bar: Bar, now_ns: int) -> None:
        """Raise the day's totals to those of the provider's bar, if it is today's, and learn the close before it."""
        hours = self._calendar.day_at(self.instrument.hours_id, now_ns)
        if not hours.open_ns - _BEFORE_OPEN_NS <= bar.t * NS_PER_S <= now_ns or now_ns < hours.auction_ns:
            return
        self._begin_day(max(now_ns, hours.open_ns))
        self._volume, self._turnover = max(self._volume, bar.v), max(self._turnover, bar.vw)
        self._open = bar.o or self._open
        self._high = max(self._high or bar.h, bar.h) or None
        self._low = min(self._low or bar.l, bar.l) or None
        if bar.change is not None and bar.c > bar.change:
            self._pre_close = round(bar.c - bar.change, _DECIMALS)

    def _begins_day(self, ts: int) -> bool:
        return self._calendar.day_at(self.instrument.hours_id, ts).trading_day != self._day

    def _begin_day(self, ts: int) -> None:
        day = self._calendar.day_at(self.instrument.hours_id, ts).trading_day
        if day > self._day:
            self._day = day
            self._volume = self._turnover = 0.0
            self._open = self._high = self._low = self._pre_close = None

    def _tick(self, ts: int, now_ns: int, price: float) -> RawTick:
        bid, bid_volume, ask, ask_volume, depth = self._book()
        return RawTick(
            self.instrument.instrument_id, ts, now_ns, 0, price, int(self._volume), self._turnover, 0.0,
            bid, bid_volume, ask, ask_volume, self._open, self._high, self._low,
            None, self._pre_close, None, None, None, None, depth,
        )  # fmt: skip

    def _book(self) -> tuple[float | None, int, float | None, int, tuple[DepthLevel, ...] | None]:
        if self._depth is None:
            return None, 0, None, 0, None
        levels = [_level(self._depth, at) for at in range(_LEVELS)]
        best = levels[0]
        rest = tuple(level for level in levels[1:] if level[0] is not None or level[2] is not None)
        return (*best, rest or None)


class TickMaker:
    """All codes of the feed; rows of codes that nobody asked for are left out."""

    def __init__(self, instruments: InstrumentLookup, calendar: TradingCalendar) -> None:
        self._instruments = instruments
        self._calendar = calendar
        self._by_code: dict[str, CodeTicks] = {}

    def follow(self, code: str) -> Instrument | None:
        """Follow a code from now on; return what it is, or `None` if no table knows it."""
        instrument_id = instrument_id_of(code)
        instrument = self._instruments.find(instrument_id) if instrument_id is not None else None
        if instrument is not None and code not in self._by_code:
            self._by_code[code] = CodeTicks(instrument, self._calendar)
        return instrument

    def leave(self, code: str) -> None:
        """Follow a code no more."""
        self._by_code.pop(code, None)

    def codes(self) -> tuple[str, ...]:
        """Return the codes that are followed."""
        return tuple(self._by_code)

    def of(self, code: str) -> CodeTicks | None:
        """Return a code's day, or `None` if nobody asked for it."""
        return self._by_code.get(code)


def _level(depth: Depth, at: int) -> DepthLevel:
    bid, bid_volume = depth.bids[at] if at < len(depth.bids) else (None, 0.0)
    ask, ask_volume = depth.asks[at] if at < len(depth.asks) else (None, 0.0)
    return bid, int(bid_volume), ask, int(ask_volume)
