"""What people may do here: submit, close, cancel; define, start, change and stop plans. And what they may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.instruction import Execution, Instruction, InstructionLine, InstructionStatus, Intent, Trigger
from tradewind.domain.order import OrderRequest, Origin, Side
from tradewind.errors import InputError, StateConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.account import Direction
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.plan import PlanParams, TradingPlan
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.market_view import Market
    from tradewind.instructions.plans import Plans
    from tradewind.instructions.policies import PolicyDesk
    from tradewind.instructions.settings import InstructionSettings
    from tradewind.instructions.worker import Worker
    from tradewind.kernel.clock import Clock

_MAX_ID: Final = 64


class InstructionDesk:
    """Commands, each done once by its id, and answers from memory."""

    def __init__(
        self,
        *,
        settings: InstructionSettings,
        clock: Clock,
        instruments: InstrumentLookup,
        plans: Plans,
        worker: Worker,
        policies: PolicyDesk,
        holdings: Holdings,
        publish_plan: Callable[[TradingPlan], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._instruments = instruments
        self._plans = plans
        self._worker = worker
        self._policies = policies
        self._holdings = holdings
        self._publish_plan = publish_plan

    def submit(
        self,
        instruction_id: str,
        *,
        origin: Origin,
        account_id: str,
        lines: tuple[InstructionLine, ...],
        actor: str,
        product_code: str = "",
        strategy: str = "",
        reason: str = "",
        cause: str = "",
    ) -> Instruction:
        """Begin an instruction; the same id again returns the same instruction and sends nothing.

        Raises:
            InputError: it has no lines, a quantity that is none, or there are too many live ones.
            UnknownInstrumentError: no table knows a contract.
        """
        self._check(instruction_id, lines)
        return self._worker.submit(
            self._new(
                instruction_id,
                origin=origin,
                account_id=account_id,
                lines=lines,
                actor=actor,
                product_code=product_code,
                strategy=strategy,
                reason=reason,
                cause=cause,
            )
        )

    def close(
        self,
        instruction_id: str,
        *,
        account_id: str,
        instrument_id: str,
        direction: Direction,
        quantity: int | None,
        actor: str,
        execution: Execution,
        book: str = "",
    ) -> Instruction:
        """Close a position, or part of it: the close button.

        Raises: InputError: there is no such position, or it has fewer lots.
        """
        known = self.find(instruction_id)
        if known is not None:
            return known
        position = self._holdings.find(account_id, book, instrument_id, direction)
        if position is None:
            message = f"account {account_id} has no {direction} position of {instrument_id} to close"
            raise InputError(message)
        wanted = position.closable if quantity is None else quantity
        if not 1 <= wanted <= position.closable:
            message = (
                f"{position.closable} of {position.quantity} lots {direction} {instrument_id} can be closed,"
                f" was {wanted}; the others have orders already"
            )
            raise InputError(message)
        market = self._worker.market(instrument_id)
        product, _, strategy = book.partition("/")
        line = InstructionLine(
            instrument_id,
            Side.SELL if direction == "long" else Side.BUY,
            Intent.CLOSE,
            wanted,
            execution,
            arrival_price=market.last if market is not None else None,
        )
        return self.submit(
            instruction_id,
            origin=Origin.CLOSE_BUTTON,
            account_id=account_id,
            lines=(line,),
            actor=actor,
            product_code=product,
            strategy=strategy,
            cause="close_button",
        )

    def cancel(self, instruction_id: str, *, actor: str, reason: str) -> Instruction:
        """Take an instruction back.

        Raises:
            InputError: there is none of that id at hand.
            StateConflictError: it belongs to the book, where who wants it back withdraws it.
        """
        parent = self._worker.parents.get(instruction_id)
        if parent is None:
            message = f"there is no live instruction {instruction_id[:80]!r}"
            raise InputError(message)
        if parent.instruction.is_of_book:
            message = f"{instruction_id} is in the instruction book: withdraw it there, or stop its sends"
            raise StateConflictError(message)
        return self._worker.cancel(parent, actor=actor, reason=reason)

    def cancel_order(self, client_order_id: str, *, actor: str, reason: str) -> bool:
        """Take one order back for good; false when it is over already.

        Raises: InputError: there is none of that id at hand.
        """
        parent = self._worker.parent_of(client_order_id)
        if parent is None:
            message = f"there is no order {client_order_id[:80]!r} of a live instruction"
            raise InputError(message)
        if not parent.children[client_order_id].is_live:
            return False
        self._worker.take_back(client_order_id, actor=actor, reason=reason or "user")
        return True

    def define_plan(self, name: str, params: PlanParams, *, actor: str) -> TradingPlan:
        """Make a plan, or set the parameters of its next start.

        Raises: InputError: the name cannot be one, or there are too many.
        """
        return self._tell(self._plans.defined(name, params, actor=actor, now_ns=self._clock.now_ns()))

    def start_plan(self, name: str, *, actor: str) -> TradingPlan:
        """Start a plan with the parameters that waited.

        Raises: InputError: there is none. StateConflictError: it runs.
        """
        return self._tell(self._plans.started(name, actor=actor, now_ns=self._clock.now_ns()))

    def swap_plan(self, name: str, *, actor: str) -> TradingPlan:
        """Give a running plan the parameters that waited, without a stop.

        Raises: InputError: there is none. StateConflictError: it does not run.
        """
        return self._tell(self._plans.swapped(name, actor=actor, now_ns=self._clock.now_ns()))

    def stop_plan(self, name: str, *, actor: str, reason: str = "stopped") -> TradingPlan:
        """Stop a plan: what it has under way is taken back, its positions stay.

        Raises: InputError: there is none. StateConflictError: it does not run.
        """
        plan = self._tell(self._plans.stopped(name, actor=actor, reason=reason, now_ns=self._clock.now_ns()))
        self._policies.stop(plan, actor=actor, reason=reason)
        return plan

    # answers

    def rehearse(
        self,
        instruction_id: str,
        *,
        account_id: str,
        lines: tuple[InstructionLine, ...],
        product_code: str = "",
        strategy: str = "",
    ) -> list[OrderRequest]:
        """Return the orders that a wish would become now, for the gate's what-if; nothing is sent.

        Raises:
            InputError: a contract has no quote yet.
            UnknownInstrumentError: no table knows a contract.
        """
        return self._worker.rehearse(
            self._new(
                instruction_id,
                origin=Origin.MANAGER,
                account_id=account_id,
                lines=lines,
                actor="what-if",
                product_code=product_code,
                strategy=strategy,
                reason="",
                cause="what-if",
            )
        )

    def market(self, instrument_id: str) -> Market | None:
        """Return the newest quote of a contract in exact prices, `None` before the first."""
        return self._worker.market(instrument_id)

    def find(self, instruction_id: str) -> Instruction | None:
        """Return an instruction that is at hand."""
        parent = self._worker.parents.get(instruction_id)
        return None if parent is None else parent.instruction

    def instructions(self) -> list[Instruction]:
        """Return the live ones and the last that ended, oldest first."""
        return [parent.instruction for parent in self._worker.parents.values()]

    def plans(self) -> tuple[TradingPlan, ...]:
        """Return every plan."""
        return self._plans.all()

    def triggers(self) -> list[Trigger]:
        """Return the newest triggers, oldest first."""
        return list(self._policies.triggers.values())

    def _new(
        self,
        instruction_id: str,
        *,
        origin: Origin,
        account_id: str,
        lines: tuple[InstructionLine, ...],
        actor: str,
        product_code: str,
        strategy: str,
        reason: str,
        cause: str,
    ) -> Instruction:
        now_ns = self._clock.now_ns()
        return Instruction(
            instruction_id=instruction_id,
            origin=origin,
            account_id=account_id,
            product_code=product_code,
            strategy=strategy,
            actor=actor,
            status=InstructionStatus.WORKING,
            version=1,
            lines=lines,
            trading_day=0,
            created_at=now_ns,
            updated_at=now_ns,
            reason_code="",
            reason=reason,
            cause=cause,
        )

    def _check(self, instruction_id: str, lines: tuple[InstructionLine, ...]) -> None:
        if not 0 < len(instruction_id) <= _MAX_ID:
            message = f"an instruction's id is 1 to {_MAX_ID} characters, was {len(instruction_id)}"
            raise InputError(message)
        for line in lines:
            self._instruments.require(line.instrument_id)
            if line.quantity < 1:
                message = f"quantity must be a whole number of lots ≥ 1, was {line.quantity} ({line.instrument_id})"
                raise InputError(message)
        if not lines:
            message = f"instruction {instruction_id} has no lines; it needs at least one contract to trade"
            raise InputError(message)
        if self._worker.live_count() >= self._settings.max_live:
            message = (
                f"there are {self._settings.max_live} live instructions (instructions.max_live); cancel some first"
            )
            raise InputError(message)

    def _tell(self, plan: TradingPlan) -> TradingPlan:
        self._plans.heard(plan)
        self._publish_plan(plan)
        return plan
