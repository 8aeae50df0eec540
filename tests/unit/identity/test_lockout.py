"""Soft lock-out: waits that double, never a door shut for good."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from identity_builders import START_NS
from tradewind.identity.lockout import LockOut
from tradewind.identity.settings import AccessSettings
from tradewind.kernel.clock import FakeClock


def test_the_first_four_wrong_tokens_cost_nothing() -> None:
    lockout = LockOut(AccessSettings(), FakeClock(START_NS))

    for _ in range(4):
        lockout.failed("10.0.0.7")

    assert lockout.wait_s("10.0.0.7") == 0


def test_from_the_fifth_on_the_wait_doubles() -> None:
    clock = FakeClock(START_NS)
    lockout = LockOut(AccessSettings(), clock)
    waits = []

    for _ in range(8):
        lockout.failed("10.0.0.7")
        waits.append(lockout.wait_s("10.0.0.7"))
        clock.advance(waits[-1])

    assert waits == [0, 0, 0, 0, 1, 2, 4, 8]


def test_waiting_it_out_opens_the_door_again() -> None:
    clock = FakeClock(START_NS)
    lockout = LockOut(AccessSettings(lockout_after=1), clock)
    lockout.failed("10.0.0.7")

    clock.advance(0.5)
    assert lockout.wait_s("10.0.0.7") == 1
    clock.advance(0.5)
    assert lockout.wait_s("10.0.0.7") == 0


def test_the_right_token_wipes_the_slate() -> None:
    lockout = LockOut(AccessSettings(lockout_after=1), FakeClock(START_NS))
    lockout.failed("10.0.0.7")
    lockout.succeeded("10.0.0.7")

    assert lockout.wait_s("10.0.0.7") == 0
    assert len(lockout) == 0


def test_one_address_never_waits_for_another() -> None:
    lockout = LockOut(AccessSettings(lockout_after=1), FakeClock(START_NS))
    lockout.failed("10.0.0.7")

    assert lockout.wait_s("10.0.0.8") == 0


def test_the_address_quiet_for_longest_is_forgotten_when_full() -> None:
    lockout = LockOut(AccessSettings(lockout_after=1, lockout_addresses=2), FakeClock(START_NS))
    for address in ("a", "b", "a", "c"):
        lockout.failed(address)

    assert len(lockout) == 2
    assert lockout.wait_s("b") == 0
    assert lockout.wait_s("a") == 2


@given(st.integers(1, 200), st.integers(1, 3600))
def test_no_wait_is_longer_than_the_longest(failures: int, longest_s: int) -> None:
    lockout = LockOut(AccessSettings(lockout_max_s=longest_s), FakeClock(START_NS))

    for _ in range(failures):
        lockout.failed("10.0.0.7")

    assert lockout.wait_s("10.0.0.7") <= longest_s
