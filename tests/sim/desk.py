"""The whole desk in a seeded world: its four rooms, a faulty exchange, crashes; then the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from sim.orders import CALM, OrderWorld
from sim.world import DECODERS, Room, World
from tradewind.bus.desk_topics import FILLS, ORDERS, TRADING_STATES
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Algorithm, Execution, InstructionLine, Intent
from tradewind.domain.order import Fill, Offset, Order, OrderStatus, Origin, Side
from tradewind.domain.trading_state import TradingMode, TradingState
from tradewind.errors import InputError
from tradewind.execution import ExecutionService
from tradewind.instructions.service import InstructionService
from tradewind.instructions.settings import InstructionSettings
from tradewind.kernel.rng import named_rng
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.portfolio.service import PortfolioService
from tradewind.portfolio.settings import AccountSettings, PortfolioSettings
from tradewind.pretrade.service import PretradeService
from tradewind.pretrade.settings import PretradeSettings
from tradewind.runtime.desk.names import KnownNames

from builders import make_tick

IF: Final = "IF2101.CFFEX"
MULTIPLIER: Final = 300
DEPOSIT: Final = 50_000_000
_TABLE: Final = InstrumentTable()
_RATES: Final = RateTable(_TABLE, holds_before=True)
_CALENDAR: Final = build_calendar("exchange", closing_tolerance_s=3)
_PORTFOLIO: Final = PortfolioSettings(
    accounts=(AccountSettings(id="paper", initial_deposit=DEPOSIT),), hours=("index_futures",)
)
_GATE: Final = PretradeSettings()
_NAMES: Final = KnownNames(
    accounts={"paper": "open"}, live_accounts=[], books=["fund/s1", "fund/s2"], products=[], plans=tuple
)


class DeskWorld(OrderWorld):
    """One seed of the whole order line; the scenario of `OrderWorld` with people and prices instead of approvals."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.world = World(seed, [self._portfolio, self._pretrade, self._room, self._instructions])
        self.world.clock.advance_to(self.world.clock.now_ns() + 1_800_000_000_000)
        self.broker._clock = self.world.clock
        self.world.witnesses.append(self._watch)
        self.world.witnesses.append(self._watch_halts)
        self.price = 5230.0
        self.seq = 0
        self.submitted = 0
        self.is_halted = False
        self.rng = named_rng(seed, "desk")

    @property
    def service(self) -> ExecutionService:
        """Return the execution room of the present life."""
        found: ExecutionService = self._of(ExecutionService)
        return found

    def run(self, steps: int = 60) -> None:
        """Live through chance, then through a calm, and compare with the exchange and with arithmetic."""
        self.world.begin()
        self.tick()
        choices = (self.submit, self.tick, self.trade, self.trade, self.commit, self.commit, self.commit, self.wait)
        rare = (self.crash, self.crash, self.cut, self.wait_long, self.take_back, self.give_up, self.halt)
        for _ in range(steps):
            (self.rng.choice(rare if self.rng.random() < 0.1 else choices))()
            if self.is_halted and self.rng.random() < 0.3:
                self.release()
        self.calm_down()
        self.check()
        self.check_money()

    def tick(self) -> None:
        """A quote comes."""
        self.price = round(self.price + 0.2 * self.rng.randint(-10, 10), 1)
        self.seq += 1
        self.world.advance(self.rng.random() * 500)
        now_ns = self.world.clock.now_ns()
        self.world.publish(
            CLEAN_TICKS,
            make_tick(
                seq=self.seq, ts_event=now_ns, ts_recv=now_ns, last_price=self.price, bid_price=self.price,
                bid_volume=20, ask_price=round(self.price + 0.2, 1), ask_volume=20,
            ),
        )  # fmt: skip

    def submit(self) -> None:
        """A person wants something, by any algorithm."""
        self.submitted += 1
        rng = self.rng
        execution = Execution(
            algorithm=rng.choice(tuple(Algorithm)), duration_s=5, slices=3, patience_s=rng.choice((0, 1, 3))
        )
        side, intent = rng.choice(tuple(Side)), rng.choice(tuple(Intent))
        line = InstructionLine(IF, side, intent, rng.randint(1, 3), execution)
        self._of(InstructionService).desk.submit(
            f"i{self.submitted}",
            origin=Origin.MANAGER,
            account_id="paper",
            lines=(line,),
            actor="chen",
            product_code="fund",
            strategy=rng.choice(("s1", "s2")),
        )

    def trade(self) -> None:
        """The exchange does lots of an order that stands: as a rule what its owner has not heard refused."""
        for _ in range(3):
            super().trade()

    def take_back(self) -> None:
        """A person takes an instruction back."""
        if self.submitted:
            try:
                name = f"i{self.rng.randint(1, self.submitted)}"
                self._of(InstructionService).desk.cancel(name, actor="chen", reason="changed my mind")
            except InputError:
                return

    def give_up(self) -> None:
        """A person takes one order back."""
        live = self.service.queries.working()
        if live:
            try:
                key = self.rng.choice(live).client_order_id
                self._of(InstructionService).desk.cancel_order(key, actor="chen", reason="user")
            except InputError:
                return

    def halt(self) -> None:
        """Somebody presses the emergency stop."""
        self._of(PretradeService).halt(actor="chen", reason="drill")

    def release(self) -> None:
        """Somebody releases it."""
        self._of(PretradeService).reset(actor="chen", phrase="RESUME PLATFORM")

    def calm_down(self) -> None:
        """Let nothing go wrong any more, until every question has been answered."""
        self.broker.faults = CALM
        if not self.broker.is_connected:
            self.broker.reconnect()
        for told in self._of(InstructionService).desk.instructions():
            if not told.is_over:
                self._of(InstructionService).desk.cancel(told.instruction_id, actor="chen", reason="evening")
        for moment in range(60):
            self.commit()
            self.world.advance(1_500)
            if moment < 20 and self.rng.random() < 0.3:
                self.trade()
        self.commit()

    def check(self) -> None:
        """Compare with the exchange, and the live rooms with a fold of the journal."""
        assert all(times == 1 for times in self.venue.received.values()), "I3: an order was sent twice"
        book = self.service.book
        for key, at_venue in self.venue.orders.items():
            order = book.find_by_order_id(at_venue.request.instrument_id, at_venue.order_id)
            assert order is not None, f"{key} is at the exchange and forgotten here"
            assert order.filled_quantity == at_venue.filled, f"{key}: {order} but {at_venue.filled} were done"
        twins = [factory(self.world) for factory in self.world._factories]
        for entry in self.world.journal.read(0):
            event = DECODERS[entry.kind].decode(entry.payload)
            for twin in twins:
                twin.apply(entry.kind, event)
        for room, twin in zip(self.world.rooms, twins, strict=True):
            assert _kept(twin) == _kept(room), f"a restart would know something else in {type(room).__name__}"

    def check_money(self) -> None:
        """Positions are the sum of fills, money the sum of what was traded, frozen what lives (I5, I6, I7, I13)."""
        fills = list(self._fills())
        portfolio = self._of(PortfolioService)
        account = portfolio.queries.account("paper")
        if account is None:
            assert not fills
            return
        lots: dict[Direction, int] = dict.fromkeys(Direction, 0)
        traded = Decimal(0)
        for fill in fills:
            is_open = fill.offset is Offset.OPEN
            is_long = (fill.side is Side.BUY) is is_open
            lots[Direction.LONG if is_long else Direction.SHORT] += fill.quantity if is_open else -fill.quantity
            sign = 1 if fill.side is Side.SELL else -1
            traded += sign * fill.price * fill.quantity * MULTIPLIER
        held = {position.direction: position for position in portfolio.queries.positions("paper")}
        for direction, quantity in lots.items():
            found = held.get(direction)
            assert (found.quantity if found is not None else 0) == quantity, "I5: positions are not the sum of fills"
            if found is not None:
                assert found.last_price is not None
                traded += direction.sign * found.last_price * quantity * MULTIPLIER
                books = [portfolio.queries.positions("paper", book) for book in ("fund/s1", "fund/s2", "/")]
                of_books = [each for book in books for each in book if each.direction is direction]
                assert sum(each.quantity for each in of_books) == quantity, "books do not sum to the account"
        assert account.balance == DEPOSIT + traded - account.commission, "I7: money came or went"
        live = self.service.queries.working()
        assert not live, live
        assert (account.frozen_margin, account.frozen_commission) == (0, 0), "I6: something stays frozen"
        for told in self._of(InstructionService).desk.instructions():
            own = sum(fill.quantity for fill in fills if fill.instruction_id == told.instruction_id)
            assert sum(line.filled_quantity for line in told.lines) == own, "I13: an instruction miscounts its fills"
            assert told.is_over, told

    def _fills(self) -> list[Fill]:
        """Return each fill once, with its order's name if that ever became known."""
        found: dict[Any, Fill] = {}
        for entry in self.world.journal.read(0):
            if entry.kind == FILLS.name:
                fill = DECODERS[entry.kind].decode(entry.payload)
                if fill.key not in found or not found[fill.key].client_order_id:
                    found[fill.key] = fill
        return list(found.values())

    def _watch_halts(self, topic: Any, event: object) -> None:
        if topic is TRADING_STATES and isinstance(event, TradingState):
            self.is_halted = event.mode is TradingMode.HALTED
        elif topic is ORDERS and isinstance(event, Order) and self.is_halted:
            assert event.version > 1 or event.status is not OrderStatus.SENT, "I14: sent after the stop"

    def _of(self, kind: type[Any]) -> Any:
        return next(room for room in self.world.rooms if isinstance(room, kind))

    def _portfolio(self, world: World) -> Room:
        return PortfolioService(
            settings=_PORTFOLIO, bus=world.bus, clock=world.clock, metrics=world.metrics, instruments=_TABLE,
            rates=_RATES, calendar=_CALENDAR,
        )  # fmt: skip

    def _pretrade(self, world: World) -> Room:
        return PretradeService(
            settings=_GATE, bus=world.bus, clock=world.clock, metrics=world.metrics, instruments=_TABLE, rates=_RATES,
            calendar=_CALENDAR, names=_NAMES, journal=world.journal,
        )  # fmt: skip

    def _instructions(self, world: World) -> Room:
        return InstructionService(
            settings=InstructionSettings(), bus=world.bus, clock=world.clock, instruments=_TABLE, rates=_RATES
        )


def _kept(room: Room) -> Any:
    """Return what a room keeps of record; what the gate knows of equity is told anew by the ledger."""
    state = msgspec.msgpack.decode(room.snapshot())
    if isinstance(room, PretradeService):
        state.pop("equities")
    return state
