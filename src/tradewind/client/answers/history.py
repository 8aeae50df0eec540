"""Answers about the archive of market data."""

from __future__ import annotations

import msgspec

from tradewind.domain.tick import DepthLevel


class HistoryTick(msgspec.Struct, frozen=True, gc=False):
    """One archived tick: `domain.tick.RawTick` with the recording it is in."""

    recording: str
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


class ArchivedBar(msgspec.Struct, frozen=True, gc=False):
    """One bar of the archive; see `domain.bar.Bar` for the meaning of its fields."""

    instrument_id: str
    trading_day: int
    ts_open: int
    ts_close: int
    open: float
    high: float
    low: float
    close: float
    volume: int
    turnover: float
    open_interest: float
    tick_count: int
    settlement_price: float | None = None


class TickHistory(msgspec.Struct, frozen=True):
    """A page of archived ticks; `next` is `after` of the following one, `None` behind the last."""

    rows: list[HistoryTick]
    next: str | None


class BarHistory(msgspec.Struct, frozen=True):
    """A page of archived bars; `next` as for ticks."""

    rows: list[ArchivedBar]
    next: str | None


class MainDay(msgspec.Struct, frozen=True):
    """Which contract was the main one of its product on one archived trading day."""

    trading_day: int
    instrument_id: str


class RecordedDays(msgspec.Struct, frozen=True):
    """One recording of one archived trading day; `lost` ticks came and could not be kept."""

    trading_day: int
    recording: str
    source: str
    ticks: int
    lost: int
    instruments: list[str]
