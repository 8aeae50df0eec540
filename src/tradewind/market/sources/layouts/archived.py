"""One file of our own archive as a recording: one instrument's ticks of one day, exactly as they came.

    arrival=0 instrument_id=IF2101.CFFEX ts_event=1609723800400000000 … depth_levels=null … recording=zeromq

A whole day, all instruments in the order of their ticks, is played from its manifest (`stores/ticks/reading`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout
from tradewind.stores.ticks.tick_columns import TICK_COLUMNS, ticks_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions


def _begin(_path: Path, _options: ReadingOptions) -> Convert:
    def convert(columns: Columns) -> Iterable[RawTick]:
        return ticks_of(columns)

    return convert


LAYOUT: Final = ParquetLayout(
    name="tradewind_ticks",
    required={name: "text" if name == "instrument_id" else "number" for name in TICK_COLUMNS},
    begin=_begin,
)
