"""Brings files of ours and of others into the archive: ticks by way of a journal per trading day, bars as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ReplayFileError
from tradewind.kernel.metrics import Metrics
from tradewind.market.archiving import journals_in
from tradewind.market.recorder import DayRecorder
from tradewind.market.sources.layouts.picking import DSB_MAGIC, SQLITE_MAGIC, open_recording
from tradewind.market.sources.layouts.recording_file import ReadingOptions
from tradewind.runtime.history.keeping import Made
from tradewind.stores.ticks.places import recording_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tradewind.market.archiving import Journal
    from tradewind.runtime.history.keeping import ArchiveKeeper
    from tradewind.stores.ticks.bar import ArchivedBar

_DAY_S: Final = 86_400


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one file."""

    path: str
    layout: str
    ticks: int = 0
    bars: int = 0
    left_out: int = 0
    """Rows that could not be read, or whose contract or trading day nobody knows."""
    days: tuple[Made, ...] = ()


class Importer:
    """Takes files into one archive; the caller holds its lock."""

    def __init__(self, keeper: ArchiveKeeper, *, recording: str, on_ticks: Callable[[int], None]) -> None:
        """Name what is brought in `recording`; what is there of that name and day is replaced.

        Raises: InputError: no name for a recording.
        """
        self._keeper = keeper
        self._recording = recording_name(recording)
        self._facts = keeper.facts_for(recording)
        self._on_ticks = on_ticks

    def take(self, path: Path, *, instrument: str | None, interval: str | None) -> Imported:
        """Bring one file in.

        Raises:
            ReplayFileError: of no known layout, damaged, or no contract can be told.
            StoreError: the disk refused.
        """
        bars = self._bars(path, instrument=instrument, interval=interval)
        return self._take_ticks(path, instrument) if bars is None else self._put_bars(path, *bars)

    def _take_ticks(self, path: Path, instrument: str | None) -> Imported:
        facts = self._facts
        recording = open_recording(path, ReadingOptions(instruments=facts.instruments, instrument=instrument))
        folder = self._keeper.places.making / "incoming"
        recorder = DayRecorder(
            folder,
            source=self._recording,
            instruments=facts.instruments,
            calendar=facts.calendar,
            metrics=Metrics(),
        )
        ticks = 0
        for batch in recording.batches():
            before = ticks
            for raw in batch:
                recorder.append(raw)
                ticks += 1
            self._on_ticks(ticks - before)
        recorder.close()
        if recorder.failure is not None:
            raise ReplayFileError(recorder.failure)
        made = tuple(self._archive(journal) for journal in journals_in(folder)) if folder.is_dir() else ()
        kept = sum(day.ticks for day in made)
        return Imported(
            path=str(path),
            layout=recording.layout,
            ticks=kept,
            left_out=ticks - kept + recording.malformed_rows,
            days=made,
        )

    def _archive(self, journal: Journal) -> Made:
        made = self._keeper.archive(journal)
        journal.path.unlink()
        return made

    def _bars(
        self, path: Path, *, instrument: str | None, interval: str | None
    ) -> tuple[str, list[tuple[str, ArchivedBar]]] | None:
        """Return layout and bars, each with its interval, of a file of bars; `None` for any other.

        Raises: ReplayFileError: damaged.
        """
        from tradewind.market.foreign import bar_csv, vnpy_tables, wonder_blocks  # noqa: PLC0415 - heavy

        begin = _first_bytes(path)
        if begin == SQLITE_MAGIC and interval is not None:
            found = [(each, bar) for each, bar in vnpy_tables.vnpy_bars(path) if each == interval]
            return "vnpy_sqlite", found
        if begin.startswith(DSB_MAGIC) and begin[8:10] != b"\x18\x00":
            if instrument is None:
                message = (
                    f"{path}: bars of a block do not say their contract; name it with --instrument symbol.EXCHANGE"
                )
                raise ReplayFileError(message)
            each, bars = wonder_blocks.dsb_bars(path, instrument)
            return "wt_dsb", [(each, bar) for bar in bars]
        if b"\0" not in begin and not begin.startswith(b"PAR1") and bar_csv.is_bars(path):
            each = interval or "1m"
            read = bar_csv.read_csv_bars(path, instrument_id=instrument, interval=each)
            return "bar_csv", [(each, bar) for bar in read]
        return None

    def _put_bars(self, path: Path, layout: str, bars: Iterable[tuple[str, ArchivedBar]]) -> Imported:
        from tradewind.stores.ticks.bar_columns import write_bars  # noqa: PLC0415 - brings pyarrow along

        days: dict[tuple[str, int], dict[str, list[ArchivedBar]]] = {}
        count = left_out = 0
        for interval, bar in bars:
            placed = self._placed(interval, bar)
            if placed is None:
                left_out += 1
                continue
            of_day = days.setdefault((interval, placed.trading_day), {})
            of_day.setdefault(placed.instrument_id, []).append(placed)
            count += 1
        for (interval, day), by_instrument in days.items():
            write_bars(self._keeper.places, interval, day, self._recording, by_instrument, is_whole=False)
        made = tuple(
            Made(trading_day=day, recording=self._recording, bars=sum(map(len, found.values())))
            for (_, day), found in sorted(days.items())
        )
        return Imported(path=str(path), layout=layout, bars=count, left_out=left_out, days=made)

    def _placed(self, interval: str, bar: ArchivedBar) -> ArchivedBar | None:
        """Return a bar with its trading day; `None` where nobody knows its hours."""
        instrument = self._facts.instruments.find(bar.instrument_id)
        if bar.trading_day or instrument is None:
            return bar if bar.trading_day else None
        # A day bar is stamped with the midnight that its day begins with.
        ts = bar.ts_open + (_DAY_S // 2 * 1_000_000_000 if interval == "1d" else 0)
        return msgspec.structs.replace(bar, trading_day=self._facts.calendar.trading_day_at(instrument.hours_id, ts))


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(16)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise ReplayFileError(message) from error
