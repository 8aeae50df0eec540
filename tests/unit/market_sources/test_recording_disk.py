"""A disk that is full, gone or slow: what it does not take waits in its order, is bounded, and its loss is noted."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from sources_builders import options
from tradewind.domain.tick import RawTick
from tradewind.market import recording_disk
from tradewind.market.recording import FRAME_TICKS, RecordingWriter, read_recording
from tradewind.market.recording_disk import RETRY_S, PatientFile, ThreadHand
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of
from tradewind.stores.ticks.manifest import Loss

from builders import MORNING_NS, make_raw_tick
from waiting import eventually


class Wall:
    """A monotonic clock that stands until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    init: Any = PatientFile.__init__
    monkeypatch.setattr(PatientFile, "__init__", lambda self, *a, **k: init(self, *a, **{**k, "now_s": wall}))
    return wall


class Disk:
    """What `os` says of the disk: refuses, or takes a part, while told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self.told: list[str] = []
        fstat = os.fstat
        monkeypatch.setattr(os, "fstat", lambda fd: self._look(fstat, fd))

    def _look(self, fstat: Any, fd: int) -> os.stat_result:
        if self.is_full:
            raise OSError(28, "No space left on device")
        result: os.stat_result = fstat(fd)
        return result


def ticks(count: int, begin: int = 0) -> list[RawTick]:
    return [make_raw_tick(volume=n, ts_recv=MORNING_NS + n) for n in range(begin, begin + count)]


def writer(path: Path, **changes: Any) -> RecordingWriter:
    return RecordingWriter(path, **{"trading_day": 20210104, "source": "simulator", **changes})


def feed(recording: RecordingWriter, raws: list[RawTick]) -> None:
    for raw in raws:
        recording.append(raw)


def played(path: Path) -> list[RawTick]:
    return [RawTick._make(raw) for raw in ticks_of(open_recording(path, options()))]


def test_what_waited_is_written_in_its_order_when_the_disk_takes_it_again(
    tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    told: list[str] = []
    relieved: list[bool] = []
    recording = writer(tmp_path / "a.twr", on_failure=told.append, on_relief=lambda: relieved.append(True))
    feed(recording, ticks(FRAME_TICKS))
    disk.is_full = True
    feed(recording, ticks(3 * FRAME_TICKS, FRAME_TICKS))
    assert recording.failure == f"{tmp_path}/a.twr: No space left on device; 192 ticks wait in memory"
    assert len(told) == 1
    disk.is_full = False
    recording.advance_to(MORNING_NS)
    assert recording.spooled == 192  # it is not asked again before its time
    wall.now += RETRY_S
    recording.advance_to(MORNING_NS)
    assert (recording.spooled, relieved) == (0, [True])
    recording.close()
    assert played(recording.path) == ticks(4 * FRAME_TICKS)
    assert read_recording(recording.path).losses() == ()


def test_what_the_spool_cannot_hold_is_counted_and_noted_in_its_place(
    tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    frame_bytes = 20_000
    recording = writer(tmp_path / "a.twr", spool_bytes=frame_bytes)
    disk.is_full = True
    feed(recording, ticks(4 * FRAME_TICKS))
    kept = recording.spooled
    lost = 4 * FRAME_TICKS - kept
    assert 0 < kept < 4 * FRAME_TICKS
    assert recording.dropped == lost
    assert recording.failure is not None
    assert recording.failure.endswith(f"{kept} ticks wait in memory, {lost} are lost")
    disk.is_full = False
    wall.now += RETRY_S
    recording.advance_to(MORNING_NS)
    feed(recording, ticks(FRAME_TICKS, 1_000))
    recording.close()
    assert played(recording.path) == ticks(kept) + ticks(FRAME_TICKS, 1_000)
    noted = Loss(ticks=lost, from_ns=MORNING_NS + kept, until_ns=MORNING_NS + 4 * FRAME_TICKS - 1)
    assert read_recording(recording.path).losses() == (noted,)


def test_a_frame_taken_in_part_is_cut_off_before_the_next_try(tmp_path: Path) -> None:
    recording = writer(tmp_path / "a.twr")
    feed(recording, ticks(FRAME_TICKS))
    with recording.path.open("ab") as stream:
        stream.write(b"half a frame")
    feed(recording, ticks(FRAME_TICKS, FRAME_TICKS))
    recording.close()
    assert played(recording.path) == ticks(2 * FRAME_TICKS)


def test_a_folder_that_comes_back_is_recorded_into(tmp_path: Path, wall: Wall) -> None:
    place = tmp_path / "mount"
    recording = writer(place / "a.twr")
    feed(recording, ticks(FRAME_TICKS))
    assert recording.failure is not None
    assert "No such file or directory; 64 ticks wait in memory" in recording.failure
    place.mkdir()
    wall.now += RETRY_S
    recording.advance_to(MORNING_NS)
    recording.close()
    assert played(recording.path) == ticks(FRAME_TICKS)


async def test_a_slow_disk_takes_none_of_the_lines_time_and_is_told(
    tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    fstat = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: gate.wait() and fstat(fd))
    recording = writer(tmp_path / "a.twr", hand=ThreadHand())
    feed(recording, ticks(10 * FRAME_TICKS))  # returns, though nothing can be written
    assert recording.spooled == 10 * FRAME_TICKS
    wall.now += 6
    assert recording.failure == f"{tmp_path}/a.twr: the disk is slow; 640 ticks wait in memory"
    gate.set()
    await eventually(lambda: recording.written == 10 * FRAME_TICKS)
    recording.close()
    assert played(recording.path) == ticks(10 * FRAME_TICKS)
    assert recording.failure is None


async def test_the_thread_tries_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_disk, "RETRY_S", 0.02)
    place = tmp_path / "mount"
    recording = writer(place / "a.twr", hand=ThreadHand())
    feed(recording, ticks(FRAME_TICKS))
    await eventually(lambda: recording.failure is not None)
    place.mkdir()
    await eventually(lambda: recording.written == FRAME_TICKS)
    recording.close()
    assert played(recording.path) == ticks(FRAME_TICKS)
