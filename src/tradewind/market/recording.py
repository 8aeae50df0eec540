"""Our own recordings (.twr): an append-only log of raw ticks that a crash costs at most its last frame.

    8 bytes      TWTICKS and a newline
    frame 0      the header as a MessagePack map: version, trading day, source
    frame 1 …    up to 64 ticks as a MessagePack list of RawTick arrays

    each frame   payload length u32, ticks u16, check u16 of these six bytes, CRC-32 of the payload u32, payload

A frame that ends early at the file's end is torn: whoever reads stops before it and says so, whoever goes on writing
cuts it off. Anything else that does not add up is corruption in the middle, and refused.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from tradewind.domain.tick import DepthLevel, RawTick
from tradewind.errors import ReplayFileError
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from tradewind.market.ports import Intake

MAGIC: Final = b"TWTICKS\n"
VERSION: Final = 1
FRAME_TICKS: Final = 64
LAYOUT: Final = "tradewind_recording"
_PREFIX: Final = struct.Struct("<IHHI")
_CHECKED: Final = struct.Struct("<IH")
_LARGEST_FRAME: Final = 1 << 20

_UNREADABLE: Final = (msgspec.ValidationError, OverflowError, UnicodeEncodeError)
"""What becomes of a tick with a field of the wrong kind, a number beyond 64 bits, or text that is none."""

_Tick = tuple[
    str,
    int,
    int,
    int,
    float | None,
    int | None,
    float | None,
    float | None,
    float | None,
    int | None,
    float | None,
    int | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    tuple[DepthLevel, ...] | None,
]
"""RawTick's shape as a plain tuple: decoding it checks every type and is faster than making named tuples."""


class RecordingHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a recording says of itself."""

    version: int
    trading_day: int
    source: str


class _Frame(NamedTuple):
    begin: int
    end: int
    ticks: int
    payload: bytes


class RecordingWriter:
    """Appends ticks to a recording, in frames.

    A frame is written (one system call, unbuffered, so that the end of this process loses none of it) when it holds
    64 ticks or when its first tick is `flush_s` of line time old. When the disk refuses, recording stops, `failure`
    says why (`on_failure` hears it once), and what comes after is counted in `dropped`: a full disk must not stop the
    line.
    """

    def __init__(
        self,
        path: Path,
        *,
        trading_day: int,
        source: str,
        flush_s: float = 1.0,
        on_failure: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        """Begin the recording at `path`, or go on with it.

        Raises: ReplayFileError: the file there is no recording, is corrupt, or is of another day or source.
        """
        self.path = path
        self.failure: str | None = None
        self.resumed_after_ns = 0
        """Receive time of the last tick that was in the file already; 0 where there was none."""
        self.dropped = 0
        """Ticks not recorded: impossible to read back, or come after the disk refused."""
        self.written = 0
        self._flush_ns = round(flush_s * NS_PER_S)
        self._waiting: list[RawTick] = []
        self._encode = msgspec.msgpack.Encoder().encode
        self._on_failure = on_failure
        self._stream: BinaryIO | None = None
        self._begin(RecordingHeader(version=VERSION, trading_day=trading_day, source=source))

    def append(self, raw: RawTick) -> None:
        """Add one tick; it reaches the file with its frame."""
        waiting = self._waiting
        waiting.append(raw)
        if len(waiting) >= FRAME_TICKS or raw[2] - waiting[0][2] >= self._flush_ns:
            self.flush()

    def advance_to(self, now_ns: int) -> None:
        """Write what has waited for `flush_s` of line time while no tick came."""
        waiting = self._waiting
        if waiting and now_ns - waiting[0][2] >= self._flush_ns:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a frame of its own."""
        ticks, self._waiting = self._waiting, []
        if not ticks:
            return
        if self._stream is None:
            self.dropped += len(ticks)
            return
        payload, count = self._payload(ticks)
        if not count or not self._write(_frame(payload, count)):
            count = 0
        self.written += count
        self.dropped += len(ticks) - count

    def close(self) -> None:
        """Write what waits, and make the file last through a power cut."""
        self.flush()
        if self._stream is None:
            return
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            self._fail(f"{error.strerror}; what was recorded last may not outlive a power cut")
        self._stream.close()
        self._stream = None

    def _begin(self, header: RecordingHeader) -> None:
        path = self.path
        try:
            is_new = not path.exists() or path.stat().st_size == 0
            if not is_new:
                self.resumed_after_ns = _cut_torn_tail(path, header)
            self._stream = path.open("ab", buffering=0)
        except OSError as error:
            self._fail(f"{error.strerror}; nothing is recorded")
            return
        if is_new:
            self._write(MAGIC + _frame(self._encode(header), 0))

    def _payload(self, ticks: list[RawTick]) -> tuple[bytes, int]:
        """Encode the ticks that can be read back: one malformed tick must not spoil the 63 beside it."""
        try:
            msgspec.convert(ticks, list[_Tick])
            return self._encode(ticks), len(ticks)
        except _UNREADABLE:
            good = [tick for tick in ticks if self._is_readable(tick)]
            return self._encode(good), len(good)

    def _is_readable(self, tick: RawTick) -> bool:
        try:
            self._encode(msgspec.convert(tick, _Tick))
        except _UNREADABLE:
            return False
        return True

    def _write(self, data: bytes) -> bool:
        if self._stream is None:
            return False
        try:
            if self._stream.write(data) == len(data):
                return True
            reason = "disk took only part of a frame"
        except OSError as error:
            reason = error.strerror or str(error)
        self._fail(f"{reason}; recording stopped")
        self._stream.close()
        self._stream = None
        return False

    def _fail(self, reason: str) -> None:
        self.failure = f"{self.path}: {reason}"
        self._on_failure(self.failure)


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
        self.header, frames, self.torn_bytes = _scan(path)
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

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start, a frame at a time; see `RecordingFile`."""
        decode = msgspec.msgpack.Decoder(list[_Tick]).decode
        with self.path.open("rb") as stream:
            for number, frame in enumerate(_frames(self.path, stream)):
                if number == 0:
                    continue
                try:
                    ticks = decode(frame.payload)
                except (msgspec.DecodeError, msgspec.ValidationError) as error:
                    message = f"{self.path}: frame {number} at byte {frame.begin} holds no ticks: {error}"
                    raise ReplayFileError(message) from error
                yield ticks  # type: ignore[misc]  # plain tuples of RawTick's shape


def read_recording(path: Path) -> OwnRecording:
    """Open one of our own recordings.

    Raises: ReplayFileError: as `OwnRecording` says.
    """
    return OwnRecording(path)


def _frame(payload: bytes, ticks: int) -> bytes:
    checked = _CHECKED.pack(len(payload), ticks)
    return _PREFIX.pack(len(payload), ticks, zlib.crc32(checked) & 0xFFFF, zlib.crc32(payload)) + payload


def _scan(path: Path) -> tuple[RecordingHeader, list[_Frame], int]:
    with path.open("rb") as stream:
        frames = [
            frame._replace(payload=frame.payload if frame.begin == len(MAGIC) else b"")
            for frame in _frames(path, stream)
        ]
    if not frames:
        message = f"{path}: its header is torn, nothing was recorded; remove it"
        raise ReplayFileError(message)
    try:
        header = msgspec.msgpack.decode(frames[0].payload, type=RecordingHeader)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        message = f"{path}: its header cannot be read ({error}); allowed is a recording of version {VERSION}"
        raise ReplayFileError(message) from error
    if header.version != VERSION:
        message = f"{path}: is a recording of version {header.version}; allowed is version {VERSION}"
        raise ReplayFileError(message)
    return header, frames, path.stat().st_size - frames[-1].end


def _cut_torn_tail(path: Path, wanted: RecordingHeader) -> int:
    """Leave nothing but whole frames, and return the receive time of the last tick (0 without one).

    Raises: ReplayFileError: no recording, corrupt, or another one than `wanted`.
    """
    with path.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            message = f"{path}: exists and is no recording; choose another file"
            raise ReplayFileError(message)
    found, frames, torn_bytes = _scan(path)
    if found != wanted:
        message = (
            f"{path}: records {found.source!r} on {found.trading_day}, wanted was {wanted.source!r} on "
            f"{wanted.trading_day}; choose another file"
        )
        raise ReplayFileError(message)
    if torn_bytes:
        os.truncate(path, frames[-1].end)
    return _last_received(path, frames[-1]) if frames[-1].ticks else 0


def _last_received(path: Path, frame: _Frame) -> int:
    with path.open("rb") as stream:
        stream.seek(frame.begin + _PREFIX.size)
        payload = stream.read(frame.end - frame.begin - _PREFIX.size)
    try:
        return msgspec.msgpack.decode(payload, type=list[_Tick])[-1][2]
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        message = f"{path}: its last frame holds no ticks: {error}"
        raise ReplayFileError(message) from error


def _frames(path: Path, stream: BinaryIO) -> Iterator[_Frame]:
    """Yield every whole frame; stop before a torn last one.

    Raises: ReplayFileError: something before the file's end does not add up.
    """
    size = os.fstat(stream.fileno()).st_size
    begin = len(MAGIC)
    stream.seek(begin)
    number = 0
    while begin < size:
        frame = _read_frame(path, stream, begin, size, number)
        if frame is None:
            return
        yield frame
        begin, number = frame.end, number + 1


def _read_frame(path: Path, stream: BinaryIO, begin: int, size: int, number: int) -> _Frame | None:
    prefix = stream.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size:
        return None
    length, ticks, check, crc = _PREFIX.unpack(prefix)
    if zlib.crc32(_CHECKED.pack(length, ticks)) & 0xFFFF != check or length > _LARGEST_FRAME:
        if not prefix.strip(b"\0") and not stream.read().strip(b"\0"):
            return None  # blocks the file system had given out but not filled when the machine stopped
        raise _corrupt(path, number, begin)
    payload = stream.read(length)
    end = begin + _PREFIX.size + length
    if len(payload) < length:
        return None
    if zlib.crc32(payload) != crc:
        if end >= size:
            return None
        raise _corrupt(path, number, begin)
    return _Frame(begin, end, ticks, payload)


def _corrupt(path: Path, number: int, begin: int) -> ReplayFileError:
    return ReplayFileError(
        f"{path}: corrupt in the middle, at frame {number}, byte {begin} (checksum does not match); "
        "allowed is a torn last frame only; copy the file again or restore it"
    )
