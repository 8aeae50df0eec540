"""An instruction and the orders made for it: how far each line got follows from them, and from nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.book import Act, Step
from tradewind.domain.instruction import AT_WORK, Algorithm, Instruction, InstructionLine, InstructionStatus
from tradewind.domain.order import Order, OrderRequest, OrderStatus, RefusedOrder
from tradewind.domain.step_notes import said
from tradewind.instructions.progress import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BY_ALGORITHM: Final = "algorithm"
"""Reason of a cancel whose lots are to be asked for again; any other gives them up."""
_S = InstructionStatus


def child_id(instruction_id: str, line: int, number: int) -> str:
    """Name a child order; the same child has the same name after a restart."""
    return f"{instruction_id}-{line}-{number}"


def line_of(client_order_id: str) -> int:
    """Return the line a child was made for."""
    return int(client_order_id.rsplit("-", 2)[1])


class Child(msgspec.Struct):
    """One order of an instruction: asked, then refused or moving."""

    request: OrderRequest
    order: Order | None = None
    refusal: str = ""
    is_given_up: bool = False
    """Taken back by a person or by the exchange: what is left of it is not asked for again."""
    is_asked_back: bool = False
    """Taken back by its algorithm, or stopped: what is left of it may be asked for again."""

    @property
    def is_live(self) -> bool:
        """True while it may still fill, or nobody has decided on it."""
        if self.refusal:
            return False
        return self.order is None or not self.order.is_final

    @property
    def filled(self) -> int:
        """Return the lots done."""
        return self.order.filled_quantity if self.order is not None else 0

    @property
    def refused(self) -> int:
        """Return the lots that will not be asked for again."""
        if self.refusal:
            return self.request.quantity
        order = self.order
        if order is None or not order.is_final:
            return 0
        is_lost = order.status is OrderStatus.REJECTED or self.is_given_up
        return order.remaining_quantity if is_lost else 0


class Taken(msgspec.Struct, frozen=True):
    """A step of an instruction's timeline, the version it made and the state that followed."""

    version: int
    status: InstructionStatus
    step: Step


class Parent(msgspec.Struct):
    """An instruction with its children, and when its work began."""

    instruction: Instruction
    children: dict[str, Child] = {}
    asked: int = 0
    missing: dict[int, int] = {}
    """Lots found missing by line, until the next version of the instruction says so."""
    steps: list[Taken] = []
    """What was done with it, the oldest first; of tickets and plans' instructions nothing."""

    def put(self, told: Instruction) -> None:
        """Take a newer version in."""
        self.instruction = told
        if told.step is not None:
            self.steps.append(Taken(told.version, told.status, told.step))

    def next_id(self, line: int) -> str:
        """Return the name of the next child of a line."""
        self.asked += 1
        return child_id(self.instruction.instruction_id, line, self.asked)

    def requested(self, request: OrderRequest) -> None:
        """Note a child that was asked for; seen before, it changes nothing."""
        if request.client_order_id not in self.children:
            self.children[request.client_order_id] = Child(request)
            self.asked = max(self.asked, int(request.client_order_id.rsplit("-", 1)[1]))

    def refused(self, refused: RefusedOrder) -> None:
        """Note that the gate said no."""
        child = self.children.get(refused.order.client_order_id)
        if child is not None:
            child.refusal = refused.refusals[0].code if refused.refusals else "refused"

    def moved(self, order: Order) -> bool:
        """Note how far a child got; tell whether that changes the instruction. An older version changes nothing."""
        child = self.children.get(order.client_order_id)
        if child is None or (child.order is not None and child.order.version >= order.version):
            return False
        before, child.order = child.filled, order
        if order.status is OrderStatus.CANCELLED and not (order.is_cancel_sent or child.is_asked_back):
            # Nobody here asked for it: the exchange, the end of the day or an emergency stop took it back. A sniper's
            # shots alone are meant to be killed and fired again.
            line = self.instruction.lines[line_of(order.client_order_id)]
            child.is_given_up = child.is_given_up or line.execution.algorithm is not Algorithm.SNIPER
        return order.is_final or order.filled_quantity != before

    def taken_back(self, client_order_id: str, reason: str) -> None:
        """Note that a child is taken back: for good, or by its algorithm."""
        child = self.children.get(client_order_id)
        if child is not None and reason == BY_ALGORITHM:
            child.is_asked_back = True
        elif child is not None:
            child.is_given_up = True

    def live(self, line: int) -> Iterator[Order]:
        """Yield the orders of a line that may still fill."""
        return (child.order for child in self._of(line) if child.order is not None and child.is_live)

    def asked_ns(self, line: int) -> int:
        """Return when an order of a line was last asked for, 0 before the first."""
        return max((child.request.ts_event for child in self._of(line)), default=0)

    def progressed(self, now_ns: int) -> Instruction | None:
        """Return the instruction as its children make it, `None` if nothing changed."""
        told = self.instruction
        children: dict[int, list[Child]] = {}
        for child in self.children.values():
            children.setdefault(line_of(child.request.client_order_id), []).append(child)
        lines = tuple(self._line(number, line, children.get(number, ())) for number, line in enumerate(told.lines))
        if told.is_of_book:
            return _next_of_book(told, lines, now_ns)
        status, code = self._status(lines)
        if lines == told.lines and status is told.status:
            return None
        return msgspec.structs.replace(
            told,
            lines=lines,
            status=status,
            reason_code=code or told.reason_code,
            version=told.version + 1,
            updated_at=now_ns,
        )

    def _of(self, line: int) -> Iterator[Child]:
        return (child for child in self.children.values() if line_of(child.request.client_order_id) == line)

    def _line(self, number: int, line: InstructionLine, children: Iterable[Child]) -> InstructionLine:
        working = filled = refused = 0
        turnover, code = Decimal(0), line.reason_code
        for child in children:
            filled += child.filled
            lost = child.refused
            refused += lost
            if lost:
                code = child.refusal or (child.order.reason_code if child.order is not None else "") or "taken_back"
            if child.order is not None:
                turnover += child.order.turnover
            if child.is_live:
                working += child.request.quantity - child.filled
        missing = line.missing_quantity + self.missing.pop(number, 0)
        return msgspec.structs.replace(
            line,
            working_quantity=working,
            filled_quantity=filled,
            refused_quantity=refused,
            missing_quantity=missing,
            turnover=turnover,
            reason_code="nothing_to_close" if missing and not code else code,
        )

    def _status(self, lines: tuple[InstructionLine, ...]) -> tuple[InstructionStatus, str]:
        status = self.instruction.status
        is_cancelling = status is _S.CANCELLING
        if not is_cancelling and status not in AT_WORK:
            return status, ""
        if any(line.working_quantity for line in lines):
            return _begun(status, lines), ""
        # Whoever cancels has said why; else the first line that could not be done does.
        code = "" if is_cancelling else next((line.reason_code for line in lines if line.reason_code), "")
        if all(line.unasked_quantity == 0 for line in lines):
            if any(line.filled_quantity for line in lines):
                return _S.DONE, code
            return (_S.CANCELLED if is_cancelling else _S.REJECTED), code
        return (_S.CANCELLED if is_cancelling else _begun(status, lines)), ""


def _begun(status: InstructionStatus, lines: tuple[InstructionLine, ...]) -> InstructionStatus:
    is_begun = status is _S.WORKING and any(line.filled_quantity for line in lines)
    return _S.PARTLY_DONE if is_begun else status


def _next_of_book(told: Instruction, lines: tuple[InstructionLine, ...], now_ns: int) -> Instruction | None:
    """Return the next version of an instruction of the book; where its state changes that is a step of its timeline."""
    same = msgspec.structs.replace(told, lines=lines, touched=())
    changed = counted(same)
    if changed is same and lines == told.lines:
        return None
    has_moved = changed.status is not told.status
    step = None
    if has_moved:
        note = said("progress", before=told.status, after=changed.status)
        step = Step(Act.PROGRESS, "", now_ns, **note._asdict())
    return msgspec.structs.replace(changed, version=told.version + 1, updated_at=now_ns, step=step)
