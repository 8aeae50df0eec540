"""What goes out: approved orders that wait until they are durable and it is their turn, and cancels, which go first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.order import Order, OrderStatus, Origin
from tradewind.execution.alarms import AlarmKind
from tradewind.execution.deadlines import Deadlines
from tradewind.execution.order_state import OrderEvent
from tradewind.execution.ports import SendOutcome
from tradewind.execution.throttle import Throttle
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.execution.inquiry import Inquiry
    from tradewind.execution.settings import ExecutionSettings
    from tradewind.execution.throttle import QueueState
    from tradewind.execution.trail import Trail
    from tradewind.execution.wire import Wire
    from tradewind.kernel.clock import LineClock, Timer
    from tradewind.kernel.metrics import Metrics

AT_VENUE: Final = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIAL})
_IN_DOUBT: Final = frozenset({OrderStatus.SENT, OrderStatus.UNKNOWN})


class Outbox:
    """Sends each order once and each cancel until it is answered, no faster than an account may."""

    def __init__(
        self,
        *,
        settings: ExecutionSettings,
        clock: LineClock,
        metrics: Metrics,
        trail: Trail,
        wire: Wire,
        inquiry: Inquiry,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._trail = trail
        self._book = trail.book
        self._wire = wire
        self._inquiry = inquiry
        self._throttles: dict[str, Throttle] = {}
        self._timers: dict[str, Timer] = {}
        self._pumping: set[str] = set()
        self._tries: dict[str, int] = {}
        self._waiting = self._deadlines(settings.max_wait_s, self._waited_too_long)
        self._unanswered = self._deadlines(settings.unknown_after_s, self._not_answered)
        self._unknown = self._deadlines(settings.alarm_after_s, self._unknown_too_long)
        self._cancels = self._deadlines(settings.cancel_after_s, self._cancel_not_answered)
        self._retries = self._deadlines(settings.cancel_after_s, self._cancel_again)

    def add(self, order: Order) -> bool:
        """Let a pending order wait for its turn; `False` when the queue is full."""
        throttle = self._throttle(order)
        if throttle.is_full:
            return False
        throttle.add_order(order.client_order_id, self._clock.now_ns())
        self._waiting.start(order.client_order_id)
        return True

    def make_ready(self, order: Order) -> None:
        """Send an order as soon as it is its turn: it is durable."""
        self._throttle(order).make_ready(order.client_order_id)
        self.pump(order.request.account_id)

    def drop(self, order: Order) -> None:
        """Let nothing of an order go out any more."""
        key = order.client_order_id
        self._throttle(order).remove(key)
        self._waiting.stop(key)

    def withdraw(self, order: Order, code: str, reason: str) -> None:
        """End an order that was not sent."""
        self.drop(order)
        self._trail.apply(order, OrderEvent.WITHDRAWN, code=code, reason=reason)

    def take_back(self, order: Order, code: str, reason: str) -> None:
        """Cancel an order wherever it is, with all its tries anew; one in doubt is cancelled once it turns up."""
        self._tries.pop(order.client_order_id, None)
        self._take_back(order, code, reason)

    def _take_back(self, order: Order, code: str, reason: str) -> None:
        if order.status is OrderStatus.PENDING:
            self.withdraw(order, code, reason)
        elif order.status in AT_VENUE and not order.is_cancel_sent and order.request.origin is not Origin.EXTERNAL:
            self._throttle(order).add_cancel(order.client_order_id, self._clock.now_ns())
            self.pump(order.request.account_id)

    def is_wanted_back(self, order: Order) -> bool:
        """Say whether a person or the trading mode wants an order taken back."""
        return order.client_order_id in self._book.wanted_back or self._book.mode_against(order.request) is not None

    def answered(self, order: Order) -> None:
        """An order moved: stop waiting for what has come, and cancel it if somebody waited for that."""
        key = order.client_order_id
        if order.status not in _IN_DOUBT:
            self._unanswered.stop(key)
            self._unknown.stop(key)
        if order.status is not OrderStatus.PENDING:
            self._waiting.stop(key)
        if order.is_final:
            self.drop(order)
            self._cancels.stop(key)
            self._retries.stop(key)
            self._tries.pop(key, None)
        elif key not in self._retries and self._may_try(key) and self.is_wanted_back(order):
            self._take_back(order, "cancelled", "")

    def doubt(self, order: Order) -> None:
        """Whether an order is at the exchange is unknown: ask, and call a person if that takes long."""
        self._unanswered.stop(order.client_order_id)
        if order.client_order_id not in self._unknown:
            self._unknown.start(order.client_order_id)
        self._inquiry.want()

    def cut(self) -> None:
        """The connection is gone: what was not answered is in doubt, what waits goes on waiting."""
        for order in self._book.live_orders():
            if order.status is OrderStatus.SENT:
                self.doubt(self._trail.apply(order, OrderEvent.CUT, code="cut", reason="the connection was lost"))
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def cancel_refused(self, order: Order, code: str, reason: str) -> None:
        """The exchange does not take an order back; ask how it stands and try again in a while."""
        key = order.client_order_id
        self._cancels.stop(key)
        self._trail.note(order, is_cancel_sent=False, is_cancel_unknown=False, reason_code=code, reason=reason)
        self._retries.start(key)
        self._inquiry.want()

    def cancel_in_doubt(self, order: Order) -> None:
        """Whether a cancel reached the exchange is unknown: ask."""
        self._cancels.stop(order.client_order_id)
        if order.status in AT_VENUE:
            self._trail.note(order, is_cancel_sent=True, is_cancel_unknown=True)
        self._inquiry.want()

    def still_stands(self, order: Order) -> None:
        """A query asked after the cancel was in doubt shows the order: the cancel never came; send it again."""
        order = self._trail.note(order, is_cancel_sent=False, is_cancel_unknown=False)
        self._cancel_again(order.client_order_id, self._clock.now_ns())

    def pump(self, account_id: str) -> None:
        """Send what may go now; come back when the next may."""
        if account_id in self._pumping or account_id not in self._throttles:
            return
        self._pumping.add(account_id)
        try:
            self._send_all(account_id, self._throttles[account_id])
        finally:
            self._pumping.discard(account_id)
        self._metrics.execution_queue.set(self._throttles[account_id].depth, account_id)

    def pump_all(self) -> None:
        """Send what may go for every account."""
        for account_id in tuple(self._throttles):
            self.pump(account_id)

    def queues(self) -> tuple[QueueState, ...]:
        """Describe what waits, by account."""
        return tuple(throttle.state(account_id) for account_id, throttle in self._throttles.items())

    def clear(self) -> None:
        """Forget everything that waits; no timer is left behind."""
        for deadlines in (self._waiting, self._unanswered, self._unknown, self._cancels, self._retries):
            deadlines.clear()
        for timer in self._timers.values():
            timer.cancel()
        for known in (self._timers, self._throttles, self._tries):
            known.clear()

    def _send_all(self, account_id: str, throttle: Throttle) -> None:
        while self._wire.is_connected:
            cancel = throttle.next_cancel()
            order = throttle.next_order() if cancel is None and self._inquiry.is_settled else None
            if cancel is None and order is None:
                return
            now_ns = self._clock.now_ns()
            if throttle.may_go_at() > now_ns:
                self._come_back(account_id, throttle.may_go_at())
                return
            outcome = self._cancel(cancel, throttle) if cancel is not None else self._send(order, throttle)
            if outcome is SendOutcome.BUSY:
                throttle.hold(now_ns + round(self._settings.busy_wait_s * NS_PER_S))
            elif outcome is not None and outcome is not SendOutcome.STALE:
                throttle.spend(now_ns)
            self._wire.drain()

    def _send(self, key: str | None, throttle: Throttle) -> SendOutcome | None:
        order = self._book.get(key or "")
        if order is None or order.status is not OrderStatus.PENDING:
            throttle.remove(key or "")
            return None
        outcome = self._wire.send(order)
        self._metrics.orders_sent.add("order")
        if outcome is SendOutcome.BUSY:
            return outcome
        if outcome is SendOutcome.STALE:
            throttle.make_unready(order.client_order_id)
            self._trail.note(order, broker_ref=self._wire.broker.reference(order.request))
            return outcome
        self.drop(order)
        if outcome is SendOutcome.SENT:
            self._trail.apply(order, OrderEvent.SENT)
            self._unanswered.start(order.client_order_id)
        elif outcome is SendOutcome.UNKNOWN:
            reason = "the broker cannot say whether it was sent"
            self.doubt(self._trail.apply(order, OrderEvent.SEND_UNKNOWN, code="send_unknown", reason=reason))
        else:
            self._wire.drain()
            left = self._book.orders[order.client_order_id]
            if left.status is OrderStatus.PENDING:
                self._trail.apply(left, OrderEvent.SEND_REFUSED, code="broker_refused", reason="the broker took it not")
        return outcome

    def _cancel(self, key: str, throttle: Throttle) -> SendOutcome | None:
        order = self._book.get(key)
        if order is None or order.status not in AT_VENUE or order.is_cancel_sent:
            throttle.remove(key)
            return None
        outcome = self._wire.cancel(order)
        self._metrics.orders_sent.add("cancel")
        if outcome is SendOutcome.BUSY:
            return outcome
        throttle.remove(key)
        self._tries[key] = self._tries.get(key, 0) + 1
        if outcome is SendOutcome.SENT:
            self._trail.note(order, is_cancel_sent=True, is_cancel_unknown=False)
            self._cancels.start(key)
        elif outcome is SendOutcome.UNKNOWN:
            self.cancel_in_doubt(order)
        else:
            self.cancel_refused(order, "broker_refused", "the broker took the cancel not")
        return outcome

    def _come_back(self, account_id: str, at_ns: int) -> None:
        timer = self._timers.get(account_id)
        if timer is not None and timer.callback is not None and timer.due_ns == at_ns:
            return
        if timer is not None:
            timer.cancel()

        def go_on(_ts: int) -> None:
            self._timers.pop(account_id, None)
            self.pump(account_id)

        self._timers[account_id] = self._clock.call_at(at_ns, go_on)

    def _throttle(self, order: Order) -> Throttle:
        account_id = order.request.account_id
        throttle = self._throttles.get(account_id)
        if throttle is None:
            settings = self._settings
            throttle = self._throttles[account_id] = Throttle(
                per_s=settings.messages_per_s, burst=settings.burst, max_queue=settings.max_queue
            )
        return throttle

    def _waited_too_long(self, key: str, _ts: int) -> None:
        order = self._book.get(key)
        if order is not None and order.status is OrderStatus.PENDING:
            self.withdraw(order, "queue_expired", f"not sent within {self._settings.max_wait_s:g} s")

    def _not_answered(self, key: str, _ts: int) -> None:
        order = self._book.get(key)
        if order is not None and order.status is OrderStatus.SENT:
            reason = f"no answer within {self._settings.unknown_after_s:g} s"
            self.doubt(self._trail.apply(order, OrderEvent.TIMED_OUT, code="timed_out", reason=reason))

    def _unknown_too_long(self, key: str, _ts: int) -> None:
        order = self._book.get(key)
        if order is not None and order.status is OrderStatus.UNKNOWN:
            self._trail.alarm(AlarmKind.UNANSWERED, order, "nobody knows whether it is at the exchange")

    def _cancel_not_answered(self, key: str, _ts: int) -> None:
        order = self._book.get(key)
        if order is not None and not order.is_final:
            self.cancel_in_doubt(order)

    def _cancel_again(self, key: str, _ts: int) -> None:
        order = self._book.get(key)
        if order is None or order.status not in AT_VENUE or order.is_cancel_sent or not self.is_wanted_back(order):
            return
        if self._may_try(key):
            self._take_back(order, "cancelled", "")
            return
        detail = f"it stands after {self._tries[key]} cancels: {order.reason or order.reason_code or 'no answer'}"
        self._trail.alarm(AlarmKind.CANCEL_GIVEN_UP, order, detail)

    def _may_try(self, key: str) -> bool:
        return self._tries.get(key, 0) < self._settings.cancel_tries

    def _deadlines(self, seconds: float, on_due: Callable[[str, int], None]) -> Deadlines:
        return Deadlines(self._clock, round(seconds * NS_PER_S), on_due)
