"""Works live instructions: asks their algorithms, cuts what they want into orders, follows those to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.instruction import Algorithm, Instruction, InstructionLine, InstructionStatus, Intent, advance
from tradewind.domain.order import CancelRequest, Offset, Order, OrderRequest, PriceType, RefusedOrder
from tradewind.instructions.algorithms import Ask, Working, step
from tradewind.instructions.children import BY_ALGORITHM, Parent
from tradewind.instructions.market_view import Market, market_of
from tradewind.instructions.offsets import Leg, by_size, split

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.rates import RateLookup, Rates
    from tradewind.domain.tick import Tick
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.settings import InstructionSettings
    from tradewind.instructions.volume_curve import VolumeCurves
    from tradewind.kernel.clock import LineClock, Timer

_S = InstructionStatus
_GIVEN_UP: Final = "too_many_orders"


class Mouth(NamedTuple):
    """Where the worker speaks: the room's publishers."""

    instruction: Callable[[Instruction], None]
    request: Callable[[OrderRequest], None]
    cancel: Callable[[CancelRequest], None]


class Worker:
    """Every live instruction of the desk, and the last that ended."""

    def __init__(
        self,
        *,
        settings: InstructionSettings,
        instruments: InstrumentLookup,
        rates: RateLookup,
        holdings: Holdings,
        curves: VolumeCurves,
        clock: LineClock,
        mouth: Mouth,
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._rates = rates
        self._holdings = holdings
        self._curves = curves
        self._clock = clock
        self._mouth = mouth
        self.on_moved: Callable[[Instruction], None] = lambda _told: None
        """Hears of each new version after it was published."""
        self.parents: dict[str, Parent] = {}
        self._over: dict[str, None] = {}
        self._parent_of: dict[str, str] = {}
        self._undecided: dict[str, OrderRequest] = {}
        self._eager: dict[str, dict[str, None]] = {}
        """Contract → instructions that want each of its ticks."""
        self._days: dict[str, dict[str, None]] = {}
        """Contract → live instructions that have a line of it."""
        self._timers: dict[str, Timer] = {}
        self._stepping: dict[str, bool] = {}
        """Instructions in the middle of a step; true when something happened that asks for another."""
        self.ticks: dict[str, Tick] = {}

    # what was recorded, live and at recovery alike

    def put(self, instruction: Instruction) -> None:
        """Take a version of an instruction in; an older one changes nothing."""
        parent = self.parents.get(instruction.instruction_id)
        if parent is None:
            self.parents[instruction.instruction_id] = Parent(instruction)
        elif parent.instruction.version < instruction.version:
            parent.instruction = instruction
        else:
            return
        self._index(instruction)

    def requested(self, request: OrderRequest) -> None:
        """Note an order that was asked for."""
        parent = self.parents.get(request.instruction_id)
        if parent is not None and request.client_order_id not in parent.children:
            parent.requested(request)
            self._parent_of[request.client_order_id] = request.instruction_id
            self._undecided[request.client_order_id] = request

    def refused(self, refused: RefusedOrder) -> Parent | None:
        """Note the gate's no; return whose order it was."""
        self._undecided.pop(refused.order.client_order_id, None)
        parent = self.parent_of(refused.order.client_order_id)
        if parent is not None:
            parent.refused(refused)
        return parent

    def moved(self, order: Order) -> Parent | None:
        """Note how far an order got; return whose it is."""
        self._undecided.pop(order.client_order_id, None)
        parent = self.parent_of(order.client_order_id)
        if parent is not None:
            parent.moved(order)
        return parent

    def taken_back(self, request: CancelRequest) -> Parent | None:
        """Note that an order is being taken back; return whose it is."""
        parent = self.parent_of(request.client_order_id)
        if parent is not None:
            parent.taken_back(request.client_order_id, for_good=request.reason != BY_ALGORITHM)
        return parent

    def restored(self, parent: Parent) -> None:
        """Take an instruction with all its children out of a snapshot."""
        name = parent.instruction.instruction_id
        self.parents[name] = parent
        for client_order_id, child in parent.children.items():
            self._parent_of[client_order_id] = name
            if child.order is None and not child.refusal:
                self._undecided[client_order_id] = child.request
        self._index(parent.instruction)

    # live

    def submit(self, instruction: Instruction) -> Instruction:
        """Begin to work an instruction; one of the same id is the same instruction. Return it as it stands."""
        known = self.parents.get(instruction.instruction_id)
        if known is not None:
            return known.instruction
        self._say(instruction)
        self.work(self.parents[instruction.instruction_id])
        return self.parents[instruction.instruction_id].instruction

    def cancel(self, parent: Parent, *, actor: str, reason: str, code: str = "") -> Instruction:
        """Ask for nothing more and take back what is live."""
        told = parent.instruction
        if told.is_over or told.status is _S.CANCELLING:
            return told
        is_idle = not any(child.is_live for child in parent.children.values())
        status = advance(told.status, _S.CANCELLED if is_idle or told.status is not _S.WORKING else _S.CANCELLING)
        self._say(self._changed(told, status=status, reason_code=code or "cancelled", reason=reason))
        for child in list(parent.children.values()):
            if child.is_live:
                self.take_back(child.request.client_order_id, actor=actor, reason=reason or "cancelled")
        self.settle(parent)
        return parent.instruction

    def take_back(self, client_order_id: str, *, actor: str, reason: str) -> None:
        """Ask for an order to be cancelled."""
        request = CancelRequest(client_order_id, actor, reason, self._clock.now_ns())
        self.taken_back(request)
        self._mouth.cancel(request)

    def heard(self, tick: Tick) -> None:
        """Let those work who wait for this contract's prices; end what was for a day that is over."""
        instrument_id = tick.instrument_id
        self.ticks[instrument_id] = tick
        waiting = self._days.get(instrument_id)
        if waiting:
            for name in list(waiting):
                told = self.parents[name].instruction
                if told.trading_day and tick.trading_day > told.trading_day:
                    self._expire(self.parents[name])
            for name in list(self._eager.get(instrument_id, ())):
                self.work(self.parents[name])

    def settle(self, parent: Parent) -> None:
        """Publish how far an instruction has got, if it has."""
        progressed = parent.progressed(self._clock.now_ns())
        if progressed is not None:
            self._say(progressed)

    def work(self, parent: Parent) -> None:
        """Take the next step of each line.

        What an order asked for here comes to may be heard of before the next is asked for: it waits until the step is
        taken.
        """
        name = parent.instruction.instruction_id
        if name in self._stepping:
            self._stepping[name] = True
            return
        self._stepping[name] = True
        try:
            while self._stepping[name]:
                self._stepping[name] = False
                self._take_step(parent)
        finally:
            del self._stepping[name]

    def _take_step(self, parent: Parent) -> None:
        self.settle(parent)
        told = parent.instruction
        if told.status is not _S.WORKING:
            return
        wake_ns: list[int] = []
        for number, line in enumerate(told.lines):
            wakes_ns = self._work_line(parent, number, line)
            if wakes_ns is not None:
                wake_ns.append(wakes_ns)
        self.settle(parent)
        self._wake_at(parent, min(wake_ns, default=None))

    def resume(self) -> None:
        """Go on after a start: orders nobody decided on were never sent, and nobody will decide on them now."""
        for client_order_id in list(self._undecided):
            parent = self.parent_of(client_order_id)
            if parent is not None:
                parent.children[client_order_id].refusal = "restarted"
        self._undecided.clear()
        for parent in list(self.parents.values()):
            if not parent.instruction.is_over:
                self.work(parent)

    def market(self, instrument_id: str) -> Market | None:
        """Return the newest quote of a contract in exact prices, `None` before the first."""
        tick = self.ticks.get(instrument_id)
        instrument = self._instruments.find(instrument_id)
        return None if tick is None or instrument is None else market_of(tick, instrument)

    def live_count(self) -> int:
        """Return how many instructions are not over."""
        return len(self.parents) - len(self._over)

    def _work_line(self, parent: Parent, number: int, line: InstructionLine) -> int | None:
        market = self.market(line.instrument_id)
        instrument = self._instruments.find(line.instrument_id)
        if market is None or instrument is None:
            return None
        if not parent.instruction.trading_day:
            self._say(self._changed(parent.instruction, trading_day=market.trading_day))
        now_ns = self._clock.now_ns()
        told = parent.instruction

        def curve(begin_ns: int, end_ns: int, at_ns: int) -> Decimal | None:
            return self._curves.share(line.instrument_id, begin_ns, end_ns, at_ns)

        working = Working(line, market, parent.live(number), told.created_at, now_ns, parent.asked_ns(number), curve)
        taken = step(working)
        for client_order_id in taken.cancels:
            self.take_back(client_order_id, actor=told.actor, reason=BY_ALGORITHM)
        for ask in taken.asks:
            self._ask(parent, number, line, ask, instrument=instrument, market=market)
        return taken.wake_ns

    def _ask(
        self, parent: Parent, number: int, line: InstructionLine, ask: Ask, *, instrument: Instrument, market: Market
    ) -> None:
        told = parent.instruction
        rates = self._rates.find(line.instrument_id, market.trading_day)
        legs, missing = self._legs(told, line, ask.quantity, instrument=instrument, rates=rates)
        if missing:
            parent.missing[number] = parent.missing.get(number, 0) + missing
        if rates is not None:
            legs = by_size(legs, rates.max_limit_quantity)
        for offset, quantity in legs:
            if parent.asked >= self._settings.max_children:
                self.cancel(parent, actor=told.actor, reason=f"made {parent.asked} orders", code=_GIVEN_UP)
                return
            request = OrderRequest(
                client_order_id=parent.next_id(number),
                instruction_id=told.instruction_id,
                account_id=told.account_id,
                product_code=told.product_code,
                strategy=told.strategy,
                instrument_id=line.instrument_id,
                side=line.side,
                offset=offset,
                quantity=quantity,
                price=ask.price,
                price_type=PriceType.LIMIT,
                time_in_force=ask.time_in_force,
                origin=told.origin,
                actor=told.actor,
                trading_day=market.trading_day,
                ts_event=self._clock.now_ns(),
                cause=told.cause,
            )
            self.requested(request)
            self._mouth.request(request)

    def _legs(
        self, told: Instruction, line: InstructionLine, quantity: int, *, instrument: Instrument, rates: Rates | None
    ) -> tuple[tuple[Leg, ...], int]:
        if line.intent is Intent.OPEN:
            return (Leg(Offset.OPEN, quantity),), 0
        product = f"{instrument.product_id}.{instrument.exchange}"
        done = split(
            line.intent,
            quantity,
            closable=self._holdings.closable(told.account_id, line.instrument_id, line.side, self._undecided.values()),
            is_date_kept=instrument.is_date_kept,
            policy=self._settings.offset_policies.get(product, self._settings.offset_policy),
            is_today_dearer=rates is not None and _is_today_dearer(rates),
        )
        return done.legs, done.missing

    def _expire(self, parent: Parent) -> None:
        told = parent.instruction
        if told.is_over:
            return
        self._say(self._changed(told, status=advance(told.status, _S.EXPIRED), reason_code="day_end"))
        for child in list(parent.children.values()):
            if child.is_live and child.order is not None:
                self.take_back(child.request.client_order_id, actor="", reason="day_end")

    def _changed(self, told: Instruction, **fields: object) -> Instruction:
        return msgspec.structs.replace(told, version=told.version + 1, updated_at=self._clock.now_ns(), **fields)

    def _say(self, instruction: Instruction) -> None:
        self.put(instruction)
        self._mouth.instruction(instruction)
        self.on_moved(instruction)

    def parent_of(self, client_order_id: str) -> Parent | None:
        """Return whose order it is, `None` when it is nobody's at hand."""
        return self.parents.get(self._parent_of.get(client_order_id, ""))

    def _wake_at(self, parent: Parent, wake_ns: int | None) -> None:
        name = parent.instruction.instruction_id
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        if wake_ns is not None and not parent.instruction.is_over:
            self._timers[name] = self._clock.call_at(wake_ns, lambda _due_ns: self.work(parent))

    def _index(self, told: Instruction) -> None:
        name = told.instruction_id
        for line in told.lines:
            days = self._days.setdefault(line.instrument_id, {})
            eager = self._eager.setdefault(line.instrument_id, {})
            if told.is_over:
                days.pop(name, None)
                eager.pop(name, None)
            else:
                days[name] = None
                # One that waits for its price or has not seen any is asked at each tick; others have timers and orders.
                if line.execution.algorithm is Algorithm.SNIPER or line.instrument_id not in self.ticks:
                    eager[name] = None
                else:
                    eager.pop(name, None)
        if told.is_over and name not in self._over:
            self._over[name] = None
            self._wake_at(self.parents[name], None)
            self._forget()

    def _forget(self) -> None:
        """Keep no more finished ones than the settings say, but those with an order that may still move."""
        while len(self._over) > self._settings.max_kept:
            oldest = next(iter(self._over))
            del self._over[oldest]
            for client_order_id in self.parents.pop(oldest).children:
                self._parent_of.pop(client_order_id, None)
                self._undecided.pop(client_order_id, None)


def _is_today_dearer(rates: Rates) -> bool:
    """Tell whether closing today's lots costs more than yesterday's, whichever way it is counted."""
    rate = rates.commission
    by_money = rate.close_today_by_money - rate.close_by_money
    by_volume = rate.close_today_by_volume - rate.close_by_volume
    return by_money > 0 or (by_money == 0 and by_volume > 0)
