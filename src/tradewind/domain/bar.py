"""Bars: what happened in one interval of trading time."""

from __future__ import annotations

import msgspec


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One closed interval; prices in quote currency, volume in lots, turnover in yuan.

    `ts_open` is the start of the interval (ns UTC), `ts_close` its end; a tick stamped exactly at the end of a
    session belongs to the session's last bar. `seq` is the sequence of the last tick in it: the bar's cause.
    """

    instrument_id: str
    interval_s: int
    ts_open: int
    ts_close: int
    trading_day: int
    open: float
    high: float
    low: float
    close: float
    volume: int
    turnover: float
    open_interest: float
    tick_count: int
    seq: int
