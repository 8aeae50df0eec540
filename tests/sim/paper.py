"""The execution room on paper in a seeded world: ticks, approvals, cancels, crashes of room and exchange together."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk_orders import make_approved, make_cancel
from sim.world import DECODERS, Room, World
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.order import OrderStatus, PriceType, Side, TimeInForce
from tradewind.execution import ExecutionAlarm, ExecutionService, ExecutionSettings
from tradewind.execution.brokers.paper import PaperBroker, PaperSettings
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.rng import named_rng

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeCalendar, FakeInstruments

_IN_DOUBT = frozenset({OrderStatus.PENDING, OrderStatus.SENT, OrderStatus.UNKNOWN})


class PaperWorld:
    """One seed: what the exchange on paper knows dies with the process, and nothing is lost that was durable."""

    def __init__(self, seed: int) -> None:
        self.rng = named_rng(seed, "scenario")
        self.world = World(seed, [self._room])
        self.alarms: list[ExecutionAlarm] = []
        self.ids: list[str] = []
        self.seq = 0
        self.paper = PaperSettings(latency_ms=self.rng.choice((0.0, 5.0)))

    @property
    def service(self) -> ExecutionService:
        """Return the room of the present life."""
        room = self.world.rooms[0]
        assert isinstance(room, ExecutionService)
        return room

    def run(self, steps: int = 60) -> None:
        """Trade through chance, then through a calm; then everything must fit."""
        self.world.begin()
        for _ in range(steps):
            if self.rng.random() < 0.04:
                self.world.crash()
                self.world.begin()
            self.rng.choice((self.approve, self.cancel, self.tick, self.tick, self.tick, self.world.journal.commit))()
        for _ in range(40):
            self.world.journal.commit()
            self.world.advance(1_000)
            self.tick()
        self.world.journal.commit()
        self.check()

    def approve(self) -> None:
        """The gate passes an order of some kind."""
        key = f"o{len(self.ids) + 1}"
        self.ids.append(key)
        is_market = self.rng.random() < 0.2
        approved = make_approved(
            key,
            side=self.rng.choice(tuple(Side)),
            quantity=self.rng.randint(1, 6),
            price=None if is_market else Decimal("5230.0") + self.rng.randint(-3, 3) * Decimal("0.2"),
            price_type=PriceType.MARKET if is_market else PriceType.LIMIT,
            time_in_force=self.rng.choice(tuple(TimeInForce)),
        )
        self.world.publish(APPROVED_ORDERS, approved)

    def cancel(self) -> None:
        """Somebody wants an order back."""
        if self.ids:
            self.world.publish(CANCEL_REQUESTS, make_cancel(self.rng.choice(self.ids)))

    def tick(self) -> None:
        """The market moves a little."""
        self.world.advance(self.rng.random() * 500)
        self.seq += 1
        last = round(5230.0 + 0.2 * self.rng.randint(-2, 2), 1)
        tick = make_tick(
            seq=self.seq,
            last_price=last,
            bid_price=round(last - 0.2, 1),
            bid_volume=self.rng.randint(1, 9),
            ask_price=round(last + 0.2, 1),
            ask_volume=self.rng.randint(1, 9),
            volume_delta=self.rng.randint(0, 6),
        )
        self.world.publish(CLEAN_TICKS, tick)

    def check(self) -> None:
        """Nothing in doubt, nothing overfilled, no alarm but for orders a crash took from the exchange's hands."""
        book = self.service.book
        assert {alarm.kind.value for alarm in self.alarms} <= {"unanswered", "lost"}
        for order in book.orders.values():
            assert order.status not in _IN_DOUBT, order
            assert 0 <= order.filled_quantity <= order.request.quantity
        fold = self._make(self.world)
        for entry in self.world.journal.read(0):
            fold.apply(entry.kind, DECODERS[entry.kind].decode(entry.payload))
        live = msgspec.msgpack.decode(self.service.snapshot())
        assert msgspec.msgpack.decode(fold.snapshot()) == live, "a restart would know something else"

    def _room(self, world: World) -> Room:
        return self._make(world)

    def _make(self, world: World) -> ExecutionService:
        day = (MORNING_NS - NS_PER_S, MORNING_NS + 7_200 * NS_PER_S)
        broker = PaperBroker(
            settings=self.paper,
            clock=world.clock,
            instruments=FakeInstruments(make_instrument()),
            calendar=FakeCalendar(20210104, day),
        )
        return ExecutionService(
            settings=ExecutionSettings(),
            bus=world.bus,
            clock=world.clock,
            metrics=world.metrics,
            broker=broker,
            journal=world.journal,
            on_alarm=self.alarms.append,
        )
