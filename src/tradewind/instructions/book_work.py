"""The instruction book as traders meet it: take, send, stop, record what was done elsewhere, close.

Only who has taken an instruction works it; another trader takes it over by reassigning it first. What the platform
works by itself begins here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.book import Act, Adjustment, ManualFill, Send, Step
from tradewind.domain.book_messages import (
    AcceptInstruction,
    CloseInstruction,
    DeclineInstruction,
    ReassignInstruction,
    RecordFill,
    ResumeSend,
    SendAdjustment,
    StopSend,
    WaiveAdjustment,
)  # fmt: skip
from tradewind.domain.instruction import AT_WORK, Execution, Instruction, InstructionLine, InstructionStatus, Intent
from tradewind.domain.order import Fill, Side
from tradewind.domain.step_notes import said
from tradewind.errors import InputError, StateConflictError
from tradewind.instructions.acting import acted, with_stops
from tradewind.instructions.keeper import fill_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from typing import Literal

    from tradewind.domain.step_notes import Said
    from tradewind.instructions.keeper import Aimed, Keeper
    from tradewind.instructions.market_view import Market

_S = InstructionStatus


class BookWork:
    """Commands of traders, and what the platform does for them."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def accept(self, do: AcceptInstruction) -> Instruction:
        """Take it; what the platform works by itself begins.

        Raises: StateConflictError: not in this state, stale, or another trader is asked for it.
        """
        if (known := self._known(do, Act.ACCEPT)) is not None:
            return known
        told, _ = self._keeper.may(do, Act.ACCEPT)
        if told.trader not in {"", do.actor}:
            message = f"{told.trader} is asked to work {told.instruction_id}; reassign it to {do.actor} first"
            raise StateConflictError(message)
        taken = self._keeper.act(do, Act.ACCEPT, trader=do.actor, adjustments=self._arrived(told))
        return self.begin_if_due(taken, "acceptance", do.actor)

    def decline(self, do: DeclineInstruction) -> Instruction:
        """Give it back before anything was sent. Raises: StateConflictError: as `accept`, or they have not taken it."""
        if (known := self._known(do, Act.DECLINE)) is not None:
            return known
        told = self._require_trader(do, Act.DECLINE)
        adjustments = tuple(msgspec.structs.replace(each, arrival_price=None) for each in told.adjustments)
        return self._keeper.act(do, Act.DECLINE, trader="", adjustments=adjustments)

    def reassign(self, do: ReassignInstruction) -> Instruction:
        """Give it to another trader. Raises: StateConflictError: not in this state, or stale."""
        if (known := self._known(do, Act.REASSIGN)) is not None:
            return known
        told, _ = self._keeper.may(do, Act.REASSIGN)
        return self._keeper.act(
            do, Act.REASSIGN, said("reassigned", before=told.trader or "nobody", after=do.trader), trader=do.trader
        )

    def send(self, do: SendAdjustment) -> Instruction:
        """Send an adjustment or part of it.

        Raises:
            StateConflictError: not in this state, stale, theirs is another's, or less than that is left.
            InputError: no such adjustment, or a price worse than the instruction allows.
        """
        if (known := self._known(do, Act.SEND)) is not None:
            return known
        told = self._require_trader(do, Act.SEND)
        adjustment = _adjustment(told, do.adjustment)
        quantity = adjustment.left_quantity if do.quantity is None else do.quantity
        _require_left(told, adjustment, quantity)
        execution = _within_limit(adjustment, do.execution)
        send = Send(do.adjustment, do.actor, self._keeper.clock.now_ns())
        line = self._line(adjustment, quantity, execution, send)
        note = said(
            "sent",
            send=len(told.lines),
            side=line.side,
            quantity=quantity,
            instrument_id=line.instrument_id,
            algorithm=execution.algorithm,
        )
        return self._keeper.act(do, Act.SEND, note, lines=(*told.lines, line), adjustments=self._arrived(told))

    def stop(self, do: StopSend) -> Instruction:
        """Ask for nothing more of one send or of all, and take back what is live.

        Raises: StateConflictError: not in this state, or stale. InputError: no such send.
        """
        if (known := self._known(do, Act.STOP)) is not None:
            return known
        told, _ = self._keeper.may(do, Act.STOP)
        numbers = range(len(told.lines)) if do.send is None else (_send(told, do.send),)
        note = said("all_sends") if do.send is None else said("one_send", send=do.send)
        step = self._keeper.step(do, Act.STOP, note)
        return self._keeper.worker.stop(self._keeper.find(do.instruction_id), numbers, step)

    def resume(self, do: ResumeSend) -> Instruction:
        """Go on with a stopped send.

        Raises: StateConflictError: as `send`, it is not stopped, its end time is over, or its lots were sent anew.
        """
        if (known := self._known(do, Act.RESUME)) is not None:
            return known
        told = self._require_trader(do, Act.RESUME)
        line = told.lines[_send(told, do.send)]
        lines = with_stops(told, (do.send,), is_stopped=False)
        wanted = lines[do.send].unasked_quantity
        if line.send is None or not line.is_stopped or not wanted:
            message = f"send {do.send} of {told.instruction_id} is not stopped with something left; nothing to resume"
            raise StateConflictError(message)
        if line.send.ends_at and self._keeper.clock.now_ns() >= line.send.ends_at:
            message = f"the end time of send {do.send} is over; send what is left anew"
            raise StateConflictError(message)
        _require_left(told, told.adjustments[line.send.adjustment], wanted)
        return self._keeper.act(do, Act.RESUME, said("one_send", send=do.send), lines=lines)

    def record(self, do: RecordFill) -> Instruction:
        """Record a fill made elsewhere; it counts in progress, and in the ledger where it is to be booked.

        Raises:
            StateConflictError: as `send`, or the fill is recorded already.
            InputError: no such adjustment, or a price off the step or outside the day's limits.
        """
        if (known := self._known(do, Act.FILL)) is not None:
            return known
        told = self._require_trader(do, Act.FILL)
        adjustment = _adjustment(told, do.adjustment)
        now_ns = self._keeper.clock.now_ns()
        _require_price(do.price, adjustment, self._keeper.worker.market(adjustment.instrument_id))
        fill = ManualFill(
            trade_id=do.trade_id,
            side=adjustment.side,
            offset=do.offset,
            quantity=do.quantity,
            price=do.price,
            trading_day=told.trading_day,
            recorded_by=do.actor,
            ts=now_ns,
            is_booked=do.is_booked,
        )
        known_for = self._keeper.fills.get(fill_key(adjustment.instrument_id, fill))
        if known_for is not None:
            # Which other instruction it is may be beyond the reach of who records it here.
            where = "here" if known_for == told.instruction_id else "for another instruction"
            message = f"fill {do.trade_id} of {adjustment.instrument_id} is recorded already, {where}"
            raise StateConflictError(message)
        _require_left(told, adjustment, do.quantity)
        adjustments = tuple(
            msgspec.structs.replace(each, manual_fills=(*each.manual_fills, fill)) if number == do.adjustment else each
            for number, each in enumerate(self._arrived(told))
        )
        return self._keeper.act(do, Act.FILL, _noted(adjustment, fill), adjustments=adjustments)

    def waive(self, do: WaiveAdjustment) -> Instruction:
        """Say that what is left of an adjustment will not be done. Raises: StateConflictError: as `send`."""
        if (known := self._known(do, Act.WAIVE)) is not None:
            return known
        told = self._require_trader(do, Act.WAIVE)
        waived = msgspec.structs.replace(_adjustment(told, do.adjustment), is_waived=True)
        adjustments = (*told.adjustments[: do.adjustment], waived, *told.adjustments[do.adjustment + 1 :])
        note = said("contract", instrument_id=waived.instrument_id)
        return self._keeper.act(do, Act.WAIVE, note, adjustments=adjustments)

    def close(self, do: CloseInstruction) -> Instruction:
        """Put it away. Raises: StateConflictError: not in this state, stale, or something of it is still sent."""
        if (known := self._known(do, Act.CLOSE)) is not None:
            return known
        told, _ = self._keeper.may(do, Act.CLOSE)
        if told.status in AT_WORK and any(each.working_quantity for each in told.adjustments):
            message = f"{told.instruction_id} has sends that are not done; stop them before you close it"
            raise StateConflictError(message)
        return self._keeper.act(do, Act.CLOSE)

    # what the platform does by itself

    def begin_if_due(self, told: Instruction, moment: Literal["acceptance", "approval"], actor: str) -> Instruction:
        """Begin what is to be worked by the platform from this moment on; in `actor`'s name where nobody took it."""
        if told.handling is None or told.handling.starts != moment or told.is_over:
            return told
        handling, now_ns = told.handling, self._keeper.clock.now_ns()
        lines = []
        for number, adjustment in enumerate(told.adjustments):
            tick = self._keeper.worker.ticks.get(adjustment.instrument_id)
            send = Send(
                number,
                told.trader or actor,
                now_ns,
                begins_at=handling.begins_at,
                ends_at=handling.ends_at,
                max_order_quantity=handling.max_order_quantity,
                participation=handling.participation,
                volume_before=0 if tick is None else tick.volume,
            )
            if adjustment.left_quantity:
                execution = _bounded(adjustment, handling.execution)
                lines.append(self._line(adjustment, adjustment.left_quantity, execution, send))
        note = said("started", algorithm=handling.execution.algorithm, moment=moment)
        step = Step(Act.START, "", now_ns, **note._asdict())
        fields = {"lines": (*told.lines, *lines), "adjustments": self._arrived(told), "status": _S.WORKING}
        return self._keeper.worker.tell(acted(told, step, **fields))

    def booked_fills(self, after_ns: int = 0) -> Iterator[Fill]:
        """Yield the fills made elsewhere that the ledger counts, recorded after a moment.

        Heard of twice, it counts each once.
        """
        for parent in self._keeper.all():
            for adjustment in parent.instruction.adjustments:
                for fill in adjustment.manual_fills:
                    if fill.is_booked and fill.ts > after_ns:
                        yield _as_fill(parent.instruction, adjustment, fill)

    def stop_all(self, told: Instruction, instrument_id: str, *, actor: str, reason: str) -> None:
        """Stop the sends of an instruction (of one contract, "" for all): trading is halted, a person may resume."""
        numbers = [
            number
            for number, line in enumerate(told.lines)
            if instrument_id in {"", line.instrument_id} and not line.is_stopped and _is_open(line)
        ]
        if told.status in AT_WORK and numbers:
            now_ns = self._keeper.clock.now_ns()
            step = Step(Act.STOP, actor, now_ns, reason=reason, **said("halted")._asdict())
            self._keeper.worker.stop(self._keeper.find(told.instruction_id), numbers, step)

    def _known(self, do: Aimed, act: Act) -> Instruction | None:
        """Return the instruction as it stands where this very request was carried out before."""
        is_known = self._keeper.is_repeated(do, act)
        return self._keeper.find(do.instruction_id).instruction if is_known else None

    def _require_trader(self, do: Aimed, act: Act) -> Instruction:
        told, _ = self._keeper.may(do, act)
        if told.trader != do.actor:
            message = (
                f"{told.instruction_id} is worked by {told.trader or 'nobody yet'}; reassign it to {do.actor} first"
            )
            raise StateConflictError(message)
        return told

    def _arrived(self, told: Instruction) -> tuple[Adjustment, ...]:
        """Return the adjustments with the last price of now where none was noted at the acceptance."""
        return tuple(
            msgspec.structs.replace(each, arrival_price=self._last(each.instrument_id))
            if each.arrival_price is None
            else each
            for each in told.adjustments
        )

    def _last(self, instrument_id: str) -> Decimal | None:
        market = self._keeper.worker.market(instrument_id)
        return None if market is None else market.last

    def _line(self, adjustment: Adjustment, quantity: int, execution: Execution, send: Send) -> InstructionLine:
        return InstructionLine(
            adjustment.instrument_id,
            adjustment.side,
            Intent.AUTO,
            quantity,
            execution,
            arrival_price=self._last(adjustment.instrument_id),
            send=send,
        )


def _noted(adjustment: Adjustment, fill: ManualFill) -> Said:
    return said(
        "booked" if fill.is_booked else "filled",
        side=fill.side,
        quantity=fill.quantity,
        instrument_id=adjustment.instrument_id,
        price=fill.price,
        trade_id=fill.trade_id,
    )


def _adjustment(told: Instruction, number: int) -> Adjustment:
    if number >= len(told.adjustments):
        message = f"{told.instruction_id} has adjustments 0 to {len(told.adjustments) - 1}, was {number}"
        raise InputError(message)
    return told.adjustments[number]


def _send(told: Instruction, number: int) -> int:
    if number >= len(told.lines):
        message = f"{told.instruction_id} has {len(told.lines)} sends, numbered from 0, was {number}"
        raise InputError(message)
    return number


def _require_left(told: Instruction, adjustment: Adjustment, quantity: int) -> None:
    if not 1 <= quantity <= adjustment.left_quantity:
        message = (
            f"{adjustment.left_quantity} of {adjustment.quantity} lots of {adjustment.instrument_id} in"
            f" {told.instruction_id} are left ({adjustment.filled_quantity} done, {adjustment.working_quantity} sent),"
            f" was {quantity}"
        )
        raise StateConflictError(message)


def _is_worse(price: Decimal, limit: Decimal, side: Side) -> bool:
    return price > limit if side is Side.BUY else price < limit


def _within_limit(adjustment: Adjustment, execution: Execution) -> Execution:
    """Return the execution with the instruction's limit price where it has none of its own.

    Raises: InputError: its own is worse.
    """
    own, limit = execution.limit_price, adjustment.limit_price
    if own is not None and limit is not None and _is_worse(own, limit, adjustment.side):
        message = f"limit_price of {adjustment.instrument_id} must be {limit} or better to {adjustment.side}, was {own}"
        raise InputError(message)
    return _bounded(adjustment, execution)


def _bounded(adjustment: Adjustment, execution: Execution) -> Execution:
    own, limit = execution.limit_price, adjustment.limit_price
    if limit is None or (own is not None and not _is_worse(own, limit, adjustment.side)):
        return execution
    return msgspec.structs.replace(execution, limit_price=limit)


def _require_price(price: Decimal, adjustment: Adjustment, market: Market | None) -> None:
    """Refuse a price that nobody can have traded at today: a slip of the hand would be money in the ledger."""
    if price % adjustment.price_tick:
        message = f"price must be a multiple of {adjustment.price_tick} ({adjustment.instrument_id}), was {price}"
        raise InputError(message)
    low, high = (None, None) if market is None else (market.limit_down, market.limit_up)
    if (low is not None and price < low) or (high is not None and price > high):
        message = f"price must be from {low} to {high}, the day's limits of {adjustment.instrument_id}, was {price}"
        raise InputError(message)


def _is_open(line: InstructionLine) -> bool:
    return bool(line.working_quantity) or line.unasked_quantity > 0


def _as_fill(told: Instruction, adjustment: Adjustment, fill: ManualFill) -> Fill:
    return Fill(
        fill_id=fill.trade_id,
        order_id=f"elsewhere:{told.instruction_id}:{fill.trade_id}",
        client_order_id="",
        instruction_id=told.instruction_id,
        account_id=told.account_id,
        product_code=told.product_code,
        strategy=told.strategy,
        instrument_id=adjustment.instrument_id,
        side=fill.side,
        offset=fill.offset,
        quantity=fill.quantity,
        price=fill.price,
        trading_day=fill.trading_day,
        ts_event=fill.ts,
        ts_recv=fill.ts,
    )
