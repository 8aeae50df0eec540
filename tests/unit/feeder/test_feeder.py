"""The feeder's loop: order, pace, marks, limits, slow subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from tradewind.domain.tick import RawTick
from tradewind.errors import ConfigError
from tradewind.feeder.publisher import FeedPublisher
from tradewind.feeder.service import Feeder, FeedPlan, FeedReport
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, monotonic_s
from tradewind.market.ctpwire.marks import TIME_TOPIC, SequenceWatch

from builders import make_raw_tick


class FakePublisher:
    """Keeps what is sent; refuses the first `refusals` attempts."""

    address = "tcp://nowhere"

    def __init__(self, *, refusals: int = 0, subscriptions: Sequence[int] = (0,)) -> None:
        self.sent: list[list[bytes]] = []
        self._refusals = refusals
        self._subscriptions = list(subscriptions)

    def try_send(self, frames: list[bytes]) -> bool:
        if self._refusals:
            self._refusals -= 1
            return False
        self.sent.append(list(frames))
        return True

    def count_subscriptions(self) -> int:
        return self._subscriptions.pop(0) if len(self._subscriptions) > 1 else self._subscriptions[0]


def ticks(count: int, *, step_ms: int = 10) -> list[RawTick]:
    first = make_raw_tick()
    return [
        first._replace(ts_event=ts, ts_recv=ts, volume=number)
        for number in range(count)
        for ts in (first.ts_event + number * step_ms * NS_PER_MS,)
    ]


async def played(publisher: FakePublisher, raws: list[RawTick], **changes: Any) -> FeedReport:
    plan = FeedPlan(**{"form": "words", "speed": "max", **changes})
    return await Feeder(plan, cast("FeedPublisher", publisher), session=7).run(raws)


async def test_every_tick_is_published_in_order() -> None:
    publisher = FakePublisher()
    report = await played(publisher, ticks(5))
    assert [frames[0] for frames in publisher.sent] == [b"TICK"] * 5
    assert [frames[1].split()[2] for frames in publisher.sent] == [b"0", b"1", b"2", b"3", b"4"]
    assert (report.published, report.is_complete) == (5, True)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"framing": "body"}, [b"IF2101 5230.0 0 1609723800000"]),
        ({"framing": "joined"}, [b"TICK IF2101 5230.0 0 1609723800000"]),
        ({"topic": "FUTURE#{symbol}"}, [b"FUTURE#IF2101", b"IF2101 5230.0 0 1609723800000"]),
    ],
)
async def test_frames_are_cut_as_asked(changes: dict[str, Any], first: list[bytes]) -> None:
    publisher = FakePublisher()
    await played(publisher, ticks(1), **changes)
    assert publisher.sent == [first]


async def test_marks_number_every_message_and_end_with_the_line_s_time() -> None:
    publisher = FakePublisher()
    await played(publisher, ticks(3), has_marks=True, tail_s=60.0)
    watch = SequenceWatch()
    marks = [watch.note(frames[2], b"") for frames in publisher.sent]
    last_ns = ticks(3)[-1].ts_recv
    assert [mark.number for mark in marks if mark] == [0, 1, 2, 3]
    assert [mark.line_ns for mark in marks if mark][-2:] == [last_ns, last_ns + 60 * NS_PER_S]
    assert publisher.sent[-1][:2] == [TIME_TOPIC, b""]


async def test_paced_it_takes_as_long_as_the_recording_says() -> None:
    begun_s = monotonic_s()
    await played(FakePublisher(), ticks(11), speed=1.0)
    assert 0.09 < monotonic_s() - begun_s < 1.0


async def test_a_long_silence_is_shortened() -> None:
    raws = ticks(1) + ticks(2, step_ms=3_600_000)[1:]
    report = await played(FakePublisher(), raws, speed=1.0, longest_gap_s=0.05)
    assert report.published == 2
    assert report.elapsed_s < 1.0


async def test_it_ends_at_the_limit() -> None:
    publisher = FakePublisher()
    assert (await played(publisher, ticks(9), limit=4)).published == 4


async def test_it_waits_for_subscribers_first() -> None:
    publisher = FakePublisher(subscriptions=[0, 0, 1, 2])
    assert (await played(publisher, ticks(1), subscribers=2)).published == 1


async def test_without_loss_it_waits_for_a_slow_subscriber() -> None:
    publisher = FakePublisher(refusals=3)
    report = await played(publisher, ticks(2))
    assert (report.published, report.dropped) == (2, 0)


async def test_with_loss_the_number_of_what_was_dropped_is_missing() -> None:
    publisher = FakePublisher(refusals=2)
    report = await played(publisher, ticks(4), is_lossless=False)
    assert (report.published, report.dropped) == (2, 2)


async def test_a_tick_that_the_form_cannot_hold_is_counted_and_the_rest_goes_on() -> None:
    publisher = FakePublisher()
    raws = ticks(3)
    raws[1] = raws[1]._replace(volume=1 << 40)
    report = await played(publisher, raws, form="struct")
    assert (report.published, report.unsendable) == (2, 1)


async def test_stopped_it_says_that_it_did_not_reach_the_end() -> None:
    plan = FeedPlan(form="words", speed=1.0)
    feeder = Feeder(plan, cast("FeedPublisher", FakePublisher()), session=7)
    feeder.stop.set()
    report = await feeder.run(ticks(100, step_ms=1000))
    assert not report.is_complete
    assert report.published < 100


@pytest.mark.parametrize(
    "changes", [{"form": "pickle"}, {"form": "protobuf", "framing": "joined"}, {"framing": "body", "has_marks": True}]
)
async def test_what_does_not_fit_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        await played(FakePublisher(), [], **changes)
