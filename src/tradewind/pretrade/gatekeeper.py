"""The pure core of the gate: judges an order by all rules, and keeps the state they look at.

Judging changes nothing. What changes the state are events: its own decisions, cancels, orders, fills, states, warnings
(all of record, so a restart folds them again) and what the ledger and the market tell (told anew after a restart).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.account import Direction
from tradewind.domain.book import is_of_book
from tradewind.domain.order import ApprovedOrder, Offset, Order, OrderRequest, OrderStatus, Refusal, RefusedOrder, Side
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.pretrade.case import Case
from tradewind.pretrade.funds import ALONE, group_of
from tradewind.pretrade.nearing import Nearing
from tradewind.pretrade.rules.guard import ask_all, attempt, checks_of
from tradewind.pretrade.working import Working, foreign, working_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.account import Account, Position
    from tradewind.domain.order import CancelRequest, Fill
    from tradewind.domain.tick import Tick
    from tradewind.domain.trading_state import LimitWarning, TradingState
    from tradewind.pretrade.desk import Desk
    from tradewind.pretrade.limits import ScopeKey
    from tradewind.pretrade.ports import RiskRule

Decision = ApprovedOrder | RefusedOrder
_STANDING: Final = frozenset(
    {"HALTED", "REDUCING", "JOURNAL_UNAVAILABLE", "RELEASES_MIXED", "FORMS_MIXED", "RESTARTED"}
)
"""Refusals that say nothing about the order: they do not count against its strategy."""


class Gatekeeper:
    """Judges by `rules`; `on_rule_failure(rule, error)` hears of a rule that failed."""

    def __init__(
        self, desk: Desk, rules: tuple[RiskRule, ...], *, on_rule_failure: Callable[[str, Exception], None]
    ) -> None:
        self.desk = desk
        self.rules = rules
        self._checks = checks_of(rules)
        self.nearing = Nearing()
        self.number = 0
        """Decisions made so far; the newest one's id."""
        self.undecided: dict[str, OrderRequest] = {}
        """Requests heard whose decision has not been: at most those of one life's last moment."""
        self._on_rule_failure = on_rule_failure

    def judge(self, request: OrderRequest, now: int) -> Decision:
        """Decide on an order as things stand at `now` (ns UTC of the line)."""
        decision_id = f"D{self.number + 1:09d}"
        case = attempt(lambda: Case(request, self.desk, now), self._on_rule_failure)
        if isinstance(case, Refusal):
            return RefusedOrder(request, decision_id, (case,), now)
        refusals = ask_all(self._checks, case, self._on_rule_failure)
        if refusals:
            return RefusedOrder(request, decision_id, refusals, now)
        return ApprovedOrder(request, decision_id, case.margin, case.commission, now)

    def is_repeated(self, request: OrderRequest) -> bool:
        """Say whether this very request was decided before: told twice, it is answered once."""
        working = self.desk.working.get(request.client_order_id)
        return working is not None and working.request == request

    def on_request(self, request: OrderRequest) -> None:
        """Remember that somebody waits for a decision."""
        if request.client_order_id not in self.desk.known_ids:
            self.undecided[request.client_order_id] = request

    def on_approved(self, approved: ApprovedOrder) -> None:
        """Count an order from now to its end, as if all of it were filled."""
        if not self._is_next(approved.decision_id):
            return
        request, desk = approved.order, self.desk
        self.undecided.pop(request.client_order_id, None)
        desk.know(request.client_order_id)
        working = working_of(approved)
        self.hold(working)
        desk.pace.on_order(request, desk.limits.met_by(request).places, approved.ts_event)
        desk.counters.on_order(request, approved.ts_event)

    def on_refused(self, refused: RefusedOrder) -> bool:
        """Count a refusal; say whether its strategy has had too many."""
        if not self._is_next(refused.decision_id):
            return False
        request = refused.order
        self.undecided.pop(request.client_order_id, None)
        if request.client_order_id not in self.desk.known_ids:
            self.desk.know(request.client_order_id)
        # What an instruction of the book is refused where a strategy holds is not the strategy's doing.
        if not request.strategy or is_of_book(request.instruction_id):
            return False
        if all(refusal.code in _STANDING for refusal in refused.refusals):
            return False
        return self.desk.pace.on_refusal(request.strategy, refused.ts_event)

    def hold(self, working: Working) -> None:
        """Begin to count a working order."""
        desk = self.desk
        if working.group is None:
            request = working.request
            working.group = group_of(desk.rates.find(request.instrument_id, request.trading_day))
        desk.working.add(working)
        desk.counters.begin_live(working)
        self._move(working, working.counted)

    def release(self, working: Working) -> None:
        """Count it no more, whatever became of it."""
        self._move(working, -working.counted)
        self.desk.counters.end_live(working)
        self.desk.working.drop(working.request.client_order_id)

    def on_cancel(self, cancel: CancelRequest) -> Working | None:
        """Count the wish to take an order back; return the order, `None` where nothing is to be cancelled."""
        working = self.desk.working.get(cancel.client_order_id)
        if working is None or working.is_final or cancel.ts_event <= working.cancel_ts:
            return None
        working.cancel_ts = cancel.ts_event
        self.desk.pace.on_cancel(self.desk.limits.met_by(working.request).places, cancel.ts_event)
        self.desk.counters.on_cancel_message(working.request, cancel.ts_event)
        self.desk.counters.on_cancelled(working)
        return working

    def on_order(self, order: Order) -> Working | None:
        """Take a version of an order; return it, `None` where that changes nothing."""
        desk, own = self.desk, order.client_order_id
        working = desk.working.get(own)
        if working is None:
            if order.is_final or desk.known_ids.get(own, -1) >= order.version or order.request.quantity <= 0:
                return None
            working = foreign(order)
            desk.know(own)
            self.hold(working)
        if order.version <= working.version:
            return None
        before = working.counted
        working.version = order.version
        working.told = order.filled_quantity
        if order.status is OrderStatus.CANCELLED:
            desk.counters.on_cancelled(working)
        working.is_final = order.is_final
        if working.is_final:
            desk.counters.end_live(working)
        self._settle(working, before)
        return working

    def on_fill(self, fill: Fill, *, is_live: bool) -> bool:
        """Take a fill; return whether it was new. After a restart the ledger's positions hold the old ones already."""
        desk = self.desk
        working = desk.working.get(fill.client_order_id)
        is_first = working is not None and working.heard == 0
        if not desk.counters.on_fill(fill, is_first=is_first):
            return False
        if working is not None:
            before = working.counted
            working.heard += fill.quantity
            self._settle(working, before)
        if is_live:
            self._hold_fill(fill, working)
        return True

    def on_state(self, state: TradingState) -> bool:
        """Take a trading state; return whether it was new."""
        is_new = self.desk.latch.apply(state)
        if is_new and state.scope is Scope.STRATEGY and state.mode is TradingMode.ACTIVE:
            self.desk.pace.forgive(state.key)
        return is_new

    def on_warning(self, warning: LimitWarning) -> None:
        """Remember a warning."""
        self.nearing.apply(warning)

    def on_tick(self, tick: Tick) -> None:
        """Take a contract's newest tick."""
        self.desk.references.on_tick(tick)

    def on_position(self, position: Position) -> None:
        """Take the ledger's word on a position."""
        desk, instrument_id = self.desk, position.instrument_id
        holding = desk.holdings.holding(position.account_id, position.book, instrument_id, position.direction)
        if position.last_price is not None:
            desk.holdings.unit_values[instrument_id] = position.last_price * position.contract_multiplier
        margin, pending, group = holding.margin, holding.pending_margin, holding.group
        desk.holdings.on_position(position)
        if position.book:
            return
        day = self._day(instrument_id, position.ts_event)
        holding.group = group_of(desk.rates.find(instrument_id, day))
        purse = desk.funds.purse(position.account_id)
        purse.move(group, position.direction, -(margin + pending))
        now_pending = holding.pending_margin
        purse.move(holding.group, position.direction, holding.margin + now_pending)
        purse.frozen_margin += now_pending - pending

    def on_account(self, account: Account) -> tuple[ScopeKey, ...]:
        """Take the ledger's word on money; return the scopes whose losses it tells of."""
        if not account.book:
            self.desk.funds.purse(account.account_id).take(account)
        return self.desk.losses.on_account(account)

    def _is_next(self, decision_id: str) -> bool:
        number = int(decision_id.removeprefix("D"))
        if number <= self.number:
            return False
        self.number = number
        return True

    def _settle(self, working: Working, before: int) -> None:
        self._move(working, working.counted - before)
        if working.is_over:
            self.desk.counters.end_live(working)
            self.desk.working.drop(working.request.client_order_id)
            self.desk.know(working.request.client_order_id, working.version)

    def _move(self, working: Working, lots: int) -> None:
        if not lots:
            return
        request, desk = working.request, self.desk
        contract = desk.references.contract(request.instrument_id)
        is_date_kept = contract is not None and contract.is_date_kept
        is_opening = request.offset is Offset.OPEN
        if contract is not None and is_opening and lots > 0:
            # What a lot is worth is taken at the newest price each time there are more of them.
            quote = desk.references.quote(request.instrument_id, contract.digits)
            price = quote.last if quote is not None else request.price
            if price is not None:
                desk.holdings.unit_values[request.instrument_id] = price * contract.multiplier
        desk.holdings.move_order(request, desk.limits.met_by(request).held_places, lots, is_date_kept=is_date_kept)
        purse = desk.funds.purse(request.account_id)
        purse.frozen_commission += working.lot_commission * lots
        if is_opening:
            margin = working.lot_margin * lots
            direction = Direction.LONG if request.side is Side.BUY else Direction.SHORT
            purse.frozen_margin += margin
            purse.move(working.group or ALONE, direction, margin)

    def _hold_fill(self, fill: Fill, working: Working | None) -> None:
        desk = self.desk
        contract = desk.references.contract(fill.instrument_id)
        is_long = (fill.side is Side.BUY) is (fill.offset is Offset.OPEN)
        direction = Direction.LONG if is_long else Direction.SHORT
        holding = desk.holdings.holding(fill.account_id, "", fill.instrument_id, direction)
        before = holding.pending_margin
        if not (holding.margin or before):
            holding.group = group_of(desk.rates.find(fill.instrument_id, fill.trading_day))
        desk.holdings.on_fill(
            fill,
            lot_margin=working.lot_margin if working is not None else holding.lot_margin,
            is_date_kept=contract is not None and contract.is_date_kept,
        )
        change = holding.pending_margin - before
        purse = desk.funds.purse(fill.account_id)
        if change:
            purse.frozen_margin += change
            purse.move(holding.group, direction, change)
        if working is not None:
            purse.pending_commission += working.lot_commission * fill.quantity

    def _day(self, instrument_id: str, now: int) -> int:
        contract = self.desk.references.contract(instrument_id)
        if contract is None or not contract.hours_id:
            return 0
        return self.desk.hours.day(contract.hours_id, now).trading_day
