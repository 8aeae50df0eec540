"""Sending orders and cancels of one account, and what is known of those that were handed over and not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.ctp.error_texts import RETURN_CODES
from tradewind.domain.order import PriceType
from tradewind.execution.brokers.ctp.form import Unsendable, cancel_fields, order_fields
from tradewind.execution.brokers.ctp.session import NOT_CONFIRMED
from tradewind.execution.market_orders import emulated_price
from tradewind.execution.ports import CancelFailed, SendFailed, SendOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import Order, OrderRequest
    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.ctp.contracts import CtpContract
    from tradewind.execution.brokers.ctp.door import Ground
    from tradewind.execution.brokers.ctp.flow import FlowGauge
    from tradewind.execution.brokers.ctp.register import Register
    from tradewind.execution.brokers.ctp.session import Session
    from tradewind.execution.ports import Report

_TOO_MUCH: Final = frozenset({-2, -3})
_DUPLICATE: Final = Unsendable("ctp_22", "an order of that id was sent before")
_NO_ORDER: Final = Unsendable("ctp_25", "there is no such order to cancel")
_NO_CONTRACT: Final = Unsendable("ctp_16", "the broker has no such contract")
_NO_PRICE: Final = Unsendable("no_price", "a market order needs a book, and there is none")
_UNCONFIRMED: Final = Unsendable(f"ctp_{NOT_CONFIRMED}", "the settlement statement is not confirmed yet")


class OrderDesk:
    """Hands orders over, each once; `cut` says what a lost connection leaves in doubt."""

    def __init__(
        self,
        ground: Ground,
        *,
        session: Session,
        register: Register,
        flow: FlowGauge,
        instruments: InstrumentLookup,
        ticks: Mapping[str, Tick],
        tell: Callable[[Report], None],
    ) -> None:
        self._account = ground.account
        self._settings = ground.settings
        self._clock = ground.clock
        self._door = ground.door
        self._ids = ground.ids
        self._session = session
        self._register = register
        self._flow = flow
        self._instruments = instruments
        self._ticks = ticks
        self._tell = tell
        self._sends: dict[int, str] = {}
        self._cancels: dict[int, str] = {}
        self.contracts: Mapping[str, CtpContract] = {}

    def send(self, order: Order) -> SendOutcome:
        """Hand an order over, if it may go now under the name that the journal has."""
        key = order.client_order_id
        if key in self._register.sent:
            return self._refuse(key, _DUPLICATE)
        now_ns = self._clock.now_ns()
        if not self._session.is_working or not self._flow.may_go(now_ns):
            return SendOutcome.BUSY
        if not self._session.is_confirmed:
            return self._refuse(key, _UNCONFIRMED)
        reference = self._register.usable(order.broker_ref)
        if reference is None:
            return SendOutcome.STALE
        fields = self._fields(order.request, str(reference.order_ref))
        if isinstance(fields, Unsendable):
            return self._refuse(key, fields)
        request_id = self._ids()
        if not self._door.request("ReqOrderInsert", {**fields, "RequestID": request_id}, request_id):
            return SendOutcome.BUSY
        self._sends[request_id] = key
        self._register.send(reference, key)
        self._flow.spend(now_ns)
        return SendOutcome.SENT

    def cancel(self, order: Order) -> SendOutcome:
        """Hand a cancel over."""
        key = self._register.cancel_key(order)
        if key is None:
            code, reason = _NO_ORDER
            self._tell(CancelFailed(order.client_order_id, SendOutcome.REFUSED, code, reason, self._clock.now_ns()))
            return SendOutcome.REFUSED
        now_ns = self._clock.now_ns()
        if not self._session.is_working or not self._flow.may_go(now_ns):
            return SendOutcome.BUSY
        request_id = self._ids()
        fields = cancel_fields(self._account, order.request.instrument_id, {**key, "OrderActionRef": request_id})
        if not self._door.request("ReqOrderAction", fields, request_id):
            return SendOutcome.BUSY
        self._cancels[request_id] = order.client_order_id
        self._flow.spend(now_ns)
        return SendOutcome.SENT

    def returned(self, request_id: int, code: int) -> bool:
        """Take what a Req… call returned; false where it was none of these. A code other than 0 ends the request.

        What was too much was not sent for certain; it is not sent a second time all the same: the room says so of
        every order that was handed over.
        """
        outcome = SendOutcome.REFUSED if code in _TOO_MUCH else SendOutcome.UNKNOWN
        if request_id not in self._sends and request_id not in self._cancels:
            return False
        if code:
            if code in _TOO_MUCH:
                self._flow.hold(self._clock.now_ns())
            self.failed(request_id, outcome, f"ctp_{code}", RETURN_CODES.get(code, f"the library returned {code}"))
        return True

    def failed(self, request_id: int, outcome: SendOutcome, code: str, reason: str) -> bool:
        """Say that a request came to nothing, or perhaps; false where there is none of that number."""
        now_ns = self._clock.now_ns()
        key = self._sends.pop(request_id, None)
        if key is not None:
            self._tell(SendFailed(key, outcome, code, reason, now_ns))
            return True
        key = self._cancels.pop(request_id, None)
        if key is not None:
            self._tell(CancelFailed(key, outcome, code, reason, now_ns))
        return key is not None

    def refused_later(self, request_id: int, client_order_id: str, code: str, reason: str) -> bool:
        """Take what every program of the account hears of a refusal; true where it was our request about this order."""
        if not client_order_id or client_order_id not in {self._sends.get(request_id), self._cancels.get(request_id)}:
            return False
        return self.failed(request_id, SendOutcome.REFUSED, code, reason)

    def answered(self, client_order_id: str) -> None:
        """An order was reported: nothing of it is unanswered."""
        for waiting in (self._sends, self._cancels):
            for request_id in [each for each, key in waiting.items() if key == client_order_id]:
                del waiting[request_id]

    def cut(self, reason: str) -> None:
        """The connection is gone: whether what was not answered arrived is unknown."""
        for request_id in (*self._sends, *self._cancels):
            self.failed(request_id, SendOutcome.UNKNOWN, "cut", reason)

    def _fields(self, request: OrderRequest, reference: str) -> dict[str, object] | Unsendable:
        contract = self.contracts.get(request.instrument_id.rpartition(".")[0])
        if contract is None or contract.instrument_id != request.instrument_id:
            return _NO_CONTRACT
        stand_in = None
        if request.price_type is PriceType.MARKET and self._takes_no_market(request, contract):
            stand_in = self._stand_in(request)
            if stand_in is None:
                return _NO_PRICE
        return order_fields(request, contract, self._account, reference=reference, stand_in=stand_in)

    def _takes_no_market(self, request: OrderRequest, contract: CtpContract) -> bool:
        exchange = request.instrument_id.rpartition(".")[2]
        return exchange in self._settings.no_market_orders or contract.max_market_quantity == 0

    def _stand_in(self, request: OrderRequest) -> Decimal | None:
        tick = self._ticks.get(request.instrument_id)
        instrument = self._instruments.find(request.instrument_id)
        if tick is None or instrument is None:
            return None
        return emulated_price(request, instrument, tick, slip_ticks=self._settings.slip_ticks)

    def _refuse(self, client_order_id: str, why: Unsendable) -> SendOutcome:
        self._tell(SendFailed(client_order_id, SendOutcome.REFUSED, why.code, why.reason, self._clock.now_ns()))
        return SendOutcome.REFUSED
