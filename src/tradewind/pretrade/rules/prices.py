"""Whether a price is one the exchange takes today, and near enough to the market to be meant."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.order import PriceType, Side
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.case import is_price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class PriceFormRule:
    """A limit order has a price, a finite one on the contract's step; a market order has none."""

    name: Final = "price_form"
    codes: Final[Mapping[str, str]] = {
        "PRICE_MISSING": "a limit order needs a price",
        "PRICE_NOT_ALLOWED": "a market order has no price",
        "PRICE_NOT_FINITE": "a price is a finite decimal of a sensible size",
        "PRICE_OFF_TICK": "the price is no multiple of the contract's price step",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at the price alone."""
        request = case.request
        price = request.price
        if request.price_type is PriceType.MARKET:
            if price is None:
                return ()
            return (case.refuse(self.name, "PRICE_NOT_ALLOWED", limit="none", actual=price),)
        if price is None:
            return (case.refuse(self.name, "PRICE_MISSING", limit="a price", actual="none"),)
        if case.price is None and not is_price(price):
            return (case.refuse(self.name, "PRICE_NOT_FINITE", limit="a decimal within ±1e15", actual=str(price)[:40]),)
        contract = case.contract
        if contract is None or not price % contract.price_tick:
            return ()
        label = f"instrument:{request.instrument_id}"
        step = f"a multiple of {contract.price_tick}"
        return (case.refuse(self.name, "PRICE_OFF_TICK", scope=label, limit=step, actual=price),)


class DailyLimitRule:
    """A price lies within the day's limits; where nobody knows them, nothing is sent."""

    name: Final = "daily_limit"
    codes: Final[Mapping[str, str]] = {
        "PRICE_ABOVE_LIMIT": "above the day's upper limit",
        "PRICE_BELOW_LIMIT": "below the day's lower limit",
        "PRICE_LIMITS_UNKNOWN": "the day's limits are in no tick and cannot be computed",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with the tick's limits, else with those of the last settlement price."""
        contract, quote = case.contract, case.quote
        if contract is None:
            return ()
        down, up = (None, None) if quote is None else quote.daily_limits(contract, case.rates)
        label = f"instrument:{case.request.instrument_id}"
        if up is None or down is None:
            return (case.refuse(self.name, "PRICE_LIMITS_UNKNOWN", scope=label, limit="known limits", actual="none"),)
        price = case.price
        if price is None or down <= price <= up:
            return ()
        code, limit = ("PRICE_ABOVE_LIMIT", up) if price > up else ("PRICE_BELOW_LIMIT", down)
        return (case.refuse(self.name, code, scope=label, limit=limit, actual=price),)


class PriceBandRule:
    """A limit price reaches no further beyond the last price than the band; a worse one is a mistake."""

    name: Final = "price_band"
    codes: Final[Mapping[str, str]] = {
        "PRICE_BAND": "further through the last price than allowed",
        "REFERENCE_MISSING": "there is no last price to compare with",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with the last price, on the side that costs."""
        request, quote = case.request, case.quote
        if case.contract is None or not case.limits.price_band:
            return ()
        if quote is None:
            label = f"instrument:{request.instrument_id}"
            return (case.refuse(self.name, "REFERENCE_MISSING", scope=label, limit="a last price", actual="none"),)
        price = case.price
        if price is None or request.price_type is PriceType.MARKET:
            return ()
        last = quote.last
        beyond = price - last if request.side is Side.BUY else last - price
        if beyond <= 0:
            return ()
        return tuple(
            case.refuse(
                self.name, "PRICE_BAND", scope=met.label, limit=_edge(last, met.limit, request.side), actual=price
            )
            for met in case.limits.price_band
            if beyond > last * met.limit
        )


def _edge(last: Decimal, band: Decimal, side: Side) -> Decimal:
    return last * (1 + band) if side is Side.BUY else last * (1 - band)
