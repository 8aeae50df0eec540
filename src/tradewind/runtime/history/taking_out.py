"""Takes ticks and bars out of the archive, into files that others read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NoReturn

import msgspec

from tradewind.errors import InputError, StoreError
from tradewind.market.foreign import bar_csv, tick_csv, vnpy_tables, wonder_blocks
from tradewind.stores.ticks.bar_columns import bars_of
from tradewind.stores.ticks.manifest import read_manifest
from tradewind.stores.ticks.reading import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.stores.ticks.bar import ArchivedBar
    from tradewind.stores.ticks.places import ArchivePlaces

Format = Literal["csv", "vnpy-sqlite", "wt-csv", "wt-dsb"]
_ROWS: Final = 8_192


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written where; `replaced` rows took the place of others that the target cannot tell apart."""

    path: str
    kind: str
    rows: int
    replaced: int = 0


class Exporter:
    """Writes one instrument's span of trading days."""

    def __init__(
        self,
        places: ArchivePlaces,
        instrument_id: str,
        *,
        days: tuple[int, int],
        recording: str | None,
        on_ticks: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """Take the days from the first to the last, of one recording or of all."""
        self._places = places
        self._instrument_id = instrument_id
        self._days = days
        self._recording = recording
        self._on_ticks = on_ticks

    def ticks(self, target: Path, form: Format) -> Exported:
        """Write ticks.

        Raises:
            InputError: the archive holds none of them, or the format knows no ticks.
            StoreError: the target cannot be written.
        """
        found = list(self._tick_days())
        if not found:
            self._refuse("ticks")
        days = ((day, self._counted(path)) for day, path in found)
        if form == "csv":
            rows, replaced = _written(target, lambda: tick_csv.write_ticks(target, days)), 0
        elif form == "vnpy-sqlite":
            rows, replaced = vnpy_tables.write_ticks(target, (tick for _, ticks in days for tick in ticks))
        elif form == "wt-dsb":
            if len(found) != 1:
                message = f"a block of WonderTrader's holds one day's ticks; asked for were {len(found)} recordings"
                raise InputError(message)
            rows, replaced = _written(target, lambda: _dsb_ticks(target, *next(days))), 0
        else:
            message = f"{form} is for bars; allowed for ticks are csv, vnpy-sqlite and wt-dsb"
            raise InputError(message)
        return Exported(path=str(target), kind="ticks", rows=rows, replaced=replaced)

    def bars(self, target: Path, form: Format, interval: str) -> Exported:
        """Write bars of this length.

        Raises:
            InputError: the archive holds none of them.
            StoreError: the target cannot be written.
        """
        found = bars_of(self._places, self._instrument_id, interval, from_day=self._days[0], until_day=self._days[1])
        bars = [bar for recording, bar in found if self._recording in {None, recording}]
        if not bars:
            self._refuse(f"{interval} bars")
        rows, replaced = len(bars), 0
        if form == "vnpy-sqlite":
            rows, replaced = vnpy_tables.write_bars(target, interval, bars)
        else:
            _written(target, lambda: _write_bars(target, form, interval, bars))
        return Exported(path=str(target), kind=f"{interval} bars", rows=rows, replaced=replaced)

    def _tick_days(self) -> Iterator[tuple[int, Path]]:
        for day in self._places.days():
            if not self._days[0] <= day <= self._days[1]:
                continue
            for path in self._places.manifests(day):
                manifest = read_manifest(path)
                if self._recording in {None, manifest.recording}:
                    for part in manifest.parts:
                        if part.instrument_id == self._instrument_id:
                            yield day, self._places.part(day, manifest.recording, part.instrument_id)

    def _counted(self, path: Path) -> Iterator[RawTick]:
        for arrivals, ticks in rows_of(path, _ROWS):
            yield from ticks
            self._on_ticks(len(arrivals))

    def _refuse(self, what: str) -> NoReturn:
        first, last = self._days
        of = f" of {self._recording}" if self._recording else ""
        message = (
            f"the archive {self._places.root} holds no {what} of {self._instrument_id}{of} from {first} to {last}; "
            "`tradewind data list` shows what it holds"
        )
        raise InputError(message)


def _dsb_ticks(target: Path, day: int, ticks: Iterable[RawTick]) -> int:
    rows = list(ticks)
    wonder_blocks.write_ticks(target, day, rows)
    return len(rows)


def _write_bars(target: Path, form: Format, interval: str, bars: list[ArchivedBar]) -> int:
    if form == "wt-dsb":
        wonder_blocks.write_bars(target, interval, bars)
        return len(bars)
    if form == "wt-csv":
        return bar_csv.write_wonder(target, interval, bars)
    return bar_csv.write_vnpy(target, bars)


def _written(target: Path, write: Callable[[], int]) -> int:
    try:
        return write()
    except OSError as error:
        target.unlink(missing_ok=True)
        message = f"{target}: {error.strerror or error}; nothing is exported"
        raise StoreError(message) from error
