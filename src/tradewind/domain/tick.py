"""Ticks: what a source hands in (`RawTick`) and what the line runs on (`Tick`).

A raw tick is a tuple, because a source may build a million a second straight from columns; cleaning unpacks it
once. A clean tick is a frozen message: prices on the contract's tick, absent values `None`, sequence gapless per
instrument.
"""

from __future__ import annotations

from enum import IntFlag
from typing import NamedTuple

import msgspec

DepthLevel = tuple[float | None, int, float | None, int]
"""(bid_price, bid_volume, ask_price, ask_volume) of one level beyond the first."""


class RawTick(NamedTuple):
    """One quote as a source read it; sentinels already `None`, nothing else judged.

    Sources may yield plain tuples of this shape: consumers unpack by position only.
    Times in ns UTC; `trading_day` as yyyymmdd, 0 when the source does not know it (cleaning asks the calendar).
    `volume`, `turnover` (yuan) are totals of the trading day.
    """

    instrument_id: str
    ts_event: int
    ts_recv: int
    trading_day: int
    last_price: float | None
    volume: int | None
    turnover: float | None
    open_interest: float | None
    bid_price: float | None
    bid_volume: int | None
    ask_price: float | None
    ask_volume: int | None
    open_price: float | None
    high_price: float | None
    low_price: float | None
    pre_settlement_price: float | None
    pre_close_price: float | None
    pre_open_interest: float | None
    limit_up: float | None
    limit_down: float | None
    settlement_price: float | None
    depth: tuple[DepthLevel, ...] | None


class TickFlag(IntFlag):
    """What a reader of a tick may want to know; 0 for an ordinary one."""

    NONE = 0
    BASELINE = 1
    """First of its trading day: increments are 0 because there is nothing to subtract from."""
    AUCTION = 2
    """Stamped in the opening auction."""
    OFF_SESSION = 4
    """A snapshot outside trading hours: shown on screens, never fed to the line."""
    SETTLEMENT = 8
    """Carries the settlement price after the close."""
    LIMIT_UP = 16
    LIMIT_DOWN = 32
    REPAIRED = 64
    """A field was absurd and was made absent; the rest is good."""
    TEST = 128
    """Injected by an operator to see the line work."""
    LAST = 256
    """The newest quote once more, as the contract's last: nobody subscribes to it now, who follows it forgets it."""


class Tick(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One clean quote. `(instrument_id, seq)` names it for ever; everything derived carries that name as cause.

    `volume_delta` (lots) and `turnover_delta` (yuan) are the increments since the previous tick.
    """

    instrument_id: str
    seq: int
    ts_event: int
    ts_recv: int
    trading_day: int
    last_price: float
    volume: int
    turnover: float
    open_interest: float
    bid_price: float | None
    bid_volume: int
    ask_price: float | None
    ask_volume: int
    open_price: float | None
    high_price: float | None
    low_price: float | None
    pre_settlement_price: float | None
    pre_close_price: float | None
    pre_open_interest: float | None
    limit_up: float | None
    limit_down: float | None
    settlement_price: float | None
    depth: tuple[DepthLevel, ...] | None
    volume_delta: int
    turnover_delta: float
    flags: int = 0


def tick_cause(instrument_id: str, seq: int) -> str:
    """Name a tick as the cause of what followed from it: `tick:au2512.SHFE:4711`."""
    return f"tick:{instrument_id}:{seq}"
