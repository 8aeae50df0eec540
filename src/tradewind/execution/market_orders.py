"""A market order where the exchange takes none: the limit that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.order import Side
from tradewind.domain.prices import exact_price

if TYPE_CHECKING:
    from decimal import Decimal

    from tradewind.domain.instrument import Instrument
    from tradewind.domain.order import OrderRequest
    from tradewind.domain.tick import Tick


def emulated_price(request: OrderRequest, instrument: Instrument, tick: Tick, *, slip_ticks: int) -> Decimal | None:
    """Return the limit that stands for a market order where the exchange takes none: opposite price ± ticks.

    Clipped to the day's limits; `None` where nobody stands opposite.
    """
    digits = instrument.price_digits
    is_buy = request.side is Side.BUY
    opposite = tick.ask_price if is_buy else tick.bid_price
    if opposite is None and tick.bid_price is None and tick.ask_price is None:
        opposite = tick.last_price
    if opposite is None:
        return None
    slip = exact_price(instrument.price_tick, digits) * slip_ticks
    price = exact_price(opposite, digits) + (slip if is_buy else -slip)
    if is_buy:
        return price if tick.limit_up is None else min(price, exact_price(tick.limit_up, digits))
    return price if tick.limit_down is None else max(price, exact_price(tick.limit_down, digits))
