"""What the edges may ask of the gate: limits and their use, counts, modes, the newest decisions."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import ApprovedOrder, RefusedOrder
from tradewind.domain.trading_state import Scope, TradingState
from tradewind.pretrade.use import Headroom, counts_of, position_use, scope_use

if TYPE_CHECKING:
    from tradewind.kernel.clock import Clock
    from tradewind.pretrade.gatekeeper import Gatekeeper
    from tradewind.pretrade.settings import ScopeLimits


class Counts(msgspec.Struct, frozen=True):
    """The day's counts of an account in a contract, as the exchange sees them. `order_to_trade` is OTR."""

    account_id: str
    instrument_id: str
    trading_day: int
    orders: int
    cancels: int
    big_cancels: int
    self_trades: int
    messages: int
    filled_orders: int
    order_to_trade: float | None
    use: tuple[Headroom, ...]


class BurstCount(msgspec.Struct, frozen=True):
    """How often an account sent many messages at once on a trading day, and from how often it has to be reported."""

    account_id: str
    trading_day: int
    count: int
    reportable_from: int


class RuleRow(msgspec.Struct, frozen=True):
    """A rule that judges, in the order it is asked."""

    name: str
    codes: tuple[str, ...]
    scopes: tuple[Scope, ...]


class PretradeQueries:
    """Read-only view of the gate."""

    def __init__(self, gate: Gatekeeper, clock: Clock, *, recent: int) -> None:
        self._gate = gate
        self._clock = clock
        self._decisions: deque[ApprovedOrder | RefusedOrder] = deque(maxlen=recent)

    def note(self, decision: ApprovedOrder | RefusedOrder) -> None:
        """Remember a decision; beyond `recent_decisions` the oldest is forgotten."""
        self._decisions.append(decision)

    def decisions(self, limit: int = 100) -> list[ApprovedOrder | RefusedOrder]:
        """Return the newest decisions, newest first."""
        newest = list(self._decisions)[-limit:] if limit > 0 else []
        return newest[::-1]

    def rules(self) -> tuple[RuleRow, ...]:
        """Return the rules in the order they are asked."""
        return tuple(RuleRow(rule.name, tuple(rule.codes), rule.scopes) for rule in self._gate.rules)

    def states(self) -> tuple[TradingState, ...]:
        """Return the mode of every scope that ever had one; the others are active."""
        return self._gate.desk.latch.states()

    def limits(self, scope: Scope, key: str) -> ScopeLimits:
        """Return the limits of one scope, defaults included."""
        return self._gate.desk.limits.of(scope, key)

    def use(self, scope: Scope, key: str) -> tuple[Headroom, ...]:
        """Return how much of each limit of a scope is used."""
        desk, place = self._gate.desk, (scope, key)
        of_contracts = [
            room
            for instrument_id, _ in list(desk.holdings.contracts(place))
            for room in position_use(desk, place, instrument_id)
        ]
        return (*scope_use(desk, place, self._clock.now_ns()), *of_contracts)

    def counts(self) -> tuple[Counts, ...]:
        """Return the day's counts of every account and contract."""
        desk = self._gate.desk
        return tuple(
            Counts(
                account_id,
                instrument_id,
                count.trading_day,
                orders=count.orders,
                cancels=count.cancels,
                big_cancels=count.big_cancels,
                self_trades=count.self_trades,
                messages=count.messages,
                filled_orders=count.filled_orders,
                order_to_trade=count.order_to_trade,
                use=tuple(counts_of(desk, account_id, instrument_id, count.trading_day)),
            )
            for (account_id, instrument_id), count in desk.counters.counts.items()
        )

    def bursts(self) -> tuple[BurstCount, ...]:
        """Return how often each account sent many messages within a second."""
        counters = self._gate.desk.counters
        return tuple(
            BurstCount(account_id, bursts.trading_day, bursts.count, counters.rules.bursts.a_day)
            for account_id, bursts in counters.bursts.items()
        )

    def working(self) -> int:
        """Return how many orders are counted as working."""
        return len(self._gate.desk.working)
