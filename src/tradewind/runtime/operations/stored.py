"""What lies on the disk: recorded days, what is missing in them, how much everything takes, how long it is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.api.ops_desk import DataView, GapRow, RecordedDay, Store
from tradewind.errors import ConfigError, InputError
from tradewind.market.archiving import read_gaps
from tradewind.runtime.history.keeping import ArchiveKeeper
from tradewind.stores.ticks.places import recording_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tradewind.runtime.settings import TradewindSettings

_FILES: Final = (".twr", ".parquet", ".csv")
_OF_FILE: Final = "file"
_MOST_GAPS: Final = 2_000
_MOST_FILES: Final = 500


class Playable(NamedTuple):
    """What a replay is made of: the path to play, and the settings with the hours that hold for it."""

    path: Path
    settings: TradewindSettings


class Stored:
    """Reads the archive and folders anew each time it is asked; every method blocks."""

    def __init__(self, settings: TradewindSettings) -> None:
        self._settings = settings
        self._home = Path(settings.data_dir)
        try:
            self._keeper: ArchiveKeeper | None = ArchiveKeeper(settings)
        except ConfigError:
            self._keeper = None

    def view(self) -> DataView:
        """Return everything.

        Raises: StoreError: a folder cannot be read.
        """
        disk = shutil.disk_usage(self._home if self._home.is_dir() else Path())
        return DataView(
            days=[*self._days(), *self._files()],
            stores=list(self._stores()),
            disk_free=disk.free,
            disk_size=disk.total,
            is_recording=bool(self._settings.market.recording.folder),
        )

    def gaps(self, day: str) -> list[GapRow]:
        """Return what is missing in a recording.

        Raises: InputError: there is no report of it.
        """
        trading_day, recording = _parts(day)
        if self._keeper is None:
            raise _no_such(day)
        report = read_gaps(self._keeper.places, trading_day, recording)
        rows = [GapRow(name, gap.kind, gap.from_ns, gap.until_ns) for name, gap in report.gaps()]
        return sorted(rows, key=lambda row: row.from_ns)[:_MOST_GAPS]

    def playable(self, day: str) -> Playable:
        """Return what to play for a recording's id.

        Raises: InputError: there is no such recording.
        """
        kind, _, name = day.partition(":")
        if kind == _OF_FILE:
            folder = self._settings.market.replay.folder
            found = next((path for path in _recordings_in(folder) if path.name == name), None)
            if found is None:
                raise _no_such(day)
            return Playable(found, self._settings)
        trading_day, recording = _parts(day)
        keeper = self._keeper
        if keeper is not None:
            manifest = keeper.places.manifest(trading_day, recording)
            journal = next(
                (each for each in keeper.journals() if (each.trading_day, each.recording) == (trading_day, recording)),
                None,
            )
            path = manifest if manifest.exists() else None if journal is None else journal.path
            if path is not None:
                return Playable(path, keeper.settings_for(recording))
        raise _no_such(day)

    def _days(self) -> Iterator[RecordedDay]:
        for day in self._keeper.days() if self._keeper is not None else ():
            yield RecordedDay(
                id=f"{day.trading_day}:{day.recording}",
                trading_day=day.trading_day,
                recording=day.recording,
                state=day.state,
                ticks=day.ticks,
                instruments=day.instruments,
                bytes=day.bytes,
                journal_bytes=day.journal_bytes,
                gaps=day.gaps,
                lost=day.lost,
                remark=day.remark,
            )

    def _files(self) -> Iterator[RecordedDay]:
        for path in _recordings_in(self._settings.market.replay.folder):
            yield RecordedDay(
                id=f"{_OF_FILE}:{path.name}",
                trading_day=0,
                recording=path.name,
                state="file",
                ticks=0,
                instruments=0,
                bytes=path.stat().st_size,
                journal_bytes=0,
                gaps=0,
                lost=0,
            )

    def _stores(self) -> Iterator[Store]:
        recording = self._settings.market.recording
        archive = recording.archive_folder or (recording.folder and f"{recording.folder}/archive")
        places = [
            ("journal", recording.folder, "until_archived_or_removed", "*.twr"),
            ("archive", archive, "for_ever", "**/*"),
            ("database", str(self._home), "for_ever", "*.db*"),
            ("logs", str(self._home / "logs"), "rotated", "**/*"),
            ("replays", str(self._home / "replays"), "until_ended", "**/*"),
            ("spool", str(self._home / "spool"), "until_delivered", "**/*"),
        ]
        for name, folder, kept, pattern in places:
            if folder and Path(folder).is_dir():
                yield Store(name, folder, _size(Path(folder).glob(pattern)), kept)


def _recordings_in(folder: str) -> list[Path]:
    if not folder or not Path(folder).is_dir():
        return []
    found = (path for path in Path(folder).iterdir() if path.suffix in _FILES and path.is_file())
    return sorted(found)[:_MOST_FILES]


def _size(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # gone since it was listed
    return total


def _parts(day: str) -> tuple[int, str]:
    number, _, recording = day.partition(":")
    if not number.isdecimal():
        raise _no_such(day)
    return int(number), recording_name(recording)


def _no_such(day: str) -> InputError:
    return InputError(f"no recording {day[:100]!r}; `GET /api/v1/ops/data` lists those there are")
