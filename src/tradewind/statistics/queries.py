"""What the edges may ask the room: its tables, as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.domain.statistics import (
        AccountFigures,
        OrderStatistic,
        PositionFigures,
        PositionGroup,
        TradeStatistic,
    )
    from tradewind.kernel.clock import Clock
    from tradewind.statistics.summary import Summary


class StatisticsQueries:
    """Answers from the summary; every row is a copy that never changes."""

    def __init__(self, summary: Summary, clock: Clock) -> None:
        self._summary = summary
        self._clock = clock

    def positions(self) -> list[PositionFigures]:
        """Return the positions that have lots, of accounts (`book` empty) and of their books."""
        return [row for row in self._summary.positions.values() if row.quantity]

    def accounts(self) -> list[AccountFigures]:
        """Return the funds of accounts and of their books."""
        return list(self._summary.accounts.values())

    def trades(self) -> list[TradeStatistic]:
        """Return the fills of trading days that are not over."""
        now, trades = self._clock.now_ns(), self._summary.trades
        return [trades.row(key, version=now, ts_event=now) for key in trades.keys()]  # noqa: SIM118 - a method

    def orders(self) -> list[OrderStatistic]:
        """Return the orders that may still fill."""
        now, working = self._clock.now_ns(), self._summary.working
        return [working.row(key, version=now, ts_event=now) for key in working.keys()]  # noqa: SIM118 - a method

    def groups(self) -> list[PositionGroup]:
        """Return every cell of every grouping."""
        now, groups = self._clock.now_ns(), self._summary.groups
        return [groups.row(key, version=now, ts_event=now) for key in groups.keys()]  # noqa: SIM118 - a method
