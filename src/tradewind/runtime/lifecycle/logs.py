"""The services' log files as one: the last lines of all in the order of time, and what follows."""

from __future__ import annotations

import os
import re
import time
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TIME: Final = re.compile(
    r'"timestamp": ?"([^"]+)"|^(\d{4}-\d\d-\d\d[T ][\d:.,]+Z?)|^(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) '
)
"""In our lines, in supervisord's and in those of Nginx."""
_BLOCK: Final = 65_536
_LOOK_S: Final = 0.2
_FIRST: Final = 20


class Line(NamedTuple):
    """One line and when it was written; one without a time of its own belongs to the line before it."""

    timestamp: str
    service: str
    text: str


def tail_of(path: Path, count: int, *, service: str = "", end: int | None = None) -> list[Line]:
    """Return the last lines of a log before `end`, going back into the file before when it was begun just now."""
    texts = _last_lines(path, count, end)
    if len(texts) < count:
        texts = [*_last_lines(path.with_name(f"{path.name}.1"), count - len(texts), None), *texts]
    lines, stamp = [], ""
    for text in texts:
        stamp = _stamp_of(text) or stamp
        lines.append(Line(stamp, service, text))
    return lines


def begun_at(path: Path) -> str:
    """Return when the first line with a time was written, as it says it; empty where none of the first says one."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return next((stamp for line in islice(file, _FIRST) if (stamp := _stamp_of(line))), "")
    except OSError:
        return ""


class Logs:
    """Several logs as one, from this moment backwards and forwards."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._followed = {service: _Followed(service, path) for service, path in paths.items()}

    def last(self, count: int) -> list[Line]:
        """Return the last lines before this moment in the order of time."""
        lines = [
            line
            for service, path in self._paths.items()
            for line in tail_of(path, count, service=service, end=self._followed[service].begun_at)
        ]
        lines.sort(key=lambda line: line.timestamp)
        return lines[-count:] if count else []

    def fresh(self) -> list[Line]:
        """Return the whole lines written since the last look; rotated files make no difference."""
        return sorted(
            (line for one in self._followed.values() for line in one.fresh()), key=lambda line: line.timestamp
        )

    def follow(self) -> Iterator[list[Line]]:
        """Yield what is written from this moment on, for ever."""
        while True:
            fresh = self.fresh()
            if fresh:
                yield fresh
            else:
                time.sleep(_LOOK_S)

    def close(self) -> None:
        """Let go of the files."""
        for one in self._followed.values():
            one.close()


class _Followed:
    """One log that is read as it grows."""

    def __init__(self, service: str, path: Path) -> None:
        self._service = service
        self._path = path
        self._file: TextIO | None = self._open()
        self._begun = ""
        self._stamp = ""
        self.begun_at = self._file.seek(0, os.SEEK_END) if self._file is not None else 0

    def fresh(self) -> list[Line]:
        """Return the whole lines that came since the last look."""
        texts = self._read()
        if self._is_rotated():
            self._file = self._open()
            texts += self._read()
        lines = []
        for text in texts:
            self._stamp = _stamp_of(text) or self._stamp
            lines.append(Line(self._stamp, self._service, text))
        return lines

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        *whole, self._begun = (self._begun + self._file.read()).split("\n")
        return whole

    def _is_rotated(self) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        if self._file is None:
            return True
        held = os.fstat(self._file.fileno())
        if held.st_ino == found.st_ino and found.st_size >= self._file.tell():
            return False
        self._file.close()
        return True

    def _open(self) -> TextIO | None:
        try:
            return self._path.open(encoding="utf-8", errors="replace")
        except OSError:
            return None


def _stamp_of(text: str) -> str:
    found = _TIME.search(text)
    if found is None:
        return ""
    return found[1] or found[2] or f"{found[3]}-{found[4]}-{found[5]}T{found[6]}"


def _last_lines(path: Path, count: int, end: int | None) -> list[str]:
    """Return up to `count` lines of a file before `end`, reading no more of it than they need."""
    if count <= 0:
        return []
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            end = size if end is None else min(end, size)
            data = b""
            while end and data.count(b"\n") <= count:
                begin = max(0, end - _BLOCK)
                file.seek(begin)
                data = file.read(end - begin) + data
                end = begin
    except OSError:
        return []
    return data.decode("utf-8", "replace").splitlines()[-count:]
