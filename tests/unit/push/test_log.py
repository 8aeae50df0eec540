"""The ring of last events."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tradewind.push.log import EventLog
from tradewind.push.resume import Position, can_resume


def make_log(**changes: Any) -> EventLog:
    fields: dict[str, Any] = {"max_events": 4, "max_bytes": 1_000_000, "encode": _encode}
    return EventLog(**{**fields, **changes})


def _encode(event: object) -> bytes:
    return json.dumps(event).encode()


def offsets(log: EventLog, after: int) -> list[int]:
    return [entry[0] for entry in log.read(after, max_bytes=1_000_000)]


def test_the_first_event_has_offset_one() -> None:
    log = make_log()
    log.append("a")
    assert log.read(0, max_bytes=1) == [(1, "a", b'"a"')]


def test_the_oldest_goes_when_the_ring_is_full() -> None:
    log = make_log()
    for number in range(6):
        log.append(number)
    assert (log.first, log.last) == (3, 6)
    assert offsets(log, 2) == [3, 4, 5, 6]
    assert log.holds(2)
    assert not log.holds(1)


def test_an_offset_that_was_never_reached_is_not_held() -> None:
    log = make_log()
    log.append("a")
    assert log.holds(1)
    assert not log.holds(2)


def test_a_log_begun_late_knows_nothing_of_before() -> None:
    log = make_log(start=100)
    assert log.holds(100)
    assert not log.holds(99)
    log.append("a")
    assert offsets(log, 100) == [101]


def test_an_event_is_encoded_once_and_only_when_it_is_read() -> None:
    encoded: list[object] = []

    def encode(event: object) -> bytes:
        encoded.append(event)
        return b"x"

    log = make_log(encode=encode)
    log.append("a")
    assert encoded == []
    log.read(0, max_bytes=10)
    log.read(0, max_bytes=10)
    assert encoded == ["a"]


def test_an_event_told_in_two_forms_is_encoded_once_in_each_and_counts_with_both() -> None:
    told: list[object] = []

    def loudly(event: object) -> bytes:
        told.append(event)
        return _encode(event).upper()

    log = make_log(max_bytes=12)
    for event in ("a", "b"):
        log.append(event)
    assert log.read(0, max_bytes=99) == [(1, "a", b'"a"'), (2, "b", b'"b"')]
    for _ in range(2):
        assert log.read(0, max_bytes=99, form=loudly) == [(1, "a", b'"A"'), (2, "b", b'"B"')]
    assert told == ["a", "b"]
    log.append("c")
    log.read(2, max_bytes=99)
    assert log.first == 2


def test_the_oldest_goes_when_the_encoded_events_are_too_many_bytes() -> None:
    log = make_log(max_events=100, max_bytes=10)
    for number in range(10, 20):
        log.append(number)
    assert [entry[0] for entry in log.read(0, max_bytes=1_000)] == list(range(1, 11))
    assert log.first == 6
    assert not log.holds(0)


def test_an_event_larger_than_the_bound_is_still_read() -> None:
    log = make_log(max_bytes=1)
    log.append("a long one")
    assert len(log.read(0, max_bytes=1)) == 1


def test_reading_stops_at_the_byte_limit_but_gives_at_least_one() -> None:
    log = make_log()
    for word in ("aaaa", "bbbb", "cccc"):
        log.append(word)
    assert [entry[1] for entry in log.read(0, max_bytes=1)] == ["aaaa"]
    assert [entry[1] for entry in log.read(0, max_bytes=12)] == ["aaaa", "bbbb"]
    assert [entry[1] for entry in log.read(1, max_bytes=99, up_to=2)] == ["bbbb"]


@given(st.lists(st.integers(0, 99), max_size=60), st.integers(1, 8), st.integers(8, 60), st.integers(0, 60))
def test_what_a_log_holds_it_returns_without_a_hole(
    events: list[int], max_events: int, max_bytes: int, after: int
) -> None:
    log = make_log(max_events=max_events, max_bytes=max_bytes)
    for event in events:
        log.append(event)
    if not log.holds(after):
        return
    cursor, read = after, []
    while cursor < log.last and log.holds(cursor):
        entries = log.read(cursor, max_bytes=5)
        read += [entry[1] for entry in entries]
        cursor = entries[-1][0]
    assert read == events[after:cursor]


def test_resuming_needs_the_epoch_and_a_kept_offset() -> None:
    log = make_log()
    for number in range(6):
        log.append(number)
    assert can_resume(Position("e1", 4), epoch="e1", log=log)
    assert can_resume(Position("e1", 6), epoch="e1", log=log)
    assert not can_resume(Position("e0", 4), epoch="e1", log=log)
    assert not can_resume(Position("e1", 1), epoch="e1", log=log)
    assert not can_resume(Position("e1", 7), epoch="e1", log=log)
    assert not can_resume(None, epoch="e1", log=log)


def test_offsets_left_without_events_are_passed_and_told_as_nothing() -> None:
    log = make_log()
    log.append("a")
    log.skip_to(3)
    log.append("b")
    assert log.has_holes
    assert log.read(0, max_bytes=1_000) == [(1, "a", b'"a"'), (2, None, b""), (3, None, b""), (4, "b", b'"b"')]


def test_an_empty_log_begins_where_it_is_told_to() -> None:
    log = make_log()
    log.skip_to(41)
    log.append("a")
    assert (log.first, log.last, log.has_holes) == (42, 42, False)
    assert log.holds(41)
    assert not log.holds(40)


def test_a_hole_longer_than_the_ring_empties_it() -> None:
    log = make_log()
    log.append("a")
    log.skip_to(100)
    log.append("b")
    assert offsets(log, 100) == [101]
    assert not log.holds(1)
