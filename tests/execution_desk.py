"""An execution room on a line clock of its own, before a broker that does as it is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from desk_orders import make_approved, make_cancel, make_request
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, FILLS, JOURNALLED, ORDERS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import Topic
from tradewind.domain.order import Fill, Order, OrderRequest
from tradewind.execution import ExecutionAlarm, ExecutionService, ExecutionSettings
from tradewind.execution.ports import (
    AccountLink,
    ConnectionReport,
    FillReport,
    OrderReport,
    QueryAnswer,
    Report,
    SendOutcome,
    VenueStatus,
)
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.stores.memory import MemoryJournal

from builders import MORNING_NS


class FakeBroker:
    """Notes what it is told; answers with `outcomes`, then always sent. Connects at once unless told not to."""

    def __init__(self, clock: LineClock, *, is_there: bool = True) -> None:
        self._clock = clock
        self.is_there = is_there
        self.outcomes: deque[SendOutcome] = deque()
        self.sent: list[str] = []
        self.named: list[str] = []
        self.cancelled: list[str] = []
        self.queries: list[str] = []
        self.known: tuple[Order, ...] = ()
        self.during_call: list[Report] = []
        """Reported from inside the next call."""
        self._report: Callable[[Report], None] | None = None

    name = "fake"
    on_tick = None
    loses_reports = True

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:
        self._report, self.known = report, tuple(known)
        if self.is_there:
            self.say(ConnectionReport(is_connected=True, reason="", ts_event=0))

    def close(self) -> None:
        self._report = None

    def reference(self, request: OrderRequest) -> str:
        self.named.append(request.client_order_id)
        again = self.named.count(request.client_order_id) - 1
        return f"ref-{request.client_order_id}" + (f"-{again}" if again else "")

    def accounts(self) -> tuple[AccountLink, ...]:
        return ()

    def send(self, order: Order) -> SendOutcome:
        self.sent.append(order.client_order_id)
        return self._outcome()

    def cancel(self, order: Order) -> SendOutcome:
        self.cancelled.append(order.client_order_id)
        return self._outcome()

    def query(self, query_id: str) -> SendOutcome:
        self.queries.append(query_id)
        return SendOutcome.SENT

    def say(self, report: Report) -> None:
        assert self._report is not None
        self._report(report)

    def _outcome(self) -> SendOutcome:
        reports, self.during_call = self.during_call, []
        for report in reports:
            self.say(report)
        return self.outcomes.popleft() if self.outcomes else SendOutcome.SENT


class Desk:
    """Speaks to the room in seconds; `orders`, `fills`, `alarms` are what it said. Reconciled unless told not to."""

    def __init__(self, *, is_instant: bool = True, is_there: bool = True, **settings: Any) -> None:
        self.settings = ExecutionSettings(**settings)
        self.clock = LineClock(MORNING_NS)
        self.metrics = Metrics()
        self.journal = MemoryJournal(self.clock, is_instant=is_instant)
        self.broker = FakeBroker(self.clock, is_there=is_there)
        self.alarms: list[ExecutionAlarm] = []
        self.begin()
        if is_there:
            self.answer()

    def begin(self) -> None:
        """Start a life on what the journal has."""
        self.orders: list[Order] = []
        self.fills: list[Fill] = []
        self.bus = OrderedBus(on_failure=_fail)
        self.bus.tap(self._hear)
        self.bus.subscribe(ORDERS, self.orders.append, group="test")
        self.bus.subscribe(FILLS, self.fills.append, group="test")
        self.room = ExecutionService(
            settings=self.settings,
            bus=self.bus,
            clock=self.clock,
            metrics=self.metrics,
            broker=self.broker,
            journal=self.journal,
            on_alarm=self.alarms.append,
        )
        for entry in self.journal.read(0):
            event = msgspec.json.decode(entry.payload, type=_EVENTS[entry.kind])
            self.room.apply(entry.kind, event)
        self.room.attach()
        self.room.resume()

    def crash(self) -> None:
        """Lose what is not durable and start again."""
        self.room.detach()
        self.journal = MemoryJournal(self.clock, entries=self.journal.durable_entries())
        self.begin()

    def approve(self, client_order_id: str = "o1", **changes: Any) -> None:
        self.publish(APPROVED_ORDERS, make_approved(client_order_id, **changes))

    def cancel(self, client_order_id: str = "o1") -> None:
        self.publish(CANCEL_REQUESTS, make_cancel(client_order_id))

    def publish(self, topic: Topic[Any], event: object) -> None:
        self.bus.publisher(topic)(event)

    def advance(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_ns() + round(seconds * 1e9))

    def answer(self, *orders: OrderReport, fills: tuple[FillReport, ...] = (), **changes: Any) -> None:
        """Answer the newest query, completely and for all accounts unless told otherwise."""
        answer = QueryAnswer(self.broker.queries[-1], is_complete=True, orders=orders, fills=fills, ts_event=0)
        self.broker.say(msgspec.structs.replace(answer, ts_event=self.clock.now_ns(), **changes))

    def accepted(self, client_order_id: str = "o1", **changes: Any) -> None:
        """Approve an order that the exchange takes."""
        self.approve(client_order_id, **changes)
        quantity = changes.get("quantity", 5)
        self.broker.say(order_report(client_order_id, quantity=quantity, order_id=f"E{client_order_id}"))

    def now(self, client_order_id: str = "o1") -> Order:
        """Return an order as the room knows it."""
        order = self.room.queries.order(client_order_id)
        assert order is not None
        return order

    def status(self, client_order_id: str = "o1") -> tuple[str, int, str]:
        """Return status, lots done and reason of an order."""
        order = self.now(client_order_id)
        return order.status.value, order.filled_quantity, order.reason_code

    def kinds(self) -> list[str]:
        """Return the alarms so far."""
        return [alarm.kind.value for alarm in self.alarms]

    def _hear(self, topic: Topic[Any], event: object) -> None:
        if topic in JOURNALLED:
            self.journal.append(topic, event)


_EVENTS = {topic.name: topic.event for topic in JOURNALLED}


def order_report(
    client_order_id: str = "o1", status: VenueStatus = VenueStatus.LIVE, filled: int = 0, **changes: Any
) -> OrderReport:
    """Return what the exchange says of an order."""
    request = make_request(client_order_id)
    report = OrderReport(
        account_id=request.account_id,
        client_order_id=client_order_id,
        order_id=f"E{client_order_id}",
        instrument_id=request.instrument_id,
        side=request.side,
        offset=request.offset,
        quantity=request.quantity,
        price=request.price,
        status=status,
        filled_quantity=filled,
        trading_day=request.trading_day,
        ts_event=MORNING_NS,
    )
    return msgspec.structs.replace(report, **changes)


def fill_report(client_order_id: str = "o1", fill_id: str = "t1", quantity: int = 1, **changes: Any) -> FillReport:
    """Return what the exchange says was done."""
    request = make_request(client_order_id)
    report = FillReport(
        account_id=request.account_id,
        client_order_id=client_order_id,
        order_id=f"E{client_order_id}",
        fill_id=fill_id,
        instrument_id=request.instrument_id,
        side=request.side,
        offset=request.offset,
        quantity=quantity,
        price=Decimal("5230.0"),
        trading_day=request.trading_day,
        ts_event=MORNING_NS,
    )
    return msgspec.structs.replace(report, **changes)


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error
