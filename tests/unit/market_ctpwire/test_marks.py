"""Running numbers make losses visible."""

from __future__ import annotations

import pytest

from feed_builders import GOLDEN_TICK, NOW_NS, golden_protobuf, make_decoder
from tradewind.market.ctpwire.marks import TIME_TOPIC, Mark, SequenceWatch


def counter(number: int, size: int = 4) -> bytes:
    return number.to_bytes(size, "little")


@pytest.mark.parametrize(
    ("numbers", "missing", "gaps", "restarts", "out_of_order"),
    [
        ([5, 6, 7], 0, 0, 0, 0),
        ([5, 8, 9, 11], 3, 2, 0, 0),
        ([5000, 5001, 0, 1], 0, 0, 1, 0),
        ([5000, 5002, 5001, 5003], 1, 1, 0, 1),
        ([2**32 - 1, 0, 1], 0, 0, 0, 0),
        ([7, 7], 0, 0, 1, 0),
    ],
)
def test_a_jump_is_a_loss_and_a_restart_is_none(
    numbers: list[int], missing: int, gaps: int, restarts: int, out_of_order: int
) -> None:
    watch = SequenceWatch()
    for number in numbers:
        assert watch.note(counter(number), b"topic") is None
    assert (watch.missing, watch.gaps, watch.restarts, watch.out_of_order) == (missing, gaps, restarts, out_of_order)


def test_each_topic_counts_for_itself() -> None:
    watch = SequenceWatch()
    for number, topic in ((1, b"a"), (70, b"b"), (2, b"a"), (71, b"b")):
        watch.note(counter(number, 8), topic)
    assert watch.missing == 0


def test_a_new_session_of_our_feeder_is_no_loss() -> None:
    watch = SequenceWatch()
    for session, number in ((1, 100), (1, 102), (2, 0), (2, 1)):
        mark = Mark(session, number, NOW_NS)
        assert watch.note(mark.pack(), b"") == mark
    assert (watch.missing, watch.restarts) == (1, 0)


def test_a_frame_that_is_no_number_is_ignored() -> None:
    decoder = make_decoder()
    assert list(decoder.decode((b"T", golden_protobuf(), b"signature"), NOW_NS)) == [tuple(GOLDEN_TICK)]
    assert decoder.sequence.missing == 0


def test_with_own_time_a_quote_is_received_at_its_mark_or_at_its_own_time() -> None:
    decoder = make_decoder(stamps_own_time=True)
    (unmarked,) = decoder.decode((b"T", golden_protobuf()), NOW_NS)
    (marked,) = decoder.decode((b"T", golden_protobuf(), Mark(1, 0, NOW_NS + 7).pack()), NOW_NS)
    assert unmarked[2] == GOLDEN_TICK.ts_event
    assert marked[2] == NOW_NS + 7


def test_a_time_mark_only_moves_line_time_and_never_back() -> None:
    decoder = make_decoder(stamps_own_time=True)
    for line_ns in (NOW_NS, NOW_NS - 5):
        assert list(decoder.decode((TIME_TOPIC, b"", Mark(1, 0, line_ns).pack()), NOW_NS)) == []
    assert decoder.line_ns == NOW_NS
    assert decoder.quarantine.total == 0
