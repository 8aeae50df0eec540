"""Our own recordings (.twr): written tick by tick while the market runs, read back tick by tick.

How a file is laid out says `recording_frames`; how the disk is asked, and what happens when it refuses,
`recording_disk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from tradewind.domain.tick import RawTick
from tradewind.errors import ReplayFileError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.recording_disk import SPOOL_BYTES, Frame, InlineHand, PatientFile
from tradewind.market.recording_frames import (
    MAGIC,
    NO_TICKS,
    VERSION,
    RecordingHeader,
    cut_torn_tail,
    frame_of,
    frame_of_ticks,
    frames_of,
    payload_reader,
    scan,
)
from tradewind.stores.ticks.manifest import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tradewind.market.ports import Intake
    from tradewind.market.recording_disk import DiskHand

FRAME_TICKS: Final = 64
FLUSH_S: Final = 1.0
LAYOUT: Final = "tradewind_recording"


class RecordingWriter:
    """Appends ticks to a recording, in frames.

    A frame is handed to the disk (unbuffered, so that the end of this process loses none of it) when it holds 64 ticks
    or when its first tick is `flush_s` of line time old. While the disk refuses, `failure` says why (`on_failure`
    hears it once) and frames wait in memory, up to `spool_bytes`; what comes beyond is counted in `dropped` and noted
    in the recording when the disk takes it again: a full disk must not stop the line.
    """

    def __init__(
        self,
        path: Path,
        *,
        trading_day: int,
        source: str,
        flush_s: float = FLUSH_S,
        hand: DiskHand | None = None,
        spool_bytes: int = SPOOL_BYTES,
        on_failure: Callable[[str], None] = lambda _reason: None,
        on_relief: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin the recording at `path`, or go on with it.

        Raises: ReplayFileError: the file there is no recording, is corrupt, or is of another day or source.
        """
        self.path = path
        self._flush_ns = round(flush_s * NS_PER_S)
        self.waiting: list[RawTick] = []
        """What the next frame holds so far: always this very list."""
        self._hand = InlineHand() if hand is None else hand
        self._unreadable = 0
        header = RecordingHeader(version=VERSION, trading_day=trading_day, source=source)
        self._file = PatientFile(
            path,
            opening=MAGIC + frame_of(msgspec.msgpack.encode(header), 0),
            resume=lambda: cut_torn_tail(path, header),
            note=lambda loss: frame_of(msgspec.msgpack.encode(loss), 0),
            spool_bytes=spool_bytes,
            on_trouble=on_failure,
            on_relief=on_relief,
        )
        self._hand.wake(self._file)

    @property
    def failure(self) -> str | None:
        """Return what is wrong with the disk; `None` while it takes what it gets."""
        return self._file.trouble

    @property
    def resumed_after_ns(self) -> int:
        """Return the receive time of the last tick that was in the file already; 0 where there was none."""
        return self._file.resumed_after_ns

    @property
    def written(self) -> int:
        """Return how many ticks are in the file by this writer."""
        return self._file.written

    @property
    def dropped(self) -> int:
        """Return how many ticks are not recorded: impossible to read back, or come while the spool was full."""
        return self._file.dropped + self._unreadable

    @property
    def spooled(self) -> int:
        """Return how many ticks wait in memory for the disk."""
        return self._file.spooled

    def append(self, raw: RawTick) -> None:
        """Add one tick; it reaches the file with its frame."""
        waiting = self.waiting
        waiting.append(raw)
        if len(waiting) >= FRAME_TICKS or raw[2] - waiting[0][2] >= self._flush_ns:
            self.flush()

    def advance_to(self, now_ns: int) -> None:
        """Write what has waited for `flush_s` of line time while no tick came, or for the disk."""
        waiting = self.waiting
        if waiting and now_ns - waiting[0][2] >= self._flush_ns:
            self.flush()
        elif self._file.trouble is not None:
            self._hand.wake(self._file)

    def flush(self) -> None:
        """Hand what waits to the disk as a frame of its own."""
        ticks = self.waiting.copy()
        self.waiting.clear()
        if not ticks:
            return
        data, count = frame_of_ticks(ticks)
        self._unreadable += len(ticks) - count
        if count:
            self._file.put(Frame(data, count, ticks[0][2], ticks[-1][2]))
            self._hand.wake(self._file)

    def close(self) -> None:
        """Write what waits, and make the file last through a power cut."""
        self.flush()
        self._hand.close(self._file)


class Recorder(Protocol):
    """Where ticks go to be recorded."""

    def append(self, raw: RawTick) -> None:
        """Record one tick."""
        ...

    def advance_to(self, now_ns: int) -> None:
        """Take note that line time moves on while no tick comes."""
        ...


class RecordingIntake:
    """Records every tick on its way into the line."""

    def __init__(self, intake: Intake, recorder: Recorder) -> None:
        self._accept = intake.accept
        self._advance_to = intake.advance_to
        self._append = recorder.append
        self._note_time = recorder.advance_to

    def accept(self, raw: RawTick) -> None:
        """Record the tick, then hand it on."""
        self._append(raw)
        self._accept(raw)

    def advance_to(self, now_ns: int) -> None:
        """Hand line time on, to the recorder too."""
        self._note_time(now_ns)
        self._advance_to(now_ns)


class OwnRecording:
    """One opened .twr file; a `RecordingFile`."""

    layout = LAYOUT
    malformed_rows = 0

    def __init__(self, path: Path) -> None:
        """Read the header and count the ticks.

        Raises: ReplayFileError: no recording of ours, of a newer version, corrupt, or without ticks.
        """
        self.path = path
        self.header, frames, self.torn_bytes = scan(path)
        """`torn_bytes`: how much of a frame that was being written is left at the end, 0 for none."""
        self.total: int | None = sum(frame.ticks for frame in frames)
        if not self.total:
            message = f"{path}: holds no ticks; allowed is a recording with at least one whole frame"
            raise ReplayFileError(message)

    @property
    def remark(self) -> str:
        """Say that the end is torn, if it is."""
        if not self.torn_bytes:
            return ""
        return f"its last frame is torn ({self.torn_bytes} bytes): the recording was cut off while being written"

    def losses(self) -> tuple[Loss, ...]:
        """Return what its recorder noted as lost while the disk refused.

        Raises: ReplayFileError: a note cannot be read.
        """
        found = []
        with self.path.open("rb") as stream:
            for number, frame in enumerate(frames_of(self.path, stream)):
                if number and not frame.ticks:
                    try:
                        found.append(msgspec.msgpack.decode(frame.payload, type=Loss))
                    except msgspec.MsgspecError as error:
                        message = f"{self.path}: frame {number} at byte {frame.begin} is no note of a loss: {error}"
                        raise ReplayFileError(message) from error
        return tuple(found)

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start, a frame at a time; see `RecordingFile`."""
        read = payload_reader()
        with self.path.open("rb") as stream:
            for number, frame in enumerate(frames_of(self.path, stream)):
                if not frame.ticks:  # the header, or a note
                    continue
                try:
                    yield read(frame.payload)
                except NO_TICKS as error:
                    message = f"{self.path}: frame {number} at byte {frame.begin} holds no ticks: {error}"
                    raise ReplayFileError(message) from error


def read_recording(path: Path) -> OwnRecording:
    """Open one of our own recordings.

    Raises: ReplayFileError: as `OwnRecording` says.
    """
    return OwnRecording(path)
