"""Quotes as objects, JSON or msgpack, in every spelling seen: CTP's names in three cases, vn.py, TqSdk, short names.

    {"instrument_id": "au2602", "last_price": 962.7, …}     {"InstrumentID": …}     {"instrumentID": …}
    {"symbol": "au2602", "exchange": "SHFE", "limit_up": …, "datetime": "2025-12-01 09:30:00.500000+08:00"}
    {"instrument_id": "SHFE.au2602", "ask_price1": …, "highest": …, "datetime": "2025-12-01 09:30:00.500000"}
    {"iid": "au2602", "price": 962.7, "vol": 323936, "time": "09:30:00", "msec": 500, "bid1": …, "bidvol1": …}

Names are compared without case and underscores. Which name means what is worked out once per set of names and then
remembered, so that a quote costs look-ups only.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradewind.market.ctpwire.layout import LEVELS
from tradewind.market.ctpwire.numbers import ABSENT_FROM, amount_of, lots_of, price_of
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.market.ctpwire.assembler import Assembler

_SYMBOLS: Final = ("instrumentid", "iid", "vtsymbol", "symbol", "instrument", "code")
_HEAD: Final = (
    _SYMBOLS,
    ("exchangeid", "exchange", "exchg"),
    ("tradingday", "tradingdate"),
    ("actionday", "actiondate", "date"),
    ("updatetime",),
    ("updatemillisec", "updatems", "msec", "millisec", "ms"),
    ("datetime",),
    ("time",),
    ("timestamp", "ts"),
)
_LAST: Final = ("lastprice", "last", "price")
_NUMBERS: Final = (
    ("volume", "vol", "totalvolume"),
    ("bidvolume1", "bidvol1", "bidvolume", "bidvol", "bidqty1"),
    ("askvolume1", "askvol1", "askvolume", "askvol", "askqty1"),
    ("turnover", "amount", "totalturnover"),
    ("openinterest", "oi"),
    ("preopeninterest", "preoi"),
    _LAST,
    ("bidprice1", "bid1", "bidprice", "bid"),
    ("askprice1", "ask1", "askprice", "ask"),
    ("openprice", "open"),
    ("highestprice", "highest", "highprice", "high"),
    ("lowestprice", "lowest", "lowprice", "low"),
    ("presettlementprice", "presettlement", "presettle"),
    ("precloseprice", "preclose"),
    ("upperlimitprice", "upperlimit", "limitup"),
    ("lowerlimitprice", "lowerlimit", "limitdown"),
    ("settlementprice", "settlement", "settle"),
)
_DEPTH: Final = tuple(
    (f"{side}{part}{level}", f"{side}{level}" if part == "price" else f"{side}vol{level}")
    for level in LEVELS[1:]
    for side, part in (("bid", "price"), ("bid", "volume"), ("ask", "price"), ("ask", "volume"))
)
_PLANS_KEPT: Final = 256
_MOST_NAMES: Final = 512
_ABSENT: Final = ""
"""Put into every object as a name of its own, so that a field that is not there reads `None`."""


class Plan(NamedTuple):
    """Where an object of one set of names keeps what."""

    dialect: str
    is_quote: bool
    """False for what may be a wrapper: it names no contract or no price."""
    pick: Callable[[dict[str, Any]], tuple[Any, ...]]
    pick_depth: Callable[[dict[str, Any]], tuple[Any, ...]] | None


class ObjectReader:
    """Reads one object at a time. Remembers how 256 sets of names are read; forgets all when full."""

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler
        self._plans: dict[tuple[str, ...], Plan] = {}

    def read(self, quote: dict[str, Any], fallback_symbol: str = "") -> tuple[Any, ...] | None:
        """Return an object as a raw tick, `None` when it is filtered out; see `read_by`."""
        return self.read_by(self.plan_of(quote), quote, fallback_symbol)

    def read_by(self, plan: Plan, quote: dict[str, Any], fallback_symbol: str) -> tuple[Any, ...] | None:
        """Return an object as a raw tick, `None` when it is filtered out. The symbol may come from the topic.

        Raises: RefusedFrameError: a field cannot be read, or nothing names a contract or a time.
        """
        quote[_ABSENT] = None
        # fmt: off
        (
            symbol, exchange, trading_day, action, clock, ms, date_time, time, timestamp,
            volume, bid_lots, ask_lots, turnover, held, pre_held, *prices,
        ) = plan.pick(quote)
        last, bid, ask, opened, high, low, pre_settle, pre_close, up, down, settle = (
            price if type(price) is float and 0.0 < price < ABSENT_FROM else price_of(price) for price in prices
        )
        body = (
            last, lots_of(volume), amount_of(turnover), amount_of(held), bid, lots_of(bid_lots), ask, lots_of(ask_lots),
            opened, high, low, pre_settle, pre_close, amount_of(pre_held), up, down, settle,
            _depth_of(plan.pick_depth(quote)) if plan.pick_depth is not None else None,
        )
        # fmt: on
        symbol = _text(symbol) or fallback_symbol
        if clock is None and not date_time and _is_clock(time):
            clock = time
        if clock == "":
            # Before its first trade of the day CTP sends some contracts without a time: no quote of any moment.
            raise RefusedFrameError(RefusalReason.TIME, "the update time is empty")
        if _is_clock(clock):
            head = (symbol, _text(exchange), _text(trading_day), _text(action), clock, lots_of(ms) or 0)
            return self._assembler.tick(head, body)
        return self._timed(
            (symbol, _text(exchange)),
            (_text(trading_day), _text(action)),
            (ms, clock, date_time, time, timestamp),
            body,
        )

    def _timed(
        self,
        name: tuple[str, str],
        days: tuple[str, str],
        times: tuple[Any, ...],
        body: tuple[Any, ...],
    ) -> tuple[Any, ...] | None:
        """Return the tick of an object that writes its time in one field of any kind."""
        contract = self._assembler.contract(*name)
        trading_day, action = days
        ms, *fuller = times
        given = next((value for value in fuller if value not in {None, ""}), None) if _plain(times) else None
        if given is None:
            raise RefusedFrameError(RefusalReason.TIME, "nothing says when the quote was made")
        ts = self._assembler.moment_of(given, day=action or trading_day)
        if ms is not None and ts % 1_000_000_000 == 0:
            ts += (lots_of(ms) or 0) % 1000 * 1_000_000
        return self._assembler.tick_at(contract, trading_day, ts, body)

    def plan_of(self, quote: dict[str, Any]) -> Plan:
        """Return where the object keeps what.

        Raises: RefusedFrameError: its names are no texts, or too many.
        """
        names = tuple(quote)
        plan = self._plans.get(names)
        if plan is None:
            plan = _plan_for(names)
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            self._plans[names] = plan
        return plan


def _plan_for(names: tuple[str, ...]) -> Plan:
    if len(names) > _MOST_NAMES:
        raise RefusedFrameError(RefusalReason.MALFORMED, f"{len(names)} names in one quote")
    by_canonical: dict[str, str] = {}
    for name in names:
        by_canonical.setdefault(_canonical(name), name)

    def where(spellings: tuple[str, ...]) -> str:
        return next((by_canonical[spelling] for spelling in spellings if spelling in by_canonical), _ABSENT)

    places = [where(spellings) for spellings in (*_HEAD, *_NUMBERS)]
    depth = [where(spellings) for spellings in _DEPTH]
    return Plan(
        _dialect(places[0], by_canonical),
        bool(places[0] and where(_LAST)),
        itemgetter(*places),
        itemgetter(*depth) if any(depth) else None,
    )


def _dialect(symbol_name: str, by_canonical: dict[str, str]) -> str:
    if symbol_name in {"instrument_id", "instrumentid"}:
        return "tqsdk" if "datetime" in by_canonical and "updatetime" not in by_canonical else "snake"
    if symbol_name == "InstrumentID":
        return "ctp"
    if symbol_name in {"instrumentID", "instrumentId"}:
        return "camel"
    if symbol_name in {"symbol", "vt_symbol"}:
        return "vnpy"
    return "short" if symbol_name == "iid" else "other"


def _canonical(name: Any) -> str:  # noqa: ANN401 - msgpack allows any key
    if type(name) is not str:
        raise RefusedFrameError(RefusalReason.WRONG_TYPE, f"a field's name is a {type(name).__name__}, must be text")
    return name.replace("_", "").lower()


def _depth_of(values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the levels beyond the first; fronts that send one level leave the second's volumes 0."""
    if not lots_of(values[1]) and not lots_of(values[3]):
        return None
    return tuple(
        (price_of(bid), lots_of(bid_lots) or 0, price_of(ask), lots_of(ask_lots) or 0)
        for bid, bid_lots, ask, ask_lots in zip(*(iter(values),) * 4, strict=True)
    )


def _is_clock(value: Any) -> bool:  # noqa: ANN401 - whatever the message held
    return type(value) is str and ":" in value and len(value) <= len("HH:MM:SS")


def _plain(times: tuple[Any, ...]) -> bool:
    return all(value is None or type(value) in {str, int, float, bytes} for value in times)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the message held
    """Return a name or a day, which some write as numbers (20251201).

    Raises: RefusedFrameError: it is neither.
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int and 0 <= value < 10**9:
        return str(value) if value else ""
    if type(value) is bytes:
        return value.decode("latin-1")
    raise RefusedFrameError(RefusalReason.WRONG_TYPE, f"a name was expected, found a {type(value).__name__}")
