"""Open a recording, whatever its layout: the file's first bytes say which reader, its columns which layout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import ReplayFileError
from tradewind.market.recording import OwnRecording
from tradewind.market.recording_frames import MAGIC
from tradewind.market.sources.layouts.ctp_csv import CtpCsvRecording
from tradewind.stores.ticks.places import MANIFEST_END

if TYPE_CHECKING:
    from tradewind.market.sources.layouts.recording_file import ReadingOptions, RecordingFile

_PARQUET_MAGIC: Final = b"PAR1"
DSB_MAGIC: Final = b"&^%$#@!\0"
SQLITE_MAGIC: Final = b"SQLite format 3\0"
_ALLOWED: Final = "allowed is a Parquet file, a CTP-style CSV file, a .twr recording or an archived day"


def open_recording(path: Path, options: ReadingOptions) -> RecordingFile:
    """Open the recording at `path`.

    A folder is taken for an archived day; where it holds several recordings, the manifest of one is to be named.

    Raises: ReplayFileError: missing, a directory, empty, truncated, foreign, or no contract can be told.
    """
    if path.is_dir() and path.name.startswith("trading_day="):
        path = _only_manifest(path)
    if path.name.endswith(MANIFEST_END):
        return _open_day(path, options)
    begin = _first_bytes(path)
    if begin.startswith(MAGIC):
        return OwnRecording(path)
    if begin == DSB_MAGIC or SQLITE_MAGIC.startswith(begin):
        return _open_foreign(path, begin, options)
    if begin.startswith(_PARQUET_MAGIC):
        return _open_parquet(path, options)
    if path.suffix == ".parquet":
        message = f"{path}: no Parquet file, it begins with {begin[:4]!r}; {_ALLOWED}"
        raise ReplayFileError(message)
    if path.suffix == ".twr":
        message = f"{path}: no .twr recording, it begins with {begin!r}; {_ALLOWED}"
        raise ReplayFileError(message)
    return CtpCsvRecording(path, options)


def _first_bytes(path: Path) -> bytes:
    if not str(path) or path == Path():
        message = f"no recording named; set market.replay.path; {_ALLOWED}"
        raise ReplayFileError(message)
    if path.is_dir():
        message = f"{path}: is a directory; {_ALLOWED}"
        raise ReplayFileError(message)
    try:
        with path.open("rb") as stream:
            begin = stream.read(len(MAGIC))
    except FileNotFoundError as error:
        message = f"{path}: no such file; {_ALLOWED}"
        raise ReplayFileError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); {_ALLOWED}"
        raise ReplayFileError(message) from error
    if not begin:
        message = f"{path}: is empty; {_ALLOWED}"
        raise ReplayFileError(message)
    return begin


def _only_manifest(folder: Path) -> Path:
    found = sorted(folder.glob(f"_*{MANIFEST_END}"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found) or "none"
    message = f"{folder}: allowed is a day with one recording, or the manifest of one of several; it holds {names}"
    raise ReplayFileError(message)


def _open_day(manifest: Path, options: ReadingOptions) -> RecordingFile:
    from tradewind.stores.ticks.reading import ArchivedDay  # noqa: PLC0415 - heavy, only for Parquet

    return ArchivedDay(manifest, batch_rows=options.batch_rows)


def _open_foreign(path: Path, begin: bytes, options: ReadingOptions) -> RecordingFile:
    if begin == DSB_MAGIC:
        from tradewind.market.foreign.wonder_blocks import DsbTicks  # noqa: PLC0415 - heavy, only for such a file

        return DsbTicks(path, instrument=options.instrument, batch_rows=options.batch_rows)
    from tradewind.market.foreign.vnpy_tables import VnpyTicks  # noqa: PLC0415 - heavy, only for such a file

    return VnpyTicks(path, batch_rows=options.batch_rows)


def _open_parquet(path: Path, options: ReadingOptions) -> RecordingFile:
    # Half a second and 50 MB of libraries that a live system never needs.
    from tradewind.market.sources.layouts import (  # noqa: PLC0415 - heavy, only for Parquet
        archived,
        lean_quotes,
        lean_trades,
        tq_bars,
        tq_ticks,
        wt_ticks,
    )
    from tradewind.market.sources.layouts.parquet import open_parquet  # noqa: PLC0415 - heavy, only for Parquet

    layouts = (
        *(wt_ticks.LAYOUT, tq_ticks.LAYOUT, tq_bars.LAYOUT),
        *(lean_trades.STOCKS, lean_trades.FUTURES, lean_quotes.LAYOUT),
        archived.LAYOUT,
    )
    return open_parquet(path, layouts, options)
