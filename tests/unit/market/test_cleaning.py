"""Every rule of cleaning, one at a time, on IF2101 unless the rule belongs to another exchange."""

from __future__ import annotations

from typing import Any

import pytest

from market_builders import make_cleaner, new_york, reason_of, shanghai, tick_of
from tradewind.domain.tick import RawTick, TickFlag
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.market.instrument_cleaner import InstrumentCleaner
from tradewind.market.outcome import Rejection
from tradewind.market.reasons import RejectReason, RepairReason

from builders import MORNING_NS, make_raw_tick

NAN = float("nan")
INFINITY = float("inf")
DBL_MAX = 1.7976931348623157e308
NO_LIMITS = {"limit_up": None, "limit_down": None}


def later(half_seconds: int = 1, **changes: Any) -> RawTick:
    """Return the builder's tick so many half seconds later, one lot traded for each."""
    ts = MORNING_NS + half_seconds * 500 * NS_PER_MS
    fields = {
        "ts_event": ts,
        "ts_recv": ts,
        "volume": 240 + half_seconds,
        "turnover": 376_560_000.0 + half_seconds * 1_569_000.0,
        **changes,
    }
    return make_raw_tick(**fields)


def begun(*, is_live: bool = False, **rules: Any) -> InstrumentCleaner:
    """Return a cleaner that has accepted the builder's tick."""
    cleaner = make_cleaner(is_live=is_live, **rules)
    tick_of(cleaner.clean(make_raw_tick()))
    return cleaner


def test_the_first_tick_of_a_day_is_a_baseline_without_increments() -> None:
    tick = tick_of(make_cleaner().clean(make_raw_tick()))
    assert (tick.seq, tick.volume, tick.volume_delta, tick.turnover_delta) == (1, 240, 0, 0.0)
    assert tick.flags == TickFlag.BASELINE
    assert tick.trading_day == 20210104


def test_increments_are_the_differences_and_the_sequence_has_no_gaps() -> None:
    cleaner = begun()
    ticks = [tick_of(cleaner.clean(later(n))) for n in (1, 2, 4)]
    assert [tick.seq for tick in ticks] == [2, 3, 4]
    assert [tick.volume_delta for tick in ticks] == [1, 1, 2]
    assert [tick.turnover_delta for tick in ticks] == [1_569_000.0, 1_569_000.0, 3_138_000.0]
    assert [tick.flags for tick in ticks] == [0, 0, 0]


def test_a_rejected_tick_takes_no_sequence_number() -> None:
    cleaner = begun()
    reason_of(cleaner.clean(later(1, last_price=None)))
    assert tick_of(cleaner.clean(later(2))).seq == 2


@pytest.mark.parametrize(
    "raw",
    [
        None,
        42,
        "IF2101.CFFEX",
        (),
        ("IF2101.CFFEX",),
        tuple(make_raw_tick())[:-1],
        (*make_raw_tick(), None),
        make_raw_tick(last_price="5230.0"),
        make_raw_tick(last_price=[5230.0]),
        make_raw_tick(volume="240"),
        make_raw_tick(volume=240.0),
        make_raw_tick(bid_volume=1.0),
        make_raw_tick(ts_event="09:30:00"),
        make_raw_tick(ts_event=1.6e18),
        make_raw_tick(ts_recv=None),
        make_raw_tick(turnover="1"),
        make_raw_tick(limit_up="5737.8"),
        make_raw_tick(depth=5),
        make_raw_tick(depth=((5229.8, 1, 5231.0),)),
        make_raw_tick(depth=((5229.8, "1", 5231.0, 1),)),
    ],
)
def test_what_is_no_tick_is_malformed_and_disturbs_nothing(raw: Any) -> None:
    cleaner = begun()
    assert reason_of(cleaner.clean(raw)) is RejectReason.MALFORMED
    assert tick_of(cleaner.clean(later(1))).seq == 2


def test_a_plain_tuple_is_as_good_as_a_named_one() -> None:
    named, plain = make_cleaner(), make_cleaner()
    for n in range(200):
        assert named.clean(later(n)) == plain.clean(tuple(later(n)))


@pytest.mark.parametrize("price", [NAN, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, 1e300, 0.0, -1.0, 10**400])
def test_an_absurd_last_price_is_rejected(price: float) -> None:
    assert reason_of(begun().clean(later(1, last_price=price))) is RejectReason.ABSURD_PRICE


def test_a_tick_without_a_last_price_is_rejected() -> None:
    assert reason_of(make_cleaner().clean(make_raw_tick(last_price=None))) is RejectReason.MISSING_LAST_PRICE


@pytest.mark.parametrize(("price", "is_good"), [(5737.8, True), (5738.0, False), (4694.6, True), (4694.4, False)])
def test_a_last_price_outside_the_days_limits_is_rejected(price: float, is_good: bool) -> None:  # noqa: FBT001 - a column of the table
    outcome = begun().clean(later(1, last_price=price))
    assert not isinstance(outcome, Rejection) if is_good else reason_of(outcome) is RejectReason.OUTSIDE_LIMITS


PRICE_FIELDS = ["bid_price", "ask_price", "high_price", "pre_settlement_price", "settlement_price"]
ABSURD = [(field, price) for field in PRICE_FIELDS for price in (NAN, INFINITY, DBL_MAX, 0.0, -5.0)]
# Yesterday's settlement may lie outside today's limits; what is quoted today may not.
OUTSIDE = [(field, 9999.0) for field in ("bid_price", "ask_price", "high_price")]


@pytest.mark.parametrize(("field", "price"), ABSURD + OUTSIDE)
def test_another_absurd_price_is_made_absent_and_the_tick_is_flagged(field: str, price: float) -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(1, **{field: price})))
    assert getattr(tick, field) is None
    assert tick.flags & TickFlag.REPAIRED
    assert cleaner.quality.repaired == {RepairReason.ABSURD_FIELD: 1}


def test_an_absent_price_is_nothing_to_repair() -> None:
    tick = tick_of(begun().clean(later(1, ask_price=None, ask_volume=None)))
    assert (tick.ask_price, tick.ask_volume) == (None, 0)
    assert tick.flags == 0


def test_a_side_without_a_price_has_no_volume() -> None:
    assert tick_of(begun().clean(later(1, bid_price=None, bid_volume=7))).bid_volume == 0


@pytest.mark.parametrize("size", [-1, 10**15])
def test_an_absurd_book_volume_is_made_zero(size: int) -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(1, bid_volume=size)))
    assert tick.bid_volume == 0
    assert cleaner.quality.repaired == {RepairReason.ABSURD_SIZE: 1}


def test_a_crossed_book_is_dropped_and_the_rest_kept() -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(1, bid_price=5231.0, ask_price=5230.0)))
    assert (tick.bid_price, tick.bid_volume, tick.ask_price, tick.ask_volume) == (None, 0, None, 0)
    assert (tick.last_price, tick.flags) == (5230.0, TickFlag.REPAIRED)
    assert cleaner.quality.repaired == {RepairReason.CROSSED_BOOK: 1}


def test_limits_that_contradict_each_other_are_dropped() -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(1, limit_up=4694.6, limit_down=5737.8)))
    assert (tick.limit_up, tick.limit_down) == (None, None)
    assert cleaner.quality.repaired == {RepairReason.ABSURD_LIMITS: 1}


def test_the_same_tick_again_is_a_duplicate() -> None:
    cleaner = begun()
    assert reason_of(cleaner.clean(make_raw_tick())) is RejectReason.DUPLICATE
    assert reason_of(cleaner.clean(make_raw_tick(bid_volume=9))) is RejectReason.DUPLICATE


def test_the_same_instant_with_less_volume_is_backwards() -> None:
    assert reason_of(begun().clean(make_raw_tick(volume=239))) is RejectReason.BACKWARDS


def test_the_same_instant_with_more_volume_is_another_tick() -> None:
    assert tick_of(begun().clean(make_raw_tick(volume=241))).volume_delta == 1


def test_an_older_tick_is_backwards() -> None:
    cleaner = begun()
    tick_of(cleaner.clean(later(4)))
    assert reason_of(cleaner.clean(later(3))) is RejectReason.BACKWARDS
    assert tick_of(cleaner.clean(later(5))).volume_delta == 1


def test_ticks_of_czce_that_share_a_second_keep_the_order_they_came_in() -> None:
    cleaner = make_cleaner("SR605.CZCE")
    ts = shanghai("2026-01-05 09:30:00")
    first = make_raw_tick(
        instrument_id="SR605.CZCE", ts_event=ts, ts_recv=ts, last_price=5330.0, bid_price=5329.0, ask_price=5330.0
    )
    assert tick_of(cleaner.clean(first)).seq == 1
    assert tick_of(cleaner.clean(first._replace(bid_volume=5))).seq == 2
    assert reason_of(cleaner.clean(first._replace(bid_volume=5))) is RejectReason.DUPLICATE


@pytest.mark.parametrize("moment", ["2021-01-04 09:24:59", "2021-01-04 12:00:00", "2021-01-04 15:14:00"])
def test_off_session_quotes_are_for_screens_only(moment: str) -> None:
    cleaner = make_cleaner()
    ts = shanghai(moment)
    outcome = cleaner.clean(make_raw_tick(ts_event=ts, ts_recv=ts))
    assert reason_of(outcome) is RejectReason.OFF_SESSION
    assert isinstance(outcome, Rejection)
    assert outcome.snapshot is not None
    assert outcome.snapshot.flags == TickFlag.OFF_SESSION
    assert (outcome.snapshot.seq, outcome.snapshot.volume_delta, outcome.snapshot.last_price) == (0, 0, 5230.0)
    assert cleaner.seq == 0


def test_a_settlement_after_the_close_belongs_to_the_day_that_closed() -> None:
    cleaner = begun()
    ts = shanghai("2021-01-04 15:30:48.900")
    outcome = cleaner.clean(make_raw_tick(ts_event=ts, ts_recv=ts, settlement_price=5278.6, trading_day=0))
    assert isinstance(outcome, Rejection)
    assert outcome.snapshot is not None
    assert outcome.snapshot.flags == TickFlag.OFF_SESSION | TickFlag.SETTLEMENT
    assert outcome.snapshot.settlement_price == 5278.6
    assert outcome.snapshot.trading_day == 20210104
    assert outcome.snapshot.seq == 1


def test_an_off_session_quote_without_a_price_shows_nothing() -> None:
    ts = shanghai("2021-01-04 12:00:00")
    outcome = make_cleaner().clean(make_raw_tick(ts_event=ts, ts_recv=ts, last_price=None))
    assert reason_of(outcome) is RejectReason.OFF_SESSION
    assert isinstance(outcome, Rejection)
    assert outcome.snapshot is None


def test_a_tick_at_the_closing_instant_and_just_after_it_is_accepted() -> None:
    cleaner = make_cleaner()
    for moment in ("2021-01-04 15:00:00", "2021-01-04 15:00:00.400", "2021-01-04 15:00:03"):
        ts = shanghai(moment)
        tick_of(cleaner.clean(make_raw_tick(ts_event=ts, ts_recv=ts)))
    ts = shanghai("2021-01-04 15:00:03.001")
    assert reason_of(cleaner.clean(make_raw_tick(ts_event=ts, ts_recv=ts))) is RejectReason.OFF_SESSION


def test_the_opening_auction_is_flagged() -> None:
    ts = shanghai("2021-01-04 09:29:00.400")
    tick = tick_of(make_cleaner().clean(make_raw_tick(ts_event=ts, ts_recv=ts)))
    assert tick.flags == TickFlag.BASELINE | TickFlag.AUCTION


@pytest.mark.parametrize("field", [20210108, 0, 20210109, 99999999])
def test_the_trading_day_at_night_comes_from_the_calendar_never_from_the_field(field: int) -> None:
    ts = shanghai("2021-01-08 22:00:00")
    raw = make_raw_tick(instrument_id="SR105.CZCE", ts_event=ts, ts_recv=ts, trading_day=field, depth=None)
    assert tick_of(make_cleaner("SR105.CZCE").clean(raw)).trading_day == 20210111


def test_a_new_trading_day_is_a_new_baseline() -> None:
    cleaner = begun()
    ts = shanghai("2021-01-05 09:30:00")
    tick = tick_of(cleaner.clean(make_raw_tick(ts_event=ts, ts_recv=ts, volume=10, turnover=1.5e7)))
    assert (tick.seq, tick.volume_delta, tick.turnover_delta, tick.trading_day) == (2, 0, 0.0, 20210105)
    assert tick.flags == TickFlag.BASELINE


def test_volume_going_backwards_is_rejected() -> None:
    cleaner = begun()
    assert reason_of(cleaner.clean(later(1, volume=239))) is RejectReason.VOLUME_BACKWARDS
    assert tick_of(cleaner.clean(later(2))).volume_delta == 2


def test_one_wrong_volume_does_not_lock_the_instrument_for_the_day() -> None:
    cleaner = begun()
    tick_of(cleaner.clean(later(1, volume=999_999_999)))
    assert reason_of(cleaner.clean(later(2))) is RejectReason.VOLUME_BACKWARDS
    assert reason_of(cleaner.clean(later(3))) is RejectReason.VOLUME_BACKWARDS
    confirmed = tick_of(cleaner.clean(later(4)))
    assert (confirmed.volume, confirmed.volume_delta, confirmed.flags) == (244, 0, TickFlag.BASELINE)
    assert tick_of(cleaner.clean(later(5))).volume_delta == 1


@pytest.mark.parametrize("volume", [-1, 10**15])
def test_an_absurd_volume_is_rejected(volume: int) -> None:
    assert reason_of(begun().clean(later(1, volume=volume))) is RejectReason.ABSURD_VOLUME


def test_a_quote_without_volume_carries_the_volume_on() -> None:
    cleaner = begun()
    assert tick_of(cleaner.clean(later(1, volume=None, turnover=None))).volume == 240
    assert tick_of(cleaner.clean(later(2))).volume_delta == 2


def test_the_first_volume_after_quotes_without_one_is_a_baseline() -> None:
    cleaner = make_cleaner()
    assert tick_of(cleaner.clean(make_raw_tick(volume=None, turnover=None))).volume == 0
    tick = tick_of(cleaner.clean(later(1)))
    assert (tick.volume_delta, tick.turnover_delta) == (0, 0.0)
    assert tick_of(cleaner.clean(later(2))).volume_delta == 1


def test_without_limits_a_jump_waits_until_following_ticks_confirm_it() -> None:
    cleaner = make_cleaner()
    tick_of(cleaner.clean(make_raw_tick(**NO_LIMITS)))
    assert reason_of(cleaner.clean(later(1, last_price=6000.0, **NO_LIMITS))) is RejectReason.SPIKE
    assert tick_of(cleaner.clean(later(2, last_price=5231.0, **NO_LIMITS))).last_price == 5231.0
    outcomes = [cleaner.clean(later(n, last_price=6000.0 + n, **NO_LIMITS)) for n in (3, 4, 5, 6)]
    assert [reason_of(outcome) for outcome in outcomes[:2]] == [RejectReason.SPIKE] * 2
    assert [tick_of(outcome).last_price for outcome in outcomes[2:]] == [6005.0, 6006.0]


def test_spikes_that_do_not_agree_never_confirm_each_other() -> None:
    cleaner = make_cleaner()
    tick_of(cleaner.clean(make_raw_tick(**NO_LIMITS)))
    for n, price in enumerate((6000.0, 9000.0, 6000.0, 12000.0), start=1):
        assert reason_of(cleaner.clean(later(n, last_price=price, **NO_LIMITS))) is RejectReason.SPIKE


def test_over_night_a_price_may_jump_without_waiting() -> None:
    cleaner = make_cleaner()
    tick_of(cleaner.clean(make_raw_tick(**NO_LIMITS)))
    ts = shanghai("2021-01-05 09:30:00")
    gap = make_raw_tick(ts_event=ts, ts_recv=ts, last_price=4000.0, **NO_LIMITS)
    assert tick_of(cleaner.clean(gap)).last_price == 4000.0


def test_small_steps_may_add_up_to_more_than_a_jump() -> None:
    cleaner = make_cleaner()
    prices = [float(5000 + 100 * n) for n in range(40)]
    for n, price in enumerate(prices):
        tick = tick_of(cleaner.clean(later(n, last_price=price, bid_price=None, ask_price=None, **NO_LIMITS)))
        assert tick.last_price == price


def test_within_limits_any_step_is_a_market() -> None:
    assert tick_of(begun().clean(later(1, last_price=4700.0))).last_price == 4700.0


def test_prices_are_rounded_to_the_tick() -> None:
    tick = tick_of(begun().clean(later(1, last_price=5230.400000000001, limit_up=5806.400000000001)))
    assert (tick.last_price, tick.limit_up) == (5230.4, 5806.4)


def test_a_price_off_the_tick_is_kept_as_printed_and_counted() -> None:
    cleaner = make_cleaner("au1912.SHFE")
    ts = shanghai("2019-07-09 21:30:00")
    raw = make_raw_tick(ts_event=ts, ts_recv=ts, last_price=286.75, bid_price=286.7, ask_price=None, **NO_LIMITS)
    raw = raw._replace(open_price=None, high_price=None, low_price=None, pre_settlement_price=None)
    assert tick_of(cleaner.clean(raw)).last_price == 286.75
    assert cleaner.scorecard().off_tick == 1


def test_at_the_limit_with_nobody_on_the_other_side_the_market_is_locked() -> None:
    cleaner = begun()
    up = tick_of(cleaner.clean(later(1, last_price=5737.8, bid_price=5737.8, ask_price=None, ask_volume=0)))
    assert up.flags == TickFlag.LIMIT_UP
    assert cleaner.scorecard().limit_state == "up"
    down = tick_of(cleaner.clean(later(2, last_price=4694.6, ask_price=4694.6, bid_price=None, bid_volume=0)))
    assert down.flags == TickFlag.LIMIT_DOWN
    assert tick_of(cleaner.clean(later(3))).flags == 0
    card = cleaner.scorecard()
    assert (card.limit_state, card.limit_ticks) == (None, 2)


def test_at_the_limit_with_sellers_left_the_market_is_not_locked() -> None:
    assert tick_of(begun().clean(later(1, last_price=5737.8, bid_price=5737.6, ask_price=5737.8))).flags == 0


@pytest.mark.parametrize("turnover", [None, NAN, INFINITY, DBL_MAX, -1.0])
def test_missing_turnover_is_estimated_from_the_last_price(turnover: float | None) -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(2, turnover=turnover)))
    assert tick.turnover_delta == 2 * 5230.0 * 300
    assert tick.flags == TickFlag.REPAIRED
    assert cleaner.quality.repaired == {RepairReason.TURNOVER: 1}


@pytest.mark.parametrize("interest", [NAN, INFINITY, DBL_MAX, -1.0])
def test_absurd_open_interest_keeps_the_value_before_it(interest: float) -> None:
    cleaner = begun()
    tick = tick_of(cleaner.clean(later(1, open_interest=interest)))
    assert tick.open_interest == 90_767.0
    assert tick.flags == TickFlag.REPAIRED


def test_a_live_tick_that_comes_late_is_stale_but_screens_may_show_it() -> None:
    cleaner = begun(is_live=True)
    raw = later(1)
    outcome = cleaner.clean(raw._replace(ts_recv=raw.ts_event + 31 * NS_PER_S))
    assert reason_of(outcome) is RejectReason.STALE
    assert isinstance(outcome, Rejection)
    assert outcome.snapshot is not None
    assert tick_of(cleaner.clean(raw._replace(ts_recv=raw.ts_event + 29 * NS_PER_S))).seq == 2
    assert cleaner.scorecard().max_lag_ms == 29_000


def test_in_a_recording_nothing_is_stale() -> None:
    raw = later(1)
    assert tick_of(begun().clean(raw._replace(ts_recv=raw.ts_event + 86_400 * NS_PER_S))).seq == 2


@pytest.mark.parametrize("ts", [0, -1, 10**15, 10**19, MORNING_NS + 61 * NS_PER_S])
def test_a_time_that_cannot_be_is_rejected(ts: int) -> None:
    recv = min(ts, MORNING_NS)
    assert reason_of(begun().clean(make_raw_tick(ts_event=ts, ts_recv=recv))) is RejectReason.ABSURD_TIME


def test_five_levels_pass_and_an_absurd_level_is_absent() -> None:
    cleaner = begun()
    depth = ((5229.8, 3, 5231.0, 4), (NAN, 1, 9999.0, 1))
    tick = tick_of(cleaner.clean(later(1, depth=depth)))
    assert tick.depth == ((5229.8, 3, 5231.0, 4), (None, 0, None, 0))
    assert cleaner.quality.repaired == {RepairReason.ABSURD_FIELD: 1}


def test_czce_turnover_without_the_multiplier_is_told_from_turnover_with_it() -> None:
    ts = shanghai("2026-01-05 09:30:00")
    common = {"instrument_id": "SR605.CZCE", "last_price": 5330.0, "bid_price": 5329.0, "ask_price": 5330.0}
    raw = make_raw_tick(**common, ts_event=ts, ts_recv=ts, volume=100, turnover=100 * 5330.0)
    following = raw._replace(ts_event=ts + NS_PER_S, ts_recv=ts + NS_PER_S, volume=101, turnover=101 * 5330.0)
    lacking, having = make_cleaner("SR605.CZCE"), make_cleaner("SR605.CZCE")
    assert tick_of(lacking.clean(raw)).turnover == 5_330_000.0
    assert tick_of(having.clean(raw._replace(turnover=5_330_000.0))).turnover == 5_330_000.0
    assert tick_of(lacking.clean(following)).turnover_delta == 53_300.0
    assert tick_of(having.clean(following._replace(turnover=5_383_300.0))).turnover_delta == 53_300.0


def test_american_trades_of_one_millisecond_are_all_accepted() -> None:
    cleaner = make_cleaner("SPY.US")
    ts = new_york("2013-10-07 09:30:00")
    empty = {
        name: None
        for name in RawTick._fields
        if name not in {"instrument_id", "ts_event", "ts_recv", "trading_day", "last_price", "volume", "turnover"}
    }
    raw = make_raw_tick(**empty, instrument_id="SPY.US", ts_event=ts, ts_recv=ts, last_price=167.41, volume=100)
    ticks = [tick_of(cleaner.clean(raw._replace(volume=volume, turnover=volume * 167.41))) for volume in (100, 300)]
    assert [tick.volume_delta for tick in ticks] == [0, 200]
    assert (ticks[1].bid_price, ticks[1].open_interest, ticks[1].depth) == (None, 0.0, None)
