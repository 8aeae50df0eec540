"""The third frame: running numbers that make losses visible, and the publisher's own line time.

Our feeder sends `TWM1`, a session, a number and a time; others (Bitcoin Core's way) a bare little-endian counter per
topic of 4 or 8 bytes. A number that jumps is a loss; a new session, or a counter that starts again, is none.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

MAGIC: Final = b"TWM1"
_MARK: Final = struct.Struct(">4sIQQ")
TIME_TOPIC: Final = b"TRADEWIND_TIME"
"""A message of this topic has no body: it says how far line time has come while no quote came."""
_COUNTERS: Final = {4: 32, 8: 64}
_STREAMS_KEPT: Final = 256
_RESTART_WITHIN: Final = 1000
"""A counter that falls back to less than this began anew; one that falls back to more is out of order."""


class Mark(NamedTuple):
    """What our feeder writes behind every message."""

    session: int
    number: int
    line_ns: int

    def pack(self) -> bytes:
        """Return the mark as a frame."""
        return _MARK.pack(MAGIC, self.session, self.number, self.line_ns)


class SequenceWatch:
    """Counts what is missing between the messages of each stream; at most 256 streams, the oldest is forgotten."""

    def __init__(self) -> None:
        self.missing = 0
        """Messages that never came."""
        self.gaps = 0
        """Places where at least one is missing."""
        self.restarts = 0
        """Times a publisher began to count anew."""
        self.out_of_order = 0
        self._last: dict[bytes | int, int] = {}

    def note(self, frame: bytes, topic: bytes) -> Mark | None:
        """Count one third frame; return it read when it is our own feeder's."""
        if len(frame) == _MARK.size and frame.startswith(MAGIC):
            mark = Mark._make(_MARK.unpack(frame)[1:])
            self._count(mark.session, mark.number, bits=64)
            return mark
        if len(frame) in _COUNTERS:
            self._count(topic[:64], int.from_bytes(frame, "little"), bits=_COUNTERS[len(frame)])
        return None

    def _count(self, stream: bytes | int, number: int, *, bits: int) -> None:
        last = self._last.get(stream)
        if last is None:
            if len(self._last) >= _STREAMS_KEPT:
                del self._last[next(iter(self._last))]
        elif number <= last:
            is_wrapped = last - number > 1 << (bits - 1)
            if not is_wrapped and number >= _RESTART_WITHIN:
                self.out_of_order += 1
                return
            self.restarts += not is_wrapped
        elif number > last + 1:
            self.gaps += 1
            self.missing += number - last - 1
        self._last[stream] = number
