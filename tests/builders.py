"""Builders: one valid object each, change just the field the test is about."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import RawTick, Tick
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

MORNING_NS = 1_609_723_800 * NS_PER_S
"""2021-01-04 09:30:00 in Shanghai: the first second of continuous trading in IF2101."""

_RAW = RawTick(
    instrument_id="IF2101.CFFEX",
    ts_event=MORNING_NS,
    ts_recv=MORNING_NS,
    trading_day=20210104,
    last_price=5230.0,
    volume=240,
    turnover=376_560_000.0,
    open_interest=90_767.0,
    bid_price=5230.0,
    bid_volume=1,
    ask_price=5230.8,
    ask_volume=2,
    open_price=5230.0,
    high_price=5230.0,
    low_price=5230.0,
    pre_settlement_price=5216.2,
    pre_close_price=5227.0,
    pre_open_interest=90_826.0,
    limit_up=5737.8,
    limit_down=4694.6,
    settlement_price=None,
    depth=None,
)


def make_raw_tick(**changes: Any) -> RawTick:
    """Return an IF2101 raw tick of the first second of 2021-01-04, with these fields changed."""
    return _RAW._replace(**changes)


def make_tick(**changes: Any) -> Tick:
    """Return a clean IF2101 tick of the same moment, with these fields changed."""
    fields: dict[str, Any] = {**_RAW._asdict(), "seq": 1, "volume_delta": 0, "turnover_delta": 0.0, "flags": 0}
    return Tick(**{**fields, **changes})


def make_ticks(prices: list[float], *, step_ms: int = 500, lots: int = 1, **changes: Any) -> list[Tick]:
    """Return one tick per price, `step_ms` apart, each trading `lots`, numbered from 1."""
    ticks = []
    for index, price in enumerate(prices):
        ts = MORNING_NS + index * step_ms * NS_PER_MS
        ticks.append(
            make_tick(
                **{
                    "seq": index + 1,
                    "ts_event": ts,
                    "ts_recv": ts,
                    "last_price": price,
                    "bid_price": round(price - 0.2, 1),
                    "ask_price": round(price + 0.2, 1),
                    "volume": 240 + lots * (index + 1),
                    "volume_delta": lots,
                    "turnover_delta": lots * price * 300.0,
                    **changes,
                }
            )
        )
    return ticks


def make_instrument(**changes: Any) -> Instrument:
    """Return IF2101 as the exchange describes it, with these fields changed."""
    instrument = Instrument(
        instrument_id="IF2101.CFFEX",
        symbol="IF2101",
        exchange="CFFEX",
        product_id="IF",
        name="沪深300股指",
        contract_multiplier=300,
        price_tick=0.2,
        hours_id="index_futures",
        price_digits=1,
        is_date_kept=False,
    )
    return msgspec.structs.replace(instrument, **changes)
