"""Every change of an order leaves by this door: into the book, then to whoever reads; and every alarm."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import OrderStatus
from tradewind.execution.alarms import AlarmKind, ExecutionAlarm
from tradewind.execution.order_state import OrderEvent, moved, react, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.order import Fill, Order
    from tradewind.execution.book import OrderBook
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics

_MONEY = frozenset({OrderEvent.FILL, OrderEvent.LAST_FILL, OrderEvent.OVERFILL})


class Trail:
    """Changes orders by the table and publishes each version; the newest `recent` alarms are kept."""

    def __init__(
        self,
        *,
        book: OrderBook,
        clock: LineClock,
        metrics: Metrics,
        publish_order: Callable[[Order], None],
        publish_fill: Callable[[Fill], None],
        on_alarm: Callable[[ExecutionAlarm], None],
        recent: int,
    ) -> None:
        self.book = book
        self._clock = clock
        self._metrics = metrics
        self._publish_order = publish_order
        self._publish_fill = publish_fill
        self._on_alarm = on_alarm
        self.alarms: deque[ExecutionAlarm] = deque(maxlen=recent)

    def apply(self, order: Order, event: OrderEvent, *, code: str = "", reason: str = "") -> Order:
        """Do what the table says about `event`; return the order as it is then, the same where nothing changed."""
        reaction = react(order, event)
        if reaction.is_alarm:
            self.alarm(_alarm_of(order, event), order, f"{event} while {state_of(order)}: {reason or code or '-'}")
        if reaction.state is None:
            return order
        after = moved(order, reaction.state, ts=self._clock.now_ns(), reason_code=code, reason=reason)
        return self.put(after)

    def note(self, order: Order, **changes: object) -> Order:
        """Publish a next version with these fields changed, its state as before."""
        return self.put(
            msgspec.structs.replace(
                order, version=order.version + 1, ts_event=max(order.ts_event, self._clock.now_ns()), **changes
            )
        )

    def put(self, order: Order) -> Order:
        """Keep and publish a version."""
        self.book.put(order)
        self.announce(order)
        return order

    def announce(self, order: Order) -> None:
        """Publish a version that the book has already."""
        self._metrics.orders.add(order.status.value)
        self._publish_order(order)

    def fill(self, fill: Fill) -> Order | None:
        """Count and publish a fill, then its order; return the order. The caller knows that the fill is news."""
        before = self.book.get(fill.client_order_id)
        is_adopted = fill.key in self.book.alone and before is not None
        result = self.book.fill(fill)
        self._metrics.fills.add()
        self._publish_fill(fill)
        if result is None:
            return None
        after, event = result
        if before is not None and react(before, event).is_alarm:
            self.alarm(_alarm_of(before, event), before, f"{fill.quantity} at {fill.price} while {state_of(before)}")
        if is_adopted:
            self.alarm(AlarmKind.ADOPTED_FILL, after, f"fill {fill.fill_id} was booked as a stranger's")
        self.announce(after)
        return after

    def alarm(self, kind: AlarmKind, order: Order, detail: str) -> None:
        """Call a person."""
        self._alarm(ExecutionAlarm(kind, order.request.account_id, order.client_order_id, detail, self._clock.now_ns()))

    def alarm_account(self, kind: AlarmKind, account_id: str, detail: str) -> None:
        """Call a person to what is not about one order."""
        self._alarm(ExecutionAlarm(kind, account_id, "", detail, self._clock.now_ns()))

    def _alarm(self, alarm: ExecutionAlarm) -> None:
        self._metrics.execution_alarms.add(alarm.kind.value)
        self.alarms.append(alarm)
        self._on_alarm(alarm)


def _alarm_of(order: Order, event: OrderEvent) -> AlarmKind:
    if event is OrderEvent.OVERFILL:
        return AlarmKind.OVERFILL
    if order.status is OrderStatus.PENDING:
        return AlarmKind.NEVER_SENT_BUT_KNOWN
    if event is OrderEvent.NOT_FOUND:
        return AlarmKind.LOST
    return AlarmKind.LATE_FILL if event in _MONEY else AlarmKind.CONTRADICTION
