"""What goes by now, and its going: logs, recordings that the archive holds, archived days. Decision 0034.

Run by `tradewind retention run`, which the service calls in a process of its own: verifying a day reads all of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError, StateConflictError, StoreError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.archiving import is_due
from tradewind.runtime.history.keeping import ArchiveKeeper
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.retention.log_files import LogFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.clock import Clock
    from tradewind.market.archiving import Journal
    from tradewind.runtime.settings import TradewindSettings

_SETTLED_S: Final = 86_400
"""A recording that was written to within this time is left alone, whatever its day."""
_CHINA: Final = timedelta(hours=8)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, or would be: `aside`, `compress`, `remove`, or `keep` with what speaks against it."""

    act: str
    path: str
    bytes: int = 0
    why: str = ""


class Removal:
    """One look at everything whose time may be over."""

    def __init__(self, settings: TradewindSettings, *, clock: Clock, is_dry: bool = False) -> None:
        """Change nothing where `is_dry`."""
        self._settings = settings
        self._retention = settings.retention
        self._now_ns = clock.now_ns()
        self._is_dry = is_dry
        self._places = Places(settings.data_dir)
        self._logs = LogFiles(self._places, now_ns=self._now_ns)
        self._gone: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """Do what is to be done, and yield each step.

        Raises:
            StateConflictError: another process is at it.
            StoreError: a file could not be changed.
        """
        try:
            with self._alone():
                yield from self._rotate()
                yield from self._old_logs()
                with self._archive() as keeper:
                    if keeper is not None:
                        yield from self._recordings(keeper)
                        yield from self._days(keeper)
                    yield from self._under_pressure(keeper)
        except OSError as error:
            message = f"{error.filename}: {error.strerror or error}; the rest is tried again at the next look"
            raise StoreError(message) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from looking after the same files meanwhile."""
        folder = Path(self._settings.data_dir)
        if self._is_dry or not folder.is_dir():
            yield
            return
        with (folder / ".retention").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"{folder}: another process looks after these files; wait until it is done"
                raise StateConflictError(message) from error
            yield

    def _rotate(self) -> Iterator[Step]:
        old = self._logs.old(hours=self._retention.log_hours)
        if not self._is_dry:
            self._logs.begin_anew(old)
        yield from (Step(act="aside", path=str(path)) for path in old)
        for path in self._logs.to_compress():
            size = path.stat().st_size
            made = path if self._is_dry else self._logs.compress(path)
            yield Step(act="compress", path=str(made), bytes=size)

    def _old_logs(self) -> Iterator[Step]:
        for path in self._logs.aside(days=self._retention.logs_days):
            yield self._remove(path, f"older than {self._retention.logs_days} days")

    @contextlib.contextmanager
    def _archive(self) -> Iterator[ArchiveKeeper | None]:
        """Give the archive, kept from others meanwhile; `None` where there is none, it is for ever, or busy."""
        if not self._retention.recordings_days and not self._retention.archive_days:
            yield None
            return
        from tradewind.stores.ticks.writing import archive_lock  # noqa: PLC0415 - brings pyarrow along

        with contextlib.ExitStack() as stack:
            try:
                keeper: ArchiveKeeper | None = ArchiveKeeper(self._settings)
                if keeper is not None:
                    stack.enter_context(archive_lock(keeper.places))
            except (ConfigError, StateConflictError):
                keeper = None
            yield keeper

    def _recordings(self, keeper: ArchiveKeeper) -> Iterator[Step]:
        days = self._retention.recordings_days
        for journal in keeper.journals() if days else ():
            if journal.trading_day < self._day_before(days):
                yield self._let_go(keeper, journal, f"archived, older than {days} days")

    def _let_go(self, keeper: ArchiveKeeper, journal: Journal, why: str) -> Step:
        from tradewind.runtime.history.checking import problems_of_day  # noqa: PLC0415 - brings pyarrow along

        if self._now_ns // NS_PER_S - journal.path.stat().st_mtime < _SETTLED_S:
            return Step(act="keep", path=str(journal.path), why="it was written to within a day")
        if is_due(journal, keeper.places):
            return Step(
                act="keep", path=str(journal.path), why="the archive does not hold it; `tradewind data archive`"
            )
        manifest = keeper.places.manifest(journal.trading_day, journal.recording)
        problem = next(problems_of_day(keeper.places, manifest, lambda _path: None), None)
        if problem is not None:
            return Step(act="keep", path=str(journal.path), why=f"{problem[0]}: {problem[1]}; `tradewind data repair`")
        return self._remove(journal.path, why)

    def _days(self, keeper: ArchiveKeeper) -> Iterator[Step]:
        days, places = self._retention.archive_days, keeper.places
        # A day whose recording is still there would only be made again.
        held = {(each.trading_day, each.recording) for each in keeper.journals() if str(each.path) not in self._gone}
        for day in places.days() if days else ():
            if day >= self._day_before(days):
                continue
            recordings = {path.name.removeprefix("_").partition(".")[0] for path in places.manifests(day)}
            if any((day, recording) in held for recording in recordings):
                yield Step(act="keep", path=str(places.day(day)), why="its recording is still there")
                continue
            for recording in sorted(recordings):
                # First, so that a day that is only half there counts as none.
                yield self._remove(places.manifest(day, recording), f"older than {days} days")
            for folder in (places.day(day), *sorted(places.bars.glob(f"interval=*/trading_day={day}"))):
                yield self._remove_folder(folder, f"older than {days} days")

    def _under_pressure(self, keeper: ArchiveKeeper | None) -> Iterator[Step]:
        """Make room where the disk is nearly full: what is a copy or nobody's record, the oldest first."""
        for path in self._logs.aside():
            if not self._is_pressed():
                return
            if str(path) not in self._gone:
                yield self._remove(path, "the disk is nearly full")
        if keeper is None or not self._retention.recordings_days:
            return
        for journal in keeper.journals():
            if not self._is_pressed():
                return
            if str(journal.path) not in self._gone:
                yield self._let_go(keeper, journal, "archived, and the disk is nearly full")

    def _is_pressed(self) -> bool:
        usage = shutil.disk_usage(self._places.logs if self._places.logs.is_dir() else Path(self._settings.data_dir))
        return usage.free * 100 < self._retention.pressure_percent * usage.total

    def _remove(self, path: Path, why: str) -> Step:
        size = path.stat().st_size
        if not self._is_dry:
            path.unlink()
        self._gone.add(str(path))
        return Step(act="remove", path=str(path), bytes=size, why=why)

    def _remove_folder(self, path: Path, why: str) -> Step:
        size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        if not self._is_dry:
            shutil.rmtree(path)
        return Step(act="remove", path=str(path), bytes=size, why=why)

    def _day_before(self, days: int) -> int:
        """Return the date in China so many days ago, as the number that a trading day is."""
        day = datetime.fromtimestamp(self._now_ns // NS_PER_S, UTC) + _CHINA - timedelta(days=days)
        return day.year * 10_000 + day.month * 100 + day.day
