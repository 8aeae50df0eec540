"""An order as the paper exchange knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.execution.ports import OrderReport, VenueStatus

if TYPE_CHECKING:
    from tradewind.domain.order import Order, OrderRequest


class PaperOrder:
    """Its place in the queue and how far it got; `price` is the limit it stands at, `None` for the market's."""

    __slots__ = ("ahead", "filled", "is_fresh", "order_id", "price", "reason", "reason_code", "request", "status")

    def __init__(self, request: OrderRequest, *, order_id: str, filled: int = 0) -> None:
        self.request = request
        self.order_id = order_id
        self.filled = filled
        self.price = None if request.price is None else float(request.price)
        self.ahead = 0
        self.is_fresh = True
        """True until it has met a book: it may take what stands there."""
        self.status = VenueStatus.LIVE
        self.reason_code = ""
        self.reason = ""

    @property
    def remaining(self) -> int:
        """Return the lots not done."""
        return self.request.quantity - self.filled

    def report(self, ts: int) -> OrderReport:
        """Describe it as the exchange would."""
        request = self.request
        return OrderReport(
            account_id=request.account_id,
            client_order_id=request.client_order_id,
            order_id=self.order_id,
            instrument_id=request.instrument_id,
            side=request.side,
            offset=request.offset,
            quantity=request.quantity,
            price=request.price,
            status=self.status,
            filled_quantity=self.filled,
            trading_day=request.trading_day,
            ts_event=ts,
            reason_code=self.reason_code,
            reason=self.reason,
        )


def paper_order_id(client_order_id: str) -> str:
    """Name an order as the exchange does; derived, so that a replay names it the same."""
    return f"P-{client_order_id}"


def standing(order: Order) -> PaperOrder:
    """Return an order of an earlier life; it stands again, at the back of the queue."""
    return PaperOrder(order.request, order_id=order.order_id, filled=order.filled_quantity)
