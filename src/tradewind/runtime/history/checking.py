"""What is wrong with files of the archive and with journals, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.errors import InputError
from tradewind.market.archiving import read_gaps
from tradewind.market.recording import OwnRecording
from tradewind.stores.ticks.bar import INTERVALS
from tradewind.stores.ticks.bar_columns import read_bars
from tradewind.stores.ticks.manifest import read_manifest
from tradewind.stores.ticks.reading import open_part
from tradewind.stores.ticks.writing import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tradewind.market.archiving import Journal
    from tradewind.stores.ticks.manifest import Part
    from tradewind.stores.ticks.places import ArchivePlaces


def problems_of_journal(journal: Journal) -> str:
    """Say what is wrong with a journal; empty where nothing is. A torn last frame is as it should be after a crash."""
    try:
        recording = OwnRecording(journal.path)
        recording.losses()
    except InputError as error:
        return _without_path(str(error), journal.path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if recording.header.trading_day != journal.trading_day:
        return f"its header says day {recording.header.trading_day}, its name {journal.trading_day}"
    return ""


def problems_of_day(
    places: ArchivePlaces, manifest_path: Path, on_file: Callable[[str], None]
) -> Iterator[tuple[Path, str]]:
    """Yield each file of an archived day with what is wrong with it."""
    try:
        manifest = read_manifest(manifest_path)
    except InputError as error:
        yield manifest_path, _without_path(str(error), manifest_path)
        return
    for part in manifest.parts:
        path = places.part(manifest.trading_day, manifest.recording, part.instrument_id)
        on_file(str(path))
        if problem := _problem_of_part(path, part):
            yield path, problem
        for interval in INTERVALS:
            bars = places.bars_part(interval, manifest.trading_day, manifest.recording, part.instrument_id)
            try:
                if bars.exists():
                    read_bars(bars)
            except InputError as error:
                yield bars, _without_path(str(error), bars)
    try:
        read_gaps(places, manifest.trading_day, manifest.recording)
    except InputError as error:
        path = places.gaps(manifest.trading_day, manifest.recording)
        yield path, _without_path(str(error), path)


def _problem_of_part(path: Path, part: Part) -> str:
    try:
        size, digest = digest_of(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size != part.bytes:
        return f"has {size} bytes, its manifest says {part.bytes}"
    if digest != part.sha256:
        return "is not what was written: its SHA-256 differs from the manifest's"
    try:
        rows = open_part(path).metadata.num_rows
    except InputError as error:
        return _without_path(str(error), path)
    return "" if rows == part.ticks else f"holds {rows} ticks, its manifest says {part.ticks}"


def _without_path(text: str, path: Path) -> str:
    return text.removeprefix(f"{path}: ")
