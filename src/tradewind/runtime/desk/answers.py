"""Answers questions at the desk, each from the room that knows, and no more of it than the asker's reach covers.

Who names an account, a book or a plan beyond their reach is refused in the same words whether there is one or not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.domain import desk
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Intent
from tradewind.domain.order import OrderRequest, Side
from tradewind.domain.statement_review import AskStatements, StatementsView
from tradewind.domain.trading_state import Scope
from tradewind.domain.whose import as_seen, is_concerned, may_see, owner_of_book
from tradewind.errors import InputError
from tradewind.runtime.desk.book_office import BookOffice
from tradewind.runtime.desk.bounds import Bounds
from tradewind.runtime.desk.figures import statistics_answers
from tradewind.runtime.desk.views import CloseView, EquityView, LimitsView, QueueView, ScopeUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.rights import Reach
    from tradewind.execution import BrokerState
    from tradewind.execution.alarms import ExecutionAlarm
    from tradewind.runtime.desk.rooms import DeskRooms


class Answers:
    """Everything people may ask, by kind of question."""

    def __init__(self, rooms: DeskRooms) -> None:
        self._rooms = rooms
        self.bounds = Bounds(rooms)
        self.book = BookOffice(rooms, self.bounds)
        self._kinds: dict[type, Callable[[Any, Reach], object]] = {
            desk.AskAccounts: self._accounts,
            desk.AskPositions: self._positions,
            desk.AskLots: self._lots,
            desk.AskEquity: self._equity,
            desk.AskDayResults: self._day_results,
            desk.AskOrders: self._orders,
            desk.AskQueue: self._queue,
            desk.AskInstructions: lambda _ask, reach: self._seen(rooms.instructions.desk.instructions(), reach),
            desk.AskPlans: lambda _ask, reach: tuple(self._seen(rooms.instructions.desk.plans(), reach)),
            desk.AskTriggers: lambda _ask, reach: self._seen(rooms.instructions.desk.triggers(), reach),
            desk.AskLimits: self._limits,
            desk.AskTradingStates: self._states,
            desk.AskWhatIf: self._what_if,
            desk.AskClose: self.preview,
            AskStatements: self._statements,
            desk.AskStatistics: statistics_answers(rooms.statistics.queries),
            **self.book.answers,
        }

    def to(self, question: desk.Question, reach: Reach) -> object:
        """Return what was asked for. Raises as `Office.answer`."""
        return self._kinds[type(question)](question, reach)

    def preview(self, ask: desk.AskClose, reach: Reach) -> CloseView:
        """Return what closing a position would mean.

        Raises: NotAllowedError: beyond the reach. InputError: there is no such position.
        """
        self.bounds.require(reach, ask, (owner_of_book(ask.book, ask.account_id),))
        held = self._rooms.portfolio.queries.positions(ask.account_id, ask.book)
        wanted = (ask.instrument_id, ask.direction)
        position = next((each for each in held if (each.instrument_id, each.direction) == wanted), None)
        if position is None:
            message = f"account {ask.account_id} has no {ask.direction} position of {ask.instrument_id} to close"
            raise InputError(message)
        quantity = position.closable if ask.quantity is None else ask.quantity
        product, _, strategy = ask.book.partition("/")
        line = desk.WishedLine(
            instrument_id=ask.instrument_id,
            side=Side.SELL if ask.direction is Direction.LONG else Side.BUY,
            quantity=max(quantity, 1),
            intent=Intent.CLOSE,
        )
        judged = self._rooms.pretrade.what_if(self._requests(ask.account_id, (line,), product, strategy))
        return CloseView(
            position, quantity, self.bounds.own_part(judged, reach), _confirmation(ask, position.quantity, quantity)
        )

    def _accounts(self, _ask: desk.AskAccounts, reach: Reach) -> object:
        return self._seen(self._rooms.portfolio.queries.accounts(with_books=True), reach)

    def _positions(self, _ask: desk.AskPositions, reach: Reach) -> object:
        queries = self._rooms.portfolio.queries
        books = dict.fromkeys(account.book for account in queries.accounts(with_books=True))
        return self._seen((position for book in books for position in queries.positions(book=book)), reach)

    def _lots(self, ask: desk.AskLots, reach: Reach) -> object:
        self.bounds.require(reach, ask, (owner_of_book(ask.book, ask.account_id),))
        self.bounds.require_account(ask.account_id, reach)
        return self._rooms.portfolio.queries.lots(ask.account_id, ask.instrument_id, ask.direction, ask.book)

    def _equity(self, ask: desk.AskEquity, reach: Reach) -> object:
        self.bounds.require(reach, ask, (owner_of_book(ask.book, ask.account_id),))
        self.bounds.require_account(ask.account_id, reach)
        queries = self._rooms.portfolio.queries
        today = queries.equity_samples(ask.account_id) if reach.covers("", ask.account_id) else []
        return EquityView(queries.equity_days(ask.account_id, ask.book), today)

    def _day_results(self, ask: desk.AskDayResults, reach: Reach) -> object:
        results = self._rooms.portfolio.queries.results_now(ask.account_id)
        seen = self._seen(results, reach)
        if ask.book or not seen:
            self.bounds.require(reach, ask, (owner_of_book(ask.book, ask.account_id),))
        self.bounds.require_account(ask.account_id, reach)
        return [each for each in seen if not ask.book or each.book == ask.book]

    def _statements(self, _ask: AskStatements, reach: Reach) -> StatementsView:
        statements = self._rooms.portfolio.statements
        waiting = {name: day for name, day in statements.waiting().items() if reach.covers("", name)}
        seen = (review for review in statements.reviews() if reach.covers("", review.account_id))
        pulls = {name: each for name, each in self._rooms.rate_pulls().items() if reach.covers("", name)}
        troubles = {name: why for name, why in self._rooms.statement_troubles().items() if reach.covers("", name)}
        return StatementsView(tuple(seen), waiting, pulls, troubles)

    def _orders(self, ask: desk.AskOrders, reach: Reach) -> object:
        queries = self._rooms.execution.queries
        return tuple(self._seen(queries.working() if ask.is_live else queries.orders(), reach))

    def _queue(self, _ask: desk.AskQueue, reach: Reach) -> object:
        queries = self._rooms.execution.queries
        return QueueView(
            tuple(queue for queue in queries.queues() if reach.covers("", queue.account_id)),
            _within(queries.broker(), reach),
            tuple(alarm for alarm in queries.alarms() if self._may_see_alarm(alarm, reach)),
        )

    def _may_see_alarm(self, alarm: ExecutionAlarm, reach: Reach) -> bool:
        order = self._rooms.execution.queries.order(alarm.client_order_id)
        return reach.covers("", alarm.account_id) if order is None else may_see(reach, order, self.bounds.plan_of)

    def _limits(self, _ask: desk.AskLimits, reach: Reach) -> object:
        queries = self._rooms.pretrade.queries
        places = [(Scope.PLATFORM, "")]
        places += [(Scope.ACCOUNT, account.account_id) for account in self._rooms.portfolio.queries.accounts()]
        places += [(Scope.STRATEGY, plan.name) for plan in self._rooms.instructions.desk.plans()]
        use = [
            ScopeUse(scope, key, queries.use(scope, key)) for scope, key in places if self.bounds.has(reach, scope, key)
        ]
        return LimitsView(
            use,
            tuple(count for count in queries.counts() if reach.covers("", count.account_id)),
            tuple(burst for burst in queries.bursts() if reach.covers("", burst.account_id)),
        )

    def _states(self, _ask: desk.AskTradingStates, reach: Reach) -> object:
        states = self._rooms.pretrade.queries.states()
        return tuple(state for state in states if is_concerned(reach, state, self.bounds.plan_of))

    def _what_if(self, ask: desk.AskWhatIf, reach: Reach) -> object:
        self.bounds.require_book(reach, ask, ask.product_code, ask.account_id, ask.strategy)
        self.bounds.require_account(ask.account_id, reach)
        requests = self._requests(ask.account_id, ask.lines, ask.product_code, ask.strategy)
        return self.bounds.own_part(self._rooms.pretrade.what_if(requests), reach)

    def _requests(
        self, account_id: str, lines: tuple[desk.WishedLine, ...], product_code: str, strategy: str
    ) -> list[OrderRequest]:
        """Return the orders that a wish would become at the market's price, as the gate would see them."""
        return self._rooms.instructions.desk.rehearse(
            "what-if",
            account_id=account_id,
            lines=tuple(self._rooms.line(line) for line in lines),
            product_code=product_code,
            strategy=strategy,
        )

    def _seen(self, rows: Iterable[Any], reach: Reach) -> list[Any]:
        if reach.is_whole:
            return list(rows)
        plans = {plan.name: plan for plan in self._rooms.instructions.desk.plans()}
        return [as_seen(reach, row) for row in rows if may_see(reach, row, plans.get)]


def _within(broker: BrokerState, reach: Reach) -> BrokerState:
    """Return the broker with the accounts that the asker may see."""
    seen = tuple(account for account in broker.accounts if reach.covers("", account.account_id))
    return msgspec.structs.replace(broker, accounts=seen)


def _confirmation(ask: desk.AskClose, held: int, quantity: int) -> str:
    """Return a word that stands for just this: what was shown, and how much was held when it was."""
    shown = f"{ask.account_id}|{ask.book}|{ask.instrument_id}|{ask.direction}|{held}|{quantity}"
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
