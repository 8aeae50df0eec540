"""Writes one recording of one day into the archive: beside at first, moved into place when all of it is there.

Ended at any moment, the archive holds the day as it was before, or whole, or (between the moves) not at all, and what
it is made of is still there to make it again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.errors import StateConflictError, StoreError
from tradewind.stores.ticks.manifest import Manifest, Part, sync_folder, write_whole
from tradewind.stores.ticks.places import instrument_folder, is_name, recording_name
from tradewind.stores.ticks.tick_columns import SCHEMA, WRITING, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tradewind.stores.ticks.manifest import Loss
    from tradewind.stores.ticks.places import ArchivePlaces

ROWS_PER_GROUP: Final = 32_768
"""Rows that a reader of a few minutes has to unpack; also how much of one instrument waits in memory."""
_COMPACT_AT: Final = 2_048
"""Ticks of an instrument after which they wait as columns, which take a third of the memory."""
_MOST_WAITING: Final = 1_000_000
"""Ticks that wait as columns for their group to fill; beyond it the fullest are written as they are."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording is made of."""

    source: str
    name: str
    bytes: int
    head: str = ""
    head_bytes: int = 0


@contextmanager
def archive_lock(places: ArchivePlaces) -> Iterator[None]:
    """Keep others from changing the archive meanwhile, and clear away what one that was killed left behind.

    Raises:
        StateConflictError: somebody else is at it.
        StoreError: the folder cannot be made.
    """
    try:
        places.root.mkdir(parents=True, exist_ok=True)
        stream = places.lock.open("wb")
    except OSError as error:
        message = f"{places.root}: cannot be an archive ({error.strerror}); set market.recording.archive_folder"
        raise StoreError(message) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"{places.root}: another process changes this archive; wait until it is done"
            raise StateConflictError(message) from error
        shutil.rmtree(places.making, ignore_errors=True)
        yield


class _Lane:
    """One instrument's ticks on their way: as tuples, then as columns, then in its file."""

    __slots__ = ("arrivals", "first_ns", "instrument_id", "last_ns", "tables", "ticks", "waiting", "writer", "written")

    def __init__(self, instrument_id: str) -> None:
        self.instrument_id = instrument_id
        self.ticks: list[tuple[Any, ...]] = []
        self.arrivals: list[int] = []
        self.tables: list[Any] = []
        self.waiting = 0
        self.written = 0
        self.first_ns = self.last_ns = 0
        self.writer: Any = None


class RecordingArchiver:
    """Takes a recording's ticks in their order; `commit` puts them in place, `abandon` forgets them."""

    def __init__(self, places: ArchivePlaces, *, trading_day: int, recording: str) -> None:
        """Begin; the caller holds the archive's lock.

        Raises: InputError: no name for a recording.
        """
        self._places = places
        self._day = trading_day
        self._recording = recording_name(recording)
        self._folder = places.making / f"{trading_day}-{recording}"
        self._lanes: dict[str, _Lane] = {}
        self._arrival = 0
        self._waiting = 0
        self.left_out = 0

    def add(self, ticks: Iterable[tuple[Any, ...]]) -> None:
        """Take further ticks.

        Raises: StoreError: the disk refused.
        """
        lanes, arrival = self._lanes, self._arrival
        for tick in ticks:
            lane = lanes.get(tick[0])
            if lane is None:
                lane = lanes[tick[0]] = _Lane(tick[0])
            lane.ticks.append(tick)
            lane.arrivals.append(arrival)
            arrival += 1
            if len(lane.ticks) >= _COMPACT_AT:
                self._compact(lane)
        self._arrival = arrival
        while self._waiting > _MOST_WAITING:
            self._write(max(lanes.values(), key=lambda lane: lane.waiting))

    def commit(self, origin: Origin, losses: tuple[Loss, ...] = ()) -> Manifest:
        """Put the day in place, whatever was there of this recording before.

        Raises: StoreError: the disk refused; what was there before is as it was.
        """
        try:
            parts = tuple(self._finish(lane) for _, lane in sorted(self._lanes.items()) if self._has_place(lane))
            manifest = Manifest(
                trading_day=self._day,
                recording=self._recording,
                source=origin.source,
                origin=origin.name,
                origin_bytes=origin.bytes,
                origin_head=origin.head,
                origin_head_bytes=origin.head_bytes,
                ticks=sum(part.ticks for part in parts),
                left_out=self.left_out,
                parts=parts,
                losses=losses,
            )
            self._move(manifest)
        except OSError as error:
            raise self._refused(error) from error
        finally:
            self.abandon()
        return manifest

    def abandon(self) -> None:
        """Forget what was taken."""
        for lane in self._lanes.values():
            if lane.writer is not None:
                lane.writer.close()
        self._lanes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _compact(self, lane: _Lane) -> None:
        if not lane.ticks:
            return
        if not is_name(lane.instrument_id):
            self.left_out += len(lane.ticks)
            lane.ticks, lane.arrivals = [], []
            return
        table, left_out = table_of(lane.ticks, lane.arrivals, self._recording)
        lane.first_ns = lane.first_ns or lane.ticks[0][2]
        lane.last_ns = lane.ticks[-1][2]
        lane.ticks, lane.arrivals = [], []
        self.left_out += left_out
        lane.tables.append(table)
        lane.waiting += table.num_rows
        self._waiting += table.num_rows
        if lane.waiting >= ROWS_PER_GROUP:
            self._write(lane)

    def _has_place(self, lane: _Lane) -> bool:
        """Compact what is left and say whether there is anything to write."""
        self._compact(lane)
        return bool(lane.waiting or lane.written)

    def _write(self, lane: _Lane) -> None:
        if not lane.waiting:
            return
        try:
            if lane.writer is None:
                path = self._staged(lane.instrument_id)
                path.parent.mkdir(parents=True, exist_ok=True)
                lane.writer = pq.ParquetWriter(path, SCHEMA, **WRITING)
            lane.writer.write_table(pa.concat_tables(lane.tables), row_group_size=ROWS_PER_GROUP)
        except OSError as error:
            raise self._refused(error) from error
        lane.written += lane.waiting
        self._waiting -= lane.waiting
        lane.waiting = 0
        lane.tables = []

    def _finish(self, lane: _Lane) -> Part:
        self._write(lane)
        writer, lane.writer = lane.writer, None
        writer.close()
        size, digest = digest_of(self._staged(lane.instrument_id), is_synced=True)
        return Part(
            instrument_id=lane.instrument_id,
            ticks=lane.written,
            bytes=size,
            sha256=digest,
            first_ns=lane.first_ns,
            last_ns=lane.last_ns,
        )

    def _staged(self, instrument_id: str) -> Path:
        return self._folder / instrument_folder(instrument_id) / "ticks.parquet"

    def _move(self, manifest: Manifest) -> None:
        places, day, recording = self._places, self._day, self._recording
        folder = places.day(day)
        folder.mkdir(parents=True, exist_ok=True)
        place = places.manifest(day, recording)
        # From here until the new manifest stands the day counts as not archived, and would be made again.
        place.unlink(missing_ok=True)
        places.gaps(day, recording).unlink(missing_ok=True)
        for old in folder.glob(f"instrument=*/{recording}.parquet"):
            old.unlink()
        for part in manifest.parts:
            target = places.part(day, recording, part.instrument_id)
            target.parent.mkdir(exist_ok=True)
            self._staged(part.instrument_id).replace(target)
            sync_folder(target.parent)
        write_whole(place, msgspec.json.format(msgspec.json.encode(manifest), indent=1))

    def _refused(self, error: OSError) -> StoreError:
        reason = error.strerror or str(error).splitlines()[0]
        return StoreError(f"{self._places.root}: {reason}; day {self._day} of {self._recording} is not archived")


def digest_of(path: Path, *, is_synced: bool = False) -> tuple[int, str]:
    """Return a file's size and SHA-256; with `is_synced` it is made to last through a power cut.

    Raises: OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if is_synced:
            os.fsync(stream.fileno())
        return stream.tell(), digest
