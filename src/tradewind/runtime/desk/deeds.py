"""Carries out commands at the desk, each by the room whose matter it is, within the reach of whoever gives it.

What a command touches is looked up before anything is done: an order is its instruction's product and account, a plan
is whose it was and whose it will be. The whole platform and a contract take a whole reach to halt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain import desk
from tradewind.domain.account import CashMove
from tradewind.domain.book import is_of_book
from tradewind.domain.book_messages import AboutOne, DraftFromOpportunity, DraftInstruction
from tradewind.domain.order import Origin, Refusal
from tradewind.domain.statement_review import ConfirmStatement, TakeStatement
from tradewind.domain.whose import owner_of_book, owners_of_plan, owners_of_scope
from tradewind.errors import InputError, StateConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.instruction import Instruction
    from tradewind.domain.rights import Reach
    from tradewind.domain.whose import Owner
    from tradewind.runtime.desk.answers import Answers
    from tradewind.runtime.desk.rooms import DeskRooms


class Deeds:
    """Everything people may do, by kind of command."""

    def __init__(self, rooms: DeskRooms, answers: Answers) -> None:
        self._rooms = rooms
        self._answers = answers
        self._bounds = answers.bounds
        self._kinds: dict[type, Callable[[Any, Reach], object]] = {
            desk.Submit: self._submit,
            desk.CancelInstruction: self._cancel_instruction,
            desk.CancelOrder: self._cancel_order,
            desk.Close: self._close,
            desk.DefinePlan: self._define_plan,
            desk.StartPlan: lambda do, _reach: rooms.instructions.desk.start_plan(do.name, actor=do.actor),
            desk.StopPlan: lambda do, _reach: rooms.instructions.desk.stop_plan(do.name, actor=do.actor),
            desk.SwapPlan: lambda do, _reach: rooms.instructions.desk.swap_plan(do.name, actor=do.actor),
            desk.SetMode: lambda do, _reach: rooms.set_mode(do),
            desk.MoveCash: self._move_cash,
            TakeStatement: self._take_statement,
            ConfirmStatement: self._confirm_statement,
            desk.TendAccount: self._tend_account,
            **answers.book.deeds,
        }

    def require(self, command: desk.Command, reach: Reach) -> None:
        """Go on only if the reach covers all that the command touches.

        Raises: NotAllowedError: it does not, or it names what there is not.
        """
        match command:
            case desk.Submit() | DraftInstruction() | DraftFromOpportunity():
                self._bounds.require_book(reach, command, command.product_code, command.account_id, command.strategy)
            case desk.DefinePlan():
                new = (command.params.product_code, command.params.account_id)
                self._bounds.require(reach, command, (new, *owners_of_plan(self._bounds.plan_of(command.name))))
            case _:
                self._bounds.require(reach, command, self._touched(command))

    def do(self, command: desk.Command, reach: Reach) -> object:
        """Do it and return what came of it. Raises as `Office.carry_out`."""
        return self._kinds[type(command)](command, reach)

    def _touched(self, command: desk.Command) -> Iterable[Owner]:
        """Return whose the thing is that a command names; nobody's where there is none."""
        match command:
            case desk.CancelInstruction():
                told = self._rooms.instructions.desk.find(command.instruction_id)
                return () if told is None else ((told.product_code, told.account_id),)
            case desk.CancelOrder():
                order = self._rooms.execution.queries.order(command.client_order_id)
                return () if order is None else ((order.request.product_code, order.request.account_id),)
            case desk.StartPlan() | desk.StopPlan() | desk.SwapPlan():
                return owners_of_plan(self._bounds.plan_of(command.name))
            case desk.SetMode():
                return owners_of_scope(command.scope, command.key, self._bounds.plan_of)
            case TakeStatement() | ConfirmStatement() | desk.TendAccount():
                return (("", command.account_id),)
            case desk.Close() | desk.MoveCash():
                return (owner_of_book(command.book, command.account_id),)
            case _ if isinstance(command, AboutOne):
                return self._answers.book.owners(command.instruction_id)
            case _:
                return ()

    def _submit(self, do: desk.Submit, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        self._earlier(f"M:{do.request_id}", do, reach)
        return self._rooms.instructions.desk.submit(
            f"M:{do.request_id}",
            origin=Origin.MANAGER,
            account_id=do.account_id,
            lines=tuple(self._rooms.line(line) for line in do.lines),
            actor=do.actor,
            product_code=do.product_code,
            strategy=do.strategy,
            reason=do.reason,
            cause=f"ticket:{do.request_id}",
        )

    def _earlier(self, instruction_id: str, do: desk.Submit | desk.Close, reach: Reach) -> Instruction | None:
        """Return what came of the same command before.

        Raises: StateConflictError: somebody else used that id; what for is not told. NotAllowedError: it is beyond the
            reach by now.
        """
        known = self._rooms.instructions.desk.find(instruction_id)
        if known is None:
            return None
        if known.actor != do.actor:
            message = "this request_id is taken; choose another, and let it be random"
            raise StateConflictError(message)
        self._bounds.require(reach, do, ((known.product_code, known.account_id),))
        return known

    def _cancel_instruction(self, do: desk.CancelInstruction, _reach: Reach) -> object:
        if is_of_book(do.instruction_id):
            # Taking back what somebody wrote is not a trader's matter, and each act is a line of its timeline.
            message = f"{do.instruction_id} is of the instruction book: withdraw it there, or stop its sends"
            raise StateConflictError(message)
        return self._rooms.instructions.desk.cancel(do.instruction_id, actor=do.actor, reason=do.reason or "user")

    def _cancel_order(self, do: desk.CancelOrder, _reach: Reach) -> object:
        is_asked = self._rooms.instructions.desk.cancel_order(do.client_order_id, actor=do.actor, reason=do.reason)
        return {"client_order_id": do.client_order_id, "is_cancel_asked": is_asked}

    def _close(self, do: desk.Close, reach: Reach) -> object:
        known = self._earlier(f"C:{do.request_id}", do, reach)
        if known is not None:
            return known
        ask = desk.AskClose(
            account_id=do.account_id,
            instrument_id=do.instrument_id,
            direction=do.direction,
            quantity=do.quantity,
            book=do.book,
        )
        shown = self._answers.preview(ask, reach)
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

    def _define_plan(self, do: desk.DefinePlan, _reach: Reach) -> object:
        return self._rooms.instructions.desk.define_plan(do.name, do.params, actor=do.actor)

    def _move_cash(self, do: desk.MoveCash, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        portfolio = self._rooms.portfolio
        account = portfolio.queries.account(do.account_id)
        move = CashMove(
            f"{do.actor} {do.request_id}",
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
        # Who may move the money of a book is shown that book, and not the account's other money.
        return portfolio.queries.account(do.account_id, "" if reach.covers("", do.account_id) else do.book)

    def _take_statement(self, do: TakeStatement, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        return self._rooms.statement_desk.take(do.account_id, do.text)

    def _confirm_statement(self, do: ConfirmStatement, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        return self._rooms.portfolio.statements.confirm(
            do.account_id, do.trading_day, do.digest, actor=do.actor, reason=do.reason
        )

    def _tend_account(self, do: desk.TendAccount, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        self._rooms.tend(do.account_id, do.wish)
        links = self._rooms.execution.queries.broker().accounts
        return next(link for link in links if link.account_id == do.account_id)
