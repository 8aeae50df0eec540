"""The columns of archived bars, schema 1, and how they are written and read.

    instrument_id recording trading_day ts_open ts_close open high low close volume turnover open_interest tick_count
    settlement_price

Prices as they were; times in ns UTC; `settlement_price` only in day bars, where the recording says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.errors import ReplayFileError, StoreError
from tradewind.stores.ticks.bar import ArchivedBar
from tradewind.stores.ticks.manifest import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tradewind.stores.ticks.places import ArchivePlaces

BAR_SCHEMA: Final = pa.schema(
    [
        pa.field("instrument_id", pa.string()),
        pa.field("recording", pa.string()),
        *(pa.field(name, pa.int64()) for name in ("bar_trading_day", "ts_open", "ts_close")),
        *(pa.field(name, pa.float64()) for name in ("open", "high", "low", "close")),
        pa.field("volume", pa.int64()),
        *(pa.field(name, pa.float64()) for name in ("turnover", "open_interest")),
        pa.field("tick_count", pa.int64()),
        pa.field("settlement_price", pa.float64()),
    ],
    metadata={"tradewind.schema": str(SCHEMA_VERSION)},
)
_RENAMED: Final = {"bar_trading_day": "trading_day"}
"""In the files it is not called as the folder is, or readers of hive folders would see two of a name."""


def write_bars(
    places: ArchivePlaces,
    interval: str,
    trading_day: int,
    recording: str,
    bars: Mapping[str, Sequence[ArchivedBar]],
    *,
    is_whole: bool = True,
) -> None:
    """Write a day's bars, instrument by instrument, in place of what was there of them in this recording.

    With `is_whole` they are all of the recording's day: bars of other instruments go.

    Raises: StoreError: the disk refused.
    """
    try:
        folder = places.bars_day(interval, trading_day)
        for old in folder.glob(f"instrument=*/{recording}.parquet") if is_whole else ():
            old.unlink()
        for instrument_id, listed in bars.items():
            target = places.bars_part(interval, trading_day, recording, instrument_id)
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f".{recording}.part")
            pq.write_table(_table(listed, recording), beside, compression="zstd")
            beside.replace(target)
    except OSError as error:
        message = f"{places.root}: {error.strerror or error}; bars of {trading_day} are not archived"
        raise StoreError(message) from error


def _table(bars: Sequence[ArchivedBar], recording: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    columns = []
    for field in BAR_SCHEMA:
        if field.name == "recording":
            columns.append(pa.repeat(pa.scalar(recording), len(bars)))
        else:
            name = _RENAMED.get(field.name, field.name)
            columns.append(pa.array([getattr(bar, name) for bar in bars], field.type))
    return pa.Table.from_arrays(columns, schema=BAR_SCHEMA)


def read_bars(path: Path) -> list[ArchivedBar]:
    """Return the bars of one file.

    Raises: ReplayFileError: damaged, or no file of bars.
    """
    names = [field.name for field in BAR_SCHEMA if field.name != "recording"]
    try:
        table = pq.read_table(path, columns=names, use_threads=False, partitioning=None)
        columns = [table[name].to_pylist() for name in names]
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        message = f"{path}: no bars of this archive: {first}; `tradewind data repair` makes them anew"
        raise ReplayFileError(message) from error
    return [ArchivedBar(*row) for row in zip(*columns, strict=True)]


def bars_of(
    places: ArchivePlaces, instrument_id: str, interval: str, *, from_day: int = 0, until_day: int = 99_999_999
) -> Iterator[tuple[str, ArchivedBar]]:
    """Yield an instrument's bars of these trading days, with their recording, oldest first.

    Raises: ReplayFileError: a file is damaged.
    """
    for day in places.bar_days(interval):
        if from_day <= day <= until_day:
            folder = places.bars_part(interval, day, "x", instrument_id).parent
            for path in sorted(folder.glob("*.parquet")) if folder.is_dir() else ():
                for bar in read_bars(path):
                    yield path.stem, bar
