"""Orders the gate let pass, from its yes to their end: what each still may do to positions and money.

An order counts with all its lots from the moment it is approved. What the exchange reports makes it smaller; lots that
`Order` calls filled but whose `Fill` has not been heard yet still count, so that between the two nothing is forgotten.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import ApprovedOrder, Order, OrderRequest, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

_FINEST: Final = Decimal("1e-10")


class Working(msgspec.Struct):
    """One order on its way. `told` lots are filled by `Order`, `heard` by `Fill`; margin and commission a lot."""

    request: OrderRequest
    lot_margin: Decimal
    lot_commission: Decimal
    told: int = 0
    heard: int = 0
    version: int = -1
    is_final: bool = False
    is_cancel_counted: bool = False
    """Its cancel stands in the day's count already."""
    is_cancellable: bool = False
    """It stands in the day's count of orders that may yet be cancelled."""
    cancel_ts: int = -1
    """When it was last asked to be taken back."""
    group: str | None = None
    """The margin group its contract was in when it was approved."""

    @property
    def counted(self) -> int:
        """Return the lots that may still change a position, in the worst case."""
        rest = 0 if self.is_final else self.request.quantity - max(self.told, self.heard)
        return rest + max(self.told - self.heard, 0)

    @property
    def is_over(self) -> bool:
        """True when it can change nothing any more."""
        return self.is_final and self.told <= self.heard


def working_of(approved: ApprovedOrder) -> Working:
    """Return an order just approved."""
    quantity = approved.order.quantity
    return Working(approved.order, approved.margin / quantity, _per_lot(approved.commission, quantity))


class WorkingOrders:
    """All of them, by client order id and by contract."""

    def __init__(self) -> None:
        self._by_id: dict[str, Working] = {}
        self._by_side: dict[tuple[str, Side], dict[str, Working]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, client_order_id: str) -> Working | None:
        """Return one of them."""
        return self._by_id.get(client_order_id)

    def all(self) -> Iterator[Working]:
        """Yield them in the order they were approved."""
        yield from self._by_id.values()

    def against(self, instrument_id: str, side: Side) -> dict[str, Working]:
        """Return the orders of a contract on the other side of `side`."""
        return self._by_side.get((instrument_id, side.opposite), _NONE)

    def add(self, working: Working) -> None:
        """Begin to count an order."""
        request = working.request
        self._by_id[request.client_order_id] = working
        self._by_side.setdefault((request.instrument_id, request.side), {})[request.client_order_id] = working

    def drop(self, client_order_id: str) -> None:
        """Count it no more."""
        working = self._by_id.pop(client_order_id, None)
        if working is not None:
            request = working.request
            side = self._by_side[(request.instrument_id, request.side)]
            del side[client_order_id]
            if not side:
                del self._by_side[(request.instrument_id, request.side)]


_NONE: Final[dict[str, Working]] = {}


def foreign(order: Order) -> Working:
    """Return an order that was found at the exchange and never asked of the gate: it counts all the same."""
    quantity = order.request.quantity
    return Working(order.request, order.margin / quantity, _per_lot(order.commission, quantity))


def _per_lot(commission: Decimal, quantity: int) -> Decimal:
    """Part a commission so that what was added can be taken off again to the last digit, fees an order included."""
    return (commission / quantity).quantize(_FINEST, ROUND_CEILING)
