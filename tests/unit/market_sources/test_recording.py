"""Our own recordings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources_builders import KeepingIntake, options
from tradewind.domain.tick import RawTick
from tradewind.errors import ReplayFileError
from tradewind.market.recording import FRAME_TICKS, RecordingIntake, RecordingWriter, read_recording
from tradewind.market.recording_frames import MAGIC
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of

from builders import MORNING_NS, make_raw_tick


def raw_ticks(count: int) -> list[RawTick]:
    return [make_raw_tick(ts_event=MORNING_NS + n, ts_recv=MORNING_NS + n, volume=n) for n in range(count)]


def writer(path: Path, **changes: Any) -> RecordingWriter:
    return RecordingWriter(path, **{"trading_day": 20210104, "source": "simulator", **changes})


def record(path: Path, ticks: list[RawTick]) -> Path:
    recording = writer(path)
    for tick in ticks:
        recording.append(tick)
    recording.close()
    return path


def played(path: Path) -> list[RawTick]:
    return [RawTick._make(raw) for raw in ticks_of(open_recording(path, options()))]


@pytest.mark.parametrize("count", [1, FRAME_TICKS, FRAME_TICKS + 1, 500])
def test_what_was_recorded_is_what_is_played(tmp_path: Path, count: int) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(count))
    assert played(path) == raw_ticks(count)
    assert read_recording(path).total == count
    assert read_recording(path).torn_bytes == 0


def test_depth_and_absent_values_come_back_as_they_were(tmp_path: Path) -> None:
    tick = make_raw_tick(depth=((1.0, 2, None, 0), (0.8, 3, 1.4, 4)), bid_price=None, turnover=None)
    assert played(record(tmp_path / "a.twr", [tick])) == [tick]


def test_the_header_says_day_and_source(tmp_path: Path) -> None:
    header = read_recording(record(tmp_path / "a.twr", raw_ticks(1))).header
    assert (header.version, header.trading_day, header.source) == (2, 20210104, "simulator")


def test_a_frame_reaches_the_file_when_its_first_tick_is_old_enough(tmp_path: Path) -> None:
    recording = writer(tmp_path / "a.twr", flush_s=1.0)
    recording.append(make_raw_tick())
    recording.append(make_raw_tick(ts_recv=MORNING_NS + 999_999_999))
    assert recording.written == 0
    recording.append(make_raw_tick(ts_recv=MORNING_NS + 1_000_000_000))
    assert len(played(recording.path)) == 3  # while the recording goes on
    recording.close()


@settings(max_examples=60)
@given(st.integers(1, 400))
def test_cut_anywhere_the_whole_frames_are_played_and_the_rest_is_reported(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = record(tmp_path_factory.mktemp("cut") / "a.twr", raw_ticks(3 * FRAME_TICKS))
    whole = path.read_bytes()
    last_frame = (len(whole) - len(MAGIC)) // 4
    path.write_bytes(whole[: -min(cut, last_frame)])
    recording = read_recording(path)
    assert played(path) == raw_ticks(2 * FRAME_TICKS)
    assert recording.torn_bytes > 0


def test_a_last_frame_of_zeros_is_torn(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(FRAME_TICKS))
    with path.open("ab") as stream:
        stream.write(bytes(4096))
    assert len(played(path)) == FRAME_TICKS
    assert read_recording(path).torn_bytes == 4096
    assert "last frame is torn (4096 bytes)" in read_recording(path).remark


def test_a_last_frame_whose_checksum_fails_is_torn(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(2 * FRAME_TICKS))
    data = bytearray(path.read_bytes())
    data[-5] ^= 0xFF
    path.write_bytes(data)
    assert len(played(path)) == FRAME_TICKS


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_corruption_in_the_middle_is_refused_with_its_place(tmp_path: Path, at: float) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(5 * FRAME_TICKS))
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ReplayFileError, match=r"corrupt in the middle, at frame \d, byte \d+"):
        read_recording(path)


def test_a_corrupt_length_in_the_middle_is_not_taken_for_a_torn_end(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(5 * FRAME_TICKS))
    data = bytearray(path.read_bytes())
    first_tick_frame = len(MAGIC) + 12 + int.from_bytes(data[8:12], "little")
    data[first_tick_frame + 2] = 0xFF
    path.write_bytes(data)
    with pytest.raises(ReplayFileError, match="corrupt in the middle, at frame 1"):
        read_recording(path)


def test_going_on_after_a_crash_cuts_the_torn_frame_off(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(2 * FRAME_TICKS))
    os.truncate(path, path.stat().st_size - 7)
    record(path, raw_ticks(3))
    assert played(path) == raw_ticks(FRAME_TICKS) + raw_ticks(3)
    assert read_recording(path).torn_bytes == 0


@pytest.mark.parametrize("change", [{"trading_day": 20210105}, {"source": "replay"}])
def test_another_day_or_source_needs_another_file(tmp_path: Path, change: dict[str, Any]) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(1))
    with pytest.raises(ReplayFileError, match=r"records 'simulator' on 20210104, wanted was .*; choose another file"):
        writer(path, **change)


def test_a_file_that_is_no_recording_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "a.twr"
    path.write_text("my notes")
    with pytest.raises(ReplayFileError, match="exists and is no recording"):
        writer(path)
    assert path.read_text() == "my notes"


def test_a_newer_version_is_refused_by_number(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", raw_ticks(1))
    import msgspec

    from tradewind.market.recording_frames import frame_of

    payload = msgspec.msgpack.encode({"version": 3, "trading_day": 1, "source": "x"})
    path.write_bytes(MAGIC + frame_of(payload, 0))
    with pytest.raises(ReplayFileError, match="is a recording of version 3; allowed are versions 1 and 2"):
        read_recording(path)


def test_a_recording_without_ticks_is_refused(tmp_path: Path) -> None:
    path = record(tmp_path / "a.twr", [])
    with pytest.raises(ReplayFileError, match="holds no ticks"):
        read_recording(path)


def test_one_unreadable_tick_does_not_spoil_its_frame(tmp_path: Path) -> None:
    recording = writer(tmp_path / "a.twr")
    for tick in (make_raw_tick(volume=1), make_raw_tick(last_price="5230.0"), make_raw_tick(volume=2)):
        recording.append(tick)
    recording.close()
    assert [tick.volume for tick in played(recording.path)] == [1, 2]
    assert (recording.written, recording.dropped) == (2, 1)


def test_a_recording_of_the_first_version_is_played(tmp_path: Path) -> None:
    import msgspec

    from tradewind.market.recording_frames import frame_of

    header = msgspec.msgpack.encode({"version": 1, "trading_day": 20210104, "source": "x"})
    ticks = msgspec.msgpack.encode(raw_ticks(2))
    (tmp_path / "a.twr").write_bytes(MAGIC + frame_of(header, 0) + frame_of(ticks, 2))
    assert played(tmp_path / "a.twr") == raw_ticks(2)


def test_a_full_disk_makes_the_recording_wait_and_not_the_line() -> None:
    recording = writer(Path("/dev/full"))
    assert recording.failure == "/dev/full: No space left on device; 0 ticks wait in memory"
    intake = KeepingIntake()
    recorded = RecordingIntake(intake, recording)
    for tick in raw_ticks(FRAME_TICKS):
        recorded.accept(tick)
    assert (len(intake.ticks), recording.spooled, recording.dropped) == (FRAME_TICKS, FRAME_TICKS, 0)
    recording.close()
    assert (recording.spooled, recording.dropped) == (0, FRAME_TICKS)
    assert recording.failure == "/dev/full: No space left on device; 64 ticks are not recorded"


def test_recording_on_the_way_hands_everything_on(tmp_path: Path) -> None:
    intake = KeepingIntake()
    recording = writer(tmp_path / "a.twr")
    recorded = RecordingIntake(intake, recording)
    for tick in raw_ticks(10):
        recorded.accept(tick)
    recorded.advance_to(MORNING_NS + 5_000_000_000)
    recording.close()
    assert intake.ticks == raw_ticks(10) == played(recording.path)
    assert intake.advances == [MORNING_NS + 5_000_000_000]
