"""The ring that ticks go through: in order, none twice, dropped and counted when it is full, woken when asked."""

from __future__ import annotations

import ctypes
import os
import select
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.ctp.ring import STRIDE, RingReader, RingWriter
from tradewind.ctp.tick_layout import SIZE

CAPACITY = 16


@pytest.fixture
def reader() -> Iterator[RingReader]:
    made = RingReader(CAPACITY)
    yield made
    made.close()


class Writer:
    """The child's end, for numbered ticks."""

    def __init__(self, reader: RingReader) -> None:
        self._ring = RingWriter(reader.fd, reader.wake_fd, reader.capacity)
        self._put = self._ring.writer(lambda: self.number)
        self.number = 0

    def put(self, count: int = 1) -> None:
        for _ in range(count):
            self.number += 1
            struct = ctypes.create_string_buffer(self.number.to_bytes(8, "big") * (SIZE // 8), SIZE)
            self._put(ctypes.addressof(struct))


def numbers(records: list[bytes]) -> list[int]:
    """Return the ticks' numbers, after a look whether each is whole."""
    found = [int.from_bytes(record[:8], "little") for record in records]
    for number, record in zip(found, records, strict=True):
        assert record[8:] == number.to_bytes(8, "big") * (SIZE // 8)
        assert len(record) == STRIDE
    return found


@given(steps=st.lists(st.tuples(st.integers(0, CAPACITY), st.integers(0, CAPACITY + 3)), max_size=40))
def test_what_goes_in_comes_out_in_order_and_what_finds_no_room_is_counted(steps: list[tuple[int, int]]) -> None:
    reader = RingReader(CAPACITY)
    writer, held, taken, dropped = Writer(reader), list[int](), list[int](), 0
    for more, most in steps:
        begin = writer.number
        writer.put(more)
        given_numbers = list(range(begin + 1, begin + more + 1))
        room = CAPACITY - len(held)
        held += given_numbers[:room]
        dropped += len(given_numbers[room:])
        taken = numbers(reader.take(most))
        assert taken == held[:most]
        held = held[most:]
    assert reader.dropped == dropped
    reader.close()


def test_a_reader_that_waits_is_woken_once(reader: RingReader) -> None:
    writer = Writer(reader)
    writer.put()
    assert not select.select([reader.wake_fd], [], [], 0)[0]
    assert not reader.wait()
    reader.take(9)
    assert reader.wait()
    writer.put(3)
    assert select.select([reader.wake_fd], [], [], 0)[0]
    reader.hush()
    reader.hush()
    assert numbers(reader.take(9)) == [2, 3, 4]


def test_a_child_that_comes_later_goes_on_where_the_last_one_was(reader: RingReader) -> None:
    first = Writer(reader)
    first.put(3)
    second = Writer(reader)
    second.number = 3
    second.put(2)
    assert numbers(reader.take(9)) == [1, 2, 3, 4, 5]


def test_nothing_is_lost_between_two_that_run_at_once() -> None:
    reader, count, found = RingReader(1024), 20_000, list[int]()
    writer = Writer(reader)

    def write() -> None:
        while writer.number < count:
            if writer.number - len(found) < 1000:
                writer.put()

    thread = threading.Thread(target=write)
    thread.start()
    while len(found) < count:
        found += numbers(reader.take(64))
        if reader.wait():
            select.select([reader.wake_fd], [], [], 1)
            reader.hush()
    thread.join()
    assert found == list(range(1, count + 1))
    assert reader.dropped == 0
    reader.close()


def test_a_ring_of_an_odd_size_is_refused() -> None:
    with pytest.raises(ValueError, match="power of two of ticks, was 1000"):
        RingReader(1000)


def test_closing_gives_the_descriptors_back() -> None:
    reader = RingReader(CAPACITY)
    reader.close()
    for fd in (reader.fd, reader.wake_fd):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
