"""Positions and funds as the broker tells them, compared with our books while nothing moves.

A comparison is a positions query and a funds query with no fill between the first question and the last answer; one
that a fill disturbed is asked again. Prices move balance and margin all the time, so only what they do not move is
compared; the rest is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.execution.brokers.ctp.holdings import HeldKey, differences, read_funds, read_positions
from tradewind.execution.ports import HoldingsReport
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from tradewind.execution.brokers.ctp.contracts import CtpContract
    from tradewind.execution.brokers.ctp.door import Ground
    from tradewind.execution.brokers.ctp.holdings import Books, Held
    from tradewind.execution.brokers.ctp.queries import QueryLine, QueryResult
    from tradewind.execution.ports import Difference, Report
    from tradewind.kernel.clock import Timer

_STIRRED: Final = 5
"""Comparisons in a row that fills may disturb; then the next regular one."""


class Custody:
    """What the broker keeps for one account."""

    def __init__(self, ground: Ground, *, queries: QueryLine, tell: Callable[[Report], None]) -> None:
        self._account = account = ground.account
        self._fields = {"BrokerID": account.place.broker_id, "InvestorID": account.investor}
        self._period_ns = round(ground.settings.compare_s * NS_PER_S)
        self._clock = ground.clock
        self._queries = queries
        self._tell = tell
        self._fills = 0
        self._is_asking = False
        self._timer: Timer | None = None
        self.books: Callable[[str], Books | None] | None = None
        self.contracts: Mapping[str, CtpContract] = {}
        self.held: Mapping[HeldKey, Held] = {}
        self.funds: Mapping[str, Decimal] = {}
        self.differences: tuple[Difference, ...] = ()
        self.compared_ts: int | None = None

    def stir(self) -> None:
        """A fill moved positions: a comparison under way is of two moments."""
        self._fills += 1

    def begin(self) -> None:
        """Compare from now on, unless that is under way: what happened before has been booked."""
        if self.books is not None and self._timer is None:
            self.compare()

    def stop(self) -> None:
        """Compare nothing until asked again: the connection is gone."""
        self._is_asking = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def compare(self, tries: int = _STIRRED) -> None:
        """Ask the broker and compare, now and then regularly; one that is under way goes on."""
        if self._is_asking:
            return
        self._is_asking = True
        fills_before = self._fills

        def on_positions(positions: QueryResult) -> None:
            if positions.error:
                self._later()
                return
            self._queries.ask("ReqQryTradingAccount", self._fields, lambda funds: on_funds(positions, funds))

        def on_funds(positions: QueryResult, funds: QueryResult) -> None:
            self._is_asking = False
            if funds.error:
                self._later()
                return
            if self._fills != fills_before and tries > 1:
                self.compare(tries - 1)
                return
            self.take_positions(positions.rows)
            self.take_funds(funds.rows)
            if self._fills == fills_before:
                self._conclude()
            self._later()

        self._queries.ask("ReqQryInvestorPosition", self._fields, on_positions)

    def take_positions(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is held."""
        self.held = read_positions(rows, self.contracts)

    def take_funds(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the account's amounts; those of the first row, as one account has one currency."""
        if rows:
            self.funds = read_funds(rows[0])

    def _conclude(self) -> None:
        books = None if self.books is None else self.books(self._account.id)
        if books is None:
            return
        self.differences = differences(books, self.held, self.funds)
        self.compared_ts = self._clock.now_ns()
        self._tell(HoldingsReport(self._account.id, self.differences, self.compared_ts))

    def _later(self) -> None:
        self._is_asking = False
        if self._timer is None or self._timer.callback is None:
            self._timer = self._clock.call_at(self._clock.now_ns() + self._period_ns, self._turn)

    def _turn(self, _ts: int) -> None:
        self._timer = None
        self.compare()
