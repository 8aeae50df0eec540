"""What may still change of an instruction that is being worked: lots that nobody has asked for yet.

Contracts that the amendment does not name stay as they are, new ones cannot be added, a line never turns its side. No
line falls below what is filled or sent; a send that is stopped counts with what of it is filled or still live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tradewind.domain.order import Side
from tradewind.domain.step_notes import said
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from tradewind.domain.book import Adjustment
    from tradewind.domain.book_messages import Basis, Draft, Wish
    from tradewind.domain.instruction import Instruction
    from tradewind.domain.step_notes import Said
    from tradewind.instructions.targets import Owner, Targets


class Amended(NamedTuple):
    """The instruction with its new targets, and the contracts of which more is wanted than before."""

    instruction: Instruction
    raised: str


def amended_at_work(told: Instruction, draft: Draft, targets: Targets, owner: Owner) -> tuple[Amended, Said]:
    """Return what an amendment makes of an instruction at work, and what changed in words.

    Raises: StateConflictError: it would change what was asked for already, add a contract or the way it is handled.
    """
    wishes = {wish.instrument_id: wish for wish in draft.wishes}
    strange = wishes.keys() - {adjustment.instrument_id for adjustment in told.adjustments}
    if strange:
        message = f"{told.instruction_id} is being worked, no contract can be added: {', '.join(sorted(strange))}"
        raise StateConflictError(message)
    if draft.handling is not None and draft.handling != told.handling:
        message = f"{told.instruction_id} is being worked, how it is handled cannot change; stop its sends, send anew"
        raise StateConflictError(message)
    changed, notes, raised = [], [], []
    for adjustment in told.adjustments:
        wish = wishes.get(adjustment.instrument_id)
        now = adjustment if wish is None else _amended(adjustment, wish, draft.basis, targets, owner)
        changed.append(now)
        if now.quantity != adjustment.quantity:
            notes.append(f"{now.instrument_id} {now.side} {adjustment.quantity} → {now.quantity}")
        if now.quantity > adjustment.quantity:
            raised.append(now.instrument_id)
    terms = {"adjustments": tuple(changed), "expires_at": draft.expires_at or told.expires_at}
    return Amended(msgspec.structs.replace(told, **terms), ", ".join(raised)), said("changes", changes="; ".join(notes))


def _amended(was: Adjustment, wish: Wish, basis: Basis, targets: Targets, owner: Owner) -> Adjustment:
    """Return a line with its new target, counted from the positions it was written on."""
    if wish.delta is not None:
        wish = msgspec.structs.replace(wish, target=was.current_position + wish.delta, delta=None)
    wished = targets.adjustment(owner, wish, basis)
    change = (wished.adjusted_position - was.current_position) * (1 if was.side is Side.BUY else -1)
    committed = was.filled_quantity + was.working_quantity
    if change < committed:
        message = (
            f"{was.instrument_id}: {committed} of {was.quantity} lots to {was.side} are done or sent,"
            f" so at least {committed} must stay, was {change}; stop its sends to take back what is not filled"
        )
        raise StateConflictError(message)
    words = {"wish": wished.wish, "weighed": wished.weighed}
    terms = {"adjusted_position": wished.adjusted_position, "limit_price": wish.limit_price, **words}
    return targets.valued(msgspec.structs.replace(was, **terms))
