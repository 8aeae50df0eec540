"""The archive of market data: which days there are, their ticks and bars; pages are fetched as one goes along."""

from __future__ import annotations

from functools import partial
from typing import Literal

from tradewind.client.answers.history import (
    ArchivedBar,
    BarHistory,
    HistoryTick,
    MainDay,
    RecordedDays,
    TickHistory,
)
from tradewind.client.calls import Call, Pages, ask
from tradewind.client.modes import Area, M, paged, route

_END_NS = (1 << 63) - 1
_LAST_DAY = 99_999_999


class History(Area[M]):
    """Of what was recorded; moments in ns UTC, days as yyyymmdd."""

    @route
    def days(self, *, from_day: int = 0, until_day: int = _LAST_DAY) -> Call[list[RecordedDays]]:
        """List the archived trading days, each recording with its contracts."""
        return ask("/api/v1/history/days", list[RecordedDays], from_day=from_day, until_day=until_day)

    @paged
    def ticks(
        self, instrument_id: str, *, from_ns: int = 0, until_ns: int = _END_NS, page_size: int = 1_000
    ) -> Pages[HistoryTick]:
        """Go through a contract's archived ticks, as they came and before any cleaning, oldest first."""
        query = {"instrument_id": instrument_id, "from_ns": from_ns, "until_ns": until_ns, "limit": page_size}
        return Pages(
            page=lambda after: ask("/api/v1/history/ticks", TickHistory, **query, after=after),
            rows=lambda page: page.rows,
            next_of=lambda page: page.next,
        )

    @paged
    def bars(
        self,
        instrument_id: str,
        *,
        interval: Literal["1m", "1d"] = "1m",
        from_day: int = 0,
        until_day: int = _LAST_DAY,
        page_size: int = 1_000,
    ) -> Pages[ArchivedBar]:
        """Go through a contract's archived bars, oldest first."""
        page = partial(
            ask,
            "/api/v1/history/bars",
            BarHistory,
            instrument_id=instrument_id,
            interval=interval,
            from_day=from_day,
            until_day=until_day,
            limit=page_size,
        )
        return Pages(page=lambda after: page(after=after), rows=lambda told: told.rows, next_of=lambda told: told.next)

    @route
    def main_contracts(
        self, product_id: str, exchange: str, *, from_day: int = 0, until_day: int = _LAST_DAY
    ) -> Call[list[MainDay]]:
        """List a product's main contract of each archived day, oldest first."""
        return ask(
            "/api/v1/history/main-contracts",
            list[MainDay],
            product_id=product_id,
            exchange=exchange,
            from_day=from_day,
            until_day=until_day,
        )
