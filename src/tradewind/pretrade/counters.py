"""The counts exchanges watch: cancels, big cancels, self-trades and messages of an account in a contract, day by day.

They are a fold over decisions, cancels, orders and fills, so that a restart counts the same. A cancel counts when it
is asked for, once an order, and so does one that nobody asked for. Orders that could still be cancelled are counted
beside, for what may yet come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.clock import NS_PER_S
from tradewind.pretrade.regulatory import BurstRule, ExchangeRule, RegulatoryFile, rule_of

if TYPE_CHECKING:
    from tradewind.domain.order import Fill, OrderRequest
    from tradewind.pretrade.working import Working

Place = tuple[str, str]
_MAX_FILLS: Final = 1_000_000


class DayCount(msgspec.Struct):
    """One account in one contract on one trading day. `live` and `live_big` are orders that may yet be cancelled."""

    trading_day: int
    orders: int = 0
    cancel_messages: int = 0
    cancels: int = 0
    big_cancels: int = 0
    self_trades: int = 0
    filled_orders: int = 0
    live: int = 0
    live_big: int = 0

    @property
    def messages(self) -> int:
        """Return orders and cancels together."""
        return self.orders + self.cancel_messages

    @property
    def order_to_trade(self) -> float | None:
        """Return messages ÷ filled orders − 1 (OTR), `None` before the first fill."""
        return self.messages / self.filled_orders - 1 if self.filled_orders else None


class Bursts(msgspec.Struct):
    """How often an account sent many messages at once on a trading day; `recent` are times of the newest ones."""

    trading_day: int
    count: int = 0
    recent: list[int] = []


class Counters:
    """All counts of the present trading day; those of a day before are forgotten with the first event of the next."""

    def __init__(self, rules: RegulatoryFile) -> None:
        self.rules = rules
        self.counts: dict[Place, DayCount] = {}
        self.bursts: dict[str, Bursts] = {}
        self.fills: dict[str, dict[str, str]] = {}
        """By trading day: fills heard, with the account each was of."""
        self._exchange_rules: dict[str, ExchangeRule | None] = {}

    def rule(self, instrument_id: str) -> ExchangeRule | None:
        """Return what a contract's exchange asks."""
        rules = self._exchange_rules
        if instrument_id not in rules:
            rules[instrument_id] = rule_of(instrument_id, self.rules.exchanges)
        return rules[instrument_id]

    def count(self, account_id: str, instrument_id: str, trading_day: int) -> DayCount:
        """Return the day's count, begun anew on a new day; orders that live go over into it."""
        count = self.counts.get((account_id, instrument_id))
        if count is None or count.trading_day < trading_day:
            live, live_big = (count.live, count.live_big) if count else (0, 0)
            count = self.counts[(account_id, instrument_id)] = DayCount(trading_day, live=live, live_big=live_big)
        return count

    def peek(self, account_id: str, instrument_id: str, trading_day: int) -> DayCount:
        """Return the count a day would have, changing nothing."""
        count = self.counts.get((account_id, instrument_id))
        if count is None:
            return DayCount(trading_day)
        if count.trading_day < trading_day:
            return DayCount(trading_day, live=count.live, live_big=count.live_big)
        return count

    def on_order(self, request: OrderRequest, now: int) -> None:
        """Count an order that was approved."""
        count = self.count(request.account_id, request.instrument_id, request.trading_day)
        count.orders += 1
        self._message(request.account_id, request.trading_day, now)

    def begin_live(self, working: Working) -> None:
        """Count an order as one that may yet be cancelled, unless the exchange exempts it."""
        rule = self.rule(working.request.instrument_id)
        if rule is not None and working.request.time_in_force not in rule.exempt:
            working.is_cancellable = True
            self._move_live(working, rule, 1)

    def end_live(self, working: Working) -> None:
        """Count it no more as one that may be cancelled; twice is once."""
        rule = self.rule(working.request.instrument_id)
        if working.is_cancellable and rule is not None:
            working.is_cancellable = False
            self._move_live(working, rule, -1)

    def _move_live(self, working: Working, rule: ExchangeRule, change: int) -> None:
        request = working.request
        count = self.count(request.account_id, request.instrument_id, request.trading_day)
        count.live += change
        if is_big(rule, request.quantity):
            count.live_big += change

    def on_cancel_message(self, request: OrderRequest, now: int) -> None:
        """Count the message that asks for a cancel."""
        count = self.count(request.account_id, request.instrument_id, request.trading_day)
        count.cancel_messages += 1
        self._message(request.account_id, request.trading_day, now)

    def on_cancelled(self, working: Working) -> None:
        """Count a cancel, once an order; where the exchange exempts the order, none."""
        if working.is_cancel_counted:
            return
        working.is_cancel_counted = True
        request = working.request
        rule = self.rule(request.instrument_id)
        if rule is None or request.time_in_force in rule.exempt:
            return
        count = self.count(request.account_id, request.instrument_id, request.trading_day)
        count.cancels += 1
        if is_big(rule, request.quantity):
            count.big_cancels += 1
        self.end_live(working)

    def on_fill(self, fill: Fill, *, is_first: bool) -> bool:
        """Count a fill; `is_first` of its order. Return whether it was new. Both sides of one id are a self-trade."""
        day = str(fill.trading_day)
        fills = self.fills.get(day)
        if fills is None:
            self.fills = {known: keys for known, keys in self.fills.items() if known > day}
            fills = self.fills[day] = {}
        exchange, _, fill_id, side = fill.key
        key = f"{exchange}/{fill_id}/{side}"
        if key in fills:
            return False
        if len(fills) >= _MAX_FILLS:
            del fills[next(iter(fills))]
        fills[key] = fill.account_id
        count = self.count(fill.account_id, fill.instrument_id, fill.trading_day)
        count.filled_orders += is_first
        other = fills.get(f"{exchange}/{fill_id}/{fill.side.opposite}")
        if other is not None:
            count.self_trades += 1
            if other != fill.account_id:
                self.count(other, fill.instrument_id, fill.trading_day).self_trades += 1
        return True

    def _message(self, account_id: str, trading_day: int, now: int) -> None:
        rule = self.rules.bursts
        bursts = self.bursts.get(account_id)
        if bursts is None or bursts.trading_day < trading_day:
            bursts = self.bursts[account_id] = Bursts(trading_day, recent=[])
        _burst(bursts, rule, now)


def _burst(bursts: Bursts, rule: BurstRule, now: int) -> None:
    recent = bursts.recent
    recent.append(now)
    if len(recent) > rule.messages:
        del recent[0]
    if len(recent) == rule.messages and now - recent[0] < round(rule.within_s * NS_PER_S):
        bursts.count += 1
        recent.clear()


def is_big(rule: ExchangeRule, lots: int) -> bool:
    """Say whether the cancel of an order of so many lots is one the exchange counts apart."""
    return 0 < rule.big_cancel_lots <= lots
