"""One order as the rules see it: the request, the facts it needs, and what it would cost; made once, read by all.

What is not known is `None`. The rule whose business it is refuses; the others pass over it, so that a refusal names
the cause and not its consequences.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.account import Direction
from tradewind.domain.charges import commission_of, margin_of
from tradewind.domain.order import Offset, OrderRequest, PriceType, Refusal, Side

if TYPE_CHECKING:
    from tradewind.domain.rates import Rates
    from tradewind.pretrade.desk import Desk
    from tradewind.pretrade.references import Contract, Quote

ZERO: Final = Decimal(0)
_LARGEST: Final = Decimal(10) ** 15


def is_price(price: object) -> bool:
    """Say whether something can be a price at all: a finite decimal, not too large to be counted with."""
    return type(price) is Decimal and price.is_finite() and -_LARGEST < price < _LARGEST


class Case:
    """An order before the rules. Money in account currency; `price` is the worst it may be filled at."""

    __slots__ = (
        "commission", "contract", "desk", "direction", "is_opening", "is_whole", "limits", "lot_margin", "margin",
        "margin_price", "now", "price", "purse", "quote", "rates", "request", "value",
    )  # fmt: skip

    def __init__(self, request: OrderRequest, desk: Desk, now: int) -> None:
        self.request = request
        self.desk = desk
        self.now = now
        self.limits = desk.limits.met_by(request)
        self.is_whole = type(request.quantity) is int and request.quantity > 0
        self.is_opening = request.offset is Offset.OPEN
        self.direction = Direction.LONG if (request.side is Side.BUY) is self.is_opening else Direction.SHORT
        self.purse = desk.funds.purse(request.account_id) if desk.names.has_account(request.account_id) else None
        self.rates: Rates | None = None
        self.quote: Quote | None = None
        self.price: Decimal | None = None
        self.margin_price: Decimal | None = None
        self.value: Decimal | None = None
        self.lot_margin = self.margin = self.commission = ZERO
        contract = desk.references.contract(request.instrument_id)
        self.contract: Contract | None = contract
        if contract is not None:
            self.rates = desk.rates.find(request.instrument_id, request.trading_day)
            self.quote = desk.references.quote(request.instrument_id, contract.digits)
            self.price = self._worst_price(contract)
            if self.price is not None and self.is_whole:
                self.value = self.price * (contract.multiplier * request.quantity)
                if self.rates is not None:
                    self._charge(contract, self.rates)

    @property
    def is_costed(self) -> bool:
        """True when margin and commission of the order are known."""
        return self.value is not None and self.rates is not None and (not self.is_opening or self.lot_margin > 0)

    def refuse(self, rule: str, code: str, *, scope: str = "order", limit: object, actual: object) -> Refusal:
        """Make a rule's no."""
        return Refusal(rule, code, scope, str(limit), str(actual))

    def _worst_price(self, contract: Contract) -> Decimal | None:
        """A limit price is its own; a market order may buy at the day's upper limit and sell at the last price."""
        request, quote = self.request, self.quote
        if request.price_type is PriceType.LIMIT:
            return request.price if is_price(request.price) else None
        if quote is None:
            return None
        return quote.daily_limits(contract, self.rates)[1] if request.side is Side.BUY else quote.last

    def _charge(self, contract: Contract, rates: Rates) -> None:
        request, price = self.request, self.price
        if price is None:
            return
        lots, multiplier = request.quantity, contract.multiplier
        offset = request.offset
        commission = commission_of(rates.commission, offset, price=price, quantity=lots, contract_multiplier=multiplier)
        if not self.is_opening and not contract.is_date_kept:
            # Which day's lots it will close is not known yet: the dearer ones.
            other = Offset.CLOSE if offset is Offset.CLOSE_TODAY else Offset.CLOSE_TODAY
            commission = max(
                commission,
                commission_of(rates.commission, other, price=price, quantity=lots, contract_multiplier=multiplier),
            )
        self.commission = commission + rates.commission.order_fee
        if self.is_opening:
            counted_at = self.margin_price = self._margin_price(contract, price)
            if counted_at is not None:
                self.lot_margin = margin_of(
                    rates.margin, self.direction, price=counted_at, quantity=1, contract_multiplier=multiplier
                )
                self.margin = self.lot_margin * lots

    def _margin_price(self, contract: Contract, price: Decimal) -> Decimal | None:
        """Return the price margin is counted at, as the ledger would for lots of today."""
        kind, quote = self.desk.names.margin_price(self.request.account_id), self.quote
        if kind == "open":
            return price
        if quote is None:
            return None
        if kind == "pre_settlement":
            return quote.pre_settlement
        if kind == "average":
            return quote.average(contract.multiplier, contract.digits) or quote.last
        return quote.last
