"""The data provider's feed as a source of the line, against a stand-in that speaks as its documents say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infoway_builders import Naps, infoway_settings, stand_in
from market_builders import new_york, shanghai
from sources_builders import KeepingIntake
from tradewind.errors import ConfigError, InputError, KeyRefusedError
from tradewind.infoway.answers import Bar, Depth, Trade
from tradewind.infoway.budget import LocalBudget
from tradewind.infoway.rest import InfowayRest
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, Clock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.feed_watch import FeedState
from tradewind.market.sources.infoway import InfowaySource
from tradewind.market.sources.infoway_ticks import CodeTicks, code_of, instrument_id_of
from tradewind.market.sources.settings import InfowayFeedSettings
from tradewind.testing.infoway_market import GOOD_KEY, Account
from tradewind.testing.infoway_server import StandIn

from waiting import eventually

CODES = ("TSLA.US", "00700.HK", "600519.SH", "USDCNY")


def source_of(
    server: StandIn,
    *,
    account: dict[str, Any] | None = None,
    clock: Clock | None = None,
    learn_names: Callable[[Mapping[str, str]], object] | None = None,
    **feed: Any,
) -> InfowaySource:
    settings = infoway_settings(server, **{"plan": "professional", **(account or {})})
    return InfowaySource(
        InfowayFeedSettings(**{"codes": CODES, "timer_step_ms": 10, "poll_s": 0.05, **feed}),
        settings,
        InfowayRest(settings, LocalBudget(), sleep=Naps(), seed=1),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        metrics=Metrics(),
        clock=clock,
        learn_names=learn_names,
    )


@asynccontextmanager
async def running(source: InfowaySource) -> AsyncIterator[KeepingIntake]:
    intake = KeepingIntake()
    task = asyncio.create_task(source.run(intake))
    try:
        yield intake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def is_subscribed(server: StandIn, *codes: str) -> bool:
    followed = {code for guest in server.live.guests for code in guest.codes["depth"]}
    return set(codes) <= followed


async def test_pushed_trades_become_ticks_whose_totals_grow() -> None:
    async with stand_in() as server, running(source_of(server)) as intake:
        await eventually(lambda: is_subscribed(server, *CODES))
        for code, price in zip(CODES, (251.0, 381.0, 1_601.0, 7.2), strict=True):
            await server.publish(code, price, size=10)
            await server.publish(code, price, size=5)
        names = {"TSLA.US", "00700.HK", "600519.SSE", "USDCNY.FX"}
        await eventually(lambda: {raw.instrument_id for raw in intake.ticks} == names)
        tesla = [raw for raw in intake.ticks if raw.instrument_id == "TSLA.US" and raw.volume is not None]
    volumes = [raw.volume or 0 for raw in tesla]
    assert volumes == sorted(volumes)
    assert tesla[-1].last_price == 251.0
    assert tesla[-1].bid_price is not None
    assert tesla[-1].ask_price is not None
    assert tesla[-1].bid_price < 251.0 < tesla[-1].ask_price
    assert len(tesla[-1].depth or ()) == 4


async def test_names_of_shares_are_learnt_beside_the_ticks() -> None:
    names: dict[str, str] = {}
    async with stand_in() as server, running(source_of(server, learn_names=names.update)):
        await eventually(lambda: "600519.SSE" in names)
    assert names == {"TSLA.US": "特斯拉", "00700.HK": "騰訊控股", "600519.SSE": "贵州茅台"}


async def test_by_asking_each_trade_becomes_one_tick_however_often_it_is_told() -> None:
    async with stand_in() as server, running(source_of(server, by="poll", depth=False)) as intake:
        await eventually(lambda: len(server.requests) > 12)
        assert sorted(raw.instrument_id for raw in intake.ticks) == ["00700.HK", "600519.SSE", "TSLA.US", "USDCNY.FX"]
        server.market.quote("TSLA.US", 260.0)
        await eventually(lambda: len(intake.ticks) == 5)
    assert intake.ticks[-1].last_price == 260.0


@pytest.mark.parametrize("by", ["push", "poll"])
async def test_a_plan_without_depth_has_trades_without_books(by: Any) -> None:
    async with stand_in() as server:
        server.market.accounts[GOOD_KEY].has_depth = False
        async with running(source_of(server, by=by, codes=("TSLA.US",))) as intake:
            await eventually(lambda: by == "poll" or any(guest.codes["trade"] for guest in server.live.guests))
            for price in (251.0, 252.0, 253.0):
                await server.publish("TSLA.US", price)
                await eventually(lambda price=price: any(raw.last_price == price for raw in intake.ticks))  # type: ignore[misc]  # bound at once
    assert all(raw.bid_price is None and raw.ask_price is None for raw in intake.ticks)
    # What is refused is not asked for round after round.
    assert sum("batch_depth" in asked for asked in server.requests) == (1 if by == "poll" else 0)


async def test_the_days_totals_are_the_providers_own_after_a_start_in_the_middle_of_the_day() -> None:
    async with stand_in() as server:
        for _ in range(9):
            server.market.quote("TSLA.US", 250.0, size=1_000)
        async with running(source_of(server, codes=("TSLA.US",), totals_s=1)) as intake:
            await eventually(lambda: is_subscribed(server, "TSLA.US"))
            await eventually(lambda: any("batch_kline" in asked for asked in server.requests))
            await asyncio.sleep(0)
            await eventually(lambda: _pushed_volume(intake) >= 9_000 or _push(server, "TSLA.US"))
    assert intake.ticks[-1].high_price == 250.0


def _pushed_volume(intake: KeepingIntake) -> int:
    return max((raw.volume or 0 for raw in intake.ticks), default=0)


def _push(server: StandIn, code: str) -> bool:
    server.market.quote(code, 250.0, size=1)
    server.pushing = asyncio.ensure_future(server.live.push(code))  # type: ignore[attr-defined]
    return False


async def test_a_lost_connection_comes_back_and_says_so_meanwhile() -> None:
    async with stand_in() as server:
        source = source_of(server, codes=("TSLA.US",), absent_s=0.1)
        async with running(source) as intake:
            await eventually(lambda: is_subscribed(server, "TSLA.US"))
            await server.publish("TSLA.US", 250.0)
            await eventually(lambda: source.status().state is FeedState.FLOWING)
            await server.stop()
            await eventually(lambda: source.status().state is FeedState.ABSENT)
            assert source.status().is_alarm
            await server.start()
            await eventually(lambda: is_subscribed(server, "TSLA.US"))
            seen = len(intake.ticks)
            await server.publish("TSLA.US", 251.0)
            await eventually(lambda: len(intake.ticks) > seen)
            await eventually(lambda: source.status().state is FeedState.FLOWING)
            assert source.status().connections["lost"] >= 1


@pytest.mark.parametrize("by", ["push", "poll"])
async def test_a_refused_key_ends_the_source_before_its_first_quote(by: str) -> None:
    async with stand_in() as server:
        server.market.accounts.clear()
        with pytest.raises(KeyRefusedError):
            await source_of(server, by=by).run(KeepingIntake())


async def test_a_key_that_expires_during_the_day_leaves_the_line_running() -> None:
    async with stand_in() as server, running(source_of(server, by="poll", depth=False)) as intake:
        await eventually(lambda: len(intake.ticks) == 4)
        server.market.accounts[GOOD_KEY].is_expired = True
        asked = len(server.requests)
        await eventually(lambda: len(server.requests) > asked)
        moved = len(intake.advances)
        await eventually(lambda: len(intake.advances) > moved + 3)


async def test_an_instrument_may_be_subscribed_to_and_left_while_it_runs() -> None:
    async with stand_in() as server:
        source = source_of(server, codes=("TSLA.US",))
        async with running(source) as intake:
            await eventually(lambda: is_subscribed(server, "TSLA.US"))
            await source.subscribe("000001.SZSE")
            await eventually(lambda: is_subscribed(server, "TSLA.US", "000001.SZ"))
            await server.publish("000001.SZ", 11.5)
            await eventually(lambda: any(raw.instrument_id == "000001.SZSE" for raw in intake.ticks))
            assert await source.is_subscribed("000001.SZSE")
            source.unsubscribe("000001.SZSE")
            assert not await source.is_subscribed("000001.SZSE")
            await eventually(lambda: is_subscribed(server, "TSLA.US") and not is_subscribed(server, "000001.SZ"))
            for unknown in ("au2604.SHFE", "BTCUSDT.FX", "12.HK"):
                with pytest.raises(InputError):
                    await source.subscribe(unknown)


async def test_settings_that_cannot_work_are_refused_at_once() -> None:
    async with stand_in() as server:
        for codes, why in (
            ((), "must name at least one code"),
            (("TSLA",), "has no market in it"),
            (("7203.JP",), "has no place on the line"),
            (("BTCUSDT",), "has no place on the line"),
            (("100000.SH",), "has no place on the line"),
        ):
            with pytest.raises(ConfigError, match=why):
                source_of(server, codes=codes)
        with pytest.raises(ConfigError, match="need 2 live connections"):
            source_of(server, codes=("TSLA.US", "USDCNY"), account={"plan": "free"})
        # The same codes may be asked for.
        source_of(server, codes=("TSLA.US", "USDCNY"), account={"plan": "free"}, by="poll")
        with pytest.raises(ConfigError, match="need 2 live connections"):
            source_of(server, codes=tuple(f"A{chr(65 + at)}.US" for at in range(11)), account={"plan": "free"})


async def test_no_more_connections_are_opened_than_the_plan_has() -> None:
    async with stand_in() as server:
        server.market.accounts[GOOD_KEY] = Account(connections=2, codes_each=100)
        codes = tuple(f"A{chr(65 + at // 26)}{chr(65 + at % 26)}.US" for at in range(150))
        async with running(source_of(server, codes=codes, account={"plan": "basic"})):
            await eventually(lambda: is_subscribed(server, *codes))
            assert sorted(len(guest.codes["trade"]) for guest in server.live.guests) == [50, 100]


def test_names_of_the_provider_and_ours_lead_to_each_other() -> None:
    for code, ours in (
        ("TSLA.US", "TSLA.US"),
        ("00700.HK", "00700.HK"),
        ("600519.SH", "600519.SSE"),
        ("EURUSD", "EURUSD.FX"),
    ):
        assert instrument_id_of(code) == ours
        assert code_of(ours) == code
    assert instrument_id_of("7203.JP") is None
    assert code_of("au2604.SHFE") is None


OPEN_NS = new_york("2026-11-18 09:30:00")


def trade_at(ts: int, price: str = "10", size: str = "5") -> Trade:
    return Trade(s="TSLA.US", t=ts // NS_PER_MS, p=price, v=size, vw=str(float(price) * float(size)), td=0)


def test_a_new_trading_day_begins_with_nothing_traded() -> None:
    day = CodeTicks(InstrumentTable().require("TSLA.US"), ExchangeCalendar())
    for ts, volume in ((OPEN_NS, 5), (OPEN_NS + NS_PER_S, 10), (new_york("2026-11-19 09:30:00"), 5)):
        raw = day.trade(trade_at(ts), ts, is_repeatable=False)
        assert raw is not None
        assert (raw.volume, raw.turnover) == (volume, volume * 10.0)


def test_the_bar_of_yesterday_says_nothing_of_today() -> None:
    day = CodeTicks(InstrumentTable().require("TSLA.US"), ExchangeCalendar())
    old = Bar(s="TSLA.US", t=new_york("2026-11-17 00:00:00") // NS_PER_S, o=1.0, h=99.0, l=1.0, c=1.0, v=7e6, vw=7e6)
    day.lift(old, OPEN_NS)
    raw = day.trade(trade_at(OPEN_NS), OPEN_NS, is_repeatable=False)
    assert raw is not None
    assert (raw.volume, raw.high_price) == (5, 10.0)
    for stamped in ("00:00:00", "04:00:00", "09:30:00"):
        fresh = CodeTicks(InstrumentTable().require("TSLA.US"), ExchangeCalendar())
        t = new_york(f"2026-11-18 {stamped}") // NS_PER_S
        fresh.lift(Bar(s="TSLA.US", t=t, o=8.0, h=12.0, l=7.0, c=9.0, v=700.0, vw=6e3), OPEN_NS + NS_PER_S)
        raw = fresh.trade(trade_at(OPEN_NS + NS_PER_S), OPEN_NS + NS_PER_S, is_repeatable=False)
        assert raw is not None
        assert (raw.volume, raw.open_price, raw.high_price, raw.low_price) == (705, 8.0, 12.0, 7.0)


def test_the_close_of_the_day_before_follows_from_the_days_bar() -> None:
    day = CodeTicks(InstrumentTable().require("TSLA.US"), ExchangeCalendar())
    bar = Bar(s="TSLA.US", t=OPEN_NS // NS_PER_S, o=10.0, h=10.3, l=9.9, c=10.3, v=1.0, vw=10.0, change=0.1)
    day.lift(bar, OPEN_NS)
    later = new_york("2026-11-19 09:30:00")
    told = [day.trade(trade_at(ts), ts, is_repeatable=False) for ts in (OPEN_NS, later)]
    assert [raw.pre_close_price for raw in told if raw is not None] == [10.2, None]


def test_a_book_before_the_first_trade_invents_no_price() -> None:
    day = CodeTicks(InstrumentTable().require("TSLA.US"), ExchangeCalendar())
    depth = Depth(s="TSLA.US", t=OPEN_NS // NS_PER_MS, asks=((10.1, 3.0),), bids=((10.0, 4.0),))
    assert day.depth(depth, OPEN_NS) is None
    raw = day.trade(trade_at(OPEN_NS), OPEN_NS, is_repeatable=False)
    assert raw is not None
    assert (raw.bid_price, raw.bid_volume, raw.ask_price, raw.ask_volume, raw.depth) == (10.0, 4, 10.1, 3, None)


@pytest.mark.parametrize(
    ("instrument_id", "moment", "is_open"),
    [
        ("600519.SSE", shanghai("2026-11-18 09:31:00"), True),
        ("600519.SSE", shanghai("2026-11-18 12:00:00"), False),
        ("00700.HK", shanghai("2026-11-18 11:45:00"), True),
        ("00700.HK", shanghai("2026-11-18 12:30:00"), False),
        ("00700.HK", shanghai("2026-10-19 10:00:00"), False),
        ("TSLA.US", new_york("2026-11-18 10:00:00"), True),
        ("TSLA.US", new_york("2026-11-26 10:00:00"), False),
        ("USDCNY.FX", new_york("2026-11-18 03:00:00"), True),
        ("USDCNY.FX", new_york("2026-11-15 17:30:00"), True),
        ("USDCNY.FX", new_york("2026-11-14 10:00:00"), False),
        ("USDCNY.FX", new_york("2026-11-13 17:30:00"), False),
    ],
)
def test_each_market_has_its_own_hours_time_zone_and_holidays(
    instrument_id: str, moment: int, *, is_open: bool
) -> None:
    instrument = InstrumentTable().require(instrument_id)
    assert (ExchangeCalendar().section_at(instrument.hours_id, moment) is not None) is is_open


@pytest.mark.parametrize(
    ("instrument_id", "tick", "currency", "lot"),
    [
        ("600519.SSE", 0.01, "CNY", 100),
        ("688981.SSE", 0.01, "CNY", 200),
        ("510300.SSE", 0.001, "CNY", 100),
        ("900901.SSE", 0.001, "USD", 100),
        ("000001.SZSE", 0.01, "CNY", 100),
        ("200002.SZSE", 0.01, "HKD", 100),
        ("00700.HK", 0.001, "HKD", None),
        ("BRK.B.US", 0.01, "USD", 1),
        ("USDCNY.FX", 0.00001, "CNY", 1),
        ("USDJPY.FX", 0.001, "JPY", 1),
        ("XAUUSD.FX", 0.001, "USD", 1),
    ],
)
def test_shares_and_pairs_have_their_own_step_currency_and_lot(
    instrument_id: str, tick: float, currency: str, lot: int | None
) -> None:
    found = InstrumentTable().require(instrument_id)
    assert (found.price_tick, found.currency, found.board_lot) == (tick, currency, lot)
