"""Anchors in a file that only grows, and in the system's log: places the database cannot reach."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.audit.ports import Anchor
from tradewind.errors import InputError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


_SYSLOG: Final = "/dev/log"
_TAIL_BYTES: Final = 1 << 20


class AnchorFile:
    """One JSON object a line; `audit.ports.AnchorPlace`."""

    def __init__(self, path: Path, *, is_told_to_syslog: bool = False) -> None:
        self.path = path
        self._is_told_to_syslog = is_told_to_syslog

    def add(self, anchor: Anchor) -> None:
        """Append one and see it to the disk."""
        line = msgspec.json.encode(anchor) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One write of one line: readers never see half of it, and no other writer gets between.
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
            if self._is_told_to_syslog:
                _tell_syslog(line)
        except OSError as error:
            message = f"the anchor file {self.path} cannot be written ({error.strerror}); correct audit.anchor_file"
            raise StoreError(message) from error

    def read(self) -> list[Anchor]:
        """Return every anchor, the oldest first.

        Raises: InputError: the file is not there, or a line of it is no anchor.
        """
        return self._read(0)

    def _read(self, begin: int) -> list[Anchor]:
        try:
            with self.path.open("rb") as file:
                file.seek(begin)
                text = file.read() if begin == 0 else file.read().partition(b"\n")[2]
        except OSError as error:
            message = f"the anchor file {self.path} cannot be read ({error.strerror}); name another with --anchor"
            raise InputError(message) from error
        anchors = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    anchors.append(msgspec.json.decode(line, type=Anchor))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    message = f"{self.path}, line {number}, is no anchor ({error}); the file was changed or cut"
                    raise InputError(message) from error
        return anchors

    def last(self, chain: str) -> Anchor | None:
        """Return the newest anchor of a chain; `None` where there is none, or no file yet. Raises as `read`."""
        if not self.path.exists():
            return None
        anchors = self._read(max(0, self.path.stat().st_size - _TAIL_BYTES))
        return next((anchor for anchor in reversed(anchors) if anchor.chain == chain), None)


def _tell_syslog(line: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.connect(_SYSLOG)
        log.send(b"<13>tradewind-anchor: " + line.strip())
