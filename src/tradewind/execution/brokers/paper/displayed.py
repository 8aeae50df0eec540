"""What the live book shows, as the paper exchange reads it: levels to take from, lots ahead, lots that traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.order import Side

if TYPE_CHECKING:
    from tradewind.domain.tick import Tick

Level = tuple[float, int]


def levels(tick: Tick, side: Side) -> list[Level]:
    """Return (price, lots) shown on the side of buyers (BUY) or sellers, the best first; empty where there are none."""
    if side is Side.BUY:
        shown = [(tick.bid_price, tick.bid_volume), *((level[0], level[1]) for level in tick.depth or ())]
    else:
        shown = [(tick.ask_price, tick.ask_volume), *((level[2], level[3]) for level in tick.depth or ())]
    return [(price, lots) for price, lots in shown if price is not None and lots > 0]


def has_book(tick: Tick) -> bool:
    """Say whether the tick shows any order at all; one that does not has only a last price."""
    return tick.bid_price is not None or tick.ask_price is not None


def to_take(tick: Tick, side: Side) -> list[Level]:
    """Return what an order of that side can be done against.

    Without a book: the last price, for as many lots as traded with the tick, and at least one.
    """
    if has_book(tick):
        return levels(tick, side.opposite)
    return [(tick.last_price, max(1, tick.volume_delta))]


def is_within(price: float, limit: float | None, side: Side) -> bool:
    """Say whether `price` is as good as `limit` or better for that side; `None` takes any."""
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit


def lots_ahead(tick: Tick, side: Side, price: float) -> int:
    """Estimate the lots that stand before a new order at `price`: all that is shown there.

    Beyond the last level shown, as many as there: deeper levels are seldom thinner.
    """
    shown = levels(tick, side)
    for level, lots in shown:
        if level == price:
            return lots
    if shown and not is_within(shown[-1][0], price, side.opposite):
        return 0
    return shown[-1][1] if shown else 0


def most_ahead(tick: Tick, side: Side, price: float, ahead: int) -> int:
    """Correct an estimate by what is shown now: nobody stands ahead who is not there any more."""
    shown = levels(tick, side)
    if not shown:
        return ahead
    for level, lots in shown:
        if level == price:
            return min(ahead, lots)
    return ahead if is_within(shown[-1][0], price, side.opposite) else 0
