"""How our own recordings (.twr) are laid out: an append-only log of frames that a crash costs at most its last one.

    8 bytes      TWTICKS and a newline
    frame 0      the header as a MessagePack map: version, trading day, source
    frame 1 …    up to 64 ticks as a MessagePack list of RawTick arrays
                 or, of 0 ticks, a note of a loss as a map: ticks, from_ns, until_ns (version 2)

    each frame   payload length u32, ticks u16, check u16 of these six bytes, CRC-32 of the payload u32, payload

A frame that ends early at the file's end is torn: whoever reads stops before it and says so, whoever goes on writing
cuts it off. Anything else that does not add up is corruption in the middle, and refused.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.tick import DepthLevel
from tradewind.errors import ReplayFileError
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from tradewind.domain.tick import RawTick

MAGIC: Final = b"TWTICKS\n"
VERSION: Final = 2
_READABLE_VERSIONS: Final = (1, 2)
"""Version 1 knows no notes of losses."""
_PREFIX: Final = struct.Struct("<IHHI")
_CHECKED: Final = struct.Struct("<IH")
_LARGEST_FRAME: Final = 1 << 20
_LIST_HEAD: Final = 5
"""Bytes before the first item of a list, at most."""

TickShape = tuple[
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

_UNREADABLE: Final = (msgspec.ValidationError, OverflowError, UnicodeEncodeError)
"""What becomes of a tick with a field of the wrong kind, a number beyond 64 bits, or text that is none."""

NO_TICKS: Final = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError)
"""What a payload that holds no ticks raises when it is read."""


class RecordingHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a recording says of itself."""

    version: int
    trading_day: int
    source: str


class FoundFrame(NamedTuple):
    """One frame as it lies in the file: its first byte, the byte behind it, how many ticks it says it holds."""

    begin: int
    end: int
    ticks: int
    payload: bytes


def frame_of(payload: bytes, ticks: int) -> bytes:
    """Return a payload as a frame."""
    checked = _CHECKED.pack(len(payload), ticks)
    return _PREFIX.pack(len(payload), ticks, zlib.crc32(checked) & 0xFFFF, zlib.crc32(payload)) + payload


def frame_of_ticks(ticks: list[RawTick]) -> tuple[bytes, int]:
    """Return a frame of those ticks that can be read back, and how many they are.

    One malformed tick must not spoil the 63 beside it.
    """
    if compiled is not None:
        frame = compiled.tick_frame(ticks)
        if frame is not None:
            return frame, len(ticks)
    return _frame_plainly(ticks)


def _frame_plainly(ticks: list[RawTick]) -> tuple[bytes, int]:
    try:
        msgspec.convert(ticks, list[TickShape])
        payload = msgspec.msgpack.encode(ticks)
        if len(payload) <= _LARGEST_FRAME:
            return frame_of(payload, len(ticks)), len(ticks)
    except _UNREADABLE:
        pass
    good = [tick for tick in ticks if _is_readable(tick, _LARGEST_FRAME // len(ticks) - _LIST_HEAD)]
    return frame_of(msgspec.msgpack.encode(good), len(good)), len(good)


def _is_readable(tick: RawTick, most_bytes: int) -> bool:
    try:
        msgspec.convert(tick, TickShape)
        return len(msgspec.msgpack.encode(tick)) <= most_bytes
    except _UNREADABLE:
        return False


def payload_reader() -> Callable[[bytes], list[RawTick]]:
    """Return what makes ticks of the payloads of one recording, as plain tuples of `RawTick`'s shape.

    It raises one of `NO_TICKS` where a payload holds none.
    """
    plainly: Callable[[bytes], list[RawTick]] = msgspec.msgpack.Decoder(list[TickShape]).decode  # type: ignore[assignment]  # plain tuples of RawTick's shape
    if compiled is None:
        return plainly
    shortly = compiled.FrameReader().decode

    def read(payload: bytes) -> list[RawTick]:
        ticks = shortly(payload)
        return plainly(payload) if ticks is None else ticks

    return read


def scan(path: Path) -> tuple[RecordingHeader, list[FoundFrame], int]:
    """Return the header, every whole frame (payloads left out) and how many bytes of a torn one follow.

    Raises: ReplayFileError: no recording of ours, of another version, or corrupt in the middle.
    """
    with path.open("rb") as stream:
        frames = [
            frame._replace(payload=frame.payload if frame.begin == len(MAGIC) else b"")
            for frame in frames_of(path, stream)
        ]
    if not frames:
        message = f"{path}: its header is torn, nothing was recorded; remove it"
        raise ReplayFileError(message)
    try:
        header = msgspec.msgpack.decode(frames[0].payload, type=RecordingHeader)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        message = f"{path}: its header cannot be read ({error}); allowed is a recording of version 1 or {VERSION}"
        raise ReplayFileError(message) from error
    if header.version not in _READABLE_VERSIONS:
        message = f"{path}: is a recording of version {header.version}; allowed are versions 1 and {VERSION}"
        raise ReplayFileError(message)
    return header, frames, path.stat().st_size - frames[-1].end


def cut_torn_tail(path: Path, wanted: RecordingHeader) -> int:
    """Leave nothing but whole frames, and return the receive time of the last tick (0 without one).

    Raises: ReplayFileError: no recording, corrupt, or another one than `wanted`.
    """
    with path.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            message = f"{path}: exists and is no recording; choose another file"
            raise ReplayFileError(message)
    found, frames, torn_bytes = scan(path)
    if found != wanted:
        message = (
            f"{path}: records {found.source!r} on {found.trading_day}, wanted was {wanted.source!r} on "
            f"{wanted.trading_day}; choose another file"
        )
        raise ReplayFileError(message)
    if torn_bytes:
        os.truncate(path, frames[-1].end)
    last = next((frame for frame in reversed(frames) if frame.ticks), None)
    return _last_received(path, last) if last is not None else 0


def _last_received(path: Path, frame: FoundFrame) -> int:
    with path.open("rb") as stream:
        stream.seek(frame.begin + _PREFIX.size)
        payload = stream.read(frame.end - frame.begin - _PREFIX.size)
    try:
        return msgspec.msgpack.decode(payload, type=list[TickShape])[-1][2]
    except NO_TICKS as error:
        message = f"{path}: its last frame holds no ticks: {error}"
        raise ReplayFileError(message) from error


def frames_of(path: Path, stream: BinaryIO) -> Iterator[FoundFrame]:
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


def _read_frame(path: Path, stream: BinaryIO, begin: int, size: int, number: int) -> FoundFrame | None:
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
    return FoundFrame(begin, end, ticks, payload)


def _corrupt(path: Path, number: int, begin: int) -> ReplayFileError:
    return ReplayFileError(
        f"{path}: corrupt in the middle, at frame {number}, byte {begin} (checksum does not match); "
        "allowed is a torn last frame only; copy the file again or restore it"
    )
