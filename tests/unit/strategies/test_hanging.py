"""A call that does not return is broken off, and only that call."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from strategies_builders import Plain, make_answer, make_snapshot, strategy_room
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import monotonic_s
from tradewind.strategies import StrategyState
from tradewind.strategies.watchdog import StrategyHung, Watchdog


class Spinning(Plain):
    """Never returns."""

    def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        while True:
            pass


class Stubborn(Plain):
    """Never returns and catches every exception it may."""

    def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        while True:
            try:  # noqa: SIM105 - written as such strategies are
                sum(range(1000))
            except Exception:  # noqa: BLE001, S110 - that is the bad manner under test
                pass


class Sleeping(Plain):
    """Sleeps in a system call for far longer than the test may take."""

    def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        time.sleep(3600)


class AsyncSpinning(Plain):
    """Blocks the loop itself."""

    async def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.sleep(0)
        while True:
            pass


class Unfinished(Plain):
    """Cannot even be made."""

    def __init__(self, params: object) -> None:  # noqa: ARG002 - the port's signature
        while True:
            pass

    def on_features(self, snapshot: FeatureSnapshot) -> None: ...


class Good(Plain):
    """Answers the first snapshot."""

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        self.seen.append(snapshot)
        return make_answer() if snapshot.seq == 1 else None


@pytest.mark.parametrize("hanging", [Spinning, Stubborn, Sleeping, AsyncSpinning, Unfinished])
def test_a_hanging_strategy_is_quarantined_and_the_line_goes_on(hanging: type[Plain]) -> None:
    room = strategy_room(hang_ms=60)
    try:
        room.run("first", Good)
        room.run("hanging", hanging)
        room.run("last", Good)
        room.feed_snapshots(5)
    finally:
        room.service.detach()
    health = room.health("hanging")
    assert health.state is StrategyState.QUARANTINED
    assert health.evidence is not None
    assert "did not return within 60 ms" in health.evidence or "StrategyHung" in health.evidence
    assert len(room.instance("first").seen) == len(room.instance("last").seen) == 5
    assert {entry.strategy for entry in room.signals} == {"first", "last"}


def test_a_hang_on_a_sampled_call_is_broken_off_too() -> None:
    room = strategy_room(hang_ms=60, sample_every=1)
    try:
        room.run("hanging", Spinning)
        room.run("good", Good)
        room.feed_snapshots(3)
    finally:
        room.service.detach()
    assert room.health("hanging").state is StrategyState.QUARANTINED
    assert len(room.instance("good").seen) == 3


async def test_an_asynchronous_strategy_that_blocks_the_loop_is_broken_off() -> None:
    room = strategy_room(hang_ms=60)
    try:
        room.run("hanging", AsyncSpinning)
        room.feed_snapshots(1)
        async with asyncio.timeout(10):
            while room.health("hanging").state is StrategyState.ACTIVE:  # noqa: ASYNC110 - it is the state that is waited for
                await asyncio.sleep(0)
    finally:
        room.service.detach()
    assert room.health("hanging").quarantines == 1


def test_a_file_that_never_finishes_loading_is_given_up(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "endless.py"
    file.write_text("while True:\n    pass\n")
    file.chmod(0o600)
    room = strategy_room(hang_ms=60, folder=str(tmp_path))
    try:
        room.feed(make_snapshot())
    finally:
        room.service.detach()
    assert "did not finish loading within 60 ms" in room.service.load_errors[str(file)]


def test_short_calls_are_left_alone_however_long_the_event_takes() -> None:
    watchdog = Watchdog(hang_ms=40)
    watchdog.start()
    try:
        until = monotonic_s() + 0.3
        while monotonic_s() < until:
            with watchdog.watching():
                sum(range(100))
    finally:
        watchdog.stop()
    assert not watchdog.cell.claimed


def test_an_exception_that_comes_too_late_is_taken_back() -> None:
    """Race the end of a call against the watchdog many times: nothing may strike outside the call."""
    watchdog = Watchdog(hang_ms=10)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # so that the watchdog looks when it means to
    watchdog.start()
    struck = 0
    try:
        for round_number in range(100):
            try:
                with watchdog.watching():
                    spin(0.008 + round_number * 14e-5)
            except StrategyHung:
                struck += 1
            assert watchdog.cell.event is None
            assert not watchdog.cell.claimed
            sum(range(200))
    finally:
        watchdog.stop()
        sys.setswitchinterval(interval)
    sum(range(10_000))
    assert 0 < struck < 100


def spin(seconds: float) -> None:
    """Keep the interpreter busy for so long."""
    until = monotonic_s() + seconds
    while monotonic_s() < until:
        pass


def test_the_watchdog_leaves_no_thread_and_no_signal_handler_behind() -> None:
    before = signal.getsignal(signal.SIGURG)
    room = strategy_room(hang_ms=1000)
    assert any(thread.name == "strategy-watchdog" for thread in threading.enumerate())
    room.service.detach()
    assert not any(thread.name == "strategy-watchdog" for thread in threading.enumerate())
    assert signal.getsignal(signal.SIGURG) == before


def test_the_line_may_run_in_another_thread() -> None:
    states: list[StrategyState] = []

    def line() -> None:
        room = strategy_room(hang_ms=60)
        room.run("hanging", Spinning)
        room.feed(make_snapshot())
        states.append(room.health("hanging").state)
        room.service.detach()

    thread = threading.Thread(target=line)
    thread.start()
    thread.join(timeout=10)
    assert states == [StrategyState.QUARANTINED]
