"""Whether the size of an order is one the exchange takes, and one that nobody typed by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.order import PriceType
from tradewind.domain.trading_state import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class RatesRule:
    """Margin and commission are known, and in the account's money; what is unknown is never guessed."""

    name: Final = "rates"
    codes: Final[Mapping[str, str]] = {
        "RATES_UNKNOWN": "margin or commission rates of the contract are unknown on this trading day",
        "MARGIN_PRICE_UNKNOWN": "the price that margin is counted at has not been seen yet",
        "OTHER_CURRENCY": "the contract is paid for in another currency than the account is kept in",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look whether the order could be costed."""
        if case.contract is None:
            return ()
        label = f"instrument:{case.request.instrument_id}"
        kept_in = case.purse.account.currency if case.purse is not None and case.purse.account is not None else ""
        paid_in = case.contract.instrument.currency
        if kept_in and paid_in != kept_in:
            return (case.refuse(self.name, "OTHER_CURRENCY", scope=label, limit=kept_in, actual=paid_in),)
        if case.is_costed:
            return ()
        if case.rates is None:
            day = case.request.trading_day
            return (case.refuse(self.name, "RATES_UNKNOWN", scope=label, limit="known rates", actual=f"none on {day}"),)
        if case.value is None or case.margin_price is not None:
            return ()
        kind = case.desk.names.margin_price(case.request.account_id)
        return (case.refuse(self.name, "MARGIN_PRICE_UNKNOWN", scope=label, limit=kind, actual="not seen"),)


class QuantityRule:
    """Whole lots, no fewer and no more than the contract takes in one order."""

    name: Final = "quantity"
    codes: Final[Mapping[str, str]] = {
        "QUANTITY_NOT_WHOLE": "lots are whole numbers from 1",
        "QUANTITY_TOO_SMALL": "fewer lots than the contract takes",
        "QUANTITY_TOO_LARGE": "more lots than the contract takes in one order",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with the contract's least and most."""
        request, rates = case.request, case.rates
        if not case.is_whole:
            return (case.refuse(self.name, "QUANTITY_NOT_WHOLE", limit="whole lots ≥ 1", actual=request.quantity),)
        if rates is None:
            return ()
        label = f"instrument:{request.instrument_id}"
        if request.quantity < rates.min_quantity:
            least = rates.min_quantity
            return (case.refuse(self.name, "QUANTITY_TOO_SMALL", scope=label, limit=least, actual=request.quantity),)
        most = rates.max_limit_quantity
        # Where the exchange takes no market orders they are sent as limit orders, and count as those.
        if request.price_type is PriceType.MARKET and rates.max_market_quantity:
            most = rates.max_market_quantity
        if request.quantity > most:
            return (case.refuse(self.name, "QUANTITY_TOO_LARGE", scope=label, limit=most, actual=request.quantity),)
        return ()


class FatFingerRule:
    """No single order larger than anybody means: in lots and in money."""

    name: Final = "fat_finger"
    codes: Final[Mapping[str, str]] = {
        "ORDER_QUANTITY": "more lots in one order than this scope allows",
        "ORDER_VALUE": "more money in one order than this scope allows",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with the limits of every scope."""
        if not case.is_whole:
            return ()
        lots, value, limits = case.request.quantity, case.value, case.limits
        found: tuple[Refusal, ...] = ()
        for met in limits.max_order_quantity:
            if lots > met.limit:
                found += (case.refuse(self.name, "ORDER_QUANTITY", scope=met.label, limit=met.limit, actual=lots),)
        if value is not None:
            for met in limits.max_order_value:
                if value > met.limit:
                    found += (case.refuse(self.name, "ORDER_VALUE", scope=met.label, limit=met.limit, actual=value),)
        return found
