"""What holds for cleaning whatever comes: the short cut is only a short cut, and nothing ever raises."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from market_builders import make_cleaner
from market_feeds import ANYTHING, QUICKLY, feeds
from tradewind.domain.tick import RawTick, Tick
from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.outcome import Rejection

from builders import MORNING_NS, make_raw_tick


@QUICKLY
@given(feeds(), st.booleans())
def test_the_short_cut_gives_what_the_careful_path_gives(feed: list[RawTick], is_live: bool) -> None:  # noqa: FBT001 - drawn
    # A sample of 3 opens the short cut early, so that short feeds use it.
    quick = make_cleaner(is_live=is_live, gap_sample=3, price_memo_size=64)
    careful = make_cleaner(is_live=is_live, gap_sample=3)
    for raw in feed:
        assert msgspec.json.encode(quick.clean(tuple(raw))) == msgspec.json.encode(careful.clean_carefully(raw))
    ours, theirs = (msgspec.structs.replace(cleaner.scorecard(), off_tick=0) for cleaner in (quick, careful))
    assert ours == theirs


@QUICKLY
@given(feeds())
def test_what_comes_out_is_sound(feed: list[RawTick]) -> None:
    cleaner = make_cleaner()
    ticks = [outcome for outcome in map(cleaner.clean, feed) if isinstance(outcome, Tick)]
    assert [tick.seq for tick in ticks] == list(range(1, len(ticks) + 1))
    assert [tick.ts_event for tick in ticks] == sorted(tick.ts_event for tick in ticks)
    for tick in ticks:
        assert 0.0 < tick.last_price < 1e8
        assert tick.volume_delta >= 0
        assert 0.0 <= tick.turnover_delta < float("inf")
        if tick.limit_up is not None and tick.limit_down is not None:
            assert tick.limit_down <= tick.last_price <= tick.limit_up
        if tick.bid_price is not None and tick.ask_price is not None:
            assert tick.bid_price <= tick.ask_price


@QUICKLY
@given(feeds())
def test_sending_ticks_twice_and_out_of_order_changes_nothing_that_comes_out(feed: list[RawTick]) -> None:
    """A metamorphic check: a re-subscription repeats ticks, and none of them may count again."""
    once, twice = make_cleaner(), make_cleaner()
    clean: list[Tick] = []
    repeated: list[Tick] = []
    accepted: list[RawTick] = []
    for raw in feed:
        outcome = once.clean(raw)
        if isinstance(outcome, Tick):
            clean.append(outcome)
            accepted.append(raw)
    for raw in accepted:
        for sent in (raw, raw, accepted[0]):
            outcome = twice.clean(sent)
            if isinstance(outcome, Tick):
                repeated.append(outcome)
    alone = make_cleaner()
    assert repeated == [outcome for outcome in map(alone.clean, accepted) if isinstance(outcome, Tick)]
    assert len(repeated) <= len(clean)


@QUICKLY
@given(st.one_of(ANYTHING, st.lists(ANYTHING, min_size=22, max_size=22).map(tuple)))
def test_nothing_that_is_no_tick_ever_raises(raw: Any) -> None:
    assert isinstance(make_cleaner().clean(raw), Rejection)


@QUICKLY
@given(st.integers(0, 21), ANYTHING)
def test_one_field_of_any_kind_never_raises_and_never_spoils_the_next_tick(at: int, value: Any) -> None:
    cleaner = make_cleaner()
    cleaner.clean(make_raw_tick())
    ts = MORNING_NS + 500 * NS_PER_MS
    fields = list(make_raw_tick(ts_event=ts, ts_recv=ts, volume=241))
    fields[at] = value
    cleaner.clean(tuple(fields))
    seq = cleaner.seq
    last_ts = ts + 500 * NS_PER_MS
    outcome = cleaner.clean(make_raw_tick(ts_event=last_ts, ts_recv=last_ts, volume=10**12 - 1, turnover=1e17))
    assert isinstance(outcome, Tick)
    assert outcome.seq == seq + 1
