"""The shell of the instructions room: hears opportunities, prices, positions, orders and the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.desk_topics import (
    ACCOUNTS,
    CANCEL_REQUESTS,
    INSTRUCTIONS,
    ORDER_REQUESTS,
    ORDERS,
    PLANS,
    POSITIONS,
    REFUSED_ORDERS,
    TRADING_STATES,
    TRIGGERS,
)
from tradewind.bus.topics import BARS, CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.instruction import Instruction, Trigger
from tradewind.domain.order import Order, RefusedOrder
from tradewind.domain.plan import TradingPlan
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.instructions.book import InstructionBook
from tradewind.instructions.book_queries import BookQueries
from tradewind.instructions.book_work import BookWork
from tradewind.instructions.children import Parent
from tradewind.instructions.desk import InstructionDesk
from tradewind.instructions.holdings import Holdings
from tradewind.instructions.keeper import Keeper
from tradewind.instructions.open_opportunities import OpenOpportunities
from tradewind.instructions.plans import Plans
from tradewind.instructions.policies import PolicyDesk
from tradewind.instructions.targets import Targets, futures_delta
from tradewind.instructions.volume_curve import VolumeCurves
from tradewind.instructions.worker import Mouth, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.account import Position
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.tick import Tick
    from tradewind.instructions.settings import InstructionSettings
    from tradewind.instructions.targets import DeltaOf
    from tradewind.kernel.clock import LineClock

_GROUP: Final = "instructions"


class _State(msgspec.Struct):
    """All that recovery builds."""

    parents: list[Parent]
    plans: list[TradingPlan]
    triggers: list[Trigger]
    curves: VolumeCurves
    number: int = 0
    """Of the newest instruction of the book."""


class InstructionService:
    """Follows the line and the desk; `desk` takes tickets and plans, `book` and `work` the instruction book's acts."""

    def __init__(
        self,
        *,
        settings: InstructionSettings,
        bus: Bus,
        clock: LineClock,
        instruments: InstrumentLookup,
        rates: RateLookup,
        calendar: TradingCalendar | None = None,
        delta_of: DeltaOf = futures_delta,
    ) -> None:
        """`calendar` says for which trading day an instruction is handed in; without it the newest quote does.

        `delta_of` counts a contract's delta in money.
        """
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._holdings = Holdings()
        self._curves = VolumeCurves()
        self._plans = Plans(most=settings.max_plans)
        self._subscriptions: list[Subscription] = []
        self._worker = Worker(
            settings=settings,
            instruments=instruments,
            rates=rates,
            holdings=self._holdings,
            curves=self._curves,
            clock=clock,
            mouth=_mouth(bus),
        )
        self._policies = PolicyDesk(
            plans=self._plans,
            worker=self._worker,
            holdings=self._holdings,
            instruments=instruments,
            rates=rates,
            clock=clock,
            publish=bus.publisher(TRIGGERS),
            max_kept=settings.max_kept,
        )
        self.opportunities = OpenOpportunities()
        self._made_book(instruments=instruments, calendar=calendar, delta_of=delta_of)
        self.desk = self._made_desk(instruments)
        self._folds = self._made_folds()

    # the life of a room

    def attach(self) -> None:
        """Follow the line and the desk."""
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(CLEAN_TICKS, self._on_tick, group=_GROUP),
            subscribe(BARS, self._curves.heard, group=_GROUP),
            subscribe(OPPORTUNITIES, self._on_opportunity, group=_GROUP),
            subscribe(POSITIONS, self._on_position, group=_GROUP),
            subscribe(ACCOUNTS, self._holdings.funded, group=_GROUP),
            subscribe(ORDERS, self._on_order, group=_GROUP),
            subscribe(REFUSED_ORDERS, self._on_refused, group=_GROUP),
            subscribe(TRADING_STATES, self._on_state, group=_GROUP),
        ]

    def detach(self) -> None:
        """Stop following."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions = []
        self._worker.rest()

    def apply(self, topic: str, event: object) -> None:
        """Fold one journalled event."""
        fold = self._folds.get(topic)
        if fold is not None:
            fold(event)

    def find_in_book(self, instruction_id: str) -> Instruction:
        """Return an instruction of the book. Raises: InputError: there is none of that id at hand."""
        return self._keeper.find(instruction_id).instruction

    def snapshot(self) -> bytes:
        """Return the state that the journal's events so far have built."""
        state = _State(
            list(self._worker.parents.values()),
            list(self._plans.all()),
            list(self._policies.triggers.values()),
            self._curves,
            self._keeper.number,
        )
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        """Take a snapshot's state in."""
        read = msgspec.msgpack.decode(state, type=_State)
        for parent in read.parents:
            self._worker.restored(parent)
            self._policies.instructed(parent.instruction)
            self._keeper.restored(parent)
        self._keeper.number = max(self._keeper.number, read.number)
        for plan in read.plans:
            self._plans.heard(plan)
        for trigger in read.triggers:
            self._policies.triggered(trigger)
        self._curves.days, self._curves.curves = read.curves.days, read.curves.curves

    def resume(self) -> None:
        """Make the plans of the settings that are new, and go on with what was under way."""
        for name, params in self._settings.plans.items():
            known = self._plans.find(name)
            if known is None or known.next_params != params:
                self.desk.define_plan(name, params, actor="settings")
        self._worker.resume()

    # what is heard

    def _on_opportunity(self, opportunity: Opportunity) -> None:
        self.opportunities.heard(opportunity)
        self._policies.opportunity(opportunity)

    def _on_moved(self, told: Instruction) -> None:
        self._policies.moved(told)
        self._keeper.noted(told)

    def _on_tick(self, tick: Tick) -> None:
        self._worker.heard(tick)
        self._policies.price(tick)

    def _on_position(self, position: Position) -> None:
        self._holdings.heard(position)
        if position.book:
            self._policies.held(position)

    def _on_order(self, order: Order) -> None:
        parent = self._worker.moved(order)
        if parent is not None:
            self._worker.work(parent)

    def _on_refused(self, refused: RefusedOrder) -> None:
        parent = self._worker.refused(refused)
        if parent is not None:
            self._worker.work(parent)

    def _on_state(self, state: TradingState) -> None:
        if state.mode is not TradingMode.HALTED:
            return
        for plan in self._plans.all():
            if plan.is_active and _covers_plan(state, plan):
                self.desk.stop_plan(plan.name, actor=state.actor, reason="halted")
        for parent in list(self._worker.parents.values()):
            told = parent.instruction
            if told.is_over or not _covers(state, told):
                continue
            if told.is_of_book:
                key = state.key if state.scope is Scope.INSTRUMENT else ""
                self.work.stop_all(told, key, actor=state.actor, reason=state.reason)
            else:
                self._worker.cancel(parent, actor=state.actor, reason=state.reason, code="halted")

    def _made_desk(self, instruments: InstrumentLookup) -> InstructionDesk:
        return InstructionDesk(
            settings=self._settings,
            clock=self._clock,
            instruments=instruments,
            plans=self._plans,
            worker=self._worker,
            policies=self._policies,
            holdings=self._holdings,
            publish_plan=self._bus.publisher(PLANS),
        )

    def _made_book(self, *, instruments: InstrumentLookup, calendar: TradingCalendar | None, delta_of: DeltaOf) -> None:
        self._worker.on_moved = self._on_moved
        self._keeper = Keeper(settings=self._settings, clock=self._clock, worker=self._worker)
        targets = Targets(
            instruments=instruments, holdings=self._holdings, market=self._worker.market, delta_of=delta_of
        )
        self.work = BookWork(self._keeper)
        self.book = InstructionBook(
            keeper=self._keeper, targets=targets, work=self.work, instruments=instruments, calendar=calendar
        )
        self.book_queries = BookQueries(self._keeper)

    def _made_folds(self) -> dict[str, Callable[[Any], object]]:
        return {
            PLANS.name: self._plans.heard,
            INSTRUCTIONS.name: self._fold_instruction,
            TRIGGERS.name: self._policies.triggered,
            ORDER_REQUESTS.name: self._worker.requested,
            CANCEL_REQUESTS.name: self._worker.taken_back,
            REFUSED_ORDERS.name: self._worker.refused,
            ORDERS.name: self._worker.moved,
        }

    def _fold_instruction(self, told: Instruction) -> None:
        self._worker.put(told)
        self._policies.instructed(told)
        self._keeper.noted(told)


def _mouth(bus: Bus) -> Mouth:
    return Mouth(bus.publisher(INSTRUCTIONS), bus.publisher(ORDER_REQUESTS), bus.publisher(CANCEL_REQUESTS))


def _covers(state: TradingState, told: Instruction) -> bool:
    match state.scope:
        case Scope.PLATFORM:
            return True
        case Scope.ACCOUNT:
            return told.account_id == state.key
        case Scope.PRODUCT:
            return told.product_code == state.key
        case Scope.STRATEGY:
            return told.strategy == state.key
        case Scope.INSTRUMENT:
            lines = told.adjustments if told.is_of_book else told.lines
            return any(line.instrument_id == state.key for line in lines)


def _covers_plan(state: TradingState, plan: TradingPlan) -> bool:
    params = plan.params
    owners = {
        Scope.PLATFORM: "",
        Scope.ACCOUNT: params.account_id,
        Scope.PRODUCT: params.product_code,
        Scope.STRATEGY: plan.name,
    }
    return owners.get(state.scope) == state.key
