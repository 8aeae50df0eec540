"""Reads the archive: a recorded day in the order its ticks came, or one instrument's ticks of a span, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradewind.domain.tick import RawTick
from tradewind.errors import ReplayFileError
from tradewind.stores.ticks.manifest import read_manifest
from tradewind.stores.ticks.places import ArchivePlaces, day_of_manifest
from tradewind.stores.ticks.tick_columns import SCHEMA, TICK_COLUMNS, columns_of_depth, ticks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tradewind.stores.ticks.manifest import Manifest, Part

LAYOUT: Final = "tradewind_archive"
_ROWS_IN_HAND: Final = 262_144
"""Rows unpacked at once over all instruments of a day."""
_FEWEST_ROWS: Final = 256
_NONE: Final = np.empty(0, np.int64)
_UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError)


class ArchivedDay:
    """One archived recording, played as it came; what market data calls a `RecordingFile`."""

    layout = LAYOUT
    malformed_rows = 0

    def __init__(self, manifest: Path, *, batch_rows: int = 4096) -> None:
        """Look at what the manifest names.

        Raises: ReplayFileError: it is no manifest, or a file of the day is missing.
        """
        self.path = manifest
        root, day, _ = day_of_manifest(manifest)
        self.manifest = read_manifest(manifest)
        self._places = ArchivePlaces(root)
        self.total: int | None = self.manifest.ticks
        self._batch_rows = batch_rows
        missing = [part.instrument_id for part in self.manifest.parts if not self._file_of(part).exists()]
        if missing:
            message = (
                f"{manifest}: files are missing of {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}; "  # noqa: PLR2004
                "`tradewind data repair` makes the day anew from its journal"
            )
            raise ReplayFileError(message)
        if not self.manifest.parts:
            message = f"{manifest}: holds no ticks; allowed is a day with at least one"
            raise ReplayFileError(message)
        self._day = day

    @property
    def remark(self) -> str:
        """Say what of the day is not in here, if something is."""
        lost = sum(loss.ticks for loss in self.manifest.losses)
        told = [f"{lost} ticks were lost while the disk refused"] if lost else []
        if self.manifest.left_out:
            told.append(f"{self.manifest.left_out} ticks fit no column and were left out")
        return "; ".join(told)

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start, all instruments in the order in which their ticks came.

        Raises: ReplayFileError: a file is damaged.
        """
        parts = self.manifest.parts
        if len(parts) == 1:
            for _, ticks in rows_of(self._file_of(parts[0]), self._batch_rows):
                yield ticks
            return
        rows = max(_FEWEST_ROWS, min(self._batch_rows, _ROWS_IN_HAND // len(parts)))
        hands = [_Hand(rows_of(self._file_of(part), rows)) for part in parts]
        while hands := [hand for hand in hands if hand.is_filled()]:
            horizon = min(hand.arrivals[-1] for hand in hands)
            due = [hand.take(horizon) for hand in hands]
            order = np.argsort(np.concatenate([arrivals for arrivals, _ in due]), kind="stable")
            taken: list[RawTick] = []
            for _, part in due:
                taken += part
            yield map(taken.__getitem__, order.tolist())

    def _file_of(self, part: Part) -> Path:
        return self._places.part(self.manifest.trading_day, self.manifest.recording, part.instrument_id)


class _Hand:
    """The rows of one instrument that are unpacked and not yet played."""

    def __init__(self, batches: Iterator[tuple[Any, Iterable[RawTick]]]) -> None:
        self._batches = batches
        self.arrivals: Any = _NONE
        self._ticks: list[RawTick] = []
        self._at = 0

    def is_filled(self) -> bool:
        """Tell whether there are rows in hand, unpacking the next ones where there are none."""
        if self._at >= len(self.arrivals):
            self.arrivals, ticks = next(self._batches, (_NONE, ()))
            self._ticks, self._at = ticks if isinstance(ticks, list) else list(ticks), 0
        return len(self.arrivals) > 0

    def take(self, horizon: int) -> tuple[Any, list[RawTick]]:
        """Take the rows up to this place of the recording: their places, and their ticks."""
        begin, self._at = self._at, int(np.searchsorted(self.arrivals, horizon, side="right"))
        return self.arrivals[begin : self._at], self._ticks[begin : self._at]


def rows_of(path: Path, rows: int) -> Iterator[tuple[Any, Iterable[RawTick]]]:
    """Yield a file's rows in batches: their places in the recording (int64, ascending), and their ticks.

    Raises: ReplayFileError: it is damaged, or no file of the archive.
    """
    done = 0
    try:
        file = open_part(path)
        for batch in file.iter_batches(rows, columns=_columns_of(file.metadata), use_threads=False):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            yield columns["arrival"].to_numpy(), ticks_of(columns)
            done += batch.num_rows
    except _UNREADABLE as error:
        raise _damaged(path, done, error) from error


def open_part(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Open one file of the archive.

    Raises: ReplayFileError: missing, truncated, or columns that are not the archive's.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, 0, error) from error
    schema = file.schema_arrow
    wrong = [
        f"{field.name} must be {field.type}, was {_type_in(schema, field.name)}"
        for field in SCHEMA
        if not _is_alike(schema, field)
    ]
    if wrong:
        message = f"{path}: no file of this archive: {'; '.join(wrong[:4])}; allowed are the columns of schema 1"
        raise ReplayFileError(message)
    return pq.ParquetFile(path, read_dictionary=["instrument_id"], metadata=file.metadata)


def _columns_of(metadata: Any) -> list[str]:  # noqa: ANN401
    """Return the columns that it takes: levels that no book of the file has are not unpacked."""
    depths = [_deepest_in(metadata.row_group(number)) for number in range(metadata.num_row_groups)]
    known = [levels for levels in depths if levels is not None]
    return columns_of_depth(max(known, default=0)) if len(known) == len(depths) else list(TICK_COLUMNS)


def _deepest_in(group: Any) -> int | None:  # noqa: ANN401
    """Return how many levels beyond the first the books of a row group have at most; `None` where it does not say."""
    column = next(
        group.column(at) for at in range(group.num_columns) if group.column(at).path_in_schema == "depth_levels"
    )
    told = column.statistics if column.is_stats_set else None
    if told is None or not told.has_min_max:
        return 0 if told is not None and told.null_count == column.num_values else None
    return int(told.max)


def _is_alike(schema: Any, field: Any) -> bool:  # noqa: ANN401
    index = schema.get_field_index(field.name)
    if index < 0:
        return False
    found = schema.field(index).type
    return bool(found == field.type)


def _type_in(schema: Any, name: str) -> str:  # noqa: ANN401
    index = schema.get_field_index(name)
    return "absent" if index < 0 else str(schema.field(index).type)


def _damaged(path: Path, row: int, error: Exception) -> ReplayFileError:
    lines = str(error).splitlines()
    return ReplayFileError(
        f"{path}: damaged after row {row}: {lines[0] if lines else type(error).__name__}; "
        "`tradewind data repair` makes it anew from its journal"
    )


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended, for the next to go on behind it."""

    trading_day: int
    recording: str
    arrival: int


class TickPage(msgspec.Struct, frozen=True):
    """Some of an instrument's ticks, in order, each with its recording; `next` is `None` behind the last."""

    rows: list[tuple[str, RawTick]]
    next: Place | None


def read_ticks(
    places: ArchivePlaces, instrument_id: str, *, from_ns: int, until_ns: int, limit: int, after: Place | None = None
) -> TickPage:
    """Return an instrument's ticks received in [from_ns, until_ns), day by day, recording by recording.

    Raises: ReplayFileError: a file is damaged.
    """
    rows: list[tuple[str, RawTick]] = []
    last: Place | None = None
    for manifest, part in _parts_of(places, instrument_id, from_ns, until_ns, after):
        begin = -1
        if after is not None and (manifest.trading_day, manifest.recording) == (after.trading_day, after.recording):
            begin = after.arrival
        path = places.part(manifest.trading_day, manifest.recording, part.instrument_id)
        for arrival, tick in _span(path, from_ns=from_ns, until_ns=until_ns, behind=begin):
            if len(rows) == limit:
                return TickPage(rows, last)
            rows.append((manifest.recording, tick))
            last = Place(manifest.trading_day, manifest.recording, arrival)
    return TickPage(rows, None)


def _parts_of(
    places: ArchivePlaces, instrument_id: str, from_ns: int, until_ns: int, after: Place | None
) -> Iterator[tuple[Manifest, Part]]:
    begin = (0, "") if after is None else (after.trading_day, after.recording)
    for day in places.days():
        if day < begin[0]:
            continue
        for path in places.manifests(day):
            manifest = read_manifest(path)
            if (manifest.trading_day, manifest.recording) < begin:
                continue
            for part in manifest.parts:
                if part.instrument_id == instrument_id and part.first_ns < until_ns and part.last_ns >= from_ns:
                    yield manifest, part


def _span(path: Path, *, from_ns: int, until_ns: int, behind: int) -> Iterator[tuple[int, RawTick]]:
    try:
        file = open_part(path)
        for group in range(file.num_row_groups):
            if not _may_hold(file.metadata.row_group(group), from_ns, until_ns, behind):
                continue
            table = file.read_row_group(group, columns=list(TICK_COLUMNS), use_threads=False)
            received, arrival = table["ts_recv"], table["arrival"]
            wanted = pc.and_(
                pc.and_(pc.greater_equal(received, from_ns), pc.less(received, until_ns)), pc.greater(arrival, behind)
            )
            for batch in table.filter(wanted).combine_chunks().to_batches(max_chunksize=2048):
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield from zip(columns["arrival"].to_numpy().tolist(), ticks_of(columns), strict=True)
    except _UNREADABLE as error:
        raise _damaged(path, 0, error) from error


def _may_hold(group: Any, from_ns: int, until_ns: int, behind: int) -> bool:  # noqa: ANN401
    """Tell by a row group's statistics whether it may hold rows of the span."""
    spans = {}
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema in {"arrival", "ts_recv"} and column.is_stats_set:
            spans[column.path_in_schema] = (column.statistics.min, column.statistics.max)
    received, arrival = spans.get("ts_recv"), spans.get("arrival")
    if received is not None and (received[1] < from_ns or received[0] >= until_ns):
        return False
    return arrival is None or bool(arrival[1] > behind)
