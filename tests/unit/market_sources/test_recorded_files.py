"""Every layout on the real recordings: counts, and first and last ticks to the last digit."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from pathlib import Path

import pytest

from sources_builders import options
from tradewind.domain.tick import RawTick
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ReadingOptions, RecordingFile, ticks_of

from builders import make_instrument
from fakes import FakeInstruments

pytestmark = pytest.mark.data

AU1912 = make_instrument(instrument_id="au1912.SHFE", exchange="SHFE", contract_multiplier=1000)
GC = make_instrument(instrument_id="GC201312.COMEX", exchange="COMEX", contract_multiplier=100)
IBM = make_instrument(instrument_id="IBM.US", exchange="US", contract_multiplier=1)
OPTIONS = ReadingOptions(instruments=FakeInstruments(AU1912, GC, IBM))


def opened(data_dir: Path, name: str) -> tuple[RecordingFile, list[RawTick]]:
    recording = open_recording(data_dir / name, OPTIONS)
    return recording, [RawTick._make(raw) for raw in ticks_of(recording)]


def test_the_if2101_day_is_read_to_the_last_digit(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "futures_tick/CFFEX.IF2101_20210104.parquet")
    assert recording.layout == "wt_ticks"
    assert len(ticks) == recording.total == 27_955
    assert ticks[0] == RawTick(
        instrument_id="IF2101.CFFEX",
        ts_event=1_609_723_740_400_000_000,  # 09:29:00.400, the call auction
        ts_recv=1_609_723_740_400_000_000,
        trading_day=20210104,
        last_price=5230.0,
        volume=240,
        turnover=376_560_000.0,
        open_interest=90_767.0,
        bid_price=5230.0,
        bid_volume=1,
        ask_price=5230.8,
        ask_volume=2,
        open_price=5230.0,
        high_price=5230.0,
        low_price=5230.0,
        pre_settlement_price=5216.2,
        pre_close_price=5227.0,
        pre_open_interest=90_826.0,
        limit_up=5737.8,
        limit_down=4694.6,
        settlement_price=None,
        depth=None,
    )
    assert ticks[-1]._replace(depth=None) == ticks[0]._replace(
        ts_event=1_609_745_719_400_000_000,  # 15:35:19.400, the settlement
        ts_recv=1_609_745_719_400_000_000,
        last_price=5260.0,
        volume=84_288,
        turnover=132_807_388_020.0,
        open_interest=84_531.0,
        bid_price=5259.2,
        bid_volume=5,
        ask_price=5262.0,
        ask_volume=14,
        high_price=5298.8,
        low_price=5192.0,
        settlement_price=5278.6,
    )


def test_settlement_is_absent_until_it_is_told(data_dir: Path) -> None:
    _, ticks = opened(data_dir, "futures_tick/CFFEX.IF2101_20210105.parquet")
    assert len(ticks) == 28_254
    settled = [tick for tick in ticks if tick.settlement_price is not None]
    assert {tick.settlement_price for tick in settled} == {5357.0}
    assert 1 <= len(settled) <= 3
    assert settled == ticks[-len(settled) :]


def test_cu1909_has_five_levels_and_absent_ones_are_none(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "futures_tick/SHFE.cu1909_L5_200ticks.parquet")
    assert recording.layout == "tq_ticks"
    assert len(ticks) == 200
    first, last = ticks[0], ticks[-1]
    assert first.instrument_id == "cu1909.SHFE"
    assert (first.bid_price, first.bid_volume, first.ask_price, first.ask_volume) == (47_780.0, 10, 47_820.0, 10)
    assert first.depth == (
        (47_770.0, 10, 47_830.0, 10),
        (47_760.0, 85, 47_850.0, 5),
        (47_750.0, 20, 47_860.0, 5),
        (47_740.0, 20, 47_950.0, 20),
    )
    assert (first.volume, first.turnover, first.open_interest) == (7360, 1_756_292_000.0, 8240.0)
    assert (first.high_price, first.low_price, first.trading_day) == (47_860.0, 47_660.0, 0)
    assert last.ts_event == 1_568_617_199_999_500_000
    assert last.depth is not None
    assert last.depth[-1] == (None, 0, None, 0)


def test_bars_become_four_generated_ticks_each(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "futures_bar/SHFE.au1912_1m.parquet")
    assert recording.layout == "tq_bars"
    assert len(ticks) == recording.total == 4 * 33_969
    rising = ticks[:4]  # open 286.6, high 286.75, low 286.6, close 286.75, 144 lots
    assert [tick.last_price for tick in rising] == [286.6, 286.6, 286.75, 286.75]
    assert [tick.volume for tick in rising] == [36, 72, 108, 144]
    assert [tick.open_interest for tick in rising] == [42_734.0, 42_734.0, 42_734.0, 42_844.0]
    assert [tick.ts_event - rising[0].ts_event for tick in rising] == [0, 20 * 10**9, 40 * 10**9, 59_500_000_000]
    assert rising[-1].turnover == 36 * 1000 * (286.6 + 286.6 + 286.75 + 286.75)
    assert all(tick.bid_price is None and tick.ask_price is None for tick in rising)


def test_totals_of_bars_grow_within_a_trading_day_and_begin_anew_at_the_night_open(data_dir: Path) -> None:
    _, ticks = opened(data_dir, "futures_bar/SHFE.au1912_1m.parquet")
    resets = [after for before, after in pairwise(ticks) if (after.volume or 0) < (before.volume or 0)]
    hours = {(tick.ts_event // 10**9 // 3600 + 8) % 24 for tick in resets}
    assert hours == {21, 9}  # 09:00 only where a holiday left no night session
    assert all(tick.open_price == tick.high_price == tick.low_price == tick.last_price for tick in resets)


def test_us_trades_add_up_to_the_day(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "us_tick/IBM_20131007_trade.parquet")
    assert recording.layout == "lean_trades"
    assert len(ticks) == 24_293
    first, last = ticks[0], ticks[-1]
    assert (first.instrument_id, first.last_price, first.volume) == ("IBM.US", 181.52, 283)
    assert first.ts_event == 1_381_132_830_270_000_000  # 04:00:30.270 in New York, still on summer time
    assert (last.last_price, last.volume) == (181.99, 3_960_352)
    assert (last.open_price, last.high_price, last.low_price) == (181.52, 183.31, 181.35)


def test_comex_trades_use_the_multiplier(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "us_tick/COMEX.GC201312_20131007_trade.parquet")
    assert recording.layout == "lean_futures_trades"
    assert len(ticks) == 39_702
    assert ticks[0].instrument_id == "GC201312.COMEX"
    assert (ticks[1].volume, ticks[1].turnover) == (2, 2 * 1313.7 * 100)


def test_us_quotes_carry_each_side_on_and_the_last_trade_beside_them(data_dir: Path) -> None:
    recording, ticks = opened(data_dir, "us_tick/IBM_20131007_quote.parquet")
    assert recording.layout == "lean_quotes"
    assert len(ticks) == 109_067
    first, second, last = ticks[0], ticks[1], ticks[-1]
    assert (first.bid_price, first.ask_price, first.ask_volume) == (None, 183.63, 100)
    assert first.last_price is None
    assert (second.bid_price, second.bid_volume, second.ask_price) == (180.01, 300, 183.63)
    assert (last.last_price, last.volume, last.ask_price) == (181.99, 3_960_352, 186.0)


@pytest.mark.parametrize(
    "name",
    [
        "futures_tick/CFFEX.IF2101_20210104.parquet",
        "futures_bar/CFFEX.IF2003_1m.parquet",
        "us_tick/IBM_20131007_quote.parquet",
        "us_tick/COMEX.GC201312_20131007_trade.parquet",
    ],
)
def test_the_size_of_a_batch_changes_no_tick(data_dir: Path, name: str) -> None:
    small = open_recording(data_dir / name, options(batch_rows=777))
    large = open_recording(data_dir / name, options(batch_rows=1_000_000))
    assert all(one == other for one, other in zip(ticks_of(small), ticks_of(large), strict=True))


def test_a_recording_can_be_read_again_from_its_start(data_dir: Path) -> None:
    recording = open_recording(data_dir / "us_tick/IBM_20131007_trade.parquet", OPTIONS)
    first = deque(ticks_of(recording), maxlen=1)
    assert first == deque(ticks_of(recording), maxlen=1)
