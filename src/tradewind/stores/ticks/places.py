"""Where what lies in the archive; folders that DuckDB and polars read as hive partitions.

    ticks/trading_day=20210104/instrument=IF2101.CFFEX/simulator.parquet
    ticks/trading_day=20210104/_simulator.day.json            what the recording holds: written last, so it is whole
    ticks/trading_day=20210104/_simulator.gaps.json           what is missing
    bars/interval=1m/trading_day=20210104/instrument=IF2101.CFFEX/simulator.parquet

A recording is named after its source, the further ones of a day with a number: `simulator-2`. Readers of whole folders
pass over names that begin with `_`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST_END: Final = ".day.json"
GAPS_END: Final = ".gaps.json"
_DAY: Final = re.compile(r"trading_day=(\d{8})")
_RECORDING: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_ID: Final = 64


def recording_name(text: str) -> str:
    """Return `text` if a recording may be called so: it becomes the name of files.

    Raises: InputError: it may not.
    """
    if _RECORDING.fullmatch(text) is None:
        message = f"a recording's name is 1 to 64 letters, digits, `_` or `-`, was {text!r}"
        raise InputError(message)
    return text


class ArchivePlaces:
    """The folders and files of one archive."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ticks = root / "ticks"
        self.bars = root / "bars"
        self.making = root / ".making"
        """Where files are written before they are moved to their place; whatever is left there is nobody's."""
        self.lock = root / ".lock"

    def day(self, trading_day: int) -> Path:
        """Return a day's folder of ticks."""
        return self.ticks / f"trading_day={trading_day}"

    def manifest(self, trading_day: int, recording: str) -> Path:
        """Return where a recording says what it holds."""
        return self.day(trading_day) / f"_{recording}{MANIFEST_END}"

    def gaps(self, trading_day: int, recording: str) -> Path:
        """Return where the report of what is missing in a recording lies."""
        return self.day(trading_day) / f"_{recording}{GAPS_END}"

    def part(self, trading_day: int, recording: str, instrument_id: str) -> Path:
        """Return the file with one instrument's ticks."""
        return self.day(trading_day) / instrument_folder(instrument_id) / f"{recording}.parquet"

    def bars_day(self, interval: str, trading_day: int) -> Path:
        """Return a day's folder of bars of this length."""
        return self.bars / f"interval={interval}" / f"trading_day={trading_day}"

    def bars_part(self, interval: str, trading_day: int, recording: str, instrument_id: str) -> Path:
        """Return the file with one instrument's bars."""
        return self.bars_day(interval, trading_day) / instrument_folder(instrument_id) / f"{recording}.parquet"

    def bar_days(self, interval: str) -> list[int]:
        """Return the trading days that have a folder of bars of this length, oldest first."""
        folder = self.bars / f"interval={interval}"
        if not folder.is_dir():
            return []
        found = (_DAY.fullmatch(path.name) for path in folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def bar_parts(self, interval: str, trading_day: int) -> Iterator[tuple[str, list[Path]]]:
        """Yield each instrument with bars of that day and its files, by name."""
        folder = self.bars_day(interval, trading_day)
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("instrument=*")):
            yield instrument_of_folder(path.name), sorted(path.glob("*.parquet"))

    def days(self) -> list[int]:
        """Return the trading days that have a folder, oldest first."""
        if not self.ticks.is_dir():
            return []
        found = (_DAY.fullmatch(path.name) for path in self.ticks.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def manifests(self, trading_day: int) -> Iterator[Path]:
        """Yield the manifests of a day's recordings, by name."""
        folder = self.day(trading_day)
        if folder.is_dir():
            yield from sorted(folder.glob(f"_*{MANIFEST_END}"))


def recording_of(manifest: Path) -> str:
    """Return the recording whose manifest is called so."""
    return manifest.name.removeprefix("_").removesuffix(MANIFEST_END)


def is_name(instrument_id: str) -> bool:
    """Tell whether something may stand in the archive under this name."""
    return 0 < len(instrument_id) <= _LONGEST_ID and instrument_id.isprintable()


def instrument_folder(instrument_id: str) -> str:
    """Return the folder's name; what might mean something to a file system is written as hive writes it, `%2F`.

    Raises: InputError: longer than any contract's name, or not to be printed.
    """
    if not is_name(instrument_id):
        message = f"an instrument_id has 1 to {_LONGEST_ID} printable characters, was {instrument_id[:80]!r}"
        raise InputError(message)
    return f"instrument={quote(instrument_id, safe='')}"


def instrument_of_folder(name: str) -> str:
    """Return the instrument whose folder is called so."""
    return unquote(name.removeprefix("instrument="))


def day_of_manifest(path: Path) -> tuple[Path, int, str]:
    """Return archive root, trading day and recording of a manifest's path.

    Raises: InputError: no path of a manifest.
    """
    match = _DAY.fullmatch(path.parent.name)
    if match is None or not path.name.endswith(MANIFEST_END):
        message = f"{path}: no manifest of an archived day; allowed is …/ticks/trading_day=…/_NAME{MANIFEST_END}"
        raise InputError(message)
    return path.parent.parent.parent, int(match[1]), recording_of(path)
