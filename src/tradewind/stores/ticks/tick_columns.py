"""The columns of archived ticks, schema 1: a raw tick as it came, to the last bit, in columns that shrink well.

    arrival                     place in the recording, from 0: the order in which ticks of all instruments came
    instrument_id  recording    the same in every row
    ts_event  ts_recv           ns since 1970 UTC
    source_trading_day          as the source said it, 0 if it did not; the folder says the calendar's
    last_price … settlement_price          as in `domain.tick.RawTick`; absent is null
    depth_levels                how many levels beyond the first; null where the source gives none
    bid_price2 bid_volume2 ask_price2 ask_volume2 … ask_volume10

Counts and times are packed as differences; prices, of which a day has few different ones, as a dictionary of doubles:
exact, and what any reader of Parquet takes for an ordinary number.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradewind.domain.tick import RawTick
from tradewind.native import compiled
from tradewind.stores.ticks.manifest import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEVELS: Final = 10
"""Levels of the book that have columns, the first one included."""
_SIDES: Final = ("bid_price", "bid_volume", "ask_price", "ask_volume")
_RENAMED: Final = {"trading_day": "source_trading_day"}
_WHOLE: Final = frozenset({"ts_event", "ts_recv", "source_trading_day", "volume", "bid_volume", "ask_volume"})
_FIELDS: Final = tuple(_RENAMED.get(name, name) for name in RawTick._fields[:-1])
_DEPTH_AT: Final = len(_FIELDS)
_DEEPER: Final = tuple(
    (f"{side}{level}", "volume" in side, level - 2, place)
    for level in range(2, LEVELS + 1)
    for place, side in enumerate(_SIDES)
)
"""(column, whether it holds whole numbers, index of its level in `depth`, index within that level)."""


def _type_of(name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    if name == "instrument_id":
        return pa.string()
    return pa.int64() if name in _WHOLE else pa.float64()


SCHEMA: Final = pa.schema(
    [
        pa.field("arrival", pa.int64(), nullable=False),
        *(pa.field(name, _type_of(name)) for name in _FIELDS),
        pa.field("recording", pa.string()),
        pa.field("depth_levels", pa.int64()),
        *(pa.field(name, pa.int64() if is_whole else pa.float64()) for name, is_whole, _, _ in _DEEPER),
    ],
    metadata={"tradewind.schema": str(SCHEMA_VERSION)},
)
_TYPES: Final = {field.name: field.type for field in SCHEMA}
TICK_COLUMNS: Final = tuple(name for name in SCHEMA.names if name != "recording")
"""What it takes to have the ticks back."""
_PACKED: Final = {
    **{field.name: "DELTA_BINARY_PACKED" for field in SCHEMA if pa.types.is_integer(field.type)},
    "turnover": "BYTE_STREAM_SPLIT",  # never twice the same: a dictionary of it would be longer than itself
}
WRITING: Final[dict[str, Any]] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": [name for name in SCHEMA.names if name not in _PACKED],
    "column_encoding": _PACKED,
    "write_statistics": ["arrival", "ts_event", "ts_recv", "depth_levels"],
}
"""How `pyarrow.parquet` is to write them; see docs/decisions/0027 for what the others measured."""

_UNFIT: Final = (pa.ArrowException, OverflowError, TypeError, ValueError, UnicodeEncodeError)


def columns_of_depth(levels: int) -> list[str]:
    """Return what it takes to have ticks back whose books have so many levels beyond the first."""
    needless = {name for name, _, level, _ in _DEEPER if level >= levels}
    return [name for name in TICK_COLUMNS if name not in needless]


def table_of(ticks: Sequence[tuple[Any, ...]], arrivals: Sequence[int], recording: str) -> tuple[Any, int]:
    """Return one instrument's ticks as a table, and how many are left out because no column can hold them."""
    try:
        return _table(ticks, arrivals, recording), 0
    except _UNFIT:
        good = [(tick, arrival) for tick, arrival in zip(ticks, arrivals, strict=True) if _fits(tick, recording)]
        table = _table([tick for tick, _ in good], [arrival for _, arrival in good], recording)
        return table, len(ticks) - len(good)


def _fits(tick: tuple[Any, ...], recording: str) -> bool:
    try:
        _table([tick], [0], recording)
    except _UNFIT:
        return False
    return True


def _table(ticks: Sequence[tuple[Any, ...]], arrivals: Sequence[int], recording: str) -> Any:  # noqa: ANN401
    columns: list[Iterable[Any]] = list(zip(*ticks, strict=True)) if ticks else [()] * (_DEPTH_AT + 1)
    arrays = [pa.array(arrivals, pa.int64())]
    arrays += [pa.array(columns[at], _type_of(name)) for at, name in enumerate(_FIELDS)]
    arrays.append(pa.repeat(pa.scalar(recording), len(ticks)))
    arrays += _depth_arrays(columns[_DEPTH_AT], len(ticks))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _depth_arrays(depths: Iterable[Any], rows: int) -> list[Any]:
    """Return `depth_levels` and the columns of each level."""
    listed = list(depths)
    counts = [None if depth is None else len(depth) for depth in listed]
    most = max((count for count in counts if count is not None), default=0)
    if most > LEVELS - 1:
        message = f"a book has at most {LEVELS} levels, was {most + 1}"
        raise ValueError(message)
    arrays = [pa.array(counts, pa.int64())]
    for _, is_whole, level, place in _DEEPER:
        kind = pa.int64() if is_whole else pa.float64()
        if level >= most:
            arrays.append(pa.nulls(rows, kind))
            continue
        values = [
            depth[level][place] if count is not None and level < count else None
            for depth, count in zip(listed, counts, strict=True)
        ]
        arrays.append(pa.array(values, kind))
    return arrays


def ticks_of(columns: Mapping[str, Any]) -> Iterable[RawTick]:
    """Return the ticks of one batch of columns, as plain tuples of `RawTick`'s shape, exactly as they were written."""
    rows, ids = len(columns["ts_recv"]), _ids(columns["instrument_id"])
    if compiled is not None:
        buffers = _buffers(columns)
        if buffers is not None:
            return compiled.ticks_of_columns(rows, ids, buffers)
    fields = [repeat(ids, rows) if isinstance(ids, str) else ids, *(exact(columns[name]) for name in _FIELDS[1:])]
    return zip(*fields, _depths(columns, rows), strict=True)  # type: ignore[return-value]  # plain tuples of RawTick's shape


def _buffers(columns: Mapping[str, Any]) -> tuple[tuple[Any, Any, int], ...] | None:
    """Return (which rows hold a value, values, offset) of every column, `None` where one is not as we write it."""
    found = []
    for name in (*_FIELDS[1:], "depth_levels", *_deeper_names(columns)):
        column = columns.get(name)
        if column is None or column.type != _TYPES[name]:
            return None
        valid, values = column.buffers()
        found.append((valid, values, column.offset))
    return tuple(found)


def _deeper_names(columns: Mapping[str, Any]) -> Sequence[str]:
    """Return the columns of the levels that some book of the batch has."""
    counted = columns.get("depth_levels")
    most = 0 if counted is None else pc.max(counted).as_py() or 0
    return [name for name, _, level, _ in _DEEPER if level < most]


def _ids(column: Any) -> str | list[str]:  # noqa: ANN401
    """Return the one name of all rows, since a file is one instrument's; a name for each row where it is not."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if encoded.null_count:
        message = "a row names no contract"
        raise ValueError(message)
    names: list[str] = encoded.dictionary.to_pylist()
    if len(names) == 1:
        return names[0]
    return [names[index] for index in encoded.indices.to_pylist()]


def exact(column: Any) -> list[Any]:  # noqa: ANN401 - a pyarrow column, which has no types
    """Return a column's values row by row: null is `None`, a NaN stays one."""
    if column.null_count == len(column):
        return [None] * len(column)
    if not column.null_count:
        listed: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return listed
    is_null = column.is_null().to_numpy(zero_copy_only=False)
    values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(object)
    values[np.asarray(is_null, dtype=bool)] = None
    shown: list[Any] = values.tolist()
    return shown


def _depths(columns: Mapping[str, Any], rows: int) -> Iterable[Any]:
    counted = columns.get("depth_levels")
    if counted is None or counted.null_count == rows:
        return repeat(None, rows)
    counts = exact(counted)
    most = max(count for count in counts if count is not None)
    if most > LEVELS - 1 or any(count is not None and count < 0 for count in counts):
        message = "a book is deeper than its columns"
        raise ValueError(message)
    levels = [
        list(zip(*(exact(columns[f"{side}{level}"]) for side in _SIDES), strict=True)) for level in range(2, most + 2)
    ]
    books = list(zip(*levels, strict=True)) if levels else [()] * rows
    return [None if count is None else book[:count] for book, count in zip(books, counts, strict=True)]
