"""What the market offers now, in exact prices, as algorithms ask for it."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.order import Side
from tradewind.domain.prices import exact_price

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.tick import Tick


class Market(NamedTuple):
    """One contract's newest quote; an absent side is `None` (limit-locked, or no order there)."""

    last: Decimal
    bid: Decimal | None
    bid_volume: int
    ask: Decimal | None
    ask_volume: int
    limit_up: Decimal | None
    limit_down: Decimal | None
    price_tick: Decimal
    trading_day: int
    ts: int

    def opposite(self, side: Side) -> Decimal | None:
        """Return the best price somebody offers to trade at against `side`."""
        return self.ask if side is Side.BUY else self.bid

    def opposite_volume(self, side: Side) -> int:
        """Return the lots offered there."""
        return self.ask_volume if side is Side.BUY else self.bid_volume

    def marketable(self, side: Side, slip_ticks: int, worst: Decimal | None) -> Decimal:
        """Return a limit price that should trade at once: the opposite ± slip, inside the limits, never past `worst`.

        Without anybody on the other side it is built on the last price.
        """
        slip = self.price_tick * slip_ticks
        base = self.opposite(side)
        base = self.last if base is None else base
        if side is Side.BUY:
            bounds = [bound for bound in (self.limit_up, worst) if bound is not None]
            return self.on_tick(min([base + slip, *bounds]), side)
        bounds = [bound for bound in (self.limit_down, worst) if bound is not None]
        return self.on_tick(max([base - slip, *bounds]), side)

    def on_tick(self, price: Decimal, side: Side) -> Decimal:
        """Return the nearest price on the tick that is no worse for us than `price`."""
        rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        return (price / self.price_tick).to_integral_value(rounding=rounding) * self.price_tick


def market_of(tick: Tick, instrument: Instrument) -> Market:
    """Return the market as a tick shows it."""
    digits = instrument.price_digits

    def exact(price: float | None) -> Decimal | None:
        return None if price is None else exact_price(price, digits)

    return Market(
        exact_price(tick.last_price, digits),
        exact(tick.bid_price) if tick.bid_volume else None,
        tick.bid_volume,
        exact(tick.ask_price) if tick.ask_volume else None,
        tick.ask_volume,
        exact(tick.limit_up),
        exact(tick.limit_down),
        exact_price(instrument.price_tick, digits),
        tick.trading_day,
        tick.ts_recv,
    )
