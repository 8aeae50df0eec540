"""Log files of services under a supervisor: put aside by age, compressed, removed when their time is over.

supervisord writes them and begins a new one by size (`x.log`, `x.log.1`, `x.log.2` …). Here a file that grew old goes
the same way, supervisord is told to open a new one, and what is behind `.1` becomes `x.20261122-093000.log.gz`. Where
nobody supervises, services write to stdout, and whoever runs them keeps that.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S
from tradewind.runtime.lifecycle.logs import begun_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tradewind.runtime.lifecycle.places import Places

_NUMBERED: Final = re.compile(r"(?P<name>.+)\.log\.(?P<number>\d+)")
_ASIDE: Final = re.compile(r"(?P<name>.+)\.aside-\d+")
_END: Final = ".log.gz"


class LogFiles:
    """The logs of one installation; every file stays its owner's alone."""

    def __init__(self, places: Places, *, now_ns: int) -> None:
        self._places = places
        self._now_s = now_ns // NS_PER_S

    def old(self, *, hours: int) -> list[Path]:
        """Return the logs in use whose first line is older than so many hours."""
        before = datetime.fromtimestamp(self._now_s - hours * 3_600, UTC).isoformat()
        found = ((path, begun_at(path)) for path in sorted(self._places.logs.glob("*.log")))
        # A stamp without a zone is the machine's own time; compared by the digits it has, a few hours early or late.
        return [path for path, begun in found if begun and begun.replace(" ", "T")[:19] < before[:19]]

    def begin_anew(self, paths: list[Path]) -> None:
        """Put these logs behind those put aside before, and let supervisord begin new ones. Raises: OSError."""
        for path in paths:
            numbers = sorted((number for each, number in self._numbered() if each == path.stem), reverse=True)
            for number in numbers:
                path.with_name(f"{path.name}.{number}").rename(path.with_name(f"{path.name}.{number + 1}"))
            path.rename(path.with_name(f"{path.name}.1"))
        if paths and (pid := self._supervisor()):
            os.kill(pid, signal.SIGUSR2)

    def to_compress(self) -> list[Path]:
        """Return what nobody reads any more line by line: behind `.1`, and what an earlier look did not finish."""
        found = [self._places.logs / f"{name}.log.{number}" for name, number in self._numbered() if number > 1]
        return sorted([*found, *(path for path in self._places.logs.glob("*.aside-*") if _ASIDE.fullmatch(path.name))])

    def compress(self, path: Path) -> Path:
        """Return the compressed file that takes the place of `path`. Raises: OSError."""
        match = _NUMBERED.fullmatch(path.name) or _ASIDE.fullmatch(path.name)
        name = match["name"] if match else path.stem
        written = path.stat()
        # Out of supervisord's way first: it may number its files anew at any moment.
        own = path if _ASIDE.fullmatch(path.name) else path.with_name(f"{name}.aside-{written.st_mtime_ns}")
        if own != path:
            path.rename(own)
        stamp = datetime.fromtimestamp(written.st_mtime, UTC)
        target = own.with_name(f"{name}.{stamp:%Y%m%d-%H%M%S}{_END}")
        while target.exists():
            target = target.with_name(f"{target.name.removesuffix(_END)}-2{_END}")
        part = target.with_suffix(".part")
        with (
            own.open("rb") as source,
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed)
        os.utime(part, ns=(written.st_atime_ns, written.st_mtime_ns))
        part.rename(target)
        own.unlink()
        return target

    def aside(self, *, days: int = 0) -> list[Path]:
        """Return the compressed logs that are older than so many days, the oldest first."""
        before = self._now_s - days * 86_400
        found = [(path.stat().st_mtime, path) for path in self._places.logs.glob(f"*{_END}")]
        return [path for written, path in sorted(found) if written < before]

    def _numbered(self) -> Iterator[tuple[str, int]]:
        for path in self._places.logs.glob("*.log.*"):
            if match := _NUMBERED.fullmatch(path.name):
                yield match["name"], int(match["number"])

    def _supervisor(self) -> int | None:
        try:
            return int(self._places.pid.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
