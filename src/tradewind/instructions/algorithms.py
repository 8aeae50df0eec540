"""How a line of an instruction is worked: pure functions from where it stands to what to ask and take back next.

Each is called when something happened (a tick of its contract, an order moved, a timer) and answers a `Step`. What it
asks for passes the gate like any other order. Children that did not fill come back as quantity to be asked again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain.instruction import Algorithm, InstructionLine
from tradewind.domain.order import TimeInForce
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.domain.order import Order
    from tradewind.instructions.market_view import Market

_DEFAULT_DURATION_S: Final = 300
_DEFAULT_SLICES: Final = 10


class Working(NamedTuple):
    """One line at one moment."""

    line: InstructionLine
    market: Market | None
    live: tuple[Order, ...]
    """Its orders that may still fill and are not being taken back."""
    started_ns: int
    now_ns: int
    asked_ns: int
    """When its last order was asked for, 0 before the first."""
    curve: Callable[[int, int, int], Decimal | None]
    """Part of the volume of [from, to] that is usually traded by a moment, `None` where nothing is known."""

    @property
    def unasked(self) -> int:
        """Lots neither filled, live nor given up."""
        return self.line.unasked_quantity


class Ask(NamedTuple):
    """An order an algorithm wants; offsets and sizes are settled afterwards."""

    quantity: int
    price: Decimal
    time_in_force: TimeInForce = TimeInForce.DAY


class Step(NamedTuple):
    """What to do next, and when to be asked again if nothing happens before."""

    asks: tuple[Ask, ...] = ()
    cancels: tuple[str, ...] = ()
    wake_ns: int | None = None


def step(working: Working) -> Step:
    """Return the next step of a line, by its own algorithm."""
    if working.market is None:
        return Step()
    return _ALGORITHMS[working.line.execution.algorithm](working, working.market)


def _direct(working: Working, market: Market) -> Step:
    """Ask for all at once; take back what rests longer than its patience and ask again at the market's price."""
    line = working.line
    cancels, wake_ns = _impatient(working)
    if working.unasked <= 0:
        return Step((), cancels, wake_ns)
    ask = Ask(working.unasked, price_of(line, market), line.execution.time_in_force)
    return Step((ask,), cancels, _patience_end(working))


def _twap(working: Working, market: Market) -> Step:
    """Keep to a straight line through time."""
    return _scheduled(working, market, lambda elapsed: elapsed)


def _vwap(working: Working, market: Market) -> Step:
    """Keep to the usual course of the day's volume; where none is known yet, to a straight line."""
    begin, end = working.started_ns, working.started_ns + _duration_ns(working)

    def by_volume(elapsed: Decimal) -> Decimal:
        at_ns = begin + int((end - begin) * elapsed)
        share = working.curve(begin, end, at_ns)
        return elapsed if share is None else share

    return _scheduled(working, market, by_volume)


def _scheduled(working: Working, market: Market, course: Callable[[Decimal], Decimal]) -> Step:
    line = working.line
    slices = line.execution.slices or _DEFAULT_SLICES
    slice_ns = max(_duration_ns(working) // slices, 1)
    number = min((working.now_ns - working.started_ns) // slice_ns + 1, slices)
    end_ns = working.started_ns + number * slice_ns
    due = line.quantity if number >= slices else int(line.quantity * course(Decimal(number) / slices))
    wanted = min(due - (line.quantity - working.unasked), working.unasked)
    # Orders of earlier slices that still rest are behind the market: they come back and are asked for again.
    stale = tuple(order.client_order_id for order in working.live if order.request.ts_event < end_ns - slice_ns)
    asks = (Ask(wanted, price_of(line, market)),) if wanted > 0 else ()
    is_last = number >= slices
    _, patience_ns = _impatient(working)
    return Step(asks, stale, patience_ns if is_last else end_ns)


def _iceberg(working: Working, market: Market) -> Step:
    """Show no more than the display quantity; the next piece follows when the last is gone."""
    line = working.line
    shown = line.execution.display_quantity or max(line.quantity // _DEFAULT_SLICES, 1)
    cancels, wake_ns = _impatient(working)
    wanted = min(shown - line.working_quantity, working.unasked)
    asks = (Ask(wanted, price_of(line, market)),) if wanted > 0 and not line.working_quantity else ()
    return Step(asks, cancels, wake_ns)


def _sniper(working: Working, market: Market) -> Step:
    """Wait until somebody offers at the limit price or better; take what is offered there and kill the rest."""
    line = working.line
    limit, offered = line.execution.limit_price, market.opposite(line.side)
    if offered is None or line.working_quantity or working.unasked <= 0 or working.asked_ns >= market.ts:
        # One shot a quote: what it offered has been taken or was gone.
        return Step()
    if limit is not None and (offered > limit if line.side == "buy" else offered < limit):
        return Step()
    wanted = min(working.unasked, market.opposite_volume(line.side))
    return Step((Ask(wanted, offered, TimeInForce.FAK),)) if wanted > 0 else Step()


_ALGORITHMS: Final[Mapping[Algorithm, Callable[[Working, Market], Step]]] = {
    Algorithm.DIRECT: _direct,
    Algorithm.TWAP: _twap,
    Algorithm.VWAP: _vwap,
    Algorithm.ICEBERG: _iceberg,
    Algorithm.SNIPER: _sniper,
}


def price_of(line: InstructionLine, market: Market) -> Decimal:
    """Return the limit price as given, or one that should trade at once."""
    execution = line.execution
    if execution.limit_price is not None and not execution.patience_s:
        return execution.limit_price
    return market.marketable(line.side, execution.slip_ticks, execution.limit_price)


def _duration_ns(working: Working) -> int:
    return (working.line.execution.duration_s or _DEFAULT_DURATION_S) * NS_PER_S


def _patience_end(working: Working) -> int | None:
    patience_s = working.line.execution.patience_s
    return working.now_ns + patience_s * NS_PER_S if patience_s else None


def _impatient(working: Working) -> tuple[tuple[str, ...], int | None]:
    """Return the orders that have rested too long, and when the next one will have."""
    patience_ns = working.line.execution.patience_s * NS_PER_S
    if not patience_ns:
        return (), None
    ends = [(order.request.ts_event + patience_ns, order) for order in working.live]
    over = tuple(order.client_order_id for end_ns, order in ends if end_ns <= working.now_ns)
    return over, min((end_ns for end_ns, _ in ends if end_ns > working.now_ns), default=None)
