"""The disk under a recording: written to by a thread of its own, and waited for while it refuses or is slow.

What it does not take waits in memory in its order, is tried again every second, and is bounded: what comes beyond is
counted, and noted in the file once that is possible. Nothing here ever raises into the line or makes it wait.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tradewind.errors import ReplayFileError
from tradewind.kernel.clock import monotonic_s
from tradewind.stores.ticks.manifest import Loss

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

SPOOL_BYTES: Final = 64 << 20
"""Some 300 000 ticks."""
RETRY_S: Final = 1.0
_SLOW_S: Final = 5.0
"""A frame that waits longer than this without the disk having refused is told as slowness."""
_MOST_AT_ONCE: Final = 1 << 20
_CLOSING_S: Final = 5.0


class Frame(NamedTuple):
    """One frame on its way to the disk; receive times in ns UTC of its first and last tick."""

    data: bytes
    ticks: int
    first_ns: int
    last_ns: int


class PatientFile:
    """An append-only file of frames on a disk that may refuse.

    `put` may be called while another thread is in `drain` or `close`; those two exclude each other.
    """

    def __init__(
        self,
        path: Path,
        *,
        opening: bytes,
        resume: Callable[[], int],
        note: Callable[[Loss], bytes],
        spool_bytes: int = SPOOL_BYTES,
        on_trouble: Callable[[str], None] = lambda _reason: None,
        on_relief: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """Look at the file: `opening` begins a new one; `resume` readies one that is there.

        Raises: ReplayFileError: `resume` does; what is there is not ours to go on with.
        """
        self.path = path
        self.resumed_after_ns = 0
        self.written = 0
        self.dropped = 0
        self.spooled = 0
        self._opening = opening
        self._resume = resume
        self._note = note
        self._spool_bytes = spool_bytes
        self._on_trouble = on_trouble
        self._on_relief = on_relief
        self._now_s = now_s
        self._reason: str | None = None
        self._retry_at_s = 0.0
        self._since_s = 0.0
        self._lost: Loss | None = None
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._end = 0
        self._file: FileIO | None = None
        self._is_closed = False
        self._counting = threading.Lock()
        self._draining = threading.Lock()
        try:
            self._open()
        except OSError as error:
            self._refuse(_why(error))

    @property
    def trouble(self) -> str | None:
        """Return what is wrong with the disk, in a sentence; `None` while it takes what it gets."""
        spooled, reason = self.spooled, self._reason
        if reason is not None and self._is_closed:
            return f"{self.path}: {reason}; {self.dropped} ticks are not recorded"
        if reason is not None:
            lost = f", {self.dropped} are lost" if self.dropped else ""
            return f"{self.path}: {reason}; {spooled} ticks wait in memory{lost}"
        if spooled and self._now_s() - self._since_s > _SLOW_S:
            return f"{self.path}: the disk is slow; {spooled} ticks wait in memory"
        return None

    def put(self, frame: Frame) -> None:
        """Take a frame to be written; where the spool is full it is counted as lost."""
        with self._counting:
            if self._is_closed or self._bytes + len(frame.data) > self._spool_bytes:
                self._lose(frame)
                return
            if self._lost is not None:
                self._take(Frame(self._note(self._lost), 0, 0, 0))
                self._lost = None
            if not self._frames:
                self._since_s = self._now_s()
            self._take(frame)

    def drain(self, *, is_last: bool = False) -> None:
        """Write what waits, as far as the disk takes it; after a refusal not before it is time to try again."""
        with self._draining:
            if self._reason is not None and not is_last and self._now_s() < self._retry_at_s:
                return
            if not self._end and not self._frames and not self._write(b""):
                return
            while batch := self._next():
                if not self._write(b"".join(frame.data for frame in batch)):
                    return
                self._done(batch)

    def close(self) -> None:
        """Write what waits, count what cannot be written, and make the file last through a power cut."""
        with self._counting:
            if self._lost is not None:
                self._take(Frame(self._note(self._lost), 0, 0, 0))
                self._lost = None
        self.drain(is_last=True)
        with self._counting:
            self._is_closed = True
            self.dropped += self.spooled
            self.spooled = self._bytes = 0
            self._frames.clear()
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            if self._reason is None and _is_disk(error):
                self._refuse(f"{_why(error)}, what was recorded last may not outlive a power cut")
        self._file.close()
        self._file = None

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._bytes += len(frame.data)
        self.spooled += frame.ticks

    def _lose(self, frame: Frame) -> None:
        self.dropped += frame.ticks
        before = self._lost
        self._lost = Loss(
            ticks=frame.ticks + (before.ticks if before is not None else 0),
            from_ns=before.from_ns if before is not None else frame.first_ns,
            until_ns=frame.last_ns,
        )

    def _next(self) -> list[Frame]:
        with self._counting:
            batch: list[Frame] = []
            size = 0
            for frame in self._frames:
                size += len(frame.data)
                if batch and size > _MOST_AT_ONCE:
                    break
                batch.append(frame)
            return batch

    def _done(self, batch: list[Frame]) -> None:
        with self._counting:
            for frame in batch:
                self._frames.popleft()
                self._bytes -= len(frame.data)
                self.spooled -= frame.ticks
                self.written += frame.ticks
            self._since_s = self._now_s()

    def _open(self) -> None:
        """Open the file, ready to be gone on with.

        Raises: OSError, ReplayFileError.
        """
        is_there = self.path.exists() and self.path.stat().st_size > 0
        if is_there:
            self.resumed_after_ns = self._resume()
        self._file = self.path.open("ab", buffering=0)
        self._end = self.path.stat().st_size if is_there else 0

    def _write(self, data: bytes) -> bool:
        try:
            if self._file is None:
                self._open()
            file = self._file
            if file is None:
                return False
            if os.fstat(file.fileno()).st_size > self._end:
                os.ftruncate(file.fileno(), self._end)  # what the disk took of a frame that it then refused
            whole = data if self._end else self._opening + data
            if file.write(whole) != len(whole):
                self._refuse("the disk took only part of a frame")
                return False
        except OSError as error:
            self._refuse(_why(error))
            return False
        except ReplayFileError as error:
            self._refuse(str(error))
            return False
        self._end += len(whole)
        if self._reason is not None:
            self._reason = None
            self._on_relief()
        return True

    def _refuse(self, reason: str) -> None:
        is_news = self._reason is None
        self._reason = reason
        self._retry_at_s = self._now_s() + RETRY_S
        if is_news:
            self._on_trouble(f"{self.path}: {reason}")


class DiskHand(Protocol):
    """Who writes: the caller itself, or a thread beside the line."""

    def wake(self, file: PatientFile) -> None:
        """Have a file write what waits."""
        ...

    def close(self, file: PatientFile) -> None:
        """Have a file closed."""
        ...


class InlineHand:
    """Writes at once, in the caller's own time; for programs that record and do nothing else."""

    def wake(self, file: PatientFile) -> None:
        """Write what waits."""
        file.drain()

    def close(self, file: PatientFile) -> None:
        """Close the file."""
        file.close()


class ThreadHand:
    """Writes in one thread, so that a disk that takes its time takes none of the line's."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._asked: set[PatientFile] = set()
        self._troubled: set[PatientFile] = set()
        self._thread: threading.Thread | None = None

    def wake(self, file: PatientFile) -> None:
        """Have the thread write what waits."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recording-disk", daemon=True)
            self._thread.start()
        # Frames that come before the thread gets round to it are written with those it was asked for.
        if file not in self._asked:
            self._asked.add(file)
            self._work.put(lambda: self._drain(file))

    def close(self, file: PatientFile) -> None:
        """Have the thread close the file, and wait for that a few seconds: no disk may keep us from ending."""
        done = threading.Event()

        def work() -> None:
            file.close()
            self._troubled.discard(file)
            done.set()

        self._work.put(work)
        done.wait(_CLOSING_S)

    def _drain(self, file: PatientFile) -> None:
        self._asked.discard(file)
        file.drain()
        if file.spooled:
            self._troubled.add(file)
        else:
            self._troubled.discard(file)

    def _run(self) -> None:
        while True:
            try:
                self._work.get(timeout=RETRY_S if self._troubled else None)()
            except Empty:
                for file in list(self._troubled):
                    self._drain(file)


def _is_disk(error: OSError) -> bool:
    """Tell a disk's refusal from a file that cannot be synchronised at all, such as a device."""
    return error.errno != errno.EINVAL


def _why(error: OSError) -> str:
    return error.strerror or str(error)
