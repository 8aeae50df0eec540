"""Runs the plans: opportunities and prices in, instructions and trigger records out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.account import Direction, Position, book_name
from tradewind.domain.instruction import (
    Instruction,
    InstructionLine,
    InstructionStatus,
    Intent,
    Trigger,
    TriggerAction,
    TriggerResult,
)
from tradewind.domain.order import Origin, Side
from tradewind.domain.prices import exact_price
from tradewind.instructions.children import child_id
from tradewind.instructions.policy import (
    Bounds,
    Holding,
    bounds_of,
    concerns,
    entry_price,
    on_opportunity,
    on_price,
)
from tradewind.instructions.sizing import size_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.plan import TradingPlan
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.tick import Tick
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.plans import Plans
    from tradewind.instructions.worker import Worker
    from tradewind.kernel.clock import Clock


class PolicyDesk:
    """What the active plans do; its memory is the trigger records and the instructions that came of them."""

    def __init__(
        self,
        *,
        plans: Plans,
        worker: Worker,
        holdings: Holdings,
        instruments: InstrumentLookup,
        rates: RateLookup,
        clock: Clock,
        publish: Callable[[Trigger], None],
        max_kept: int,
    ) -> None:
        self._plans = plans
        self._worker = worker
        self._holdings = holdings
        self._instruments = instruments
        self._rates = rates
        self._clock = clock
        self._publish = publish
        self._max_kept = max_kept
        self.triggers: dict[str, Trigger] = {}
        self._busy: dict[tuple[str, str], str] = {}
        """(plan, contract) → its live instruction."""
        self._exits: dict[tuple[str, str], int] = {}
        """(plan, contract) → when its last exit ended."""
        self._bounds: dict[str, dict[str, tuple[Position, Bounds]]] = {}
        """Contract → plan → what ends the position at a price."""

    # what was recorded, live and at recovery alike

    def triggered(self, trigger: Trigger) -> None:
        """Take a trigger record in; an older version changes nothing."""
        known = self.triggers.get(trigger.trigger_id)
        if known is None or known.version < trigger.version:
            self.triggers[trigger.trigger_id] = trigger
            while len(self.triggers) > self._max_kept:
                del self.triggers[next(iter(self.triggers))]

    def instructed(self, told: Instruction) -> None:
        """Note how an instruction of a plan stands: what it is busy with, and when it got out."""
        if told.origin is not Origin.STRATEGY:
            return
        for line in told.lines:
            key = (told.strategy, line.instrument_id)
            if not told.is_over:
                self._busy[key] = told.instruction_id
                continue
            if self._busy.get(key) == told.instruction_id:
                del self._busy[key]
            if line.intent is Intent.CLOSE:
                self._exits[key] = max(told.updated_at, self._exits.get(key, 0))

    # live

    def moved(self, told: Instruction) -> None:
        """Hear of a new version of an instruction: what it came to goes into its trigger record."""
        self.instructed(told)
        trigger = self.triggers.get(_trigger_of(told))
        if trigger is None or trigger.result is not TriggerResult.PENDING:
            return
        order_id = trigger.order_id
        parent = self._worker.parents.get(told.instruction_id)
        if not order_id and parent is not None and parent.asked:
            order_id = child_id(told.instruction_id, 0, 1)
        result: TriggerResult = trigger.result
        error = trigger.error
        if told.is_over:
            is_done = any(line.filled_quantity for line in told.lines)
            result = TriggerResult.SUCCESS if is_done else TriggerResult.FAILED
            error = "" if told.status is InstructionStatus.DONE else (told.reason_code or str(told.status))
        if (order_id, result, error) != (trigger.order_id, trigger.result, trigger.error):
            self._record(
                msgspec.structs.replace(
                    trigger,
                    order_id=order_id,
                    result=result,
                    error=error,
                    version=trigger.version + 1,
                    updated_at=self._clock.now_ns(),
                )
            )

    def opportunity(self, opportunity: Opportunity) -> None:
        """Let each active plan that is concerned decide."""
        for plan in self._plans.active():
            instrument = self._instruments.find(opportunity.instrument_id)
            if instrument is None or not concerns(plan.params, opportunity, instrument):
                continue
            position = self._position(plan, opportunity.instrument_id)
            key = (plan.name, opportunity.instrument_id)
            verdict = on_opportunity(
                plan.params,
                opportunity,
                Holding(position, key in self._busy, self._exits.get(key)),
                held_count=self._held_count(plan),
                now_ns=self._clock.now_ns(),
            )
            if verdict.exits and position is not None:
                self._exit(plan, position, verdict.reason_code, cause=opportunity.opportunity_id)
            elif verdict.enters is not None:
                self._enter(plan, opportunity, verdict.enters)
            elif verdict.reason_code:
                self._hold(plan, opportunity, verdict.reason_code)

    def price(self, tick: Tick) -> None:
        """Close what has reached its stop, its profit or its time."""
        bounds = self._bounds.get(tick.instrument_id)
        if not bounds:
            return
        for name, (position, limits) in list(bounds.items()):
            verdict = on_price(limits, position, last_price=tick.last_price, now_ns=self._clock.now_ns())
            plan = self._plans.find(name)
            if verdict.exits and plan is not None and plan.is_active and (name, tick.instrument_id) not in self._busy:
                self._exit(plan, position, verdict.reason_code, cause=f"{tick.instrument_id}#{tick.seq}")

    def held(self, position: Position) -> None:
        """Watch the price of a position that a plan holds; forget it when it is flat."""
        product, _, name = position.book.partition("/")
        plan = self._plans.find(name)
        if plan is None or plan.params.product_code != product:
            return
        watched = self._bounds.setdefault(position.instrument_id, {})
        known = watched.get(name)
        if not position.quantity:
            if known is not None and known[0].direction is position.direction:
                del watched[name]
            return
        if known is not None and (known[0].open_cost, known[0].quantity) == (position.open_cost, position.quantity):
            return
        instrument = self._instruments.find(position.instrument_id)
        if instrument is not None:
            price_tick = exact_price(instrument.price_tick, instrument.price_digits)
            watched[name] = (position, bounds_of(plan.params, position, price_tick))

    def stop(self, plan: TradingPlan, *, actor: str, reason: str) -> None:
        """Take back what a plan has under way; its positions stay."""
        for (name, _), instruction_id in list(self._busy.items()):
            parent = self._worker.parents.get(instruction_id)
            if name == plan.name and parent is not None:
                self._worker.cancel(parent, actor=actor, reason=reason, code="plan_stopped")

    def _enter(self, plan: TradingPlan, opportunity: Opportunity, direction: Direction) -> None:
        trigger_id = f"{plan.name}:{opportunity.opportunity_id}"
        if trigger_id in self.triggers:
            return
        market = self._worker.market(opportunity.instrument_id)
        instrument = self._instruments.find(opportunity.instrument_id)
        if market is None or instrument is None:
            return
        price = entry_price(market, direction)
        size = size_entry(
            plan.params,
            direction=direction,
            price=price,
            held=0,
            instrument=instrument,
            rates=self._rates.find(opportunity.instrument_id, market.trading_day),
            account=self._holdings.account(plan.params.account_id),
        )
        if not size.lots:
            self._hold(plan, opportunity, size.reason_code)
            return
        side = Side.BUY if direction is Direction.LONG else Side.SELL
        line = InstructionLine(
            opportunity.instrument_id,
            side,
            Intent.OPEN,
            size.lots,
            plan.params.execution,
            arrival_price=price,
        )
        condition = (
            f"opportunity {opportunity.opportunity_id} {opportunity.side} confidence={opportunity.confidence:.2f}"
        )
        self._act(plan, line, trigger_id, condition, cause=opportunity.opportunity_id)

    def _exit(self, plan: TradingPlan, position: Position, code: str, *, cause: str) -> None:
        side = Side.SELL if position.direction is Direction.LONG else Side.BUY
        market = self._worker.market(position.instrument_id)
        if market is None:
            return
        line = InstructionLine(
            position.instrument_id,
            side,
            Intent.CLOSE,
            position.quantity,
            plan.params.execution,
            arrival_price=entry_price(market, Direction.SHORT if side is Side.SELL else Direction.LONG),
        )
        trigger_id = f"{plan.name}:{position.instrument_id}:{position.version}:exit"
        self._act(plan, line, trigger_id, f"exit {code} of {position.quantity} {position.direction}", cause=cause)

    def _act(self, plan: TradingPlan, line: InstructionLine, trigger_id: str, condition: str, *, cause: str) -> None:
        now_ns = self._clock.now_ns()
        if line.intent is Intent.CLOSE:
            action = TriggerAction.CLOSE
        else:
            action = TriggerAction.BUY if line.side is Side.BUY else TriggerAction.SELL
        self._record(
            Trigger(
                trigger_id=trigger_id,
                strategy=plan.name,
                instrument_id=line.instrument_id,
                condition=condition,
                price=line.arrival_price,
                action=action,
                result=TriggerResult.PENDING,
                version=1,
                order_id="",
                error="",
                ts_event=now_ns,
                updated_at=now_ns,
                instruction_id=f"S:{trigger_id}",
                cause=cause,
            )
        )
        self._worker.submit(
            Instruction(
                instruction_id=f"S:{trigger_id}",
                origin=Origin.STRATEGY,
                account_id=plan.params.account_id,
                product_code=plan.params.product_code,
                strategy=plan.name,
                actor=f"plan:{plan.name}",
                status=InstructionStatus.WORKING,
                version=1,
                lines=(line,),
                trading_day=0,
                created_at=now_ns,
                updated_at=now_ns,
                reason_code="",
                reason=condition,
                cause=cause,
            )
        )

    def _hold(self, plan: TradingPlan, opportunity: Opportunity, code: str) -> None:
        """Record once that an entry was wanted and why there is none."""
        trigger_id = f"{plan.name}:{opportunity.opportunity_id}:{code}"
        if trigger_id in self.triggers:
            return
        now_ns = self._clock.now_ns()
        market = self._worker.market(opportunity.instrument_id)
        self._record(
            Trigger(
                trigger_id=trigger_id,
                strategy=plan.name,
                instrument_id=opportunity.instrument_id,
                condition=f"opportunity {opportunity.opportunity_id} {opportunity.side}: {code}",
                price=market.last if market is not None else None,
                action=TriggerAction.HOLD,
                result=TriggerResult.SUCCESS,
                version=1,
                order_id="",
                error="",
                ts_event=now_ns,
                updated_at=now_ns,
                instruction_id="",
                cause=opportunity.opportunity_id,
            )
        )

    def _record(self, trigger: Trigger) -> None:
        self.triggered(trigger)
        self._publish(trigger)

    def _position(self, plan: TradingPlan, instrument_id: str) -> Position | None:
        book = book_name(plan.params.product_code, plan.name)
        found = (self._holdings.find(plan.params.account_id, book, instrument_id, way) for way in Direction)
        return next((position for position in found if position is not None), None)

    def _held_count(self, plan: TradingPlan) -> int:
        book = book_name(plan.params.product_code, plan.name)
        held = {position.instrument_id for position in self._holdings.of_book(plan.params.account_id, book)}
        held |= {instrument_id for name, instrument_id in self._busy if name == plan.name}
        return len(held)


def _trigger_of(told: Instruction) -> str:
    return told.instruction_id.removeprefix("S:")
