"""Gives the fronts a market that moves: a recording, or the platform's own simulated market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.settings import ReplaySettings, SimulatorSettings
from tradewind.market.sources.simulated_exchange import SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tradewind.domain.tick import RawTick


def recorded(path: Path, instrument_id: str | None = None) -> Iterator[RawTick]:
    """Yield the ticks of a recording in any layout that the platform reads.

    Raises: ReplayFileError: it cannot be read.
    """
    settings = ReplaySettings(path=str(path), instrument=instrument_id)
    return ReplaySource(settings, instruments=InstrumentTable()).ticks()


def simulated(instrument_ids: tuple[str, ...], start_ns: int, *, seed: int = 1) -> Iterator[RawTick]:
    """Yield a market without end, round the clock, of the contracts named or of the twenty shipped ones.

    Raises: ConfigError: a contract is none of the shipped ones.
    """
    table = InstrumentTable()
    settings = SimulatorSettings(seed=seed, instruments=instrument_ids)
    exchange = SimulatedExchange(
        settings, contracts=table.liquid(), instruments=table, calendar=RoundTheClockCalendar()
    )
    return exchange.ticks(start_ns)
