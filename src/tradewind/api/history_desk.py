"""What REST may ask of the archive of market data, and the shapes of its answers."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tradewind.domain.tick import DepthLevel
from tradewind.stores.ticks.bar import ArchivedBar


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


class HistoryQueries(Protocol):
    """What may be asked of the archive of market data."""

    async def days(self, from_day: int, until_day: int) -> list[RecordedDays]:
        """List the archived days of a span."""
        ...

    async def ticks(self, instrument_id: str, *, from_ns: int, until_ns: int, after: str, limit: int) -> TickHistory:
        """Return a page of a contract's ticks."""
        ...

    async def bars(
        self, instrument_id: str, interval: str, *, from_day: int, until_day: int, after: str, limit: int
    ) -> BarHistory:
        """Return a page of a contract's bars."""
        ...

    async def main_contracts(self, product_id: str, exchange: str, from_day: int, until_day: int) -> list[MainDay]:
        """Return the main contract of a product on each archived day of a span, oldest first."""
        ...
