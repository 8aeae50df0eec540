"""All orders and trades of the day of one account, asked for in turn: whole, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.execution.brokers.ctp.queries import QueryLine, QueryResult
    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings

Rows = tuple[dict[str, Any], ...]


class DayAnswer(NamedTuple):
    """The rows of ReqQryOrder and, asked after it, of ReqQryTrade."""

    orders: Rows
    trades: Rows


class DayInquiry:
    """Asks once; a lost connection ends its queries, and so the inquiry: two sessions never share an answer."""

    def __init__(
        self, account: CtpAccountSettings, queries: QueryLine, done: Callable[[DayAnswer | None], None]
    ) -> None:
        self._fields = {"BrokerID": account.place.broker_id, "InvestorID": account.investor}
        self._queries = queries
        self._done = done

    def begin(self) -> None:
        """Ask for orders, then for trades: what is done between is a trade more, never one less than counted."""
        self._queries.ask("ReqQryOrder", self._fields, self._on_orders, is_urgent=True)

    def _on_orders(self, orders: QueryResult) -> None:
        if orders.error:
            self._done(None)
            return

        def on_trades(trades: QueryResult) -> None:
            self._done(None if trades.error else DayAnswer(orders.rows, trades.rows))

        self._queries.ask("ReqQryTrade", self._fields, on_trades, is_urgent=True)
