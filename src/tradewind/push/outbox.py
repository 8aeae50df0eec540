"""What is to be written in this turn of the loop, so that a client with several topics costs one write, not several.

A system call costs more than everything else done for a client. Frames wait here until the flushes of the turn are
through, or until they are many; then each client gets all of its frames in one piece. Flushes asked for meanwhile run
in the same turn, just before: another turn of an idle loop costs as much as encoding what it sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.push.ports import Timers

    Writers = tuple[Callable[[bytes], None], ...]


class Outbox:
    """Frames on their way to many clients at once.

    The clients of a frame are those that kept up when it was added. Whoever writes to one of them past the outbox
    must call `deliver` first, so that nothing overtakes.
    """

    __slots__ = ("_flushes", "_is_armed", "_max_bytes", "_pending", "_timers", "_waiting_bytes")

    def __init__(self, timers: Timers, *, max_bytes: int) -> None:
        self._timers = timers
        self._max_bytes = max_bytes
        self._flushes: list[Callable[[], None]] = []
        self._pending: list[tuple[Writers, bytes]] = []
        self._waiting_bytes = 0
        self._is_armed = False

    def flush_soon(self, flush: Callable[[], None]) -> None:
        """Run `flush` in the next turn, before what it adds is delivered."""
        self._flushes.append(flush)
        self._arm()

    def add(self, writers: Writers, frame: bytes) -> None:
        """Have `frame` written to each of `writers` at the end of the turn, or at once if too much waits already."""
        self._pending.append((writers, frame))
        self._waiting_bytes += len(frame)
        if self._waiting_bytes >= self._max_bytes:
            self.deliver()
        else:
            self._arm()

    def deliver(self) -> None:
        """Write everything that waits; safe to call at any time."""
        pending = self._pending
        if not pending:
            return
        self._pending = []
        self._waiting_bytes = 0
        if len(pending) == 1:
            writers, frame = pending[0]
            for write in writers:
                write(frame)
        else:
            _write_joined(pending)

    def _arm(self) -> None:
        if not self._is_armed:
            self._is_armed = True
            self._timers.soon(self._turn)

    def _turn(self) -> None:
        """Flush in the order asked, then deliver. A flush that raises leaves the others to the next turn."""
        flushes = self._flushes
        try:
            while flushes:
                flushes.pop(0)()
        finally:
            self._is_armed = False
            self.deliver()
            if flushes:
                self._arm()


def _write_joined(pending: list[tuple[Writers, bytes]]) -> None:
    """Write to each client its own frames in one piece, joining each combination once.

    A combination is a number with bit `i` set for frame `i`: clients with the same topics share it.
    """
    combinations: dict[Callable[[bytes], None], int] = {}
    bit = 1
    for writers, _ in pending:
        for write in writers:
            combinations[write] = combinations.get(write, 0) | bit
        bit <<= 1
    joined: dict[int, bytes] = {}
    for write, combination in combinations.items():
        frames = joined.get(combination)
        if frames is None:
            chosen = (frame for index, (_, frame) in enumerate(pending) if combination >> index & 1)
            frames = joined[combination] = b"".join(chosen)
        write(frames)
