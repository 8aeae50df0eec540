"""What the API may ask of the archive, answered by a thread: files are read, and the loop must not wait for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from tradewind.api.history_desk import BarHistory, HistoryTick, MainDay, RecordedDays, TickHistory
from tradewind.errors import InputError, ReplayFileError, StoreError
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.history.keeping import places_of
from tradewind.stores.ticks.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.ticks.bar import ArchivedBar
    from tradewind.stores.ticks.places import ArchivePlaces

    T = TypeVar("T")

_MOST_AT_ONCE = 2
"""Questions read for at a time; a page of history must not take every thread of the process."""


class ArchiveQueries:
    """`api.ports.HistoryQueries` of one archive."""

    def __init__(self, places: ArchivePlaces, instruments: InstrumentTable | None = None) -> None:
        """Without `instruments` the shipped tables tell which contract is of which product."""
        self._places = places
        self._instruments = instruments
        self._gate = asyncio.Semaphore(_MOST_AT_ONCE)

    async def days(self, from_day: int, until_day: int) -> list[RecordedDays]:
        """List the archived days of a span.

        Raises: StoreError: a manifest is damaged.
        """
        return await self._ask(lambda: self._days(from_day, until_day))

    async def ticks(self, instrument_id: str, *, from_ns: int, until_ns: int, after: str, limit: int) -> TickHistory:
        """Return a page of ticks.

        Raises:
            InputError: `after` is of no page.
            StoreError: a file is damaged.
        """
        return await self._ask(lambda: self._ticks(instrument_id, (from_ns, until_ns), after, limit))

    async def bars(
        self, instrument_id: str, interval: str, *, from_day: int, until_day: int, after: str, limit: int
    ) -> BarHistory:
        """Return a page of bars.

        Raises:
            InputError: `after` is of no page.
            StoreError: a file is damaged.
        """
        return await self._ask(lambda: self._bars(instrument_id, interval, (from_day, until_day), after, limit))

    async def main_contracts(self, product_id: str, exchange: str, from_day: int, until_day: int) -> list[MainDay]:
        """Return the main contract of each archived day.

        Raises: StoreError: a file is damaged.
        """
        return await self._ask(lambda: self._mains(product_id, exchange, (from_day, until_day)))

    async def _ask(self, read: Callable[[], T]) -> T:
        async with self._gate:
            try:
                return await asyncio.to_thread(read)
            except ReplayFileError as error:
                # Where files lie is nothing for whoever asks over REST; `tradewind data check` says which it is.
                message = "a file of the archive is damaged; `tradewind data check` names it"
                raise StoreError(message) from error

    def _days(self, from_day: int, until_day: int) -> list[RecordedDays]:
        found = []
        for day in self._places.days():
            if from_day <= day <= until_day:
                for path in self._places.manifests(day):
                    manifest = read_manifest(path)
                    contracts = [part.instrument_id for part in manifest.parts]
                    lost = sum(loss.ticks for loss in manifest.losses)
                    found.append(
                        RecordedDays(
                            trading_day=day,
                            recording=manifest.recording,
                            source=manifest.source,
                            ticks=manifest.ticks,
                            lost=lost,
                            instruments=contracts,
                        )
                    )
        return found

    def _mains(self, product_id: str, exchange: str, days: tuple[int, int]) -> list[MainDay]:
        from tradewind.runtime.history.mains import main_days  # noqa: PLC0415 - brings pyarrow along

        if self._instruments is None:
            self._instruments = InstrumentTable()
        return main_days(self._places, self._instruments, product_id=product_id, exchange=exchange, days=days)

    def _ticks(self, instrument_id: str, span: tuple[int, int], after: str, limit: int) -> TickHistory:
        from tradewind.stores.ticks.reading import Place, read_ticks  # noqa: PLC0415 - brings pyarrow along

        place = Place(*_place(after)) if after else None
        page = read_ticks(self._places, instrument_id, from_ns=span[0], until_ns=span[1], limit=limit, after=place)
        rows = [HistoryTick(recording, *tick) for recording, tick in page.rows]
        return TickHistory(rows, None if page.next is None else _cursor(*msgspec.structs.astuple(page.next)))

    def _bars(self, instrument_id: str, interval: str, days: tuple[int, int], after: str, limit: int) -> BarHistory:
        from tradewind.stores.ticks.bar_columns import bars_of  # noqa: PLC0415 - brings pyarrow along

        begin = _place(after) if after else (days[0], "", -1)
        rows: list[ArchivedBar] = []
        last = None
        found = bars_of(self._places, instrument_id, interval, from_day=max(days[0], begin[0]), until_day=days[1])
        for recording, bar in found:
            key = (bar.trading_day, recording, bar.ts_open)
            if key <= begin:
                continue
            if len(rows) == limit:
                return BarHistory(rows, last)
            rows.append(bar)
            last = _cursor(*key)
        return BarHistory(rows, None)


def history_of(settings: TradewindSettings, instruments: InstrumentTable) -> ArchiveQueries | None:
    """Return what may be asked of the archive; `None` where the settings name none."""
    recording = settings.market.recording
    return ArchiveQueries(places_of(settings), instruments) if recording.folder or recording.archive_folder else None


def _cursor(day: int, recording: str, number: int) -> str:
    return f"{day}:{recording}:{number}"


def _place(text: str) -> tuple[int, str, int]:
    parts = text.split(":")
    try:
        day, recording, number = parts
        return int(day), recording, int(number)
    except ValueError:
        message = f"after must be `next` of a page before, was {text[:80]!r}"
        raise InputError(message) from None
