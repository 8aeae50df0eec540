"""`tradewind bench statistics`: what it costs until a fill is in every table, and whether that grows with the desk.

The ledger of `bench ledger` with the statistics room beside it on one ordered bus: 1 000 positions, and 100. A fill is
measured until position, account, trade, order and group rows are told; the ledger alone is the baseline. The usual way
is measured too: each table counted anew from all fills and positions. One thread's own work, in processor time.
"""

from __future__ import annotations

import gc
import statistics
from collections import defaultdict
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.ledger_life import (
    CALENDAR,
    SETTINGS,
    START_NS,
    contracts,
    fill,
    opening,
    tables,
    thousand_positions,
    tick,
)
from tradewind.benches.result import BenchResult, pin
from tradewind.bus.desk_topics import CASH_MOVES, FILLS, SUMMED_UP
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.order import Fill, Offset, Side
from tradewind.kernel.clock import LineClock, cpu_ns
from tradewind.kernel.metrics import Metrics
from tradewind.portfolio import PortfolioService
from tradewind.statistics import StatisticsService, StatisticsSettings

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Scale(msgspec.Struct, frozen=True):
    fills: int
    rounds: int


_FULL: Final = _Scale(fills=5_000, rounds=5)
_QUICK: Final = _Scale(fills=300, rounds=1)
_FEW: Final = 100
_GOAL_US: Final = 1_000.0


class _Desk:
    """A ledger with that many positions, and the statistics room where it is wanted."""

    def __init__(self, positions: int, *, has_statistics: bool) -> None:
        instruments, rates = tables()
        bus, clock = OrderedBus(on_failure=_refuse), LineClock(START_NS)
        self.told = 0
        self.portfolio = PortfolioService(
            settings=SETTINGS,
            bus=bus,
            clock=clock,
            metrics=Metrics(),
            instruments=instruments,
            rates=rates,
            calendar=CALENDAR,
        )
        self.statistics = StatisticsService(
            settings=StatisticsSettings(), bus=bus, clock=clock, instruments=instruments, calendar=CALENDAR
        )
        self.opened = _opened(positions)
        self.portfolio.recall_booking = self.statistics.recall
        self.portfolio.apply(CASH_MOVES.name, opening())
        for each in self.opened:
            self.statistics.apply(FILLS.name, each)
            self.portfolio.apply(FILLS.name, each)
        if has_statistics:
            self.statistics.attach()
            for topic in SUMMED_UP:
                each_topic: Any = topic
                bus.subscribe(each_topic, self._count, group="bench")
        self.portfolio.attach()
        self.portfolio.resume()
        quote = bus.publisher(CLEAN_TICKS)
        for instrument in contracts():
            quote(tick(instrument, 1))
        self.fill = bus.publisher(FILLS)

    def _count(self, _row: object) -> None:
        self.told += 1


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers.

    Raises: AssertionError: the rows are not what a recount gives; figures of wrong rows are worth nothing.
    """
    scale = _QUICK if quick else _FULL
    pin(0)
    result = BenchResult("statistics")
    whole = _per_fill_us(result, 1_000, scale)
    few = _per_fill_us(result, _FEW, scale)
    _recounted(result, scale, ours_us=whole)
    result.ratio("positions_1000_vs_100", whole / few)
    if not as_json:
        result.show()
    return result.as_dict()


def _opened(positions: int) -> list[Fill]:
    """Return the fills that make about that many positions."""
    return list(islice(thousand_positions(), 3 * positions))


def _refuse(_topic: str, _group: str, _event: object, error: Exception) -> None:
    raise error


def _per_fill_us(result: BenchResult, positions: int, scale: _Scale) -> float:
    """Return what the statistics add to a fill, with that many positions."""
    taken = {}
    for has_statistics in (False, True):
        desk = _Desk(positions, has_statistics=has_statistics)
        numbers = iter(range(1_000_000, 100_000_000))
        rounds = [_driven_us(desk, [_turn(next(numbers)) for _ in range(scale.fills)]) for _ in range(scale.rounds)]
        taken[has_statistics] = statistics.median(rounds)
        if has_statistics:
            _prove(desk, scale)
            result.figure(f"rows_told_per_fill_at_{positions}", desk.told / scale.fills / scale.rounds)
    added = taken[True] - taken[False]
    result.figure(f"fill_to_all_rows_us_at_{positions}", taken[True])
    result.figure(f"ledger_alone_us_at_{positions}", taken[False])
    result.figure(f"statistics_us_at_{positions}", added)
    result.goal(f"fill_to_all_rows_us_at_{positions}", taken[True], _GOAL_US, better="lower")
    return added


def _driven_us(desk: _Desk, fills: Sequence[Fill]) -> float:
    gc.collect()
    gc.freeze()
    begun = cpu_ns()
    for each in fills:
        desk.fill(each)
    spent = cpu_ns() - begun
    gc.unfreeze()
    return spent / len(fills) / 1e3


def _turn(number: int) -> Fill:
    """Return a fill that opens or, every second time, closes what the one before opened."""
    instrument = contracts()[number // 2 % len(contracts())]
    is_opening = number % 2 == 0
    return fill(
        number,
        instrument.instrument_id,
        Side.BUY if is_opening else Side.SELL,
        Offset.OPEN if is_opening else Offset.CLOSE_TODAY,
        book="fund0/strategy0",
    )


def _prove(desk: _Desk, scale: _Scale) -> None:
    summary = desk.statistics.summary
    counted = sum(row.fills for row in summary.trades.sums.values())
    wanted = len(desk.opened) + scale.fills * scale.rounds
    held = {
        (position.account_id, position.book, position.instrument_id, position.direction): position.quantity
        for book in {book for _, book in summary.accounts}
        for position in desk.portfolio.queries.positions(book=book)
    }
    shown = {key: row.quantity for key, row in summary.positions.items() if row.quantity}
    if counted != wanted or held != shown:
        message = f"{counted} fills counted of {wanted}, {len(shown)} positions shown of {len(held)}"
        raise AssertionError(message)


def _recounted(result: BenchResult, scale: _Scale, *, ours_us: float) -> None:
    """Count trades from all fills and groups from all positions, as a page that asks a database does."""
    desk = _Desk(1_000, has_statistics=True)
    fills = [*desk.opened, *(_turn(number) for number in range(scale.fills))]
    rows = list(desk.statistics.summary.positions.values())
    rounds = []
    for _ in range(scale.rounds):
        begun = cpu_ns()
        trades: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for each in fills:
            sums = trades[each.account_id, each.product_code, each.strategy, each.instrument_id, each.side]
            sums[0] += each.quantity
            sums[1] += each.price * each.quantity
        groups: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for row in rows:
            for name in (row.product_code, row.strategy, row.exchange, row.sector):
                cell = groups[name, row.account_id, row.product_code]
                cell[0] += row.margin
                cell[1] += row.market_value or 0
        rounds.append((cpu_ns() - begun) / 1e3)
    result.figure("recount_us", statistics.median(rounds))
    result.ratio("recount_vs_ours", statistics.median(rounds) / ours_us)
