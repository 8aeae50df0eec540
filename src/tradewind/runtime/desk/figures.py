"""Answers questions about the statistics: each table filtered by what is asked for and by what the asker may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.statistics import StatisticsKind, StatisticsView

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.desk import AskStatistics
    from tradewind.domain.rights import Reach
    from tradewind.statistics.queries import StatisticsQueries

_FIELDS: Final = {"products": "product_code", "accounts": "account_id", "strategies": "strategy"}


def statistics_answers(queries: StatisticsQueries) -> Callable[[AskStatistics, Reach], StatisticsView]:
    """Return what answers `AskStatistics` from a room of this process."""
    tables: dict[StatisticsKind, Callable[[], list[Any]]] = {
        StatisticsKind.POSITIONS: queries.positions,
        StatisticsKind.ACCOUNTS: queries.accounts,
        StatisticsKind.TRADES: queries.trades,
        StatisticsKind.ORDERS: queries.orders,
        StatisticsKind.GROUPS: queries.groups,
    }

    def answer(ask: AskStatistics, reach: Reach) -> StatisticsView:
        found = {
            kind.value: [row for row in tables[kind]() if reach.covers(row.product_code, row.account_id)]
            for kind in dict.fromkeys(ask.kinds)
        }
        return StatisticsView(**{name: _picked(rows, ask) for name, rows in found.items()})

    return answer


def _picked(rows: list[Any], ask: AskStatistics) -> list[Any]:
    """Return the rows that the question's filters let through; a filter of what a row has not picks none of them."""
    for wanted, field in _FIELDS.items():
        allowed = frozenset(getattr(ask, wanted))
        if allowed:
            rows = [row for row in rows if getattr(row, field, None) in allowed]
    instruments = frozenset(ask.instruments)
    # Funds and groups belong to no contract: asked for beside positions of a few, they stay whole.
    return [row for row in rows if not instruments or _is_of(row, instruments)]


def _is_of(row: object, instruments: frozenset[str]) -> bool:
    """Say whether a row is of one of these contracts, named with their exchange or without."""
    instrument_id = getattr(row, "instrument_id", None)
    if instrument_id is None:
        return True
    return instrument_id in instruments or instrument_id.rpartition(".")[0] in instruments
