"""What holds for cleaning whatever comes: the short cut is only a short cut, and nothing ever raises."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_builders import make_cleaner
from tradewind.domain.tick import RawTick, Tick
from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.outcome import Rejection

from builders import MORNING_NS, make_raw_tick

DBL_MAX = 1.7976931348623157e308
PRICES = st.sampled_from([5230.0, 5230.2, 5230.400000000001, 5231.0, 5737.8, 4694.6, 5700.0])
ODD_PRICES = st.one_of(PRICES, st.none(), st.floats(), st.sampled_from([DBL_MAX, 0.0, -1.0, 5230.13, 9e7]))
SIZES = st.one_of(st.integers(0, 500), st.none(), st.integers(-5, 10**13))
LEVELS = st.one_of(st.none(), st.lists(st.tuples(ODD_PRICES, SIZES, ODD_PRICES, SIZES), max_size=4).map(tuple))
ANYTHING = st.one_of(st.none(), st.text(max_size=4), st.floats(), st.integers(), st.lists(st.integers(), max_size=2))


LAGS_MS = st.sampled_from([0, 0, 3, 40_000])
STEPS_MS = st.sampled_from([500, 500, 500, 0, -500, 20_000, 90_000_000, 3_600_000])
STEPS = st.tuples(STEPS_MS, st.sampled_from([0, 1, 7, -3]), LAGS_MS, PRICES, PRICES, PRICES, st.integers(0, 15))
QUICKLY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def feeds(draw: st.DrawFn) -> list[RawTick]:
    """A plausible feed: mostly in order and ordinary, with surprises of every kind mixed in."""
    ticks: list[RawTick] = []
    ts, volume, turnover = MORNING_NS, 240, 376_560_000.0
    for step_ms, traded, lag_ms, last, bid, ask, surprise in draw(st.lists(STEPS, min_size=1, max_size=25)):
        ts += step_ms * NS_PER_MS
        volume, turnover = volume + traded, turnover + traded * 1_569_000.0
        changes: dict[str, Any] = {"last_price": last, "bid_price": bid, "ask_price": ask}
        match surprise:
            case 0 | 1 | 2:
                field = draw(st.sampled_from(RawTick._fields[4:21]))
                changes[field] = draw(SIZES if field in {"volume", "bid_volume", "ask_volume"} else ODD_PRICES)
            case 3 | 4:
                changes |= {"limit_up": None, "limit_down": None}
            case 5:
                changes |= {"bid_price": None, "ask_price": None, "limit_up": None, "limit_down": None}
                changes["bid_volume"] = changes["ask_volume"] = draw(SIZES)
            case 6:
                changes["depth"] = draw(LEVELS)
            case _:
                pass
        stamps = {"ts_event": ts, "ts_recv": ts + lag_ms * NS_PER_MS}
        ticks.append(make_raw_tick(**{**stamps, "volume": volume, "turnover": turnover, **changes}))
    return ticks


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
