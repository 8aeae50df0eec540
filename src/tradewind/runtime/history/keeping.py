"""Looks after the archive: makes due days, lists what is there, checks it against its manifests, makes damage good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from tradewind.errors import ConfigError, InputError, StateConflictError, StoreError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.market.archiving import DayMaker, Journal, is_due, journals_in, read_gaps
from tradewind.runtime.rooms import Facts
from tradewind.stores.ticks.manifest import read_manifest
from tradewind.stores.ticks.places import ArchivePlaces, recording_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.market.settings import CalendarMode
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.ticks.manifest import Manifest


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """One recording as `tradewind data list` shows it; `bytes` of the archive, 0 where it is not archived yet."""

    trading_day: int
    recording: str
    state: Literal["archived", "due", "damaged"]
    ticks: int
    instruments: int
    bytes: int
    journal_bytes: int
    gaps: int
    lost: int
    remark: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong in the archive or with a journal, and what can be done about it."""

    trading_day: int
    recording: str
    path: str
    problem: str
    remedy: Literal["repair", "copy it again"]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """One day that was made, or why it was not."""

    trading_day: int
    recording: str
    ticks: int = 0
    bytes: int = 0
    bars: int = 0
    gaps: int = 0
    error: str = ""


def places_of(settings: TradewindSettings) -> ArchivePlaces:
    """Return the archive that the settings name.

    Raises: ConfigError: they name none.
    """
    recording = settings.market.recording
    if not recording.folder and not recording.archive_folder:
        message = "nothing is recorded here: set market.recording.folder, or market.recording.archive_folder"
        raise ConfigError(message)
    return ArchivePlaces(Path(recording.archive_folder or Path(recording.folder) / "archive"))


class ArchiveKeeper:
    """What can be done with one archive and the journals it is made of."""

    def __init__(self, settings: TradewindSettings, *, on_ticks: Callable[[int], None] = lambda _count: None) -> None:
        """Tell `on_ticks` how many ticks more are done.

        Raises: ConfigError: the settings name no archive.
        """
        self.places = places_of(settings)
        self._settings = settings
        self._on_ticks = on_ticks
        self._facts: dict[str, Facts] = {}
        self._folder = Path(settings.market.recording.folder) if settings.market.recording.folder else None

    def settings_for(self, recording: str) -> TradewindSettings:
        """Return the settings with the calendar a recording was made by, where they leave it to the source.

        Whatever this run's own source is: a recording of another one has that one's hours.
        """
        market = self._settings.market
        if market.calendar != "auto":
            return self._settings
        mode: CalendarMode = "round_the_clock" if recording.startswith("simulator") else "exchange"
        return msgspec.structs.replace(self._settings, market=msgspec.structs.replace(market, calendar=mode))

    def facts_for(self, recording: str) -> Facts:
        """Return the contracts and hours that hold for a recording."""
        settings = self.settings_for(recording)
        mode = settings.market.calendar_mode()
        if mode not in self._facts:
            self._facts[mode] = Facts(settings)
        return self._facts[mode]

    def journals(self) -> list[Journal]:
        """Return the recordings on disk; none where the folder is not there yet."""
        if self._folder is None or not self._folder.is_dir():
            return []
        return journals_in(self._folder)

    def due(self, *, idle_s: float = 0.0) -> list[Journal]:
        """Return the recordings that hold what the archive does not, and to which nothing was added for `idle_s`."""
        before_ns = SystemClock().now_ns() - round(idle_s * NS_PER_S)
        idle = [journal for journal in self.journals() if not idle_s or _changed_ns(journal) <= before_ns]
        return [journal for journal in idle if is_due(journal, self.places)]

    def archive(self, journal: Journal) -> Made:
        """Make one day with its gap report and its bars; the caller holds the lock. What fails is told, not raised."""
        try:
            manifest, _ = self._maker(journal.recording).archive(journal)
            return self.finish(manifest)
        except (InputError, StateConflictError, StoreError) as error:
            return Made(trading_day=journal.trading_day, recording=journal.recording, error=str(error))

    def finish(self, manifest: Manifest) -> Made:
        """Make the bars of an archived day.

        Raises:
            ReplayFileError: the day cannot be read back.
            StoreError: the disk refused.
        """
        from tradewind.runtime.history.day_bars import make_bars  # noqa: PLC0415 - brings pyarrow along

        day, recording = manifest.trading_day, manifest.recording
        bars = make_bars(self.settings_for(recording), self.places, day, recording)
        gaps = sum(1 for _ in read_gaps(self.places, day, recording).gaps())
        return Made(
            trading_day=day, recording=recording, ticks=manifest.ticks, bytes=manifest.bytes, bars=bars, gaps=gaps
        )

    def _maker(self, recording: str) -> DayMaker:
        facts = self.facts_for(recording)
        return DayMaker(
            self.places,
            instruments=facts.instruments,
            calendar=facts.calendar,
            settings=self._settings.market.cleaning,
            now_ns=SystemClock().now_ns,
            on_ticks=self._on_ticks,
        )

    def days(self) -> Iterator[DayView]:
        """Yield every recording, archived or not, by day and name."""
        journals = {(journal.trading_day, journal.recording): journal for journal in self.journals()}
        archived = {(day, recording_of(path)) for day in self.places.days() for path in self.places.manifests(day)}
        for key in sorted({*journals, *archived}):
            yield self._view(*key, journals.get(key))

    def _view(self, day: int, recording: str, journal: Journal | None) -> DayView:
        journal_bytes = 0 if journal is None else journal.path.stat().st_size
        blank = DayView(
            trading_day=day,
            recording=recording,
            state="due",
            ticks=0,
            instruments=0,
            bytes=0,
            journal_bytes=journal_bytes,
            gaps=0,
            lost=0,
        )
        if not self.places.manifest(day, recording).exists():
            return blank
        try:
            manifest = read_manifest(self.places.manifest(day, recording))
            gaps = sum(1 for _ in read_gaps(self.places, day, recording).gaps())
        except InputError as error:
            return msgspec.structs.replace(blank, state="damaged", remark=str(error))
        return msgspec.structs.replace(
            blank,
            state="due" if journal is not None and is_due(journal, self.places) else "archived",
            ticks=manifest.ticks,
            instruments=len(manifest.parts),
            bytes=manifest.bytes,
            gaps=gaps,
            lost=sum(loss.ticks for loss in manifest.losses),
        )

    def check(self, on_file: Callable[[str], None] = lambda _path: None) -> Iterator[Finding]:
        """Yield what is wrong: files that are missing, changed or torn, and journals that cannot be read."""
        from tradewind.runtime.history.checking import problems_of_day, problems_of_journal  # noqa: PLC0415 - pyarrow

        repairable = set()
        for journal in self.journals():
            on_file(str(journal.path))
            if problem := problems_of_journal(journal):
                yield _finding(journal.trading_day, journal.recording, journal.path, problem, is_repairable=False)
            else:
                repairable.add((journal.trading_day, journal.recording))
        for day in self.places.days():
            for path in self.places.manifests(day):
                recording = recording_of(path)
                for file, problem in problems_of_day(self.places, path, on_file):
                    yield _finding(day, recording, file, problem, is_repairable=(day, recording) in repairable)

    def repair(self, findings: list[Finding]) -> Iterator[Made]:
        """Make anew what can be made of its journal; the caller holds the lock."""
        wanted = {(item.trading_day, item.recording) for item in findings if item.remedy == "repair"}
        for journal in self.journals():
            if (journal.trading_day, journal.recording) in wanted:
                self.places.manifest(journal.trading_day, journal.recording).unlink(missing_ok=True)
                yield self.archive(journal)


def _changed_ns(journal: Journal) -> int:
    try:
        return journal.path.stat().st_mtime_ns
    except OSError:
        return 0  # gone since it was listed; whoever opens it says so


def _finding(day: int, recording: str, path: Path, problem: str, *, is_repairable: bool) -> Finding:
    return Finding(
        trading_day=day,
        recording=recording,
        path=str(path),
        problem=problem,
        remedy="repair" if is_repairable else "copy it again",
    )
