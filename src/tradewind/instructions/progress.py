"""How far an instruction of the book got: adjustments and status follow from sends and fills made elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.instruction import AT_WORK, InstructionStatus

if TYPE_CHECKING:
    from tradewind.domain.book import Adjustment
    from tradewind.domain.instruction import Instruction, InstructionLine

_S = InstructionStatus
_FILLABLE = AT_WORK | {_S.ACCEPTED}


def counted(told: Instruction) -> Instruction:
    """Return the instruction with each adjustment as its lines and fills make it, and the status that follows.

    Nothing else changes; the very same instruction comes back where nothing does.
    """
    sums = [_Sum() for _ in told.adjustments]
    for line in told.lines:
        if line.send is not None:
            sums[line.send.adjustment].add(line, is_ending=told.is_over or told.status is _S.CANCELLING)
    adjustments = tuple(_adjusted(each, found) for each, found in zip(told.adjustments, sums, strict=True))
    touched = tuple(
        number for number, (was, now) in enumerate(zip(told.adjustments, adjustments, strict=True)) if was != now
    )
    status = _status(told, adjustments)
    if not touched and status is told.status:
        return told
    return msgspec.structs.replace(told, adjustments=adjustments, status=status, touched=touched)


class _Sum:
    """What the sends of one adjustment come to."""

    __slots__ = ("filled", "refused", "turnover", "working")

    def __init__(self) -> None:
        self.working = self.filled = self.refused = 0
        self.turnover = Decimal(0)

    def add(self, line: InstructionLine, *, is_ending: bool) -> None:
        self.working += line.working_quantity + (0 if is_ending else max(line.unasked_quantity, 0))
        self.filled += line.filled_quantity
        self.refused += line.refused_quantity
        self.turnover += line.turnover


def _adjusted(adjustment: Adjustment, found: _Sum) -> Adjustment:
    filled, turnover = found.filled, found.turnover
    for fill in adjustment.manual_fills:
        filled += fill.quantity
        turnover += fill.price * fill.quantity
    return msgspec.structs.replace(
        adjustment,
        working_quantity=found.working,
        filled_quantity=filled,
        refused_quantity=found.refused,
        turnover=turnover,
    )


def _status(told: Instruction, adjustments: tuple[Adjustment, ...]) -> InstructionStatus:
    if told.status is _S.CANCELLING:
        return _S.CANCELLING if any(line.working_quantity for line in told.lines) else _S.CANCELLED
    if told.status not in _FILLABLE:
        return told.status
    if all(adjustment.is_complete for adjustment in adjustments):
        return _S.DONE
    is_begun = any(adjustment.filled_quantity for adjustment in adjustments)
    return _S.PARTLY_DONE if is_begun else told.status
