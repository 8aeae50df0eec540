"""Makes the archive of a day out of its recording (.twr): the journal that a crash costs nothing of.

A journal that has grown since is made again from its beginning, so doing it twice, or being ended at any moment, does
no harm. The journal itself is never touched.
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import ReplayFileError, StateConflictError, StoreError
from tradewind.market.gaps import GapFinder, GapReport
from tradewind.market.recording import OwnRecording
from tradewind.stores.ticks.manifest import read_manifest, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.market.settings import CleaningSettings
    from tradewind.stores.ticks.manifest import Loss, Manifest
    from tradewind.stores.ticks.places import ArchivePlaces
    from tradewind.stores.ticks.writing import Origin

_JOURNAL: Final = re.compile(r"(\d{8})_([A-Za-z0-9][A-Za-z0-9_-]*)\.twr")
_HEAD_BYTES: Final = 1 << 16
_AT_ONCE: Final = 8_192


class Journal(msgspec.Struct, frozen=True):
    """One recording on disk, by what its name says."""

    path: Path
    trading_day: int
    recording: str


def journals_in(folder: Path) -> list[Journal]:
    """Return the recordings of a folder, by day and name.

    Raises: StoreError: it cannot be listed.
    """
    try:
        names = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        message = f"{folder}: cannot be listed ({error.strerror}); allowed is a folder of .twr recordings"
        raise StoreError(message) from error
    return [journal for path in names if (journal := journal_of(path)) is not None]


def journal_of(path: Path) -> Journal | None:
    """Return what a recording's name says; `None` where it is called otherwise."""
    match = _JOURNAL.fullmatch(path.name)
    return None if match is None else Journal(path, int(match[1]), match[2])


def is_due(journal: Journal, places: ArchivePlaces) -> bool:
    """Tell whether a recording holds what its archived day does not."""
    try:
        return read_manifest(places.manifest(journal.trading_day, journal.recording)).origin_bytes != _size(journal)
    except ReplayFileError:
        return True


class DayMaker:
    """Makes archived days and their gap reports; the caller holds the archive's lock."""

    def __init__(
        self,
        places: ArchivePlaces,
        *,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        settings: CleaningSettings,
        now_ns: Callable[[], int],
        on_ticks: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """Tell `on_ticks` how many ticks more are done."""
        self._places = places
        self._instruments = instruments
        self._calendar = calendar
        self._settings = settings
        self._now_ns = now_ns
        self._on_ticks = on_ticks

    def archive(self, journal: Journal) -> tuple[Manifest, GapReport]:
        """Make the day that a recording holds.

        Raises:
            ReplayFileError: the recording is corrupt or holds no ticks.
            StateConflictError: the archive holds another recording of this name.
            StoreError: the disk refused.
        """
        from tradewind.stores.ticks.writing import Origin  # noqa: PLC0415 - brings pyarrow along

        size = _size(journal)
        recording = OwnRecording(journal.path)
        self._refuse_another(journal)
        head, head_bytes = _head(journal.path, size)
        origin = Origin(
            source=recording.header.source, name=journal.path.name, bytes=size, head=head, head_bytes=head_bytes
        )
        ticks = (tick for batch in recording.batches() for tick in batch)
        return self.make(journal.trading_day, journal.recording, ticks, origin, losses=recording.losses())

    def make(
        self,
        trading_day: int,
        recording: str,
        ticks: Iterable[tuple[Any, ...]],
        origin: Origin,
        *,
        losses: tuple[Loss, ...] = (),
    ) -> tuple[Manifest, GapReport]:
        """Make a day of these ticks, whatever was there of this recording before.

        Raises: StoreError: the disk refused.
        """
        from tradewind.stores.ticks.writing import RecordingArchiver  # noqa: PLC0415 - brings pyarrow along

        finder = GapFinder(trading_day, instruments=self._instruments, calendar=self._calendar, settings=self._settings)
        archiver = RecordingArchiver(self._places, trading_day=trading_day, recording=recording)
        rest = iter(ticks)
        try:
            while batch := list(islice(rest, _AT_ONCE)):
                archiver.add(batch)
                finder.add(batch)
                self._on_ticks(len(batch))
            manifest = archiver.commit(origin, losses)
        finally:
            archiver.abandon()
        report = finder.report(recording, losses=losses, now_ns=self._now_ns())
        try:
            write_whole(
                self._places.gaps(trading_day, recording), msgspec.json.format(msgspec.json.encode(report), indent=1)
            )
        except OSError as error:
            message = f"{self._places.root}: {error.strerror}; the gap report of {trading_day} is not written"
            raise StoreError(message) from error
        return manifest, report

    def _refuse_another(self, journal: Journal) -> None:
        """Refuse to write over a day that was made of another file of the same name, which may be gone by now."""
        try:
            manifest = read_manifest(self._places.manifest(journal.trading_day, journal.recording))
        except ReplayFileError:
            return
        head, _ = _head(journal.path, manifest.origin_head_bytes)
        if head != manifest.origin_head or _size(journal) < manifest.origin_bytes:
            message = (
                f"{journal.path}: day {journal.trading_day} of {journal.recording} is archived from another file, "
                f"{manifest.origin} of {manifest.origin_bytes} bytes; rename one of the two"
            )
            raise StateConflictError(message)


def read_gaps(places: ArchivePlaces, trading_day: int, recording: str) -> GapReport:
    """Return the gap report beside an archived day.

    Raises: ReplayFileError: missing or unreadable.
    """
    path = places.gaps(trading_day, recording)
    try:
        return msgspec.json.decode(path.read_bytes(), type=GapReport)
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{path}: no gap report ({error}); `tradewind data repair` makes it anew"
        raise ReplayFileError(message) from error


def _size(journal: Journal) -> int:
    try:
        return journal.path.stat().st_size
    except OSError as error:
        message = f"{journal.path}: cannot be read ({error.strerror})"
        raise ReplayFileError(message) from error


def _head(path: Path, most: int) -> tuple[str, int]:
    try:
        with path.open("rb") as stream:
            data = stream.read(min(most, _HEAD_BYTES))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise ReplayFileError(message) from error
    return hashlib.sha256(data).hexdigest(), len(data)
