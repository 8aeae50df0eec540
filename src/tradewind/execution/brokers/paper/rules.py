"""What the exchange on paper refuses, and how it says so: as CTP does where CTP has a number for it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tradewind.domain.order import PriceType, TimeInForce
from tradewind.domain.prices import exact_price

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.order import OrderRequest
    from tradewind.domain.rates import Rates
    from tradewind.domain.tick import Tick

Refused = tuple[str, str]
"""(code, reason)"""

DUPLICATE: Refused = ("ctp_22", "an order of that id was sent before")
UNKNOWN_CONTRACT: Refused = ("ctp_16", "no such contract")
CLOSED: Refused = ("ctp_17", "the contract does not trade now")
NO_SUCH_ORDER: Refused = ("ctp_25", "there is no such order to cancel")
ORDER_IS_OVER: Refused = ("ctp_26", "the order is filled or cancelled already")
NO_PRICE: Refused = ("no_price", "a market order needs a book, and there is none")
NOT_IN_AUCTION: Refused = ("not_in_auction", "a call auction takes limit orders for the day only")


class Phase(StrEnum):
    """What the exchange does with a new order now."""

    CLOSED = "closed"
    AUCTION = "auction"
    CONTINUOUS = "continuous"


def phase_at(calendar: TradingCalendar, hours_id: str, ts: int) -> Phase:
    """Return the phase of the market at a moment."""
    if calendar.section_at(hours_id, ts) is not None:
        return Phase.CONTINUOUS
    day = calendar.day_at(hours_id, ts)
    return Phase.AUCTION if day.auction_ns <= ts < day.open_ns else Phase.CLOSED


def refusal(
    request: OrderRequest, instrument: Instrument, *, phase: Phase, tick: Tick | None, rates: Rates | None
) -> Refused | None:
    """Return why the exchange takes an order not, `None` where it takes it."""
    if phase is Phase.CLOSED:
        return CLOSED
    is_plain = request.price_type is PriceType.LIMIT and request.time_in_force is TimeInForce.DAY
    if phase is Phase.AUCTION and not is_plain:
        return NOT_IN_AUCTION
    return _bad_quantity(request, rates) or _bad_price(request, instrument, tick)


def _bad_quantity(request: OrderRequest, rates: Rates | None) -> Refused | None:
    if request.quantity < 1:
        return "quantity", f"quantity must be at least 1 lot, was {request.quantity}"
    if rates is None:
        return None
    is_market = request.price_type is PriceType.MARKET and rates.max_market_quantity > 0
    most = rates.max_market_quantity if is_market else rates.max_limit_quantity
    if not max(1, rates.min_quantity) <= request.quantity <= most:
        return "quantity", f"quantity must be {rates.min_quantity} to {most} lots, was {request.quantity}"
    return None


def _bad_price(request: OrderRequest, instrument: Instrument, tick: Tick | None) -> Refused | None:
    price = request.price
    if price is None:
        return None if request.price_type is PriceType.MARKET else ("price", "a limit order needs a price")
    step = exact_price(instrument.price_tick, instrument.price_digits)
    if price % step:
        return "price_step", f"price must be a multiple of {step}, was {price}"
    if tick is None:
        return None
    digits = instrument.price_digits
    if tick.limit_up is not None and price > exact_price(tick.limit_up, digits):
        return "above_limit", f"price must be at most {tick.limit_up}, was {price}"
    if tick.limit_down is not None and price < exact_price(tick.limit_down, digits):
        return "below_limit", f"price must be at least {tick.limit_down}, was {price}"
    return None
