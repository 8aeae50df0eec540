"""Answers people and programs at the desk: each message of `domain.desk` goes to the room that knows.

A command is answered when no crash can undo it any more. The same `request_id` again is answered with what came of it
the first time: by the instruction's, the move's own id for ever, by memory for the rest.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain import desk
from tradewind.domain.account import CashMove, Direction
from tradewind.domain.instruction import InstructionLine, Intent
from tradewind.domain.order import OrderRequest, Origin, Refusal, Side
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.errors import InputError, NotAllowedError, StateConflictError, TransientError
from tradewind.runtime.desk.figures import statistics_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.audit.service import AuditService
    from tradewind.domain.rights import Reach
    from tradewind.runtime.desk.rooms import DeskRooms

_REMEMBERED: Final = 10_000
_SIGNATURE: Final = frozenset({"actor", "source", "request_id", "phrase"})


class CloseView(msgspec.Struct, frozen=True):
    """What closing a position would mean: the position, the gate's judgement, and the word that lets it be done."""

    position: object
    quantity: int
    what_if: object
    confirmation: str


class EquityView(msgspec.Struct, frozen=True):
    """An account's equity: the end of each settled day, and samples of today."""

    days: object
    today: object


class QueueView(msgspec.Struct, frozen=True):
    """What waits to be sent, how the broker is, and what a person should look at."""

    queues: object
    broker: object
    alarms: object


class ScopeUse(msgspec.Struct, frozen=True):
    """How much of each limit of one scope is used."""

    scope: Scope
    key: str
    use: object


class LimitsView(msgspec.Struct, frozen=True):
    """The limits of the gate with their use, and the regulatory counters."""

    scopes: object
    counters: object
    bursts: object


class Office:
    """`api.ports.TradingDesk` on the rooms of this process."""

    def __init__(self, rooms: DeskRooms, audit: AuditService | None = None) -> None:
        """With `audit` each command is put on the record, beside what came of it."""
        self._rooms = rooms
        self._audit = audit
        self._done: dict[str, object] = {}
        self._answers: dict[type, Callable[[Any], object]] = {
            desk.AskAccounts: self._accounts,
            desk.AskPositions: self._positions,
            desk.AskLots: self._lots,
            desk.AskEquity: self._equity,
            desk.AskOrders: self._orders,
            desk.AskQueue: self._queue,
            desk.AskInstructions: lambda _ask: rooms.instructions.desk.instructions(),
            desk.AskPlans: lambda _ask: rooms.instructions.desk.plans(),
            desk.AskTriggers: lambda _ask: rooms.instructions.desk.triggers(),
            desk.AskLimits: self._limits,
            desk.AskTradingStates: lambda _ask: rooms.pretrade.queries.states(),
            desk.AskWhatIf: self._what_if,
            desk.AskClose: self._preview,
        }
        self._filtered: dict[type, Callable[[Any, Reach], object]] = {
            desk.AskStatistics: statistics_answers(rooms.statistics.queries),
        }
        self._deeds: dict[type, Callable[[Any], object]] = {
            desk.Submit: self._submit,
            desk.CancelInstruction: self._cancel_instruction,
            desk.CancelOrder: self._cancel_order,
            desk.Close: self._close,
            desk.DefinePlan: lambda do: rooms.instructions.desk.define_plan(do.name, do.params, actor=do.actor),
            desk.StartPlan: lambda do: rooms.instructions.desk.start_plan(do.name, actor=do.actor),
            desk.StopPlan: lambda do: rooms.instructions.desk.stop_plan(do.name, actor=do.actor),
            desk.SwapPlan: lambda do: rooms.instructions.desk.swap_plan(do.name, actor=do.actor),
            desk.SetMode: self._set_mode,
            desk.MoveCash: self._move_cash,
        }

    async def answer(self, question: desk.Question, reach: Reach) -> object:
        """Return what was asked for.

        Raises:
            InputError: it names what there is not. NotAllowedError: it names what the asker may not see.
            TransientError: the desk is not open yet.
        """
        _require_some(reach, question)
        # Whether trading is halted is known with the database away too.
        if not isinstance(question, desk.AskTradingStates):
            self._require_open()
        filtered = self._filtered.get(type(question))
        return filtered(question, reach) if filtered is not None else self._answers[type(question)](question)

    async def carry_out(self, command: desk.Command, reach: Reach) -> object:
        """Do it once; return what came of it when it is durable.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: it goes beyond the reach.
            TransientError: it cannot be recorded now.
        """
        _require_some(reach, command)
        is_stop = isinstance(command, desk.SetMode) and command.mode is not TradingMode.ACTIVE
        if is_stop:
            # Stopping works with the database away: the gate's own file remembers it.
            self._note(command)
            return self._deeds[type(command)](command)
        self._require_open()
        key = f"{type(command).__name__} {command.request_id}"
        if key in self._done:
            return self._done[key]
        journal = self._rooms.journal
        if journal.failure is not None:
            message = f"nothing can be recorded now, so nothing is done: {journal.failure}"
            raise TransientError(message)
        self._note(command)
        done = self._deeds[type(command)](command)
        self._done[key] = done
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        await self._durable()
        return done

    def _note(self, command: desk.Command) -> None:
        """Put on record what somebody wants, before it is done: what was refused is worth knowing too."""
        if self._audit is not None and self._rooms.closed is None:
            told = {name: value for name, value in msgspec.to_builtins(command).items() if name not in _SIGNATURE}
            self._audit.record(
                str(told.pop("do")), actor=command.actor, source=command.source, subject=command.request_id, after=told
            )

    def _require_open(self) -> None:
        if self._rooms.closed is not None:
            message = f"the trading desk is not open: {self._rooms.closed}"
            raise TransientError(message)

    async def _durable(self) -> None:
        journal = self._rooms.journal
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell() -> None:
            if not written.done():
                written.set_result(None)

        journal.when_durable(journal.last_seq, tell)
        try:
            async with asyncio.timeout(self._rooms.patience_s):
                await written
        except TimeoutError as error:
            message = (
                f"done, but not on record yet ({journal.failure or 'the database is slow'}); look before repeating"
            )
            raise TransientError(message) from error

    # questions

    def _accounts(self, _ask: desk.AskAccounts) -> object:
        return self._rooms.portfolio.queries.accounts(with_books=True)

    def _positions(self, _ask: desk.AskPositions) -> object:
        queries = self._rooms.portfolio.queries
        books = dict.fromkeys(account.book for account in queries.accounts(with_books=True))
        return [position for book in books for position in queries.positions(book=book)]

    def _lots(self, ask: desk.AskLots) -> object:
        self._require_account(ask.account_id)
        return self._rooms.portfolio.queries.lots(ask.account_id, ask.instrument_id, ask.direction, ask.book)

    def _equity(self, ask: desk.AskEquity) -> object:
        self._require_account(ask.account_id)
        queries = self._rooms.portfolio.queries
        return EquityView(queries.equity_days(ask.account_id, ask.book), queries.equity_samples(ask.account_id))

    def _orders(self, ask: desk.AskOrders) -> object:
        queries = self._rooms.execution.queries
        return queries.working() if ask.is_live else queries.orders()

    def _queue(self, _ask: desk.AskQueue) -> object:
        queries = self._rooms.execution.queries
        return QueueView(queries.queues(), queries.broker(), queries.alarms())

    def _limits(self, _ask: desk.AskLimits) -> object:
        queries = self._rooms.pretrade.queries
        places = [(Scope.PLATFORM, "")]
        places += [(Scope.ACCOUNT, account.account_id) for account in self._rooms.portfolio.queries.accounts()]
        places += [(Scope.STRATEGY, plan.name) for plan in self._rooms.instructions.desk.plans()]
        use = [ScopeUse(scope, key, queries.use(scope, key)) for scope, key in places]
        return LimitsView(use, queries.counts(), queries.bursts())

    def _what_if(self, ask: desk.AskWhatIf) -> object:
        requests = self._requests(ask.account_id, ask.lines, ask.product_code, ask.strategy)
        return self._rooms.pretrade.what_if(requests)

    def _preview(self, ask: desk.AskClose) -> CloseView:
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
        return CloseView(position, quantity, judged, _confirmation(ask, position.quantity, quantity))

    def _requests(
        self, account_id: str, lines: tuple[desk.WishedLine, ...], product_code: str, strategy: str
    ) -> list[OrderRequest]:
        """Return the orders that a wish would become at the market's price, as the gate would see them."""
        self._require_account(account_id)
        return self._rooms.instructions.desk.rehearse(
            "what-if",
            account_id=account_id,
            lines=tuple(self._line(line) for line in lines),
            product_code=product_code,
            strategy=strategy,
        )

    # deeds

    def _submit(self, do: desk.Submit) -> object:
        self._require_account(do.account_id)
        return self._rooms.instructions.desk.submit(
            f"M:{do.request_id}",
            origin=Origin.MANAGER,
            account_id=do.account_id,
            lines=tuple(self._line(line) for line in do.lines),
            actor=do.actor,
            product_code=do.product_code,
            strategy=do.strategy,
            reason=do.reason,
            cause=f"ticket:{do.request_id}",
        )

    def _line(self, line: desk.WishedLine) -> InstructionLine:
        market = self._rooms.instructions.desk.market(line.instrument_id)
        return InstructionLine(
            line.instrument_id,
            line.side,
            line.intent,
            line.quantity,
            line.execution,
            arrival_price=market.last if market is not None else None,
        )

    def _cancel_instruction(self, do: desk.CancelInstruction) -> object:
        return self._rooms.instructions.desk.cancel(do.instruction_id, actor=do.actor, reason=do.reason or "user")

    def _cancel_order(self, do: desk.CancelOrder) -> object:
        is_asked = self._rooms.instructions.desk.cancel_order(do.client_order_id, actor=do.actor, reason=do.reason)
        return {"client_order_id": do.client_order_id, "is_cancel_asked": is_asked}

    def _close(self, do: desk.Close) -> object:
        known = self._rooms.instructions.desk.find(f"C:{do.request_id}")
        if known is not None:
            return known
        ask = desk.AskClose(
            account_id=do.account_id,
            instrument_id=do.instrument_id,
            direction=do.direction,
            quantity=do.quantity,
            book=do.book,
        )
        shown = self._preview(ask)
        if shown.confirmation != do.confirmation:
            message = "the position is not what was shown; look at it again before you close it"
            raise StateConflictError(message)
        return self._rooms.instructions.desk.close(
            f"C:{do.request_id}",
            account_id=do.account_id,
            instrument_id=do.instrument_id,
            direction=do.direction,
            quantity=shown.quantity,
            actor=do.actor,
            execution=do.execution,
            book=do.book,
        )

    def _set_mode(self, do: desk.SetMode) -> object:
        return self._rooms.set_mode(do)

    def _move_cash(self, do: desk.MoveCash) -> object:
        self._require_account(do.account_id)
        portfolio = self._rooms.portfolio
        account = portfolio.queries.account(do.account_id)
        move = CashMove(
            do.request_id,
            do.account_id,
            do.book,
            do.amount,
            do.actor,
            do.reason,
            account.trading_day if account is not None else 0,
            self._rooms.clock.now_ns(),
        )
        refusal: Refusal | None = portfolio.move_cash(move)
        if refusal is not None:
            message = f"{refusal.code}: at most {refusal.limit}, was {refusal.actual}"
            raise InputError(message)
        return portfolio.queries.account(do.account_id)

    def _require_account(self, account_id: str) -> None:
        queries = self._rooms.portfolio.queries
        if queries.account(account_id) is None:
            known = ", ".join(account.account_id for account in queries.accounts()) or "none yet"
            message = f"there is no account {account_id[:50]!r}; there are: {known}"
            raise InputError(message)


def _confirmation(ask: desk.AskClose, held: int, quantity: int) -> str:
    """Return a word that stands for just this: what was shown, and how much was held when it was."""
    shown = f"{ask.account_id}|{ask.book}|{ask.instrument_id}|{ask.direction}|{held}|{quantity}"
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _require_some(reach: Reach, message: desk.Question | desk.Command) -> None:
    if not reach:
        message_ = f"{type(message).__name__} needs the permission {desk.needs(message)}, which you have for nothing"
        raise NotAllowedError(message_)
