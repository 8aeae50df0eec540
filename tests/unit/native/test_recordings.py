"""The compiled recorder writes and reads, to the last bit, what the Python one does; so does the archive's reader."""

from __future__ import annotations

import gc
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from market_feeds import ANYTHING, LEVELS, ODD_PRICES, QUICKLY, SIZES, feeds
from native_builders import bits, require_compiled
from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.market import recorder as recorders
from tradewind.market import recording_frames
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.recorder import DayRecorder
from tradewind.market.recording import FRAME_TICKS, RecordingWriter
from tradewind.market.recording_frames import NO_TICKS, frame_of_ticks, payload_reader
from tradewind.native import compiled
from tradewind.stores.ticks import tick_columns
from tradewind.stores.ticks.tick_columns import table_of, ticks_of

from builders import MORNING_NS, make_raw_tick

IDS = st.sampled_from(["IF2101.CFFEX", "au2602.SHFE", "信2605.DCE", "", "a" * 47, "a" * 48])
WHOLE = st.one_of(st.integers(-40, 300), st.integers(-(1 << 63), (1 << 63) - 1), st.integers(1 << 63, 1 << 70))
NUMBERS = st.one_of(st.none(), st.floats(), st.integers(-(1 << 53), 1 << 53))
LOTS = st.one_of(st.none(), WHOLE)
DEPTHS = st.none() | st.lists(st.tuples(NUMBERS, WHOLE, NUMBERS, WHOLE), max_size=18).map(tuple)
COUNTS = ("volume", "bid_volume", "ask_volume")
TIMES = ("ts_event", "ts_recv", "trading_day")
TICKS = st.builds(
    RawTick,
    instrument_id=IDS,
    depth=DEPTHS,
    **dict.fromkeys(TIMES, WHOLE),
    **dict.fromkeys(COUNTS, LOTS),
    **{name: NUMBERS for name in RawTick._fields[4:21] if name not in COUNTS},
)


@pytest.fixture(autouse=True)
def _compiled() -> None:
    require_compiled()


def plainly(module: Any, work: Callable[[], Any]) -> Any:
    """Do the same without the compiled core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "compiled", None)
        return work()


@QUICKLY
@given(st.lists(st.one_of(TICKS, feeds().map(lambda feed: feed[-1])), max_size=8))
def test_any_ticks_give_the_same_frame(ticks: list[RawTick]) -> None:
    assert frame_of_ticks(ticks) == plainly(recording_frames, lambda: frame_of_ticks(ticks))


@QUICKLY
@given(st.integers(0, 21), st.one_of(ANYTHING, st.booleans(), st.just("\ud800"), LEVELS))
@example(2, None)
@example(4, 1 << 64)
@example(21, [])
@example(21, ((1.0, None, 1.0, 1),))
@example(21, ((1.0, 1, 1.0),))
@example(0, "a" * (2 << 20))
def test_a_field_of_any_kind_is_recorded_or_left_out_alike(at: int, value: Any) -> None:
    odd = list(make_raw_tick())
    odd[at] = value
    ticks: list[Any] = [make_raw_tick(volume=1), tuple(odd), make_raw_tick(volume=2)]
    assert frame_of_ticks(ticks) == plainly(recording_frames, lambda: frame_of_ticks(ticks))


def test_what_is_no_tick_is_left_out_alike() -> None:
    ticks: list[Any] = [make_raw_tick(), None, (), tuple(make_raw_tick())[:21], [*make_raw_tick()]]
    assert frame_of_ticks(ticks) == plainly(recording_frames, lambda: frame_of_ticks(ticks))


def test_ordinary_ticks_take_the_short_cut_both_ways() -> None:
    ticks = [make_raw_tick(volume=n, depth=((1.0, 2, None, 0),) * 4) for n in range(FRAME_TICKS)]
    frame = compiled.tick_frame(ticks)
    assert frame is not None
    assert compiled.FrameReader().decode(frame[12:]) == ticks


def read_by(reader: Callable[[bytes], list[RawTick]], payload: bytes) -> Any:
    try:
        return [bits(tick) for tick in reader(payload)]
    except NO_TICKS as error:
        return type(error), str(error)


@QUICKLY
@given(st.lists(st.lists(st.one_of(TICKS, feeds().map(lambda feed: feed[-1])), max_size=5), max_size=3))
def test_any_frames_are_read_alike_one_after_the_other(frames: list[list[RawTick]]) -> None:
    native, plain = payload_reader(), plainly(recording_frames, payload_reader)
    for ticks in frames:
        payload = frame_of_ticks(ticks)[0][12:]
        assert read_by(native, payload) == read_by(plain, payload)


@QUICKLY
@given(feeds(), st.data())
def test_damaged_bytes_are_read_or_refused_alike(feed: list[RawTick], data: st.DataObject) -> None:
    native, plain = payload_reader(), plainly(recording_frames, payload_reader)
    payload = bytearray(frame_of_ticks(feed)[0][12:])
    for at in data.draw(st.lists(st.integers(0, len(payload) - 1), min_size=1, max_size=6)):
        payload[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(payload), len(payload) // 2, len(payload) - 1]))
    for damaged in (bytes(payload[:cut]), bytes(payload) + b"\0"):
        assert read_by(native, damaged) == read_by(plain, damaged)
    whole = frame_of_ticks(feed)[0][12:]  # nothing of the damaged one is remembered
    assert read_by(native, whole) == read_by(plain, whole)


@given(st.binary(max_size=200))
def test_the_checksum_is_that_of_zlib(data: bytes) -> None:
    assert compiled.checksum(data) == zlib.crc32(data)


BOOKS = st.none() | st.lists(st.tuples(ODD_PRICES, SIZES, ODD_PRICES, SIZES), max_size=9).map(tuple)


@QUICKLY
@given(st.lists(feeds().map(lambda feed: feed[-1]), min_size=1, max_size=8), st.lists(BOOKS, min_size=8), st.data())
def test_any_columns_give_the_same_ticks(feed: list[RawTick], books: list[Any], data: st.DataObject) -> None:
    ticks = [tick._replace(depth=book) for tick, book in zip(feed, books, strict=False)]
    table, left_out = table_of(ticks, range(len(ticks)), "simulator")
    begin = data.draw(st.integers(0, len(ticks)))
    for batch in table.combine_chunks().slice(begin).to_batches():
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        native = bits(tuple(ticks_of(columns)))[1]
        assert native == bits(tuple(plainly(tick_columns, partial(ticks_of, columns))))[1]
        assert left_out or native == tuple(bits(tuple(tick)) for tick in ticks[begin:])


@pytest.mark.parametrize("levels", [-1, 10])
def test_a_depth_that_no_column_has_is_refused_alike(levels: int) -> None:
    table, _ = table_of([make_raw_tick(depth=((1.0, 1, 1.0, 1),))], [0], "simulator")
    columns = {**dict(zip(table.schema.names, table.combine_chunks().columns, strict=True))}
    columns = {name: column.combine_chunks() for name, column in columns.items()}
    columns["depth_levels"] = pa.array([levels], pa.int64())
    for read in (lambda: list(ticks_of(columns)), lambda: plainly(tick_columns, lambda: list(ticks_of(columns)))):
        with pytest.raises(ValueError, match="a book is deeper than its columns"):
            read()


FRIDAY_EVENING_NS = MORNING_NS + (4 * 24 + 12) * 3_600 * NS_PER_S
STEPS_NS = st.sampled_from([0, 1, NS_PER_S // 3, NS_PER_S, -NS_PER_S, 14 * 3_600 * NS_PER_S, 80 * 3_600 * NS_PER_S])
ODDITIES = st.sampled_from(
    [*[None] * 12, (), "no tick", (1, 2, 3), ("au2602.SHFE", 1, "x"), ("nobody.SHFE", 1, 1 << 70)]
)


@QUICKLY
@given(st.lists(st.tuples(STEPS_NS, st.sampled_from(["IF2101.CFFEX", "au2602.SHFE", "??"]), ODDITIES), max_size=150))
def test_any_feed_leaves_the_same_recordings(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, Any]]
) -> None:
    def record() -> tuple[dict[str, bytes], int, int]:
        folder, metrics, ts = tmp_path_factory.mktemp("r"), Metrics(), FRIDAY_EVENING_NS
        recording = DayRecorder(
            folder, source="s", instruments=InstrumentTable(), calendar=ExchangeCalendar(), metrics=metrics
        )
        for step, instrument_id, oddity in steps:
            ts += step
            tick = make_raw_tick(instrument_id=instrument_id, ts_event=ts, ts_recv=ts)
            recording.append(tick if oddity is None else oddity)
        recording.close()
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return files, metrics.ticks_recorded.total(), metrics.ticks_not_recorded.total()

    assert record() == plainly(recorders, record)


def test_the_ordinary_tick_joins_those_that_wait_without_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RawTick] = []
    append = RecordingWriter.append

    def counted(self: RecordingWriter, raw: RawTick) -> None:
        asked.append(raw)
        append(self, raw)

    monkeypatch.setattr(RecordingWriter, "append", counted)
    metrics = Metrics()
    recording = DayRecorder(
        tmp_path, source="s", instruments=InstrumentTable(), calendar=ExchangeCalendar(), metrics=metrics
    )
    for step in range(10 * FRAME_TICKS):
        recording.append(make_raw_tick(ts_recv=MORNING_NS + step))
    recording.close()
    assert metrics.ticks_recorded.total() == 10 * FRAME_TICKS
    assert len(asked) <= 21  # the first and the last of each frame


def test_frames_written_and_read_a_thousand_times_leave_nothing_behind() -> None:
    books = [((1.0 + n, n, None, 300 + n),) * (n % 5) for n in range(FRAME_TICKS)]
    ticks = [make_raw_tick(volume=300 + n, depth=book or None) for n, book in enumerate(books)]
    odd: list[Any] = [*ticks, make_raw_tick(last_price="5230.0")]
    table, _ = table_of(ticks, range(FRAME_TICKS), "simulator")
    batch = table.combine_chunks().to_batches()[0]
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    reader, blocks = payload_reader(), []
    for round_ in range(1_000):
        payload = frame_of_ticks(ticks)[0][12:]
        assert len(reader(payload)) == FRAME_TICKS
        assert compiled.FrameReader().decode(payload[:-1]) is None
        assert compiled.tick_frame(odd) is None
        list(ticks_of(columns))
        if round_ in {50, 999}:
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    # What somebody else had left lying may go meanwhile; one object of ours a round would be 949 more.
    assert blocks[1] - blocks[0] < 100
