"""Closes of each market's day, kept once: a stand-in provider on one side, a real store on the other (C-002-4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from infoway_builders import client_of, stand_in
from tradewind.collector.close_settings import CloseSettings
from tradewind.collector.closes import CloseKeeper
from tradewind.collector.day_ends import day_ends, market_with_calendar
from tradewind.collector.infoway import InfowayCollector
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, FakeClock
from tradewind.market.calendar import ExchangeCalendar
from tradewind.stores.documents.forms import QuoteDocument
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments
from tradewind.stores.documents.sqlite import SqliteDocuments
from tradewind.testing.infoway_server import StandIn

AFTER_NS = 60 * NS_PER_S
ZONES = {"CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "US": "America/New_York", "FX": "America/New_York"}


def at(market: str, text: str) -> int:
    """Return a wall time of a market as ns since 1970."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONES[market])).timestamp()) * NS_PER_S


class Days:
    """A clock that a keeper's sleep moves on, at once, but no further than the test has come."""

    def __init__(self, now_ns: int) -> None:
        self.clock = FakeClock(now_ns)
        self._until_ns = now_ns
        self._is_idle = asyncio.Event()
        self._goes_on = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        due_ns = self.clock.now_ns() + round(seconds * NS_PER_S)
        while due_ns > self._until_ns:
            self._is_idle.set()
            await self._goes_on.wait()
            self._goes_on.clear()
        self.clock.advance(max(0, due_ns - self.clock.now_ns()) / NS_PER_S)

    async def pass_until(self, moment_ns: int) -> None:
        self._until_ns = moment_ns
        self._is_idle.clear()
        self._goes_on.set()
        await self._is_idle.wait()


class Shop(NamedTuple):
    """A running keeper with its stand-in, its store and its days."""

    server: StandIn
    documents: SpooledDocuments
    days: Days

    async def closes(self, code: str) -> list[tuple[int, str]]:
        return [(one.t * NS_PER_MS, one.p) for one in await self.documents.store.latest("close", code, 9)]


@asynccontextmanager
async def shop(folder: Path, now_ns: int, **changes: Any) -> AsyncIterator[Shop]:
    days = Days(now_ns)
    async with stand_in() as server, client_of(server) as client:
        server.market.tells_minutes = True
        documents = SpooledDocuments(
            SqliteDocuments(DocumentSettings(), folder), Spool(folder / "spool", max_bytes=1 << 20)
        )
        collector = InfowayCollector(client, documents, clock=days.clock)
        keeper = CloseKeeper(
            CloseSettings(**changes),
            collector,
            documents,
            calendar=ExchangeCalendar(),
            clock=days.clock,
            sleep=days.sleep,
        )
        task = asyncio.create_task(keeper.run())
        yield Shop(server, documents, days)
        task.cancel()
        await asyncio.wait([task])
        await documents.store.close()


@pytest.mark.parametrize(
    ("market", "now", "day", "ended"),
    [
        ("CN", "2026-11-20 15:00:59", 20261119, "2026-11-19 15:00:00"),
        ("CN", "2026-11-20 15:01:00", 20261120, "2026-11-20 15:00:00"),
        ("CN", "2026-10-07 12:00:00", 20260930, "2026-09-30 15:00:00"),
        ("HK", "2026-11-20 16:11:00", 20261120, "2026-11-20 16:10:00"),
        ("HK", "2026-04-07 18:00:00", 20260402, "2026-04-02 16:10:00"),
        ("US", "2026-11-20 16:01:00", 20261120, "2026-11-20 16:00:00"),
        ("US", "2026-11-26 20:00:00", 20261125, "2026-11-25 16:00:00"),
        ("US", "2026-03-09 16:30:00", 20260309, "2026-03-09 16:00:00"),
        ("US", "2026-11-27 13:00:59", 20261125, "2026-11-25 16:00:00"),
        ("US", "2026-11-27 13:01:00", 20261127, "2026-11-27 13:00:00"),
        ("US", "2026-12-24 15:00:00", 20261224, "2026-12-24 13:00:00"),
        ("HK", "2026-12-24 12:11:00", 20261224, "2026-12-24 12:10:00"),
        ("HK", "2026-12-31 15:00:00", 20261231, "2026-12-31 12:10:00"),
        ("HK", "2026-02-16 18:00:00", 20260216, "2026-02-16 12:10:00"),
        ("FX", "2026-11-22 16:59:00", 20261120, "2026-11-20 17:00:00"),
        ("FX", "2026-11-23 17:01:00", 20261123, "2026-11-23 17:00:00"),
    ],
)
def test_each_market_ends_its_day_by_its_own_calendar(market: str, now: str, day: int, ended: str) -> None:
    last, coming = day_ends(ExchangeCalendar(), market, at(market, now), AFTER_NS)
    assert (last.trading_day, last.due_ms * NS_PER_MS) == (day, at(market, ended) + AFTER_NS)
    assert last.since_ms < last.due_ms <= at(market, now) // NS_PER_MS < coming.due_ms
    assert coming.trading_day > day


def test_a_codes_form_says_which_market_ends_its_day() -> None:
    codes = ["TSLA.US", "700.HK", "600519.SH", "000001.SZ", "USDCNY", "xauusd", "7203.JP", "BTCUSDT", "A B"]
    assert [market_with_calendar(code) for code in codes] == ["US", "HK", "CN", "CN", "FX", "FX", "", "", ""]


async def test_closes_are_kept_when_each_market_closes_and_not_before(tmp_path: Path) -> None:
    start = at("CN", "2026-11-20 14:50:00")
    codes = ("TSLA.US", "00700.HK", "600519.SH", "USDCNY")
    async with shop(tmp_path, start, codes=codes) as here:
        for code, market, when in (
            ("600519.SH", "CN", "2026-11-20 14:59:58"),
            ("00700.HK", "HK", "2026-11-20 16:08:30"),
            ("TSLA.US", "US", "2026-11-20 16:00:02"),
            ("USDCNY", "FX", "2026-11-20 16:59:59"),
        ):
            here.server.market.quote(code, 10.0, at_ms=at(market, when) // NS_PER_MS)
        await here.days.pass_until(at("CN", "2026-11-20 15:00:30"))
        assert await here.documents.store.count("close") == 0
        await here.days.pass_until(at("CN", "2026-11-20 15:05:00"))
        assert await here.closes("600519.SH") == [(at("CN", "2026-11-20 14:59:58"), "10")]
        assert await here.documents.store.count("close") == 1
        await here.days.pass_until(at("FX", "2026-11-20 17:10:00"))
        assert await here.documents.store.count("close") == 4
        asked = len(here.server.requests)
        await here.days.pass_until(at("FX", "2026-11-21 12:00:00"))
        assert len(here.server.requests) == asked


async def test_a_close_is_kept_once_though_the_module_starts_again(tmp_path: Path) -> None:
    now = at("CN", "2026-11-20 15:10:00")
    asked: list[int] = []
    for _ in range(2):
        async with shop(tmp_path, now, codes=("600519.SH",)) as here:
            here.server.market.quote("600519.SH", 10.0, at_ms=at("CN", "2026-11-20 15:00:01") // NS_PER_MS)
            await here.days.pass_until(now + 600 * NS_PER_S)
            asked.append(len(here.server.requests))
            assert await here.documents.store.count("close") == 1
    assert asked == [1, 0]


async def test_after_a_late_start_a_later_trade_is_no_close_and_what_was_collected_is(tmp_path: Path) -> None:
    async with shop(tmp_path, at("US", "2026-11-20 19:00:00"), codes=("TSLA.US", "AAPL.US")) as here:
        for code in ("TSLA.US", "AAPL.US"):
            here.server.market.quote(code, 99.0, at_ms=at("US", "2026-11-20 18:59:00") // NS_PER_MS)
        for when, price in (("15:59:59", "10.5"), ("17:00:00", "11.0")):
            at_ms = at("US", f"2026-11-20 {when}") // NS_PER_MS
            trade = QuoteDocument(
                s="TSLA.US", t=at_ms, p=price, v="1", vw="1", td=0, stock_code="TSLA.US", create_time=at_ms
            )
            await here.documents.put("realtime", [trade])
        await here.days.pass_until(at("US", "2026-11-20 19:30:00"))
        assert await here.closes("TSLA.US") == [(at("US", "2026-11-20 15:59:59"), "10.5")]
        assert await here.closes("AAPL.US") == []


async def test_a_share_that_trades_on_after_hours_closes_with_what_its_last_minute_says(tmp_path: Path) -> None:
    async with shop(tmp_path, at("US", "2026-11-20 15:50:00"), codes=("TSLA.US", "AAPL.US", "IBM.US")) as here:
        for code, when, price in (
            ("TSLA.US", "15:58:10", 10.0),
            ("TSLA.US", "15:59:40", 10.5),
            ("TSLA.US", "15:59:59", 10.6),
            ("TSLA.US", "16:00:40", 11.0),
            ("AAPL.US", "16:00:08", 20.0),
            ("IBM.US", "09:00:00", 30.0),
            ("IBM.US", "16:00:50", 31.0),
        ):
            here.server.market.quote(code, price, size=2, at_ms=at("US", f"2026-11-20 {when}") // NS_PER_MS)
        await here.days.pass_until(at("US", "2026-11-20 16:05:00"))
        (close,) = await here.documents.store.latest("close", "TSLA.US", 9)
        assert (close.t * NS_PER_MS, close.p, close.v) == (at("US", "2026-11-20 16:00:00") - NS_PER_MS, "10.6", "4")
        # An auction that is told a little late is the close itself; what traded before the market opened is none.
        assert await here.closes("AAPL.US") == [(at("US", "2026-11-20 16:00:08"), "20")]
        assert await here.closes("IBM.US") == []
        asked = len(here.server.requests)
        await here.days.pass_until(at("US", "2026-11-20 17:00:00"))
        assert len(here.server.requests) == asked


async def test_on_a_half_day_the_close_is_that_of_the_half_day(tmp_path: Path) -> None:
    async with shop(tmp_path, at("US", "2026-11-27 12:50:00"), codes=("TSLA.US",)) as here:
        for when, price in (("12:59:30", 10.0), ("15:59:30", 12.0)):
            here.server.market.quote("TSLA.US", price, at_ms=at("US", f"2026-11-27 {when}") // NS_PER_MS)
        await here.days.pass_until(at("US", "2026-11-27 16:05:00"))
        assert await here.closes("TSLA.US") == [(at("US", "2026-11-27 13:00:00") - NS_PER_MS, "10")]


async def test_without_a_list_the_codes_that_were_collected_that_day_have_closes(tmp_path: Path) -> None:
    async with shop(tmp_path, at("HK", "2026-11-20 11:00:00")) as here:
        for code, day in (("00700.HK", 20), ("00005.HK", 19), ("BTCUSDT", 20)):
            at_ms = at("HK", f"2026-11-{day} 10:59:00") // NS_PER_MS
            here.server.market.quote(code, 10.0, at_ms=at_ms)
            trade = QuoteDocument(s=code, t=at_ms, p="9", v="1", vw="9", td=0, stock_code=code, create_time=at_ms)
            await here.documents.put("realtime", [trade])
        here.server.market.quote("00700.HK", 12.0, at_ms=at("HK", "2026-11-20 16:08:00") // NS_PER_MS)
        await here.days.pass_until(at("HK", "2026-11-20 16:20:00"))
        assert await here.closes("00700.HK") == [(at("HK", "2026-11-20 16:08:00"), "12")]
        assert await here.documents.store.count("close") == 1


async def test_a_close_that_is_too_long_ago_is_left(tmp_path: Path) -> None:
    async with shop(tmp_path, at("CN", "2026-11-20 15:10:00"), codes=("600519.SH",), late_h=0) as here:
        here.server.market.quote("600519.SH", 10.0, at_ms=at("CN", "2026-11-20 15:00:01") // NS_PER_MS)
        await here.days.pass_until(at("CN", "2026-11-20 16:00:00"))
        assert (await here.documents.store.count("close"), here.server.requests) == (0, [])


async def test_a_provider_in_trouble_is_asked_again_until_the_close_is_kept(tmp_path: Path) -> None:
    async with shop(tmp_path, at("CN", "2026-11-20 15:02:00"), codes=("600519.SH",)) as here:
        here.server.market.quote("600519.SH", 10.0, at_ms=at("CN", "2026-11-20 15:00:01") // NS_PER_MS)
        here.server.faults.extend(["ret_500"] * 9)
        await here.days.pass_until(at("CN", "2026-11-20 15:20:00"))
        assert len(await here.closes("600519.SH")) == 1
        assert len(here.server.requests) == 10


@pytest.mark.parametrize("code", ["7203.JP", "BTCUSDT", "no code"])
async def test_a_code_without_a_calendar_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(ConfigError, match=f"closes.codes must be .* {code}"):
        async with shop(tmp_path, 0, codes=("TSLA.US", code)):
            pass
