"""TqSdk's five-level ticks: time as ns since the epoch, absent levels as NaN, day totals in `volume` and `amount`.

    datetime=1568613693000000000 last_price=47800.0 bid_price1=47780.0 bid_volume1=10 … ask_price5=47950.0
    highest=47860.0 lowest=47660.0 open_interest=8240 volume=7360 amount=1756292000.0 average=47725.3242

The contract is in the file's name (`SHFE.cu1909_…`). Trading day, open, limits and the previous day are not recorded.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

from tradewind.market.sources.layouts.columns import counts, depth_levels, numbers, plain, prices, whole_numbers
from tradewind.market.sources.layouts.file_names import instrument_of
from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

_LEVEL: Final = ("bid_price", "bid_volume", "ask_price", "ask_volume")
_REQUIRED: Final = (
    *("datetime", "last_price", "highest", "lowest", "open_interest", "volume", "amount"),
    *(f"{name}1" for name in _LEVEL),
)
_DEEPER: Final = tuple(tuple(f"{name}{level}" for name in _LEVEL) for level in range(2, 6))


def _begin(path: Path, options: ReadingOptions) -> Convert:
    instrument_id = instrument_of(path, options)

    def convert(columns: Columns) -> Iterable[RawTick]:
        ts: list[int] = whole_numbers(columns["datetime"]).tolist()
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            repeat(instrument_id),
            ts,
            ts,
            repeat(0),
            prices(numbers(columns["last_price"])),
            counts(columns["volume"]),
            prices(numbers(columns["amount"]), is_zero_absent=False),
            plain(numbers(columns["open_interest"])),
            prices(numbers(columns["bid_price1"])),
            counts(columns["bid_volume1"]),
            prices(numbers(columns["ask_price1"])),
            counts(columns["ask_volume1"]),
            repeat(None),
            prices(numbers(columns["highest"])),
            prices(numbers(columns["lowest"])),
            *(repeat(None) for _ in range(6)),
            _depth(columns),
            strict=False,
        )

    return convert


def _depth(columns: Columns) -> Iterable[object]:
    levels = [
        (numbers(columns[bid]), whole_numbers(columns[bids]), numbers(columns[ask]), whole_numbers(columns[asks]))
        for bid, bids, ask, asks in _DEEPER
        if all(name in columns for name in (bid, bids, ask, asks))
    ]
    return depth_levels(levels) if levels else repeat(None)


LAYOUT: Final = ParquetLayout(
    name="tq_ticks",
    required=dict.fromkeys(_REQUIRED, "number"),
    optional=dict.fromkeys([name for level in _DEEPER for name in level], "number"),
    begin=_begin,
)
