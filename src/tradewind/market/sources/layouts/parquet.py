"""Parquet recordings: open, recognise by columns, check their types, read row group by row group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.errors import ReplayFileError
from tradewind.market.sources.layouts.recording_file import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.tick import RawTick

ColumnKind = Literal["number", "text"]
Columns = Mapping[str, Any]
"""The columns of one batch by name."""
Convert = Callable[[Columns], "Iterable[RawTick]"]
_MAGIC: Final = b"PAR1"


class ParquetLayout(msgspec.Struct, frozen=True, kw_only=True):
    """How to know a layout by its columns, and how to turn its rows into ticks."""

    name: str
    required: Mapping[str, ColumnKind]
    optional: Mapping[str, ColumnKind] = {}
    ticks_per_row: int = 1
    begin: Callable[[Path, ReadingOptions], Convert]
    """Return a fresh converter for one reading; it may keep totals from batch to batch."""


class ParquetRecording:
    """One opened Parquet file of a known layout."""

    malformed_rows = 0
    remark = ""

    def __init__(self, path: Path, file: Any, layout: ParquetLayout, options: ReadingOptions) -> None:  # noqa: ANN401 - pyarrow has no types
        self.path = path
        self.layout = layout.name
        self.total: int | None = file.metadata.num_rows * layout.ticks_per_row
        self._file = file
        self._layout = layout
        self._options = options
        present = set(file.schema_arrow.names)
        self._names = [name for name in (*layout.required, *layout.optional) if name in present]
        # Asks for the contract now, so that a file without one is refused before anything is played.
        layout.begin(path, options)

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start; see `RecordingFile`."""
        convert = self._layout.begin(self.path, self._options)
        rows = 0
        try:
            for batch in self._file.iter_batches(self._options.batch_rows, columns=self._names, use_threads=False):
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield convert(columns)
                rows += batch.num_rows
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            message = (
                f"{self.path}: damaged after row {rows}: {_first_line(error)}; allowed is a whole {self.layout} file"
            )
            raise ReplayFileError(message) from error


def open_parquet(path: Path, layouts: tuple[ParquetLayout, ...], options: ReadingOptions) -> ParquetRecording:
    """Open `path` as whichever layout its columns are.

    Raises: ReplayFileError: truncated, not Parquet, empty, foreign columns, wrong types, or no contract to be had.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ReplayFileError(_why_not_open(path, error)) from error
    schema = file.schema_arrow
    layout = _recognise(path, schema, layouts)
    _check_types(path, schema, layout)
    if file.metadata.num_rows == 0:
        message = f"{path}: holds no rows; allowed is a {layout.name} file with at least one"
        raise ReplayFileError(message)
    texts = [name for name, kind in layout.required.items() if kind == "text"]
    # A contract's name is the same in every row: read as a dictionary it costs next to nothing.
    file = pq.ParquetFile(path, read_dictionary=texts, metadata=file.metadata)
    return ParquetRecording(path, file, layout, options)


def _why_not_open(path: Path, error: Exception) -> str:
    with path.open("rb") as stream:
        stream.seek(-min(len(_MAGIC), path.stat().st_size), 2)
        is_cut = stream.read() != _MAGIC
    if is_cut:
        return f"{path}: truncated Parquet file (its end is missing); copy it again"
    return f"{path}: damaged Parquet file ({_first_line(error)}); copy it again"


def _recognise(path: Path, schema: Any, layouts: tuple[ParquetLayout, ...]) -> ParquetLayout:  # noqa: ANN401 - pyarrow has no types
    present = set(schema.names)
    known = [layout for layout in layouts if set(layout.required) <= present]
    if known:
        return max(known, key=lambda layout: len(layout.required))
    nearest = max(layouts, key=lambda layout: len(present & set(layout.required)) / len(layout.required))
    missing = [name for name in nearest.required if name not in present]
    message = (
        f"{path}: columns of no known layout; nearest is {nearest.name}, which also needs "
        f"{', '.join(missing)}; found {', '.join(schema.names) or 'none'}; "
        f"allowed layouts: {', '.join(layout.name for layout in layouts)}, CTP-style CSV and .twr"
    )
    raise ReplayFileError(message)


def _check_types(path: Path, schema: Any, layout: ParquetLayout) -> None:  # noqa: ANN401 - pyarrow has no types
    wrong = []
    for name, kind in (*layout.required.items(), *layout.optional.items()):
        index = schema.get_field_index(name)
        if index < 0:
            continue
        found = schema.field(index).type
        is_number = pa.types.is_integer(found) or pa.types.is_floating(found)
        is_text = pa.types.is_string(found) or pa.types.is_large_string(found)
        if not (is_number if kind == "number" else is_text):
            wrong.append(f"{name} must be a {kind}, was {found}")
    if wrong:
        message = f"{path}: wrong column types for layout {layout.name}: {'; '.join(wrong)}"
        raise ReplayFileError(message)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
