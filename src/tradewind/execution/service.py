"""The shell of the execution room: approved orders in, through the journal to the broker, orders and fills out.

An order is published as pending, which the journal hears; only once that entry is durable is it sent. What a crash
leaves open is asked of the broker before anything new goes out, and nothing is ever sent a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, FILLS, ORDERS, TRADING_STATES
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.order import ApprovedOrder, CancelRequest, Fill, Order, OrderStatus
from tradewind.domain.trading_state import TradingState
from tradewind.execution.book import BookState, OrderBook
from tradewind.execution.inquiry import Inquiry
from tradewind.execution.intake import Intake
from tradewind.execution.order_state import OrderEvent
from tradewind.execution.outbox import AT_VENUE, Outbox
from tradewind.execution.ports import ConnectionReport
from tradewind.execution.queries import ExecutionQueries
from tradewind.execution.trail import Trail
from tradewind.execution.wire import Wire
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.execution.alarms import ExecutionAlarm
    from tradewind.execution.ports import Broker, Report
    from tradewind.execution.settings import ExecutionSettings
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.ports import Journal

_LOG = get_log("execution")
GROUP = "execution"
_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(BookState).decode


class ExecutionService:
    """Carries orders out. `resume` opens the door: before it, approved orders wait.

    The journal must tap the bus before this room hears it. `on_alarm` gets what a person must look at; one with
    `wants_halt` asks for an emergency stop of its account.
    """

    def __init__(
        self,
        *,
        settings: ExecutionSettings,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        broker: Broker,
        journal: Journal,
        on_alarm: Callable[[ExecutionAlarm], None],
    ) -> None:
        self._bus = bus
        self._metrics = metrics
        self._journal = journal
        self._broker = broker
        self._subscriptions: list[Subscription] = []
        self.book = OrderBook(max_orders=settings.max_orders)
        self._wire = Wire(broker)
        self._trail = Trail(
            book=self.book,
            clock=clock,
            metrics=metrics,
            publish_order=bus.publisher(ORDERS),
            publish_fill=bus.publisher(FILLS),
            on_alarm=_logging(on_alarm),
            recent=settings.recent_alarms,
        )
        self._inquiry = Inquiry(settings=settings, clock=clock, wire=self._wire)
        self._outbox = Outbox(
            settings=settings,
            clock=clock,
            metrics=metrics,
            trail=self._trail,
            wire=self._wire,
            inquiry=self._inquiry,
        )
        self._intake = Intake(
            settings=settings,
            clock=clock,
            metrics=metrics,
            trail=self._trail,
            wire=self._wire,
            outbox=self._outbox,
            inquiry=self._inquiry,
        )
        self._wire.handle = self._take
        self.queries = ExecutionQueries(
            book=self.book, outbox=self._outbox, inquiry=self._inquiry, trail=self._trail, wire=self._wire
        )

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(APPROVED_ORDERS, self._on_approved, group=GROUP),
            subscribe(CANCEL_REQUESTS, self._on_cancel, group=GROUP),
            subscribe(TRADING_STATES, self._on_mode, group=GROUP),
            subscribe(ORDERS, self._on_own_order, group=GROUP),
        ]
        if self._broker.on_tick is not None:
            self._subscriptions.append(subscribe(CLEAN_TICKS, self._broker.on_tick, group=GROUP))

    def detach(self) -> None:
        """Stop hearing the bus and the broker; what waited is found again by `resume`."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()
        self._broker.close()
        self._wire.is_connected = False
        self._inquiry.end()
        self._outbox.clear()
        self._intake.clear()

    def apply(self, topic: str, event: object) -> None:
        """Fold one event of the journal, publishing nothing; topics of others change nothing."""
        match event:
            case ApprovedOrder() if topic == APPROVED_ORDERS.name:
                self.book.approve(event)
            case Order() if topic == ORDERS.name:
                self.book.announced(event)
            case Fill() if topic == FILLS.name:
                self.book.fill(event)
            case CancelRequest() if topic == CANCEL_REQUESTS.name:
                self.book.want_back(event)
            case TradingState() if topic == TRADING_STATES.name:
                self.book.set_mode(event)

    def take_elsewhere(self, fill: Fill) -> bool:
        """Publish a fill of an order that was never ours, as a person recorded it; false where it is known already.

        Where the broker reports it too, the exchange's own id makes it one.
        """
        if fill.key in self.book.fills:
            return False
        self._trail.fill(fill)
        return True

    def snapshot(self) -> bytes:
        """Return all that `apply` built."""
        return _ENCODE(self.book.snapshot())

    def restore(self, state: bytes) -> None:
        """Become what a snapshot says.

        Raises: msgspec.ValidationError: it is not one of this room.
        """
        self.book.restore(_DECODE(state))

    def resume(self) -> None:
        """Settle what the last life left open, then reach for the broker; new orders go once it has answered."""
        for order in tuple(self.book.live_orders()):
            self._pick_up(order)
        for key in tuple(self.book.unannounced):
            self._trail.announce(self.book.orders[key])
        self._wire.connect(tuple(self.book.orders.values()))

    def _take(self, report: Report) -> None:
        if isinstance(report, ConnectionReport):
            event = "broker_connected" if report.is_connected else "broker_disconnected"
            _LOG.info(event, broker=self._broker.name, reason=report.reason)
        self._intake.take(report)

    def _pick_up(self, order: Order) -> None:
        is_published = order.client_order_id not in self.book.unannounced
        if order.status is OrderStatus.PENDING and not is_published:
            # Only what was published as pending, and durable, can have been sent.
            self._trail.apply(order, OrderEvent.WITHDRAWN, code="restart", reason="not sent before a restart")
        elif order.status in {OrderStatus.PENDING, OrderStatus.SENT}:
            reason = "perhaps sent before a restart"
            self._outbox.doubt(self._trail.apply(order, OrderEvent.RESTARTED, code="restart", reason=reason))
        elif order.status is OrderStatus.UNKNOWN:
            self._outbox.doubt(order)
        elif order.is_cancel_sent:
            self._outbox.cancel_in_doubt(order)

    def _on_approved(self, approved: ApprovedOrder) -> None:
        key = approved.order.client_order_id
        if key in self.book:
            self._metrics.reports_ignored.add("known_approval")
            return
        order = self.book.approve(approved, self._broker.reference(approved.order))
        if order is None:
            return
        mode = self.book.mode_against(approved.order)
        if mode is not None:
            self._outbox.withdraw(order, mode.value, f"trading is {mode}")
        elif self._journal.failure is not None:
            self._trail.apply(order, OrderEvent.SEND_REFUSED, code="journal_failed", reason=self._journal.failure)
        elif not self._outbox.add(order):
            reason = "as many orders wait to be sent as may"
            self._trail.apply(order, OrderEvent.SEND_REFUSED, code="queue_full", reason=reason)
        else:
            self._trail.announce(order)

    def _on_own_order(self, order: Order) -> None:
        self.book.announced(order)
        if order.status is OrderStatus.PENDING:
            # The journal has just heard it, or its new reference: its entry is the newest.
            key = order.client_order_id
            self._journal.when_durable(self._journal.last_seq, lambda: self._on_durable(key))

    def _on_durable(self, client_order_id: str) -> None:
        order = self.book.get(client_order_id)
        if order is not None and order.status is OrderStatus.PENDING:
            self._outbox.make_ready(order)

    def _on_cancel(self, request: CancelRequest) -> None:
        order = self.book.get(request.client_order_id)
        if order is not None and not order.is_final:
            self.book.want_back(request)
            self._outbox.take_back(order, "cancelled", request.reason)

    def _on_mode(self, state: TradingState) -> None:
        if not self.book.set_mode(state):
            return
        for order in self.book.live_orders():
            mode = self.book.mode_against(order.request)
            if mode is not None and (order.status is OrderStatus.PENDING or order.status in AT_VENUE):
                self._outbox.take_back(order, mode.value, f"trading is {mode}: {state.reason}")


def _logging(on_alarm: Callable[[ExecutionAlarm], None]) -> Callable[[ExecutionAlarm], None]:
    def hear(alarm: ExecutionAlarm) -> None:
        _LOG.warning("execution_alarm", **msgspec.to_builtins(alarm))
        on_alarm(alarm)

    return hear
