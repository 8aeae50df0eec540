"""Works live instructions: asks their algorithms, cuts what they want into orders, follows those to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.book import Act, Step
from tradewind.domain.instruction import AT_WORK, Instruction, InstructionLine, InstructionStatus, advance
from tradewind.domain.order import CancelRequest, Order, OrderRequest, RefusedOrder
from tradewind.domain.step_notes import said
from tradewind.errors import InputError
from tradewind.instructions.acting import acted, span_of, with_stops, within_share
from tradewind.instructions.algorithms import Ask, Working, price_of, step
from tradewind.instructions.asking import request_of
from tradewind.instructions.children import BY_ALGORITHM, Parent, child_id, line_of
from tradewind.instructions.cutting import Cutter
from tradewind.instructions.deadlines import Deadlines
from tradewind.instructions.market_view import Market, market_of
from tradewind.instructions.watch_list import WatchList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from decimal import Decimal

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.tick import Tick
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.offsets import BookLeg
    from tradewind.instructions.settings import InstructionSettings
    from tradewind.instructions.volume_curve import VolumeCurves
    from tradewind.kernel.clock import LineClock

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
        self._cutter = Cutter(settings=settings, instruments=instruments, rates=rates, holdings=holdings)
        self._curves = curves
        self._clock = clock
        self._mouth = mouth
        self.on_moved: Callable[[Instruction], None] = lambda _told: None
        """Hears of each new version after it was published."""
        self.parents: dict[str, Parent] = {}
        self._over: dict[str, None] = {}
        self._parent_of: dict[str, str] = {}
        self._undecided: dict[str, OrderRequest] = {}
        self._timers = Deadlines(clock)
        self._taking_back: dict[str, None] = {}
        """Orders that were asked back and have not answered."""
        self._stepping: dict[str, bool] = {}
        """Instructions in the middle of a step; true when something happened that asks for another."""
        self.ticks: dict[str, Tick] = {}
        self._watched = WatchList(self.ticks)
        self._expiries = Deadlines(clock)
        self._markets: dict[str, tuple[Tick, Market]] = {}
        """What was made of the newest quote of a contract, for whoever asks again before the next."""

    # what was recorded, live and at recovery alike

    def put(self, instruction: Instruction) -> None:
        """Take a version of an instruction in; an older one changes nothing."""
        parent = self.parents.get(instruction.instruction_id)
        if parent is None:
            parent = self.parents[instruction.instruction_id] = Parent(instruction)
        elif parent.instruction.version >= instruction.version:
            return
        parent.put(instruction)
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
        """Note how far an order got; return whose it is where that asks for something."""
        self._undecided.pop(order.client_order_id, None)
        if order.is_final or not order.is_cancel_sent:
            # It moved on as if nobody had asked for it back: whoever still wants it asks again.
            self._taking_back.pop(order.client_order_id, None)
        parent = self.parent_of(order.client_order_id)
        return parent if parent is not None and parent.moved(order) else None

    def taken_back(self, request: CancelRequest) -> Parent | None:
        """Note that an order is being taken back; return whose it is."""
        parent = self.parent_of(request.client_order_id)
        if parent is not None:
            parent.taken_back(request.client_order_id, request.reason)
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
        market = self.market(instruction.lines[0].instrument_id)
        if market is not None:
            instruction = msgspec.structs.replace(instruction, trading_day=market.trading_day)
        return self.tell(instruction)

    def tell(self, instruction: Instruction) -> Instruction:
        """Publish a version that somebody's act made and work it, if that is what it is for; return what it came to."""
        self._say(instruction)
        parent = self.parents[instruction.instruction_id]
        self._expire_at(instruction)
        self.work(parent)
        return parent.instruction

    def cancel(self, parent: Parent, *, actor: str, reason: str, code: str = "", by: Step | None = None) -> Instruction:
        """Ask for nothing more and take back what is live; `by` goes into the timeline."""
        told = parent.instruction
        if told.is_over or told.status is _S.CANCELLING:
            return told
        is_idle = not any(child.is_live for child in parent.children.values())
        to = advance(told.status, _S.CANCELLED if is_idle or told.status not in AT_WORK else _S.CANCELLING)
        fields = {"status": to, "reason_code": code or "cancelled", "reason": reason}
        if told.is_of_book:
            self._say(acted(told, by or Step(Act.WITHDRAW, actor, self._clock.now_ns(), reason=reason), **fields))
        else:
            self._say(self._changed(told, **fields))
        self._take_back_all(parent, actor=actor, reason=reason or "cancelled")
        self.settle(parent)
        return parent.instruction

    def stop(self, parent: Parent, numbers: Collection[int], by: Step) -> Instruction:
        """Ask for nothing more of these sends; what is live of them comes back, and may be asked for again later."""
        told = parent.instruction
        self._say(acted(told, by, lines=with_stops(told, numbers, is_stopped=True)))
        for child in list(parent.children.values()):
            name = child.request.client_order_id
            if child.is_live and line_of(name) in numbers:
                self.take_back(name, actor=by.actor, reason=BY_ALGORITHM)
        self.settle(parent)
        return parent.instruction

    def _take_back_all(self, parent: Parent, *, actor: str, reason: str) -> None:
        for child in list(parent.children.values()):
            if child.is_live:
                self.take_back(child.request.client_order_id, actor=actor, reason=reason)

    def take_back(self, client_order_id: str, *, actor: str, reason: str) -> None:
        """Ask for an order to be cancelled."""
        self._taking_back[client_order_id] = None
        request = CancelRequest(client_order_id, actor, reason, self._clock.now_ns())
        self.taken_back(request)
        self._mouth.cancel(request)

    def heard(self, tick: Tick) -> None:
        """Let those work who wait for this contract's prices; end what was for a day that is over."""
        instrument_id = tick.instrument_id
        self.ticks[instrument_id] = tick
        for name in self._watched.live(instrument_id):
            told = self.parents[name].instruction
            if told.trading_day and tick.trading_day > told.trading_day:
                self._expire(self.parents[name], "day_end")
        for name in self._watched.eager(instrument_id):
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
        if told.status not in AT_WORK:
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
                self._expire_at(parent.instruction)
                self.work(parent)

    def rehearse(self, told: Instruction) -> list[OrderRequest]:
        """Return the orders that an instruction would become if it all were asked for now; nothing is sent or noted.

        Raises: InputError: a contract has no quote yet.
        """
        found: list[OrderRequest] = []
        for number, line in enumerate(told.lines):
            self._instruments.require(line.instrument_id)
            market = self.market(line.instrument_id)
            if market is None:
                message = f"{line.instrument_id} has no quote yet, so nobody can say what it would cost"
                raise InputError(message)
            ask = Ask(line.quantity, price_of(line, market), line.execution.time_in_force)
            legs, _ = self._legs(told, line, line.quantity, market)
            for count, leg in enumerate(legs, start=1):
                name = child_id(told.instruction_id, number, count)
                found.append(request_of(told, line, leg, ask, name=name, market=market, now_ns=self._clock.now_ns()))
        return found

    def rest(self) -> None:
        """Let no timer fire any more."""
        self._timers.stop_all()
        self._expiries.stop_all()

    def market(self, instrument_id: str) -> Market | None:
        """Return the newest quote of a contract in exact prices, `None` before the first."""
        tick = self.ticks.get(instrument_id)
        known = self._markets.get(instrument_id)
        if tick is None or (known is not None and known[0] is tick):
            return None if known is None else known[1]
        instrument = self._instruments.find(instrument_id)
        if instrument is None:
            return None
        market = market_of(tick, instrument)
        self._markets[instrument_id] = (tick, market)
        return market

    def live_count(self) -> int:
        """Return how many instructions are not over."""
        return len(self.parents) - len(self._over)

    def _work_line(self, parent: Parent, number: int, line: InstructionLine) -> int | None:
        market, now_ns = self.market(line.instrument_id), self._clock.now_ns()
        if market is None or line.is_stopped:
            return None
        if not parent.instruction.trading_day:
            self._say(self._changed(parent.instruction, trading_day=market.trading_day))
        told, span = parent.instruction, span_of(parent.instruction, line)
        if now_ns < span.begins_at:
            return span.begins_at
        if span.ends_at and now_ns >= span.ends_at:
            self.stop(parent, (number,), Step(Act.STOP, "", now_ns, **said("send_over", send=number)._asdict()))
            return None

        def curve(begin_ns: int, end_ns: int, at_ns: int) -> Decimal | None:
            return self._curves.share(line.instrument_id, begin_ns, end_ns, at_ns)

        live = tuple(order for order in parent.live(number) if order.client_order_id not in self._taking_back)
        taken = step(Working(line, market, live, span.started_at, now_ns, parent.asked_ns(number), curve))
        for client_order_id in taken.cancels:
            self.take_back(client_order_id, actor=told.actor, reason=BY_ALGORITHM)
        for ask in taken.asks:
            self._ask(parent, number, line, ask, market)
        return min((at for at in (taken.wake_ns, span.ends_at) if at), default=None)

    def _ask(self, parent: Parent, number: int, line: InstructionLine, ask: Ask, market: Market) -> None:
        told = parent.instruction
        wanted = within_share(line, ask.quantity, self.ticks[line.instrument_id].volume)
        legs, missing = self._legs(told, line, wanted, market) if wanted else ((), 0)
        if missing:
            parent.missing[number] = parent.missing.get(number, 0) + missing
        for leg in legs:
            if parent.asked >= self._settings.max_children:
                note = said("too_many_orders", count=parent.asked)
                by = Step(Act.WITHDRAW, "", self._clock.now_ns(), **note._asdict())
                self.cancel(parent, actor=told.actor, reason=note.note, code=_GIVEN_UP, by=by)
                return
            request = request_of(
                told, line, leg, ask, name=parent.next_id(number), market=market, now_ns=self._clock.now_ns()
            )
            self.requested(request)
            self._mouth.request(request)

    def _legs(
        self, told: Instruction, line: InstructionLine, quantity: int, market: Market
    ) -> tuple[tuple[BookLeg, ...], int]:
        undecided = self._undecided.values()
        return self._cutter.legs(told, line, quantity, trading_day=market.trading_day, undecided=undecided)

    def _expire(self, parent: Parent, code: str) -> None:
        told = parent.instruction
        if told.is_over:
            return
        to = advance(told.status, _S.EXPIRED)
        if told.is_of_book:
            step = Step(Act.EXPIRE, "", self._clock.now_ns(), **said(code)._asdict())
            self._say(acted(told, step, status=to, reason_code=code))
        else:
            self._say(self._changed(told, status=to, reason_code=code))
        for child in list(parent.children.values()):
            if child.is_live and child.order is not None:
                self.take_back(child.request.client_order_id, actor="", reason=code)

    def _expire_at(self, told: Instruction) -> None:
        """Let an instruction end at the time it names, whatever its trading day."""
        name, at_ns = told.instruction_id, None if told.is_over else told.expires_at or None
        self._expiries.put(name, at_ns, lambda: self._expire(self.parents[name], "expired"))

    def _changed(self, told: Instruction, **fields: object) -> Instruction:
        fields = {"step": None, "touched": (), **fields}
        return msgspec.structs.replace(told, version=told.version + 1, updated_at=self._clock.now_ns(), **fields)

    def _say(self, instruction: Instruction) -> None:
        self.put(instruction)
        self._mouth.instruction(instruction)
        self.on_moved(instruction)

    def parent_of(self, client_order_id: str) -> Parent | None:
        """Return whose order it is, `None` when it is nobody's at hand."""
        return self.parents.get(self._parent_of.get(client_order_id, ""))

    def _wake_at(self, parent: Parent, wake_ns: int | None) -> None:
        at_ns = None if parent.instruction.is_over else wake_ns
        self._timers.put(parent.instruction.instruction_id, at_ns, lambda: self.work(parent))

    def _index(self, told: Instruction) -> None:
        name = told.instruction_id
        self._watched.put(told)
        if told.is_over and name not in self._over:
            self._over[name] = None
            self._wake_at(self.parents[name], None)
            self._expire_at(told)
            self._forget()

    def _forget(self) -> None:
        """Keep no more finished ones than the settings say, but those with an order that may still move."""
        while len(self._over) > self._settings.max_kept:
            oldest = next(iter(self._over))
            del self._over[oldest]
            for client_order_id in self.parents.pop(oldest).children:
                self._parent_of.pop(client_order_id, None)
                self._undecided.pop(client_order_id, None)
                self._taking_back.pop(client_order_id, None)
