"""The compiled short cut gives, to the last bit, what the Python one gives, and leaves the same state behind."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from market_builders import copper_hour, index_future_day, make_cleaner
from market_feeds import ANYTHING, QUICKLY, feeds
from native_builders import bits, require_compiled
from tradewind.domain.tick import RawTick, Tick
from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.instrument_cleaner import InstrumentCleaner
from tradewind.market.outcome import Rejection
from tradewind.native import compiled

from builders import MORNING_NS, make_raw_tick

PLAIN_STATE = [
    name
    for name in InstrumentCleaner.__slots__
    if name not in {"_calendar", "_jump", "_regress", "_rules", "_turnover_rule", "grid", "quality"}
]


@pytest.fixture(autouse=True)
def _compiled() -> None:
    require_compiled()


def state_of(cleaner: InstrumentCleaner) -> Any:
    """Return everything the cleaner keeps, down to the bits."""
    kept = tuple(getattr(cleaner, name) for name in PLAIN_STATE if name not in {"_memo", "_previous"})
    memo = tuple(sorted((repr(raw), bits(clean)) for raw, clean in cleaner._memo.items()))
    return bits(kept), memo, tuple(cleaner._previous or ()), bits(cleaner.scorecard())


def assert_alike(feed: Iterable[Any], make: Callable[[], InstrumentCleaner]) -> None:
    native, plain = make(), make()
    cut = native.short_cut()
    assert isinstance(cut, compiled.TickShortCut)
    for raw in feed:
        mine, theirs = cut(raw), plain.clean(raw)
        assert bits(mine) == bits(theirs), (mine, theirs)
        assert state_of(native) == state_of(plain)


@QUICKLY
@given(feeds(), st.booleans(), st.booleans())
def test_any_feed_gives_the_same_ticks_and_the_same_state(feed: list[RawTick], is_live: bool, is_tuple: bool) -> None:  # noqa: FBT001 - drawn
    assert_alike(
        [tuple(raw) if is_tuple else raw for raw in feed],
        lambda: make_cleaner(is_live=is_live, gap_sample=3, price_memo_size=64),
    )


@QUICKLY
@given(st.integers(0, 21), ANYTHING)
@example(21, "")
@example(21, {})
@example(21, [])
def test_a_field_of_any_kind_is_taken_as_the_careful_half_takes_it(at: int, value: Any) -> None:
    feed = []
    for step in range(9):
        ts = MORNING_NS + step * 500 * NS_PER_MS
        feed.append(list(make_raw_tick(ts_event=ts, ts_recv=ts, volume=240 + step)))
    feed[7][at] = value
    assert_alike([tuple(raw) for raw in feed], lambda: make_cleaner(gap_sample=3))


@QUICKLY
@given(st.one_of(ANYTHING, st.lists(ANYTHING, min_size=22, max_size=22).map(tuple)))
def test_what_is_no_tick_never_raises(raw: Any) -> None:
    assert isinstance(make_cleaner().short_cut()(raw), Rejection)


@pytest.mark.data
@pytest.mark.parametrize("day", [20210104, 20210105])
def test_recorded_days_come_out_the_same(data_dir: Path, day: int) -> None:
    native, plain = make_cleaner(), make_cleaner()
    cut = native.short_cut()
    for raw in index_future_day(data_dir, day):
        assert bits(cut(raw)) == bits(plain.clean(raw))
    assert state_of(native) == state_of(plain)


@pytest.mark.data
def test_recorded_depth_comes_out_the_same(data_dir: Path) -> None:
    assert_alike(copper_hour(data_dir), lambda: make_cleaner("cu1909.SHFE"))


def test_the_ordinary_tick_takes_the_short_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    careful: list[object] = []
    plainly = InstrumentCleaner.clean_carefully

    def counted(self: InstrumentCleaner, raw: object) -> Tick | Rejection:
        careful.append(raw)
        return plainly(self, raw)

    monkeypatch.setattr(InstrumentCleaner, "clean_carefully", counted)
    cut = make_cleaner(gap_sample=3).short_cut()
    for step in range(100):
        ts = MORNING_NS + step * 500 * NS_PER_MS
        cut(make_raw_tick(ts_event=ts, ts_recv=ts, volume=240 + step, turnover=376_560_000.0 + step))
    assert len(careful) < 10


def test_a_million_ticks_leave_nothing_behind() -> None:
    cleaner = make_cleaner()
    cut = cleaner.short_cut()
    feed = []
    for step in range(2_000):
        ts = MORNING_NS + step * 2 * NS_PER_MS
        feed.append(make_raw_tick(ts_event=ts, ts_recv=ts, volume=240 + step, turnover=376_560_000.0 + step * 100.0))
    ticks = [cut(raw) for raw in feed]
    assert all(isinstance(tick, Tick) for tick in ticks)
    del ticks
    gc.collect()
    blocks: list[int] = []
    for round_ in range(500):
        cleaner._last_ts, cleaner._volume, cleaner._turnover = feed[0].ts_event - 1, 239, 0.0
        for raw in feed:
            cut(raw)
        if round_ in {50, 499}:
            blocks.append(sys.getallocatedblocks())
    assert cleaner.seq == 501 * 2_000
    # What somebody else had left lying may go meanwhile; one object of ours a tick would be 898 000 more.
    assert blocks[1] - blocks[0] < 100


def test_only_a_class_with_open_slots_is_taken_on() -> None:
    class Unlike:
        clean_carefully = None

    unlike: Any = Unlike()
    with pytest.raises(AttributeError):
        compiled.TickShortCut(unlike, unlike, {}, Tick, max_volume=1, huge=1.0)
