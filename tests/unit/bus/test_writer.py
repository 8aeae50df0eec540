"""The pipeline keeps what must last, in order, however the answers come or fail to come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any, cast

import hiredis
from hypothesis import given
from hypothesis import strategies as st

from tradewind.bus.redis.link import Link
from tradewind.bus.redis.resp import command
from tradewind.bus.redis.writer import Writer
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng

from waiting import eventually

OOM = hiredis.ReplyError("OOM command not allowed when used memory > 'maxmemory'.")
WRONGTYPE = hiredis.ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")


class FakeRedis:
    """Stands for a link and the server behind it: one byte is one command."""

    def __init__(self) -> None:
        self.is_paused = False
        self.asked: deque[int] = deque()
        self.stored = bytearray()

    def write(self, data: bytes) -> None:
        self.asked.extend(data)

    def answer(self, writer: Writer, count: int, errors: dict[int, Exception] | None = None) -> None:
        """Carry out the next commands; those numbered in `errors` fail."""
        replies: deque[Any] = deque()
        for number in range(min(count, len(self.asked))):
            command = self.asked.popleft()
            if errors and number in errors:
                replies.append(errors[number])
            else:
                self.stored.append(command)
                replies.append(b"0-1")
        writer.drain(lambda: replies.popleft() if replies else False)

    def carry_out_unanswered(self, count: int) -> None:
        """Carry out commands whose answers get lost."""
        self.stored.extend(self.asked.popleft() for _ in range(min(count, len(self.asked))))


def make_writer(metrics: Metrics | None = None, **changes: Any) -> Writer:
    fields: dict[str, Any] = {"spool": 1_000, "window": 64, "retry_max_s": 0.001, "many": 10**9, "on_many": int}
    return Writer(
        metrics=metrics or Metrics(), backoff=Backoff(named_rng(0, "test"), scale=0.001), **{**fields, **changes}
    )


def attach(writer: Writer) -> FakeRedis:
    server = FakeRedis()
    writer.attach(cast("Link", server))
    return server


async def test_one_turn_of_the_loop_is_one_write() -> None:
    writer = make_writer()
    server = attach(writer)
    for byte in b"abc":
        writer.lasting(bytes([byte]))
    writer.passing(b"p")
    assert not server.asked
    await asyncio.sleep(0)
    assert bytes(server.asked) == b"abcp"


async def test_what_waits_is_confirmed_only_by_answers() -> None:
    writer = make_writer()
    server = attach(writer)
    done: list[str] = []
    writer.when_confirmed(lambda: done.append("nothing waits"))
    writer.lasting(b"a")
    writer.when_confirmed(lambda: done.append("a"))
    writer.lasting(b"b")
    await asyncio.sleep(0)
    server.answer(writer, 1)
    assert done == ["nothing waits", "a"]
    assert writer.spooled == 1


async def test_the_window_bounds_what_is_under_way() -> None:
    writer = make_writer(window=2)
    server = attach(writer)
    writer.lasting(b"a")
    writer.lasting(b"b")
    await asyncio.sleep(0)
    writer.lasting(b"c")
    await asyncio.sleep(0)
    assert bytes(server.asked) == b"ab"
    server.answer(writer, 2)
    assert bytes(server.asked) == b"c"


async def test_passing_commands_are_dropped_and_counted_while_redis_is_away() -> None:
    metrics = Metrics()
    writer = make_writer(metrics)
    writer.passing(b"p")
    attach(writer)
    writer.passing(b"q")
    writer.detach()
    assert metrics.bus_dropped.counts == {"disconnected": 2}


async def test_a_command_that_can_never_work_is_counted_and_not_tried_again() -> None:
    metrics = Metrics()
    writer = make_writer(metrics)
    server = attach(writer)
    for byte in b"abc":
        writer.lasting(bytes([byte]))
    await asyncio.sleep(0)
    server.answer(writer, 3, {1: WRONGTYPE})
    assert bytes(server.stored) == b"ac"
    assert writer.spooled == 0
    assert metrics.bus_dropped.counts == {"wrongtype": 1}


async def test_out_of_memory_keeps_the_commands_and_tries_them_in_their_order() -> None:
    writer = make_writer()
    server = FullRedis(iter([False, True, True, True]))
    writer.attach(cast("Link", server))
    for byte in b"abcd":
        writer.lasting(command("XADD", bytes([byte])))
    await asyncio.sleep(0)
    server.answer(writer)
    assert writer.held_by.startswith("OOM")
    writer.lasting(command("XADD", b"e"))
    await asyncio.sleep(0.01)
    server.answer(writer)
    assert b"".join(server.stored) == b"abcde"
    assert writer.held_by == ""


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(1, 40)),
            st.tuples(st.just("answer"), st.integers(1, 40)),
            st.tuples(st.just("lose"), st.integers(0, 40)),
        ),
        max_size=30,
    )
)
def test_whatever_breaks_everything_lasting_arrives_in_order_with_repeats_at_most(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        writer = make_writer(window=8)
        server = attach(writer)
        stored = bytearray()
        written = 0
        for step, count in steps:
            match step:
                case "write":
                    for _ in range(min(count, 255 - written)):
                        writer.lasting(bytes([written]))
                        written += 1
                case "answer":
                    server.answer(writer, count)
                case _:
                    server.carry_out_unanswered(count)
                    writer.detach()
                    stored += server.stored
                    server = attach(writer)
            await asyncio.sleep(0)
        while writer.spooled:
            await asyncio.sleep(0)
            server.answer(writer, 1_000)
        stored += server.stored
        newest = -1
        for number in stored:
            assert number <= newest + 1
            newest = max(newest, number)
        assert newest == written - 1

    asyncio.run(play())


async def test_a_full_spool_drops_the_oldest() -> None:
    metrics = Metrics()
    writer = make_writer(metrics, spool=640)
    for number in range(2_000):
        writer.lasting(number.to_bytes(2, "big"))
    writer.flush()
    assert writer.spooled <= 640
    assert metrics.bus_dropped.counts == {"spool_full": 2_000 - writer.spooled}
    assert writer._spool[-1] == (1_999).to_bytes(2, "big")


class FullRedis:
    """Stands for a link and a server whose memory is full now and then: it knows XADD, MULTI and EXEC."""

    def __init__(self, moods: Iterator[bool]) -> None:
        self.is_paused = False
        self.stored: list[bytes] = []
        self._moods = moods
        """Whether it is full, asked at every command."""
        self._reader = hiredis.Reader()
        self._replies: deque[Any] = deque()
        self._queue: list[bytes] | None = None
        self._is_spoilt = False

    def write(self, data: bytes) -> None:
        self._reader.feed(data)
        while (words := self._reader.gets()) is not False:
            self._replies.append(self._carry_out(words))

    def answer(self, writer: Writer) -> None:
        while self._replies:
            writer.drain(lambda: self._replies.popleft() if self._replies else False)

    def _carry_out(self, words: list[bytes]) -> Any:
        is_full = next(self._moods, False)
        if words[0] == b"MULTI":
            self._queue, self._is_spoilt = [], False
            return b"OK"
        if words[0] == b"EXEC":
            queue, self._queue = self._queue or [], None
            if self._is_spoilt:
                return hiredis.ReplyError("EXECABORT Transaction discarded because of previous errors.")
            if is_full:
                return OOM
            self.stored += queue
            return [b"0-1"] * len(queue)
        if is_full:
            self._is_spoilt = True
            return OOM
        if self._queue is not None:
            self._queue.append(words[1])
            return b"QUEUED"
        self.stored.append(words[1])
        return b"0-1"


@given(
    moods=st.lists(st.booleans(), max_size=60),
    turns=st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=15),
)
async def test_a_careful_writer_keeps_the_order_however_redis_refuses(
    moods: list[bool], turns: list[tuple[int, bool]]
) -> None:
    writer = make_writer(spool=100_000)
    writer.take_care(is_nearly_full=True)
    server = FullRedis(iter(moods))
    writer.attach(cast("Link", server))
    sent: list[bytes] = []
    for count, is_answered in turns:
        for _ in range(count):
            sent.append(b"%d" % len(sent))
            writer.lasting(command("XADD", sent[-1]))
        await asyncio.sleep(0)
        if is_answered:
            server.answer(writer)

    def is_stored() -> bool:
        server.answer(writer)
        return len(server.stored) == len(sent)

    await eventually(is_stored)
    assert server.stored == sent
    assert writer.spooled == 0


async def test_a_refusal_makes_the_writer_careful_for_a_while() -> None:
    writer = make_writer()
    server = FullRedis(iter([False, True]))
    writer.attach(cast("Link", server))
    for number in (b"1", b"2"):
        writer.lasting(command("XADD", number))
    await asyncio.sleep(0)
    assert not writer.is_careful
    server.answer(writer)
    assert writer.is_careful
    writer.take_care(is_nearly_full=False)
    assert writer.is_careful


async def test_care_lasts_until_what_was_written_with_it_has_landed() -> None:
    writer = make_writer()
    server = FullRedis(iter(()))
    writer.take_care(is_nearly_full=True)
    writer.attach(cast("Link", server))
    for numbers in ((b"1", b"2"), (b"3", b"4")):
        for number in numbers:
            writer.lasting(command("XADD", number))
        await asyncio.sleep(0)
        writer.take_care(is_nearly_full=False)
        assert writer.is_careful
        assert server.stored == [b"1", b"2"]
    server.answer(writer)
    assert server.stored == [b"1", b"2", b"3", b"4"]
    assert not writer.is_careful


async def test_a_command_that_can_never_work_takes_nobody_with_it() -> None:
    metrics = Metrics()
    writer = make_writer(metrics)
    writer.take_care(is_nearly_full=True)
    replies: deque[Any] = deque()
    server = FakeRedis()
    server.write = replies.append  # type: ignore[method-assign,assignment]
    writer.attach(cast("Link", server))
    for number in (b"1", b"2"):
        writer.lasting(command("XADD", number))
    await asyncio.sleep(0)
    replies.clear()
    aborted = hiredis.ReplyError("EXECABORT Transaction discarded because of previous errors.")
    answers: deque[Any] = deque([b"OK", WRONGTYPE, b"QUEUED", aborted])
    writer.drain(lambda: answers.popleft() if answers else False)
    assert metrics.bus_dropped.counts["wrongtype"] == 1
    assert writer.spooled == 1
    await eventually(lambda: bool(replies))
    assert b"".join(replies) == command("XADD", b"2")
