"""A struct of CTP's library to a raw tick: when it happened, what is absent, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctp_builders import NO_PRICE, make_record
from market_builders import shanghai
from tradewind.ctp.tick_layout import RECORD, SIZE
from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.ctpwire.refusals import QuarantineLimits
from tradewind.market.sources.ctp_ticks import TickReader

HOUR_NS = 3600 * NS_PER_S


def reader(*, stamps_arrival: bool = False) -> TickReader:
    made = TickReader(QuarantineLimits(), stamps_arrival=stamps_arrival)
    made.want({"rb2701": "rb2701.SHFE", "SR701": "SR701.CZCE"})
    made.trading_day = 20261124
    return made


def read(record: bytes, *, with_reader: TickReader | None = None) -> RawTick:
    (raw,) = (with_reader or reader()).read([record])
    return RawTick(*raw)


def test_every_field_of_the_struct_has_its_place() -> None:
    given_ = {
        "PreSettlementPrice": 1.5,
        "PreClosePrice": 2.5,
        "PreOpenInterest": 3.0,
        "OpenPrice": 4.5,
        "HighestPrice": 5.5,
        "LowestPrice": 6.5,
        "Volume": 7,
        "Turnover": 8.5,
        "OpenInterest": 9.0,
        "ClosePrice": 10.5,
        "SettlementPrice": 11.5,
        "UpperLimitPrice": 12.5,
        "LowerLimitPrice": 13.5,
        "UpdateMillisec": 500,
        "BidPrice1": 14.5,
        "BidVolume1": 15,
        "AskPrice1": 16.5,
        "AskVolume1": 17,
        "BidPrice2": 18.5,
        "BidVolume2": 19,
        "AskPrice2": 20.5,
        "AskVolume2": 21,
        "BidPrice5": 22.5,
        "BidVolume5": 23,
        "AskPrice5": 24.5,
        "AskVolume5": 25,
        "AveragePrice": 26.5,
    }
    now_ns = shanghai("2026-11-24 09:30:00.7")
    tick = read(make_record(now_ns, LastPrice=27.5, **given_))
    empty = (None, 0, None, 0)
    assert tick == RawTick(
        *("rb2701.SHFE", shanghai("2026-11-24 09:30:00.5"), now_ns, 20261124, 27.5, 7, 8.5, 9.0, 14.5, 15, 16.5, 17),
        *(4.5, 5.5, 6.5, 1.5, 2.5, 3.0, 12.5, 13.5, 11.5),
        ((18.5, 19, 20.5, 21), empty, empty, (22.5, 23, 24.5, 25)),
    )
    assert SIZE == RECORD.size == 584


@pytest.mark.parametrize("nothing", [NO_PRICE, 1.797693e308, 0.0, -NO_PRICE])
def test_a_price_that_is_no_price_is_absent_and_never_zero(nothing: float) -> None:
    names = ("LastPrice", "OpenPrice", "HighestPrice", "LowestPrice", "PreSettlementPrice", "PreClosePrice")
    more = ("UpperLimitPrice", "LowerLimitPrice", "SettlementPrice", "BidPrice1", "AskPrice1")
    tick = read(make_record(shanghai("2026-11-24 09:30:00"), **dict.fromkeys((*names, *more), nothing)))
    prices = (tick.last_price, tick.open_price, tick.high_price, tick.low_price, tick.pre_settlement_price)
    assert prices == (None,) * 5
    assert (tick.limit_up, tick.limit_down, tick.settlement_price, tick.bid_price, tick.ask_price) == (None,) * 5


def test_no_turnover_is_a_turnover_and_an_absurd_one_is_none() -> None:
    now_ns = shanghai("2026-11-24 09:30:00")
    assert read(make_record(now_ns, Turnover=0.0)).turnover == 0.0
    assert read(make_record(now_ns, Turnover=NO_PRICE)).turnover is None


def test_one_level_is_no_depth_however_the_others_are_left_empty() -> None:
    now_ns = shanghai("2026-11-24 09:30:00")
    assert read(make_record(now_ns, BidPrice2=0.0, AskPrice2=0.0)).depth is None
    assert read(make_record(now_ns)).depth is None


@pytest.mark.parametrize(
    ("received", "clock", "happened"),
    [
        ("2026-11-20 21:00:00", "21:00:00", "2026-11-20 21:00:00"),
        ("2026-11-21 00:00:01", "23:59:59", "2026-11-20 23:59:59"),
        ("2026-11-20 23:59:59", "00:00:00", "2026-11-21 00:00:00"),
        ("2026-11-21 02:29:59", "02:29:59", "2026-11-21 02:29:59"),
        ("2026-11-23 08:50:00", "15:00:00", "2026-11-22 15:00:00"),
        ("2026-11-24 08:50:00", "23:00:00", "2026-11-23 23:00:00"),
        ("2026-11-24 08:59:59", "09:00:00", "2026-11-24 09:00:00"),
        ("2026-11-24 07:17:03", "07:17:00", "2026-11-24 07:17:00"),
    ],
    ids=[
        *("friday night", "just after midnight", "just before midnight", "saturday morning", "an old close"),
        *("last night, in the morning", "our clock is behind", "before the open"),
    ],
)
def test_the_date_is_our_own_whatever_the_struct_says(received: str, clock: str, happened: str) -> None:
    # DCE puts the trading day into ActionDay at night, CZCE the date into TradingDay: neither is asked.
    record = make_record(shanghai(received), UpdateTime=clock, ActionDay="20301231", TradingDay="20301231")
    assert read(record).ts_event == shanghai(happened)
    assert read(record).trading_day == 20261124


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - in China
    lag_s=st.floats(-60, 4 * 3600 - 1),
)
def test_a_quote_is_dated_right_at_any_hour_if_it_is_less_than_four_hours_old(moment: datetime, lag_s: float) -> None:
    moment = moment.replace(microsecond=0)
    ts = round(moment.replace(tzinfo=UTC).timestamp()) * NS_PER_S - 8 * HOUR_NS
    recv_ns = ts + round(lag_s * NS_PER_S)
    assert read(make_record(recv_ns, UpdateTime=f"{moment:%H:%M:%S}")).ts_event == ts


def test_what_was_worked_out_before_midnight_does_not_hold_after_it() -> None:
    one = reader()
    for received, happened in (
        ("2026-11-23 23:59:59.9", "2026-11-23 23:59:59"),
        ("2026-11-24 23:59:59.9", "2026-11-24 23:59:59"),
        ("2026-11-25 00:00:00.1", "2026-11-24 23:59:59"),
    ):
        record = make_record(shanghai(received), UpdateTime="23:59:59")
        assert read(record, with_reader=one).ts_event == shanghai(happened)


def test_a_front_that_repeats_an_old_day_may_be_stamped_by_our_clock() -> None:
    now_ns = shanghai("2026-11-21 13:00:00")
    assert read(make_record(now_ns), with_reader=reader(stamps_arrival=True)).ts_event == now_ns


@pytest.mark.parametrize("clock", ["", "9:30:00", "24:00:00", "09:60:00", "ab:cd:ef", "09-30-00"])
def test_a_time_that_is_none_is_refused_and_kept(clock: str) -> None:
    one = reader()
    now_ns = shanghai("2026-11-24 09:30:00")
    assert one.read([make_record(now_ns, UpdateTime=clock), make_record(now_ns)])[0][1] == now_ns
    assert [frame.reason.value for frame in one.quarantine.latest()] == ["time"]
    assert (one.ticks, one.quarantine.total) == (1, 1)


def test_milliseconds_beyond_a_second_are_refused() -> None:
    one = reader()
    assert one.read([make_record(shanghai("2026-11-24 09:30:00"), UpdateMillisec=1000)]) == []
    assert one.quarantine.latest()[0].detail == "milliseconds must be 0 … 999, were 1000"


def test_contracts_nobody_wants_are_counted_and_rubbish_is_refused() -> None:
    one = reader()
    now_ns = shanghai("2026-11-24 09:30:00")
    assert one.read([make_record(now_ns, InstrumentID="au2702"), make_record(now_ns, InstrumentID="")]) == []
    assert (one.filtered, one.quarantine.total) == (1, 1)


def test_what_stands_behind_the_end_of_a_name_is_not_read() -> None:
    record = bytearray(make_record(shanghai("2026-11-24 09:30:00")))
    record[8 + 401 + 7 : 8 + 482] = b"\xff" * 74
    assert read(bytes(record)).instrument_id == "rb2701.SHFE"


@given(st.binary(min_size=584, max_size=584))
def test_any_584_bytes_are_read_refused_or_filtered(body: bytes) -> None:
    one = reader()
    one.read([shanghai("2026-11-24 09:30:00").to_bytes(8, "little") + body])
    assert one.ticks + one.filtered + one.quarantine.total == 1
