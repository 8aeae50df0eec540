"""`tradewind bench ledger`: what a tick costs each position it concerns, fills a second, and how long a restart takes.

One account with 24 books holds 20 contracts both ways: 1 000 positions. The baselines are the same profit in floats,
which is the least any loop costs, and the profit summed over lots at every tick, which is the usual way. All of it is
one thread's own work, so it is measured in processor time: neighbours of the machine do not count.
"""

from __future__ import annotations

import gc
import itertools
import statistics
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.ledger_life import (
    CALENDAR,
    SETTINGS,
    START_NS,
    contracts,
    fill,
    life,
    opening,
    tables,
    thousand_positions,
    tick,
)
from tradewind.benches.result import BenchResult, pin
from tradewind.bus.desk_topics import CASH_MOVES, FILLS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.order import Offset, Side
from tradewind.kernel.clock import NS_PER_MS, LineClock, cpu_ns
from tradewind.kernel.metrics import Metrics
from tradewind.portfolio import Books, PortfolioService
from tradewind.portfolio.proofs import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.tick import Tick
    from tradewind.portfolio.lots import Holding

_TAIL: Final = 10_000


class _Scale(msgspec.Struct, frozen=True):
    ticks: int
    rounds: int
    fills: int
    events: int


_FULL: Final = _Scale(ticks=20_000, rounds=5, fills=20_000, events=1_000_000)
_QUICK: Final = _Scale(ticks=1_000, rounds=1, fills=1_000, events=30_000)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers.

    Raises: AssertionError: the books do not prove what they must; figures of wrong books are worth nothing.
    """
    scale = _QUICK if quick else _FULL
    pin(0)
    result = BenchResult("ledger")
    _marking(result, scale)
    _fills(result, scale)
    _restart(result, scale)
    if not as_json:
        result.show()
    return result.as_dict()


def _service(bus: OrderedBus, clock: LineClock) -> PortfolioService:
    instruments, rates = tables()
    return PortfolioService(
        settings=SETTINGS,
        bus=bus,
        clock=clock,
        metrics=Metrics(),
        instruments=instruments,
        rates=rates,
        calendar=CALENDAR,
    )


def _refuse(_topic: str, _group: str, _event: object, error: Exception) -> None:
    raise error


def _prove(books: Books) -> None:
    found = faults(books)
    if found or books.aside_count:
        message = f"{books.aside_count} fills aside, {found[:3]}"
        raise AssertionError(message)


def _filled(bus: OrderedBus, clock: LineClock) -> PortfolioService:
    """Return a service that holds the 1 000 positions."""
    service = _service(bus, clock)
    service.apply(CASH_MOVES.name, opening())
    for each in thousand_positions():
        service.apply(FILLS.name, each)
    _prove(service.books)
    return service


def _ticks(count: int) -> list[Tick]:
    return [tick(contracts()[step % 20], step // 20) for step in range(count)]


def _marking(result: BenchResult, scale: _Scale) -> None:
    """Ticks through the room's own handler: marked at once, told every `publish_ms` of the line."""
    bus, clock = OrderedBus(on_failure=_refuse), LineClock(START_NS)
    service = _filled(bus, clock)
    service.attach()
    ticks = _ticks(scale.ticks)
    held = [list(service.books.held[instrument.instrument_id].values()) for instrument in contracts()]
    affected = sum(map(len, held)) / len(held)
    publish = bus.publisher(CLEAN_TICKS)
    ours = _median_us(lambda: _drive(publish, ticks), scale) / affected
    floor = _median_us(lambda: _in_floats(held, scale.ticks), scale) / affected
    few = min(200, scale.ticks)
    usual = _over_lots_us(held, few) / affected
    result.figure("positions", sum(map(len, held)))
    result.figure("mark_us_per_affected_position", ours)
    result.figure("floats_us_per_affected_position", floor)
    result.figure("summed_over_lots_us_per_affected_position", usual)
    result.ratio("mark_vs_floats", ours / floor)
    result.ratio("summed_over_lots_vs_mark", usual / ours)
    begun = cpu_ns()
    clock.advance_to(START_NS + SETTINGS.publish_ms * NS_PER_MS)
    result.figure("tell_us_per_position", (cpu_ns() - begun) / 1e3 / sum(map(len, held)))
    result.goal("mark_us_per_affected_position", ours, 1.0, better="lower")
    _prove(service.books)


def _drive(publish: Callable[[Tick], None], ticks: Sequence[Tick]) -> None:
    for each in ticks:
        publish(each)


def _in_floats(held: Sequence[Sequence[Holding]], count: int) -> None:
    """Compute both profits of each position in floats and throw them away."""
    rows = [[(float(each.size), float(each.base_value), float(each.open_value)) for each in some] for some in held]
    for step in range(count):
        price = 4_000.0 + step % 64
        for size, base, opened in rows[step % 20]:
            value = price * size
            _ = value - base, value - opened


def _over_lots_us(held: Sequence[Sequence[Holding]], count: int) -> float:
    """Sum each position's profit over its lots in decimals; return µs a tick."""
    begun = cpu_ns()
    for step in range(count):
        price = Decimal(4_000 + step % 64)
        for each in held[step % 20]:
            units = each.direction.sign * each.terms.multiplier
            sum((price - lot.price) * lot.quantity * units for lot in itertools.chain(each.old, each.new))
    return (cpu_ns() - begun) / count / 1e3


def _median_us(work: Callable[[], None], scale: _Scale) -> float:
    """Return µs a tick, the median of the rounds."""
    taken = []
    for _ in range(scale.rounds):
        gc.collect()
        gc.freeze()
        begun = cpu_ns()
        work()
        taken.append((cpu_ns() - begun) / scale.ticks / 1e3)
        gc.unfreeze()
    return statistics.median(taken)


def _fills(result: BenchResult, scale: _Scale) -> None:
    """Fills that open and close in turn while 1 000 positions stand: booked and told, and only booked."""
    rates = {}
    for is_told in (True, False):
        bus, clock = OrderedBus(on_failure=_refuse), LineClock(START_NS)
        service = _filled(bus, clock)
        service.attach()
        _drive(bus.publisher(CLEAN_TICKS), _ticks(len(contracts())))
        fills = [_turn(1_000_000 + number) for number in range(scale.fills)]
        book: Callable[[Any], object] = bus.publisher(FILLS) if is_told else service.books.book
        begun = cpu_ns()
        for each in fills:
            book(each)
        rates[is_told] = len(fills) / ((cpu_ns() - begun) / 1e9)
        _prove(service.books)
    result.figure("fills_per_s_booked_and_told", rates[True])
    result.figure("fills_per_s_booked", rates[False])


def _turn(number: int) -> Any:  # noqa: ANN401 - a fill
    instrument = contracts()[number // 2 % 20]
    is_opening = number % 2 == 0
    side = Side.BUY if is_opening else Side.SELL
    return fill(
        number,
        instrument.instrument_id,
        side,
        Offset.OPEN if is_opening else Offset.CLOSE_TODAY,
        book="fund0/strategy0",
    )


def _restart(result: BenchResult, scale: _Scale) -> None:
    """A snapshot near the end of a life of events and the tail after it, against folding all of them."""
    bus, clock = OrderedBus(on_failure=_refuse), LineClock(START_NS)
    lived, state, spent = _service(bus, clock), b"", 0
    events = life(scale.events)
    tail: list[tuple[str, object]] = []
    for left in range(scale.events, 0, -_TAIL):
        # By the piece, so that what is measured is the fold and not a heap of a million events.
        tail = list(itertools.islice(events, _TAIL))
        state = lived.snapshot() if left <= _TAIL else b""
        gc.collect()
        spent += _fold_ns(lived, tail)
    reborn = _service(bus, clock)
    gc.collect()
    begun = cpu_ns()
    reborn.restore(state)
    restored = cpu_ns() - begun
    ready = restored + _fold_ns(reborn, tail)
    if reborn.snapshot() != lived.snapshot():
        message = "a restart did not end where no restart would have"
        raise AssertionError(message)
    _prove(reborn.books)
    result.figure("events", scale.events)
    result.figure("snapshot_kb", len(state) / 1e3)
    result.figure("restore_ms", restored / 1e6)
    result.figure("tail_events", len(tail))
    result.figure("ready_ms", ready / 1e6)
    result.figure("fold_all_s", spent / 1e9)
    result.figure("fold_us_per_event", spent / 1e3 / scale.events)
    result.ratio("fold_all_vs_ready", spent / ready)
    result.goal("ready_s", ready / 1e9, 1.0, better="lower")


def _fold_ns(service: PortfolioService, events: Sequence[tuple[str, object]]) -> int:
    begun = cpu_ns()
    for name, event in events:
        service.apply(name, event)
    return cpu_ns() - begun
