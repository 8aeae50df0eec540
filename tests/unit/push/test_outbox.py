"""One write per client and turn."""

from __future__ import annotations

import pytest

from push_builders import FakeTimers, FakeWire
from tradewind.push.outbox import Outbox


def make_outbox(max_bytes: int = 1_000) -> tuple[Outbox, FakeTimers]:
    timers = FakeTimers()
    return Outbox(timers, max_bytes=max_bytes), timers


def test_frames_of_one_turn_reach_a_client_in_order_and_in_one_write() -> None:
    outbox, timers = make_outbox()
    both, first_only = FakeWire(), FakeWire()
    outbox.add((both.write, first_only.write), b"one ")
    outbox.add((both.write,), b"two")
    assert both.writes == 0
    timers.turn()
    assert (bytes(both.taken), both.writes) == (b"one two", 1)
    assert (bytes(first_only.taken), first_only.writes) == (b"one ", 1)


def test_too_much_is_written_at_once() -> None:
    outbox, _ = make_outbox(max_bytes=4)
    wire = FakeWire()
    outbox.add((wire.write,), b"1234")
    assert bytes(wire.taken) == b"1234"


def test_delivering_early_writes_nothing_twice() -> None:
    outbox, timers = make_outbox()
    wire = FakeWire()
    outbox.add((wire.write,), b"a")
    outbox.deliver()
    outbox.deliver()
    timers.turn()
    outbox.add((wire.write,), b"b")
    timers.turn()
    assert bytes(wire.taken) == b"ab"


def test_flushes_asked_for_run_in_one_turn_with_the_delivery_of_what_they_add() -> None:
    outbox, timers = make_outbox()
    wire = FakeWire()
    outbox.flush_soon(lambda: outbox.add((wire.write,), b"quotes "))
    outbox.flush_soon(lambda: outbox.add((wire.write,), b"alerts"))
    timers.turn()
    assert (bytes(wire.taken), wire.writes) == (b"quotes alerts", 1)


def test_a_failing_flush_stops_neither_delivery_nor_the_flushes_after_it() -> None:
    outbox, timers = make_outbox()
    wire = FakeWire()

    def fail() -> None:
        raise ZeroDivisionError

    outbox.flush_soon(lambda: outbox.add((wire.write,), b"before "))
    outbox.flush_soon(fail)
    outbox.flush_soon(lambda: outbox.add((wire.write,), b"after"))
    with pytest.raises(ZeroDivisionError):
        timers.turn()
    assert bytes(wire.taken) == b"before "
    timers.turn()
    assert bytes(wire.taken) == b"before after"
