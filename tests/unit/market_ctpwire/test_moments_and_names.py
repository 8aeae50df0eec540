"""When a quote happened and which contract it is of, whatever the publisher writes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from feed_builders import NOW_NS, TABLE
from tradewind.market.ctpwire.moments import Moments
from tradewind.market.ctpwire.names import ContractNames
from tradewind.market.ctpwire.refusals import RefusedFrameError

CHINA = timezone(timedelta(hours=8))


def ns(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=CHINA)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


@pytest.mark.parametrize(
    ("exchange", "action", "trading_day", "clock", "moment"),
    [
        ("SHFE", "20251128", "20251201", "21:00:00", "2025-11-28 21:00:00"),
        ("SHFE", "20251129", "20251201", "01:30:00", "2025-11-29 01:30:00"),
        ("DCE", "20251201", "20251201", "21:00:00", "2025-11-28 21:00:00"),
        ("DCE", "20251202", "20251202", "22:59:59", "2025-12-01 22:59:59"),
        ("DCE", "20251128", "20251201", "21:00:00", "2025-11-28 21:00:00"),
        ("CZCE", "20251201", "20251201", "21:00:00", "2025-12-01 21:00:00"),
        ("SHFE", "", "20251201", "21:00:00", "2025-11-28 21:00:00"),
        ("CFFEX", "20251201", "", "09:30:00.500", "2025-12-01 09:30:00.500"),
        ("US", "20251201", "20251201", "22:30:00", "2025-12-01 22:30:00"),
        ("DCE", "2025-12-01", "2025-12-01", "10:00:00", "2025-12-01 10:00:00"),
    ],
)
def test_the_natural_date_is_found_at_night_too(
    exchange: str, action: str, trading_day: str, clock: str, moment: str
) -> None:
    moments = Moments(trusts_action_day=False)
    for _ in range(2):
        assert moments.second_ns(clock, action, trading_day, exchange, now_ns=NOW_NS) == ns(moment)
    assert moments.known_second((clock, action, trading_day, exchange)) == ns(moment)


def test_round_the_clock_dce_s_action_day_is_believed() -> None:
    moments = Moments(trusts_action_day=True)
    assert moments.second_ns("21:00:00", "20251201", "20251201", "DCE", now_ns=NOW_NS) == ns("2025-12-01 21:00:00")


@pytest.mark.parametrize(
    ("clock", "now", "moment"),
    [
        ("09:30:00", "2025-12-01 09:30:01", "2025-12-01 09:30:00"),
        ("23:59:59", "2025-12-02 00:00:01", "2025-12-01 23:59:59"),
        ("00:00:00", "2025-12-01 23:59:59", "2025-12-02 00:00:00"),
        ("15:00:00", "2025-12-02 08:50:00", "2025-12-01 15:00:00"),
    ],
)
def test_a_quote_without_a_date_is_of_the_latest_day_that_fits(clock: str, now: str, moment: str) -> None:
    moments = Moments(trusts_action_day=False)
    assert moments.second_ns(clock, "", "", "SHFE", now_ns=ns(now)) == ns(moment)
    assert moments.moment_of(clock, now_ns=ns(now)) == ns(moment)


@pytest.mark.parametrize(
    "value",
    [
        "2025-12-01 09:30:00.500000",
        "2025-12-01T09:30:00.5+08:00",
        "2025-12-01T01:30:00.500Z",
        "2025-11-30T20:30:00.500-05:00",
        "20251201 09:30:00.500",
        "2025/12/01 09:30:00.500000000",
        1_764_552_600_500,
        1_764_552_600_500_000,
        1_764_552_600_500_000_000,
        1_764_552_600.5,
        "1764552600500",
        "1764552600.5",
        b"2025-12-01 09:30:00.500",
    ],
)
def test_full_times_of_every_kind_are_read_the_first_time_and_again(value: Any) -> None:
    moments = Moments(trusts_action_day=False)
    for _ in range(2):
        assert moments.moment_of(value, now_ns=NOW_NS) == ns("2025-12-01 09:30:00.500")


@pytest.mark.parametrize(
    ("value", "clock"), [(93_000, "09:30:00"), (93_000_500, "09:30:00.500"), ("210000", "21:00:00")]
)
def test_a_time_of_day_may_be_a_number(value: Any, clock: str) -> None:
    moments = Moments(trusts_action_day=False)
    assert moments.moment_of(value, now_ns=NOW_NS, day="20251201") == ns(f"2025-12-01 {clock}")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "noon",
        "25:00:00",
        "2025-13-01 09:30:00",
        "2025-12-01 09:30:61",
        -5,
        1e300,
        10**30,
        10**19,
        [],
        None,
        True,
        "9" * 50,
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(RefusedFrameError):
        Moments(trusts_action_day=False).moment_of(value, now_ns=NOW_NS)


@pytest.mark.parametrize(
    ("symbol", "exchange", "instrument_id"),
    [
        ("au2602", "SHFE", "au2602.SHFE"),
        ("au2602", "", "au2602.SHFE"),
        (b"au2602", b"", "au2602.SHFE"),
        ("SHFE.au2602", "", "au2602.SHFE"),
        ("au2602.SHFE", "", "au2602.SHFE"),
        ("au2602", "shfe", "au2602.SHFE"),
        ("SR609", "", "SR609.CZCE"),
        (" IF2603 ", "", "IF2603.CFFEX"),
        ("m2609-C-3000", "DCE", "m2609-C-3000.DCE"),
        ("SPD MA609&MA701", "", "SPD MA609&MA701"),
        ("TEST001", "", "TEST001"),
    ],
)
def test_a_contract_is_known_under_every_spelling(
    symbol: str | bytes, exchange: str | bytes, instrument_id: str
) -> None:
    assert ContractNames(TABLE.find_symbol).resolve(symbol, exchange).instrument_id == instrument_id


@pytest.mark.parametrize(
    ("symbol", "exchange"), [("", "SHFE"), (b"\xbb\xc6\xbd\xf0", b""), ("a\nb", ""), ("x" * 65, ""), ("au2602", "S H")]
)
def test_what_no_contract_is_called_is_refused(symbol: str | bytes, exchange: str | bytes) -> None:
    with pytest.raises(RefusedFrameError):
        ContractNames(TABLE.find_symbol).resolve(symbol, exchange)
