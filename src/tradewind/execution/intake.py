"""What comes back: reports of the broker, late, twice or out of order, applied to the orders they are about."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import Fill, Order, OrderRequest, OrderStatus, Origin, PriceType, TimeInForce
from tradewind.execution.alarms import AlarmKind
from tradewind.execution.book import new_order
from tradewind.execution.deadlines import Deadlines
from tradewind.execution.order_state import OrderEvent
from tradewind.execution.outbox import AT_VENUE
from tradewind.execution.ports import (
    CancelFailed,
    ConnectionReport,
    FillReport,
    HoldingsReport,
    OrderReport,
    QueryAnswer,
    Report,
    SendFailed,
    SendOutcome,
    VenueStatus,
)
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.execution.inquiry import Inquiry
    from tradewind.execution.outbox import Outbox
    from tradewind.execution.ports import Difference
    from tradewind.execution.settings import ExecutionSettings
    from tradewind.execution.trail import Trail
    from tradewind.execution.wire import Wire
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics

EXTERNAL: Final = "external"
_EVENT_OF: Final = {
    VenueStatus.LIVE: OrderEvent.VENUE_LIVE,
    VenueStatus.FILLED: OrderEvent.VENUE_LIVE,
    VenueStatus.CANCELLED: OrderEvent.VENUE_CANCELLED,
    VenueStatus.REJECTED: OrderEvent.VENUE_REJECTED,
}


class Intake:
    """Applies reports. An order the exchange says is over stays live here until the fills it counts have all come."""

    def __init__(
        self,
        *,
        settings: ExecutionSettings,
        clock: LineClock,
        metrics: Metrics,
        trail: Trail,
        wire: Wire,
        outbox: Outbox,
        inquiry: Inquiry,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._trail = trail
        self._book = trail.book
        self._wire = wire
        self._outbox = outbox
        self._inquiry = inquiry
        self._lost_after_ns = round(settings.lost_after_s * NS_PER_S)
        self._max_strangers = settings.max_strange_fills
        self._awaited: dict[str, OrderReport] = {}
        """Orders that are short of fills, with the report that counts them."""
        self._missed: dict[str, None] = {}
        self._strangers: dict[str, FillReport] = {}
        self._differed: dict[str, tuple[Difference, ...]] = {}
        self._fills_due = Deadlines(clock, round(settings.fills_after_s * NS_PER_S), self._fills_overdue)
        self._strangers_due = Deadlines(clock, round(settings.query_after_s * NS_PER_S), self._stranger_stays)

    def take(self, report: Report) -> None:
        """Apply one report."""
        match report:
            case OrderReport():
                self._on_order(report)
            case FillReport():
                self._on_fill(report)
            case SendFailed():
                self._on_send_failed(report)
            case CancelFailed():
                self._on_cancel_failed(report)
            case QueryAnswer():
                self._on_answer(report)
            case ConnectionReport():
                self._on_connection(report)
            case HoldingsReport():
                self._on_holdings(report)

    def clear(self) -> None:
        """Forget what was awaited; a query will tell it anew."""
        self._awaited.clear()
        self._missed.clear()
        self._strangers.clear()
        self._fills_due.clear()
        self._strangers_due.clear()

    def _on_order(self, report: OrderReport) -> None:
        known = self._book.get(report.client_order_id) if report.client_order_id else None
        known = known or self._book.find_by_order_id(report.instrument_id, report.order_id)
        order = known or self._external(report)
        named = self._named(order, report)
        held = self._awaited.get(order.client_order_id)
        if held is not None and not _is_newer(report, held):
            self._metrics.reports_ignored.add("overtaken")
        elif report.filled_quantity > order.filled_quantity:
            self._await_fills(order, named, report)
        else:
            self._awaited.pop(order.client_order_id, None)
            self._settle(order, named, report)
        if (named is not order or known is None) and (self._strangers or self._book.alone):
            self._release(self._book.orders[order.client_order_id])

    def _settle(self, order: Order, named: Order, report: OrderReport) -> None:
        """Apply a report that counts no more lots than we do; `named` is the order under the report's order id."""
        code = report.reason_code or ("cancelled" if report.status is VenueStatus.CANCELLED else "")
        self._move(order, named, _EVENT_OF[report.status], code=code, reason=report.reason)

    def _await_fills(self, order: Order, named: Order, report: OrderReport) -> None:
        """Hold a report back until the lots it counts have come as fills; the order is known to stand meanwhile."""
        key = order.client_order_id
        self._awaited[key] = report
        if key not in self._fills_due:
            self._fills_due.start(key)
        self._move(order, named, OrderEvent.VENUE_LIVE)

    def _move(self, order: Order, named: Order, event: OrderEvent, *, code: str = "", reason: str = "") -> None:
        after = self._trail.apply(named, event, code=code, reason=reason)
        if after is order:
            self._metrics.reports_ignored.add("nothing_new")
        elif after is named:
            after = self._trail.note(named)
        self._outbox.answered(after)

    def _on_fill(self, report: FillReport, *, may_wait: bool = True) -> None:
        order = self._book.get(report.client_order_id) if report.client_order_id else None
        order = order or self._book.find_by_order_id(report.instrument_id, report.order_id)
        fill = self._fill_of(report, order)
        is_known = fill.key in self._book.fills
        if self._book.is_counted(fill.key) or (is_known and order is None):
            self._metrics.reports_ignored.add("known_fill")
        elif order is None and may_wait and len(self._strangers) < self._max_strangers:
            name = "/".join(map(str, fill.key))
            self._strangers.setdefault(name, report)
            if name not in self._strangers_due:
                self._strangers_due.start(name)
                self._inquiry.want()
        else:
            self._count(fill, is_late=order is not None and order.is_final)

    def _count(self, fill: Fill, *, is_late: bool = False) -> None:
        order = self._trail.fill(fill)
        if order is None:
            return
        self._outbox.answered(order)
        if self._strangers or self._book.alone:
            self._release(order)
        key = order.client_order_id
        order = self._book.orders[key]
        report = self._awaited.get(key)
        if report is not None and order.filled_quantity >= report.filled_quantity:
            del self._awaited[key]
            self._missed.pop(key, None)
            self._fills_due.stop(key)
            self._settle(order, order, report)
        elif is_late:
            self._inquiry.want()

    def _on_send_failed(self, report: SendFailed) -> None:
        order = self._book.get(report.client_order_id)
        if order is None:
            self._metrics.reports_ignored.add("unknown_order")
        elif report.outcome is SendOutcome.UNKNOWN:
            after = self._trail.apply(order, OrderEvent.SEND_UNKNOWN, code=report.code, reason=report.reason)
            if after is not order:
                self._outbox.doubt(after)
        else:
            # A broker that was busy after all is a refusal by now: an order that was handed over is never sent again.
            after = self._trail.apply(order, OrderEvent.SEND_REFUSED, code=report.code, reason=report.reason)
            self._outbox.answered(after)

    def _on_cancel_failed(self, report: CancelFailed) -> None:
        order = self._book.get(report.client_order_id)
        if order is None or not order.is_cancel_sent:
            self._metrics.reports_ignored.add("unknown_cancel")
        elif report.outcome is SendOutcome.UNKNOWN:
            self._outbox.cancel_in_doubt(order)
        else:
            self._outbox.cancel_refused(order, report.code, report.reason)

    def _on_answer(self, answer: QueryAnswer) -> None:
        asked_ts = self._inquiry.answered(answer)
        for order in answer.orders:
            self._on_order(order)
        for fill in answer.fills:
            self._on_fill(fill)
        if asked_ts is not None:
            self._conclude(answer, asked_ts)
            self._outbox.pump_all()
        self._inquiry.keep_asking()
        self._inquiry.go_on()

    def _conclude(self, answer: QueryAnswer, asked_ts: int) -> None:
        """Draw the conclusions that only a complete answer allows."""
        named = {report.client_order_id for report in answer.orders}
        numbered = {(report.instrument_id, report.order_id) for report in answer.orders}
        for order in self._book.live_orders():
            key = order.client_order_id
            if answer.accounts is not None and order.request.account_id not in answer.accounts:
                continue
            if key in self._awaited:
                self._miss_fills(order, self._awaited[key])
            elif key not in named and (order.request.instrument_id, order.order_id) not in numbered:
                self._not_found(order, asked_ts, answer.trading_day)
            elif order.is_cancel_unknown and asked_ts >= order.ts_event:
                self._outbox.still_stands(order)
            elif order.is_cancel_unknown:
                self._inquiry.want_later()

    def _miss_fills(self, order: Order, report: OrderReport) -> None:
        if order.client_order_id not in self._missed:
            self._missed[order.client_order_id] = None
            detail = f"the exchange counts {report.filled_quantity} lots, fills came for {order.filled_quantity}"
            self._trail.alarm(AlarmKind.FILLS_MISSING, order, detail)

    def _not_found(self, order: Order, asked_ts: int, trading_day: int) -> None:
        if order.status not in AT_VENUE and order.status is not OrderStatus.UNKNOWN:
            return
        if order.status in AT_VENUE and order.request.trading_day < trading_day:
            # The exchange let it lapse with its day and says no more of it.
            event, reason = OrderEvent.VENUE_CANCELLED, "its trading day is over"
            self._outbox.answered(self._trail.apply(order, event, code="expired", reason=reason))
            return
        if asked_ts - order.ts_event < self._lost_after_ns:
            self._inquiry.want_later()
            return
        reason = "a complete query of the broker does not have it"
        self._outbox.answered(self._trail.apply(order, OrderEvent.NOT_FOUND, code="not_found", reason=reason))

    def _on_connection(self, report: ConnectionReport) -> None:
        if report.is_connected:
            self._wire.is_connected = True
            self._inquiry.begin()
            self._outbox.pump_all()
        else:
            self._wire.is_connected = False
            self._inquiry.end()
            self._outbox.cut()

    def _on_holdings(self, report: HoldingsReport) -> None:
        """Call a person to what our books and the broker's do not agree about, once for each state of it."""
        said = self._differed.get(report.account_id, ())
        self._differed[report.account_id] = report.differences
        for each in report.differences:
            if each not in said:
                detail = f"{each.code} {each.subject}: ours {each.ours}, the broker's {each.theirs}"
                self._trail.alarm_account(AlarmKind.HOLDINGS_DIFFER, report.account_id, detail)

    def _named(self, order: Order, report: OrderReport) -> Order:
        """Return the order under the name the exchange gives it, to be published with what the report says."""
        if not report.order_id or report.order_id == order.order_id:
            return order
        if order.order_id:
            detail = f"the exchange calls it {report.order_id}, and {order.order_id} before: sent twice?"
            self._trail.alarm(AlarmKind.SENT_TWICE, order, detail)
            return order
        return msgspec.structs.replace(order, order_id=report.order_id)

    def _release(self, order: Order) -> None:
        """Count the fills that came for the exchange's id of an order before that was known to be its."""
        for name, fill in tuple(self._strangers.items()):
            if fill.order_id == order.order_id and fill.instrument_id == order.request.instrument_id:
                self._strangers.pop(name, None)
                self._strangers_due.stop(name)
                self._on_fill(fill)
        for known in self._book.alone_of(order):
            self._count(_owned(known, order))

    def _external(self, report: OrderReport) -> Order:
        """Show an order that is at the exchange and is not ours."""
        exchange = report.instrument_id.rpartition(".")[2]
        request = OrderRequest(
            client_order_id=f"{EXTERNAL}:{exchange}:{report.order_id or report.client_order_id}",
            instruction_id="",
            account_id=report.account_id,
            product_code="",
            strategy="",
            instrument_id=report.instrument_id,
            side=report.side,
            offset=report.offset,
            quantity=report.quantity,
            price=report.price,
            price_type=PriceType.MARKET if report.price is None else PriceType.LIMIT,
            time_in_force=TimeInForce.DAY,
            origin=Origin.EXTERNAL,
            actor="",
            trading_day=report.trading_day,
            ts_event=report.ts_event,
            cause="",
        )
        known = self._book.get(request.client_order_id)
        if known is not None:
            return known
        order = new_order(request, Decimal(0), Decimal(0), self._clock.now_ns())
        return self._trail.put(msgspec.structs.replace(order, status=OrderStatus.ACCEPTED, order_id=report.order_id))

    def _fill_of(self, report: FillReport, order: Order | None) -> Fill:
        fill = Fill(
            fill_id=report.fill_id,
            order_id=report.order_id,
            client_order_id="",
            instruction_id="",
            account_id=report.account_id,
            product_code="",
            strategy="",
            instrument_id=report.instrument_id,
            side=report.side,
            offset=report.offset,
            quantity=report.quantity,
            price=report.price,
            trading_day=report.trading_day,
            ts_event=report.ts_event,
            ts_recv=self._clock.now_ns(),
        )
        return fill if order is None else _owned(fill, order)

    def _fills_overdue(self, key: str, _ts: int) -> None:
        if key in self._awaited:
            self._inquiry.want()

    def _stranger_stays(self, name: str, _ts: int) -> None:
        report = self._strangers.pop(name, None)
        if report is not None:
            self._on_fill(report, may_wait=False)


def _owned(fill: Fill, order: Order) -> Fill:
    """Say whose a fill is; one of an order that is not ours belongs to nobody here."""
    request = order.request
    if request.origin is Origin.EXTERNAL:
        return fill
    return msgspec.structs.replace(
        fill,
        client_order_id=request.client_order_id,
        instruction_id=request.instruction_id,
        product_code=request.product_code,
        strategy=request.strategy,
    )


def _is_newer(report: OrderReport, known: OrderReport) -> bool:
    is_over = report.status is not VenueStatus.LIVE
    was_over = known.status is not VenueStatus.LIVE
    return (is_over, report.filled_quantity) >= (was_over, known.filled_quantity)
