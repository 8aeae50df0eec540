"""A log file that puts itself aside when it is large. A full disk costs lines, never the work that logs."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path


class LogFile(io.TextIOBase):
    """Text to a file and, when it has grown to `max_bytes`, to a new one; `keep` older ones stay."""

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._file: io.FileIO | None = None
        self.lost = 0

    def write(self, text: str) -> int:
        """Write a line; where that fails it is counted as lost."""
        data = text.encode(errors="replace")
        try:
            file = self._opened()
            if file.tell() + len(data) > self._max_bytes and file.tell() > 0:
                self._put_aside()
                file = self._opened()
            file.write(data)
        except OSError:
            self.lost += 1
            self._shut()
        return len(text)

    def flush(self) -> None:
        """Do nothing: every line is written at once."""

    def close(self) -> None:
        """Close the file."""
        self._shut()
        super().close()

    def _opened(self) -> io.FileIO:
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        return self._file

    def _shut(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _put_aside(self) -> None:
        self._shut()
        for number in range(self._keep - 1, 0, -1):
            older = self._aside(number)
            if older.exists():
                older.replace(self._aside(number + 1))
        self._path.replace(self._aside(1))

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
