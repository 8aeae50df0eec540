"""Ticks on their way from the market child to the platform: a ring in memory that both see.

One process writes, one reads. A callback of the library only copies 584 bytes here, with the time; no lock is shared
and no system call is made while the reader is awake. When the ring is full new ticks are dropped and counted.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from typing import TYPE_CHECKING, Final

from tradewind.ctp.tick_layout import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

STRIDE: Final = 8 + SIZE
"""The time of receipt in ns, then the struct: 592 bytes."""
_HEADER: Final = 64
_HEAD: Final = 0
_TAIL: Final = 1
_DROPPED: Final = 2
_IS_WAITING: Final = 3
_WORD: Final = 8
_WAKE: Final = (1).to_bytes(_WORD, "little")


class _Ring:
    """The mapped memory: eight words, then the records."""

    def __init__(self, fd: int, capacity: int) -> None:
        self._memory = mmap.mmap(fd, _HEADER + capacity * STRIDE)
        self._view = memoryview(self._memory)
        # Aligned words are stored and loaded whole, and in order: the library exists for x86-64 alone.
        self._cells = self._view.cast("q")
        self._words = self._cells[: _HEADER // _WORD]
        self._mask = capacity - 1
        self._fence = threading.Lock()

    @property
    def dropped(self) -> int:
        """Ticks that found the ring full."""
        return self._words[_DROPPED]

    def _pass_fence(self) -> None:
        """Let no later load overtake an earlier store: the two sides ask for each other's word."""
        self._fence.acquire()
        self._fence.release()


class RingReader(_Ring):
    """The platform's end, which also owns the memory."""

    def __init__(self, capacity: int) -> None:
        """Make a ring for `capacity` ticks, a power of two."""
        if capacity & (capacity - 1) or capacity <= 0:
            message = f"a ring holds a power of two of ticks, was {capacity}"
            raise ValueError(message)
        self.fd = os.memfd_create("tradewind-ctp-ticks", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, _HEADER + capacity * STRIDE)
        self.wake_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        """Readable when a tick came while the reader waited."""
        self.capacity = capacity
        super().__init__(self.fd, capacity)

    def take(self, most: int) -> list[bytes]:
        """Return the oldest records, at most so many, each of `STRIDE` bytes, and make room for others."""
        words, mask, memory = self._words, self._mask, self._memory
        tail = words[_TAIL]
        upto = min(words[_HEAD], tail + most)
        places = range(_HEADER + (tail & mask) * STRIDE, _HEADER + ((upto - 1) & mask) * STRIDE + 1, STRIDE)
        if upto - tail != len(places):
            places = [_HEADER + (number & mask) * STRIDE for number in range(tail, upto)]  # type: ignore[assignment]
        records = [memory[at : at + STRIDE] for at in places]
        words[_TAIL] = upto
        return records

    def wait(self) -> bool:
        """Ask to be woken; false when there is something to take already."""
        self._words[_IS_WAITING] = 1
        self._pass_fence()
        return self._words[_HEAD] == self._words[_TAIL]

    def hush(self) -> None:
        """Take back what made `wake_fd` readable."""
        try:
            os.eventfd_read(self.wake_fd)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the memory back."""
        self._words.release()
        self._cells.release()
        self._view.release()
        self._memory.close()
        os.close(self.fd)
        os.close(self.wake_fd)


class RingWriter(_Ring):
    """The child's end."""

    def __init__(self, fd: int, wake_fd: int, capacity: int) -> None:
        super().__init__(fd, capacity)
        self._wake_fd = wake_fd
        self._capacity = capacity

    def writer(self, now_ns: Callable[[], int]) -> Callable[[int], None]:
        """Return what puts the struct at an address into the ring; a closure, because it runs for every tick."""
        words, lock, mask, capacity, stride = self._cells, self._fence, self._mask, self._capacity, STRIDE
        wake_fd, write, copy, size, header = self._wake_fd, os.write, ctypes.memmove, SIZE, _HEADER
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        head: int = words[_HEAD]
        room = words[_TAIL] + capacity

        def put(address: int) -> None:
            nonlocal head, room
            # The library promises nowhere that ticks come on one thread only; leaving the lock is the fence too.
            with lock:
                if head >= room:
                    room = words[_TAIL] + capacity
                    if head >= room:
                        words[_DROPPED] += 1
                        return
                at = header + (head & mask) * stride
                words[at >> 3] = now_ns()
                copy(base + at + 8, address, size)
                head += 1
                words[_HEAD] = head
            if words[_IS_WAITING]:
                words[_IS_WAITING] = 0
                write(wake_fd, _WAKE)

        return put
