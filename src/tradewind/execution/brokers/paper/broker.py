"""The paper broker: sends to an exchange in the same process, which lives on the ticks of the line.

Nothing here is chance and nothing reads a wall clock: the same ticks and orders give the same fills under the same
ids. What it knows dies with the process; orders it had named stand again, at the back of the queue, when it connects.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tradewind.domain.order import PriceType, TimeInForce
from tradewind.domain.prices import exact_price
from tradewind.execution.brokers.paper import rules
from tradewind.execution.brokers.paper.matching import PaperBook
from tradewind.execution.brokers.paper.order import PaperOrder, paper_order_id, standing
from tradewind.execution.market_orders import emulated_price
from tradewind.execution.ports import (
    CancelFailed,
    ConnectionReport,
    FillReport,
    QueryAnswer,
    SendFailed,
    SendOutcome,
    VenueStatus,
)
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.order import Order, OrderRequest
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.paper.settings import PaperSettings
    from tradewind.execution.ports import AccountLink, Report
    from tradewind.kernel.clock import LineClock

_AFTER_CLOSE_NS = 4 * NS_PER_S
"""Ticks up to three seconds late still belong to the day; its orders end after them."""

_IDS_KEPT = 1_000_000


class PaperBroker:
    """`execution.ports.Broker` on paper; refuses an id it has seen, and closes what it is told to close."""

    def __init__(
        self,
        *,
        settings: PaperSettings,
        clock: LineClock,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        rates: RateLookup | None = None,
    ) -> None:
        self._settings = settings
        self._latency_ns = round(settings.latency_ms * NS_PER_MS)
        self._clock = clock
        self._instruments = instruments
        self._calendar = calendar
        self._rates = rates
        self._report: Callable[[Report], None] | None = None
        self._ids: dict[str, None] = {}
        self._standing: dict[str, PaperOrder] = {}
        self._books: dict[str, PaperBook] = {}
        self._ticks: dict[str, Tick] = {}
        self._finished: deque[PaperOrder] = deque(maxlen=settings.max_finished)
        self._fills: deque[FillReport] = deque(maxlen=settings.max_finished)
        self._closings: set[int] = set()

    @property
    def name(self) -> str:
        """Return what settings call it."""
        return "paper"

    @property
    def on_tick(self) -> Callable[[Tick], None]:
        """Return what matches at every clean tick."""
        return self._on_tick

    @property
    def loses_reports(self) -> bool:
        """It is in the same process: nothing is lost."""
        return False

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:
        """Open the exchange; orders that it had taken in an earlier life stand again."""
        self._report = report
        for order in known:
            if order.client_order_id in self._ids:
                continue
            self._remember(order.client_order_id)
            if order.order_id and not order.is_final:
                self._stand(standing(order))
        report(ConnectionReport(is_connected=True, reason="", ts_event=self._clock.now_ns()))

    def close(self) -> None:
        """Report nothing more."""
        self._report = None

    def reference(self, request: OrderRequest) -> str:  # noqa: ARG002 - the port's signature
        """Our id is the exchange's key."""
        return ""

    def accounts(self) -> tuple[AccountLink, ...]:
        """There is no link to show."""
        return ()

    def send(self, order: Order) -> SendOutcome:
        """Send to the exchange; it answers at once, or after the latency of the settings."""
        request = order.request
        if request.client_order_id in self._ids:
            code, reason = rules.DUPLICATE
            now_ns = self._clock.now_ns()
            self._tell(SendFailed(request.client_order_id, SendOutcome.REFUSED, code, reason, now_ns))
            return SendOutcome.REFUSED
        self._remember(request.client_order_id)
        self._after_latency(lambda: self._arrive(request))
        return SendOutcome.SENT

    def cancel(self, order: Order) -> SendOutcome:
        """Ask for an order back."""
        key = order.client_order_id
        self._after_latency(lambda: self._take_back(key))
        return SendOutcome.SENT

    def query(self, query_id: str) -> SendOutcome:
        """Ask for all orders and fills that are kept."""
        self._after_latency(lambda: self._answer(query_id))
        return SendOutcome.SENT

    def _remember(self, client_order_id: str) -> None:
        self._ids[client_order_id] = None
        if len(self._ids) > _IDS_KEPT:
            del self._ids[next(iter(self._ids))]

    def _after_latency(self, call: Callable[[], None]) -> None:
        if self._latency_ns:
            self._clock.call_at(self._clock.now_ns() + self._latency_ns, lambda _ts: call())
        else:
            call()

    def _arrive(self, request: OrderRequest) -> None:
        order = PaperOrder(request, order_id=paper_order_id(request.client_order_id))
        instrument = self._instruments.find(request.instrument_id)
        if instrument is None:
            self._end(order, VenueStatus.REJECTED, rules.UNKNOWN_CONTRACT)
            return
        now_ns = self._clock.now_ns()
        phase = rules.phase_at(self._calendar, instrument.hours_id, now_ns)
        refused = self._refused(order, instrument, phase)
        if refused is not None:
            self._end(order, VenueStatus.REJECTED, refused)
            return
        self._tell(order.report(now_ns))
        self._close_with_the_day(instrument)
        book = self._stand(order)
        if phase is rules.Phase.CONTINUOUS and self._tick_of(request) is not None:
            book.arrive(order)
            self._finish_arrival(order)

    def _refused(self, order: PaperOrder, instrument: Instrument, phase: rules.Phase) -> rules.Refused | None:
        request = order.request
        tick = self._tick_of(request)
        rates = None if self._rates is None else self._rates.find(request.instrument_id, request.trading_day)
        refused = rules.refusal(request, instrument, phase=phase, tick=tick, rates=rates)
        if refused is not None or request.price_type is PriceType.LIMIT:
            return refused
        if tick is None:
            return rules.NO_PRICE
        is_taken = rates is None or rates.max_market_quantity > 0
        if instrument.exchange in self._settings.no_market_orders or not is_taken:
            price = emulated_price(request, instrument, tick, slip_ticks=self._settings.slip_ticks)
            if price is None:
                return rules.NO_PRICE
            order.price = float(price)
        return None

    def _tick_of(self, request: OrderRequest) -> Tick | None:
        """Return the newest tick of the order's own trading day."""
        tick = self._ticks.get(request.instrument_id)
        return None if tick is None or tick.trading_day < request.trading_day else tick

    def _finish_arrival(self, order: PaperOrder) -> None:
        """End what does not stand: FAK and FOK, and what the market has not for a market order."""
        is_day = order.request.time_in_force is TimeInForce.DAY
        if order.status is VenueStatus.LIVE and not order.is_fresh and not (is_day and order.price is not None):
            self._end(order, VenueStatus.CANCELLED, ("remainder", "what could not be done at once is cancelled"))

    def _stand(self, order: PaperOrder) -> PaperBook:
        instrument_id = order.request.instrument_id
        book = self._books.get(instrument_id)
        if book is None:
            book = self._books[instrument_id] = PaperBook(self._on_done)
            book.tick = self._ticks.get(instrument_id)
        self._standing[order.request.client_order_id] = order
        book.add(order)
        return book

    def _on_tick(self, tick: Tick) -> None:
        self._ticks[tick.instrument_id] = tick
        book = self._books.get(tick.instrument_id)
        if book is None:
            return
        if not book.orders:
            book.tick = None
            del self._books[tick.instrument_id]
            return
        for order in tuple(book.orders):
            if order.request.trading_day < tick.trading_day:
                self._expire(order)
        book.on_tick(tick)
        for order in tuple(book.orders):
            self._finish_arrival(order)

    def _on_done(self, order: PaperOrder, price: float, lots: int) -> None:
        if order.status is not VenueStatus.LIVE:
            return
        request = order.request
        tick = self._ticks[request.instrument_id]
        digits = self._instruments.require(request.instrument_id).price_digits
        fill = FillReport(
            account_id=request.account_id,
            client_order_id=request.client_order_id,
            order_id=order.order_id,
            # The first lot it covers: a replay, and a life after a crash, count alike.
            fill_id=f"{request.client_order_id}.{order.filled + 1}",
            instrument_id=request.instrument_id,
            side=request.side,
            offset=request.offset,
            quantity=lots,
            price=exact_price(price, digits),
            trading_day=tick.trading_day,
            ts_event=self._clock.now_ns(),
        )
        order.filled += lots
        self._fills.append(fill)
        if order.remaining == 0:
            self._forget(order, VenueStatus.FILLED)
        self._tell(fill)

    def _take_back(self, client_order_id: str) -> None:
        order = self._standing.get(client_order_id)
        if order is not None:
            self._end(order, VenueStatus.CANCELLED, ("cancelled", ""))
            return
        code, reason = rules.ORDER_IS_OVER if client_order_id in self._ids else rules.NO_SUCH_ORDER
        self._tell(CancelFailed(client_order_id, SendOutcome.REFUSED, code, reason, self._clock.now_ns()))

    def _answer(self, query_id: str) -> None:
        now_ns = self._clock.now_ns()
        orders = tuple(order.report(now_ns) for order in (*self._finished, *self._standing.values()))
        self._tell(QueryAnswer(query_id, is_complete=True, orders=orders, fills=tuple(self._fills), ts_event=now_ns))

    def _expire(self, order: PaperOrder) -> None:
        self._end(order, VenueStatus.CANCELLED, ("expired", "its trading day is over"))

    def _close_with_the_day(self, instrument: Instrument) -> None:
        close_ns = self._calendar.day_at(instrument.hours_id, self._clock.now_ns()).close_ns + _AFTER_CLOSE_NS
        if close_ns not in self._closings:
            self._closings.add(close_ns)
            self._clock.call_at(close_ns, self._on_close)

    def _on_close(self, ts: int) -> None:
        """End the orders of every contract whose day is over; others that close later have a timer of their own."""
        self._closings.discard(ts)
        for order in tuple(self._standing.values()):
            instrument = self._instruments.require(order.request.instrument_id)
            if self._calendar.day_at(instrument.hours_id, ts).trading_day > order.request.trading_day:
                self._expire(order)

    def _end(self, order: PaperOrder, status: VenueStatus, why: rules.Refused) -> None:
        order.reason_code, order.reason = why
        self._forget(order, status)
        self._tell(order.report(self._clock.now_ns()))

    def _forget(self, order: PaperOrder, status: VenueStatus) -> None:
        order.status = status
        self._standing.pop(order.request.client_order_id, None)
        book = self._books.get(order.request.instrument_id)
        if book is not None:
            book.remove(order)
        self._finished.append(order)

    def _tell(self, report: Report) -> None:
        if self._report is not None:
            self._report(report)
