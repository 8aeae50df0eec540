"""Recorded days go through cleaning as the exchange meant them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from market_builders import copper_hour, index_future_day, make_cleaner, new_york, tick_of
from tradewind.domain.tick import Tick, TickFlag
from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.outcome import Rejection
from tradewind.market.reasons import RejectReason
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ReadingOptions, ticks_of

pytestmark = pytest.mark.data

MINUTE_NS = 60_000 * NS_PER_MS


@pytest.mark.parametrize(("day", "rows", "settlements"), [(20210104, 27_955, 2), (20210105, 28_254, 3)])
def test_of_a_whole_day_only_the_settlement_ticks_are_turned_away(
    data_dir: Path, day: int, rows: int, settlements: int
) -> None:
    cleaner = make_cleaner()
    outcomes = [cleaner.clean(raw) for raw in index_future_day(data_dir, day)]
    ticks = [outcome for outcome in outcomes if isinstance(outcome, Tick)]
    turned_away = [outcome for outcome in outcomes if isinstance(outcome, Rejection)]
    assert (len(outcomes), len(ticks), len(turned_away)) == (rows, rows - settlements, settlements)
    assert cleaner.quality.repaired == {}
    assert cleaner.quality.rejected == {"off_session": settlements}
    for rejection in turned_away:
        assert rejection.snapshot is not None
        assert rejection.snapshot.flags == TickFlag.OFF_SESSION | TickFlag.SETTLEMENT
        assert rejection.snapshot.trading_day == day
    assert [tick.seq for tick in ticks] == list(range(1, len(ticks) + 1))
    assert {tick.trading_day for tick in ticks} == {day}


def test_the_flags_of_the_day_are_one_auction_and_nothing_else(data_dir: Path) -> None:
    cleaner = make_cleaner()
    flags = [outcome.flags for outcome in map(cleaner.clean, index_future_day(data_dir)) if isinstance(outcome, Tick)]
    assert flags[0] == TickFlag.BASELINE | TickFlag.AUCTION
    assert set(flags[1:]) == {0}


def test_the_average_price_of_every_increment_lies_between_low_and_high(data_dir: Path) -> None:
    cleaner = make_cleaner()
    traded = 0
    for raw in index_future_day(data_dir):
        tick = cleaner.clean(raw)
        if isinstance(tick, Tick) and tick.volume_delta:
            assert tick.low_price is not None
            assert tick.high_price is not None
            average = tick.turnover_delta / tick.volume_delta / 300
            assert tick.low_price - 1e-6 <= average <= tick.high_price + 1e-6
            traded += tick.volume_delta
    assert traded == 84_288 - 240


def test_the_scorecard_of_a_good_day_is_good(data_dir: Path) -> None:
    cleaner = make_cleaner()
    for raw in index_future_day(data_dir):
        cleaner.clean(raw)
    card = cleaner.scorecard()
    assert (card.usual_interval_ms, card.gaps, card.off_tick, card.limit_ticks) == (500.0, 0, 0, 0)


def test_the_short_cut_and_the_careful_path_agree_on_every_recorded_tick(data_dir: Path) -> None:
    for day in (20210104, 20210105):
        quick, careful = make_cleaner(), make_cleaner()
        for raw in index_future_day(data_dir, day)[::7]:
            assert quick.clean(raw) == careful.clean_carefully(raw)


def test_the_short_cut_carries_nearly_the_whole_day(data_dir: Path) -> None:
    cleaner = make_cleaner()
    rows = index_future_day(data_dir)
    careful = 0
    for raw in rows:
        before = cleaner._previous
        cleaner.clean(raw)
        # The careful path keeps a named tick, the short cut the tuple it was given.
        careful += type(cleaner._previous) is not tuple or cleaner._previous is before
    assert careful < len(rows) * 0.02


def test_the_last_hour_of_expiring_copper_is_in_session_with_its_five_levels(data_dir: Path) -> None:
    cleaner = make_cleaner("cu1909.SHFE")
    ticks = [tick_of(cleaner.clean(raw)) for raw in copper_hour(data_dir)]
    assert len(ticks) == 200
    assert {tick.trading_day for tick in ticks} == {20190916}
    assert ticks[0].depth == ((47770.0, 10, 47830.0, 10), (47760.0, 85, 47850.0, 5), (47750.0, 20, 47860.0, 5),
                              (47740.0, 20, 47950.0, 20))  # fmt: skip
    assert ticks[-1].depth is not None
    assert ticks[-1].depth[-1] == (None, 0, None, 0)
    assert sum(tick.volume_delta for tick in ticks) == 9020 - 7360
    assert not any(tick.flags & TickFlag.REPAIRED for tick in ticks)


@pytest.mark.parametrize(
    ("name", "hours_id"),
    [
        ("CFFEX.IF2003", "index_futures"),
        ("DCE.m2005", "night_2300"),
        ("SHFE.au1912", "night_0230"),
        ("SHFE.cu2001", "night_0100"),
        ("SHFE.cu2002", "night_0100"),
        ("SHFE.rb2002", "night_2300"),
    ],
)
def test_every_recorded_minute_lies_in_a_section_that_it_does_not_leave(
    data_dir: Path, name: str, hours_id: str
) -> None:
    calendar = ExchangeCalendar(closing_tolerance_s=0)
    for begin in pq.read_table(data_dir / "futures_bar" / f"{name}_1m.parquet")["datetime"].to_pylist():
        section = calendar.section_at(hours_id, begin)
        assert section is not None, (name, begin)
        assert begin + MINUTE_NS <= section.close_ns, (name, begin)


@pytest.mark.parametrize(
    ("name", "hours_id"),
    [
        ("SPY_20131007_trade", "us_equities"),
        ("IBM_20131007_trade", "us_equities"),
        ("IBM_20131007_quote", "us_equities"),
        ("COMEX.GC201312_20131007_trade", "comex_metals"),
    ],
)
def test_every_recorded_american_tick_lies_in_a_section(data_dir: Path, name: str, hours_id: str) -> None:
    calendar = ExchangeCalendar()
    midnight = new_york("2013-10-07 00:00:00")
    stamps = pq.read_table(data_dir / "us_tick" / f"{name}.parquet")["ms_since_midnight"].to_pylist()
    assert all(calendar.section_at(hours_id, midnight + stamp * NS_PER_MS) is not None for stamp in stamps[::11])


def test_no_american_quote_that_changes_the_book_is_taken_for_a_duplicate(data_dir: Path) -> None:
    file = data_dir / "us_tick/IBM_20131007_quote.parquet"
    recording = open_recording(file, ReadingOptions(instruments=InstrumentTable()))
    cleaner = make_cleaner("IBM.US")
    before: tuple[object, ...] = ()
    repeated = 0
    for raw in ticks_of(recording):
        said = tuple(raw[4:])
        is_repeated = before == (raw[1], *said)
        before = (raw[1], *said)
        outcome = cleaner.clean(raw)
        is_duplicate = isinstance(outcome, Rejection) and outcome.reason is RejectReason.DUPLICATE
        assert is_duplicate == (is_repeated and raw[4] is not None)
        repeated += is_duplicate
    # Other venues at the same price within the millisecond, and sides quoted anew as they were.
    assert repeated == cleaner.quality.rejected[RejectReason.DUPLICATE] == 35_192


@pytest.mark.parametrize("cut", [1, 500, 12_345])
def test_a_cleaner_that_goes_on_after_the_last_tick_of_an_earlier_life_says_the_same(data_dir: Path, cut: int) -> None:
    day = index_future_day(data_dir)[: cut + 2_000]
    whole = [outcome for outcome in map(make_cleaner().clean, day) if isinstance(outcome, Tick)]
    second_life = make_cleaner()
    second_life.resume(whole[cut - 1])
    rest = [outcome for outcome in map(second_life.clean, day) if isinstance(outcome, Tick)]
    assert rest == whole[cut:]
    assert second_life.scorecard().accepted == len(rest)
