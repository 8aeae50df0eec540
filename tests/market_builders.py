"""Builders of the market room's tests: recorded days as raw tuples, cleaners with one rule changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow.parquet as pq

from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.instrument_cleaner import InstrumentCleaner
from tradewind.market.outcome import Rejection
from tradewind.market.reasons import RejectReason
from tradewind.market.rules import CleaningRules, rules_from
from tradewind.market.settings import CleaningSettings

_SHANGHAI = timezone(timedelta(hours=8))
_NEW_YORK = ZoneInfo("America/New_York")
RawTuple = tuple[Any, ...]


def shanghai(text: str) -> int:
    """Return `2021-01-04 09:30:00[.5]`, Shanghai time, in ns UTC."""
    return _ns(datetime.fromisoformat(text).replace(tzinfo=_SHANGHAI))


def new_york(text: str) -> int:
    """Return a New York wall time in ns UTC."""
    return _ns(datetime.fromisoformat(text).replace(tzinfo=_NEW_YORK))


def _ns(moment: datetime) -> int:
    return round(moment.timestamp() * 1000) * NS_PER_MS


def make_rules(*, is_live: bool = False, **changes: Any) -> CleaningRules:
    """Return the default rules with these changed."""
    return msgspec.structs.replace(rules_from(CleaningSettings(), is_live=is_live), **changes)


def make_cleaner(instrument_id: str = "IF2101.CFFEX", *, is_live: bool = False, **rules: Any) -> InstrumentCleaner:
    """Return a cleaner of that contract on the exchange's calendar."""
    instrument: Instrument = InstrumentTable().require(instrument_id)
    return InstrumentCleaner(instrument, ExchangeCalendar(), make_rules(is_live=is_live, **rules))


def tick_of(outcome: Tick | Rejection) -> Tick:
    """Return the accepted tick; a rejection fails the test."""
    assert isinstance(outcome, Tick), outcome
    return outcome


def reason_of(outcome: Tick | Rejection) -> RejectReason:
    """Return why a tick was rejected; an accepted one fails the test."""
    assert isinstance(outcome, Rejection), outcome
    return outcome.reason


def index_future_day(folder: Path, day: int = 20210104) -> list[RawTuple]:
    """Return a recorded day of IF2101 as raw tuples; 0 means absent in this recording."""
    columns = pq.read_table(folder / "futures_tick" / f"CFFEX.IF2101_{day}.parquet").to_pydict()
    midnight = shanghai(f"{day // 10000}-{day // 100 % 100:02d}-{day % 100:02d} 00:00:00")
    rows = []
    for at, stamp in enumerate(columns["action_time"]):
        seconds = stamp // 10_000_000 * 3600 + stamp // 100_000 % 100 * 60 + stamp // 1000 % 100
        ts = midnight + seconds * NS_PER_S + stamp % 1000 * NS_PER_MS
        rows.append(
            (
                "IF2101.CFFEX",
                ts,
                ts,
                columns["trading_date"][at],
                columns["price"][at] or None,
                columns["total_volume"][at],
                columns["total_turnover"][at],
                float(columns["open_interest"][at]),
                columns["bid_price1"][at] or None,
                columns["bid_qty1"][at],
                columns["ask_price1"][at] or None,
                columns["ask_qty1"][at],
                columns["open"][at] or None,
                columns["high"][at] or None,
                columns["low"][at] or None,
                columns["pre_settle"][at] or None,
                columns["pre_close"][at] or None,
                float(columns["pre_interest"][at]),
                columns["upper_limit"][at] or None,
                columns["lower_limit"][at] or None,
                columns["settle_price"][at] or None,
                None,
            )
        )
    return rows


def copper_hour(folder: Path) -> list[RawTuple]:
    """Return the recorded last hour of cu1909 as raw tuples with five levels."""
    columns = pq.read_table(folder / "futures_tick" / "SHFE.cu1909_L5_200ticks.parquet").to_pydict()
    rows = []
    for at, ts in enumerate(columns["datetime"]):
        depth = tuple(
            (
                columns[f"bid_price{level}"][at],
                columns[f"bid_volume{level}"][at],
                columns[f"ask_price{level}"][at],
                columns[f"ask_volume{level}"][at],
            )
            for level in range(2, 6)
        )
        rows.append(
            (
                "cu1909.SHFE",
                ts,
                ts,
                0,
                columns["last_price"][at],
                columns["volume"][at],
                columns["amount"][at],
                float(columns["open_interest"][at]),
                columns["bid_price1"][at],
                columns["bid_volume1"][at],
                columns["ask_price1"][at],
                columns["ask_volume1"][at],
                None,
                columns["highest"][at],
                columns["lowest"][at],
                None,
                None,
                None,
                None,
                None,
                None,
                depth,
            )
        )
    return rows
