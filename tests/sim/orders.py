"""The execution room in a seeded world: approvals, cancels, halts, a faulty exchange, crashes; then the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from desk_orders import make_approved, make_cancel, make_mode, make_request
from sim.world import DECODERS, Room, World
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, FILLS, ORDERS, TRADING_STATES
from tradewind.bus.topics import Topic
from tradewind.domain.order import TRANSITIONS, Fill, Offset, Order, OrderStatus
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.execution import ExecutionAlarm, ExecutionService, ExecutionSettings
from tradewind.execution.ports import VenueStatus
from tradewind.kernel.rng import named_rng
from tradewind.testing.exchange import SimulatedVenue, Truth
from tradewind.testing.faulty_broker import Faults, FaultyBroker

SETTINGS: Final = ExecutionSettings(messages_per_s=20.0, burst=3, max_queue=8, busy_wait_s=0.05)
CALM: Final = Faults()
_AGREES: Final = {
    VenueStatus.LIVE: {OrderStatus.ACCEPTED, OrderStatus.PARTIAL},
    VenueStatus.FILLED: {OrderStatus.FILLED},
    VenueStatus.CANCELLED: {OrderStatus.CANCELLED},
    VenueStatus.REJECTED: {OrderStatus.REJECTED},
}
STRANGER: Final = "of another desk "
_PRICE: Final = Decimal("5230.0")


class OrderWorld:
    """One seed: a world with an execution room and an exchange that outlives it; `others` make further rooms.

    A world with a gate overrides `approve`, so that requests take the place of approvals, and adds to `check`.
    """

    def __init__(self, seed: int, *, others: Sequence[Callable[[World], Room]] = ()) -> None:
        self.rng = named_rng(seed, "scenario")
        self.world = World(seed, [self._room, *others])
        self.truth: list[Truth] = []
        self.venue = SimulatedVenue(record=self.truth.append, tell=lambda _report: None)
        self.broker = FaultyBroker(
            venue=self.venue, clock=self.world.clock, rng=named_rng(seed, "link"), faults=self._some_faults()
        )
        self.alarms: list[ExecutionAlarm] = []
        self.ids: list[str] = []
        self.modes = 0
        self.strangers = 0
        self.newest: dict[str, Order] = {}
        self.world.witnesses.append(self._watch)

    @property
    def service(self) -> ExecutionService:
        """Return the room of the present life."""
        return next(room for room in self.world.rooms if isinstance(room, ExecutionService))

    def run(self, steps: int = 30) -> None:
        """Live through chance, then through a calm, and compare with the exchange."""
        self.world.begin()
        often = (self.approve, self.commit, self.wait, self.trade)
        choices = (*often, *often, self.cancel)
        rare = (self.crash, self.cut, self.halt, self.approve_again, self.wait_long, self.stranger)
        for _ in range(steps):
            step = self.rng.choice(rare if self.rng.random() < 0.2 else choices)
            step()
        self.calm_down()
        self.check()

    def approve(self) -> None:
        """The gate passes an order."""
        key = f"o{len(self.ids) + 1}"
        self.ids.append(key)
        offset = self.rng.choice((Offset.OPEN, Offset.CLOSE))
        self.world.publish(APPROVED_ORDERS, make_approved(key, quantity=self.rng.randint(1, 4), offset=offset))

    def approve_again(self) -> None:
        """The gate passes one a second time: nothing may come of it."""
        if self.ids:
            key = self.rng.choice(self.ids)
            if self.service.queries.order(key) is not None:
                self.world.publish(APPROVED_ORDERS, make_approved(key))

    def cancel(self) -> None:
        """Somebody wants an order back."""
        if self.ids:
            self.world.publish(CANCEL_REQUESTS, make_cancel(self.rng.choice(self.ids)))

    def trade(self) -> None:
        """The exchange does lots of an order that stands."""
        standing = list(self.venue.standing())
        if standing:
            order = self.rng.choice(standing)
            key = order.request.client_order_id
            self.venue.trade(key, self.rng.randint(1, 3), _PRICE, self.world.clock.now_ns())

    def commit(self) -> None:
        """The disk has what was written."""
        self.world.journal.commit()

    def wait(self) -> None:
        """A moment passes."""
        self.world.advance(self.rng.random() * 40)

    def wait_long(self) -> None:
        """Long enough for patience to end."""
        self.world.advance(self.rng.random() * 8_000)

    def stranger(self) -> None:
        """Another desk of the same account sends an order of its own."""
        self.strangers += 1
        request = make_request(f"{STRANGER}{self.strangers}", quantity=self.rng.randint(1, 3))
        self.venue.receive(request, self.world.clock.now_ns())

    def crash(self) -> None:
        """The process dies and starts again."""
        self.world.crash()
        self.newest.clear()
        self.world.begin()

    def cut(self) -> None:
        """The connection breaks and comes back."""
        self.broker.cut()
        self.broker.reconnect()

    def halt(self) -> None:
        """Trading is halted, reduced or allowed again, for a strategy or for all."""
        self.modes += 1
        mode = self.rng.choice(tuple(TradingMode))
        scope, key = self.rng.choice(((Scope.PLATFORM, ""), (Scope.STRATEGY, "s1")))
        self.world.publish(TRADING_STATES, make_mode(mode, scope=scope, key=key, version=self.modes))

    def calm_down(self) -> None:
        """Let nothing go wrong any more, until every question has been answered."""
        self.broker.faults = CALM
        if not self.broker.is_connected:
            self.broker.reconnect()
        for moment in range(60):
            self.commit()
            self.world.advance(1_500)
            if moment < 20 and self.rng.random() < 0.3:
                self.trade()
        self.commit()

    def check(self) -> None:
        """Compare with the exchange: I3, I4, I8, nothing forgotten, recovery equals no restart."""
        book = self.service.book
        assert all(times == 1 for times in self.venue.received.values()), "I3: an order was sent twice"
        for key, at_venue in self.venue.orders.items():
            order = book.find_by_order_id(at_venue.request.instrument_id, at_venue.order_id)
            assert order is not None, f"{key} is at the exchange and forgotten here"
            assert order.filled_quantity == at_venue.filled, f"{key}: {order} but {at_venue.filled} were done"
            assert order.status in _AGREES[at_venue.status], f"{key} is {order.status}, there {at_venue.status}"
            assert order.filled_quantity <= order.request.quantity, "I4"
        for key, order in book.orders.items():
            assert order.order_id or key in self.venue.orders or order.is_final, (
                f"{key} is {order.status} and nowhere else"
            )
        self._check_journal()

    def _check_journal(self) -> None:
        fold = make_room(self.world, self.broker, self.alarms)
        fills: Counter[str] = Counter()
        keys: dict[Any, str] = {}
        for entry in self.world.journal.read(0):
            event = DECODERS[entry.kind].decode(entry.payload)
            fold.apply(entry.kind, event)
            fold.apply(entry.kind, event)
            if isinstance(event, Fill):
                assert not keys.get(event.key), "I8: a fill that had an owner was published again"
                fills[event.order_id] += 0 if event.key in keys else event.quantity
                keys[event.key] = event.client_order_id
        for order in fold.book.orders.values():
            assert order.filled_quantity == (fills[order.order_id] if order.order_id else 0), "fills and orders differ"
        live = msgspec.msgpack.decode(self.service.snapshot())
        assert msgspec.msgpack.decode(fold.snapshot()) == live, "a restart would know something else"

    def _watch(self, topic: Topic[Any], event: object) -> None:
        if topic is ORDERS:
            assert isinstance(event, Order)
            before = self.newest.get(event.client_order_id)
            if before is not None and before.version != event.version:
                assert event.version > before.version
                moves = {before.status, *TRANSITIONS[before.status]}
                assert event.status in moves, f"{before.status} → {event.status}"
            self.newest[event.client_order_id] = event
        elif topic is FILLS:
            assert isinstance(event, Fill)
            assert event.quantity > 0

    def _room(self, world: World) -> Room:
        return make_room(world, self.broker, self.alarms)

    def _some_faults(self) -> Faults:
        """A few kinds of trouble, not all at once: so each also meets a world that is otherwise well."""
        draw = self.rng.random

        def some(most: float) -> float:
            return draw() * most if draw() < 0.5 else 0.0

        return Faults(
            delay_ms=self.rng.choice((1, 20, 200)),
            long_delay=some(0.1),
            lose_out=some(0.2),
            lose_back=some(0.7),
            repeat_back=some(0.3),
            busy=some(0.3),
            unknown=some(0.3),
            refuse=some(0.2),
            anonymous=some(0.5),
        )


def make_room(world: World, broker: FaultyBroker, alarms: list[ExecutionAlarm]) -> ExecutionService:
    """Return an execution room of this world's present life."""
    return ExecutionService(
        settings=SETTINGS,
        bus=world.bus,
        clock=world.clock,
        metrics=world.metrics,
        broker=broker,
        journal=world.journal,
        on_alarm=alarms.append,
    )
