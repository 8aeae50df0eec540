"""Which contract of a product was the main one on each archived day, told by the days before it alone.

The rule is that of the proposal for a switch (`market.main_contract`): the main contract of a day is settled at the
close before, so that a joined series never knows of a roll before the market did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.api.history_desk import MainDay
from tradewind.market.main_contract import ContractDay, propose
from tradewind.stores.ticks.bar_columns import read_bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.market.contracts import InstrumentTable
    from tradewind.stores.ticks.places import ArchivePlaces


def main_days(
    places: ArchivePlaces, instruments: InstrumentTable, *, product_id: str, exchange: str, days: tuple[int, int]
) -> list[MainDay]:
    """Return the main contract of each archived day of a span, oldest first; days without one are left out.

    The first day of the span has nobody before it to settle its main contract: its own figures do.
    """
    found: list[MainDay] = []
    current: str | None = None
    for day in places.bar_days("1d"):
        if not days[0] <= day <= days[1]:
            continue
        contracts = list(_contracts(places, instruments, day=day, product_id=product_id, exchange=exchange))
        proposal = propose(current, contracts, trading_day=day)
        chosen = proposal.symbol if current is None and proposal is not None else current
        if chosen is not None and any(item.instrument.symbol == chosen for item in contracts):
            found.append(MainDay(day, f"{chosen}.{exchange}"))
        current = proposal.symbol if proposal is not None else current
    return found


def _contracts(
    places: ArchivePlaces, instruments: InstrumentTable, *, day: int, product_id: str, exchange: str
) -> Iterator[ContractDay]:
    """Yield the day of each contract of the product that has a daily bar."""
    for instrument_id, parts in places.bar_parts("1d", day):
        facts = instruments.find(instrument_id)
        if facts is None or facts.product_id != product_id or facts.exchange != exchange or facts.option is not None:
            continue
        bars = [bar for part in parts for bar in read_bars(part)]
        if bars:
            best = max(bars, key=lambda bar: bar.volume)
            yield ContractDay(facts, best.volume, best.open_interest)
