"""Quotes through CTP: the true child process and channel, and a front that does what a test tells it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ctp_builders import make_told
from ctp_stand_in import Front
from private_ports import free_port
from sources_builders import KeepingIntake
from tradewind.ctp.channel import Places
from tradewind.ctp.settings import CtpSettings
from tradewind.domain.instrument import OptionTerms
from tradewind.domain.tick import RawTick
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contract_days import ContractDays
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.ctp import CtpSource
from tradewind.market.sources.settings import CtpFeedSettings

from waiting import eventually

SYMBOLS = ("rb2701", "SR701", "IF2612")
PATIENCE_S = 20.0
MEMBER: dict[str, Any] = {"broker_id": "9999", "user_id": "me", "password": "p-w"}


def source_of(folder: Path, *fronts: str, library: dict[str, Any] | None = None, **feed: Any) -> CtpSource:
    quick = {"binding": "ctp_stand_in", "no_answer_s": 0.2, "next_front_s": 0.5, "login_s": 2.0, "retry_scale": 0.05}
    settings = CtpSettings(**{**quick, **(library or {})})
    return CtpSource(
        CtpFeedSettings(**{"fronts": fronts, "symbols": SYMBOLS, "timer_step_ms": 10, **feed}),
        settings,
        places=Places.of(settings, str(folder), "market"),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        metrics=Metrics(),
        has_real_days=False,
        told=ContractDays(folder / "contracts"),
    )


@asynccontextmanager
async def running(source: CtpSource) -> AsyncIterator[KeepingIntake]:
    intake = KeepingIntake()
    task = asyncio.create_task(source.run(intake))
    try:
        yield intake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    served = Front()
    await served.open()
    yield served
    await served.close()


def now_text() -> str:
    return time.strftime("%H:%M:%S", time.gmtime(time.time() + 8 * 3600))  # noqa: TID251 - a front's own clock


def quote(**changes: Any) -> dict[str, Any]:
    return {"LastPrice": 3000.0, "Volume": 7, "Turnover": 210_000.0, "UpdateTime": now_text(), **changes}


async def signed_in(source: CtpSource, contracts: int = len(SYMBOLS)) -> None:
    await eventually(lambda: source.status().subscribed == contracts, timeout_s=PATIENCE_S)


async def test_a_front_is_connected_signed_in_subscribed_and_its_quotes_come_in(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address, **MEMBER, batch=2)
    async with running(source) as intake:
        await signed_in(source)
        assert [sorted(names) for names in front.subscriptions] == [["SR701", "rb2701"], ["IF2612"]]
        assert front.logins == [{"BrokerID": "9999", "UserID": "me", "Password": "p-w", "TradingDay": ""}]
        front.tick("rb2701", **quote(TradingDay="19990101", BidPrice1=2999.0, BidVolume1=3, UpdateMillisec=500))
        await eventually(lambda: len(intake.ticks) == 1)
        tick = RawTick(*intake.ticks[0])
        assert (tick.instrument_id, tick.last_price, tick.volume, tick.bid_price) == ("rb2701.SHFE", 3000.0, 7, 2999.0)
        assert tick.trading_day == 20261123
        assert (tick.ask_price, tick.settlement_price, tick.depth) == (None, None, None)
        assert abs(tick.ts_recv - tick.ts_event) < 5_000_000_000
        status = source.status()
        assert (status.front, status.trading_day, status.ticks) == (front.address, 20261123, 1)
        assert status.detail == f"signed in at {front.address}, 3 of 3 contracts subscribed"
        assert "p-w" not in repr(source._feed)


async def test_after_a_break_everything_is_subscribed_again(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address)
    async with running(source) as intake:
        await signed_in(source)
        front.trading_day = "20261124"
        front.drop()
        await eventually(lambda: len(front.logins) == 2, timeout_s=PATIENCE_S)
        await signed_in(source)
        front.tick("IF2612", **quote(LastPrice=4000.2))
        await eventually(lambda: len(intake.ticks) == 1)
        assert RawTick(*intake.ticks[0]).trading_day == 20261124
        assert source.status().connections["lost"] == 1


async def test_a_front_that_does_not_answer_is_said_and_left_for_the_next(tmp_path: Path, front: Front) -> None:
    dead = f"tcp://127.0.0.1:{free_port()}"
    source = source_of(tmp_path, dead, front.address)
    async with running(source):
        await eventually(lambda: source.status().detail == f"connecting to {dead}, no answer", timeout_s=PATIENCE_S)
        await signed_in(source)
        assert source.status().front == front.address
        assert {"no_answer": 1, "next_front": 1}.items() <= source.status().connections.items()


async def test_a_front_that_accepts_and_says_nothing_is_left_too(tmp_path: Path, front: Front) -> None:
    mute = Front()
    mute.is_mute = True
    await mute.open()
    source = source_of(tmp_path, mute.address, front.address)
    async with running(source):
        await signed_in(source)
        assert source.status().connections["next_front"] == 1
    await mute.close()


async def test_a_crash_of_the_library_costs_one_child_and_no_more(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address)
    async with running(source) as intake:
        await signed_in(source)
        first = source.child_pid
        front.say("abort")
        await eventually(lambda: source.status().publisher_restarts == 1, timeout_s=PATIENCE_S)
        await signed_in(source)
        second = source.child_pid
        assert second is not None
        os.kill(second, signal.SIGKILL)
        await eventually(lambda: source.status().publisher_restarts == 2, timeout_s=PATIENCE_S)
        await signed_in(source)
        front.tick("rb2701", **quote())
        await eventually(lambda: len(intake.ticks) == 1)
        assert len({first, second, source.child_pid}) == 3


async def test_a_source_that_was_stopped_can_be_run_again(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address)
    async with running(source):
        await signed_in(source)
    assert source.status().subscribed == 0
    async with running(source) as intake:
        await signed_in(source)
        front.tick("rb2701", **quote())
        await eventually(lambda: len(intake.ticks) == 1)


async def test_a_refused_login_is_not_tried_again(tmp_path: Path, front: Front) -> None:
    front.login_errors = [(3, "CTP:不合法的登录")]
    source = source_of(tmp_path, front.address)
    async with running(source):
        await eventually(lambda: source.status().detail.startswith("stopped"), timeout_s=PATIENCE_S)
        assert source.status().detail == "stopped: the front refuses the login: CTP:不合法的登录 (CTP 3)"
        await asyncio.sleep(0.2)
        assert len(front.logins) == 1


async def test_a_front_that_is_not_ready_is_asked_again(tmp_path: Path, front: Front) -> None:
    front.login_errors = [(8, "CTP:前置不活跃"), (35, "CTP:经纪公司正在同步")]
    source = source_of(tmp_path, front.address)
    async with running(source):
        await signed_in(source)
        assert len(front.logins) == 3


async def test_a_contract_the_front_does_not_know_is_counted_and_the_others_come(tmp_path: Path, front: Front) -> None:
    front.unknown = {"SR701"}
    source = source_of(tmp_path, front.address)
    async with running(source):
        await signed_in(source, 2)
        assert source.status().connections["subscription_refused"] == 1
        assert source._session.refused == {"SR701": "CTP:找不到合约 (CTP 16)"}


async def test_contracts_come_and_go_while_it_runs(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address)
    async with running(source) as intake:
        await signed_in(source)
        await source.subscribe("au2702.SHFE")
        await signed_in(source, 4)
        source.unsubscribe("rb2701.SHFE")
        await eventually(lambda: front.let_go == ["rb2701"])
        assert not await source.is_subscribed("rb2701.SHFE")
        front.tick("rb2701", **quote())
        front.tick("au2702", **quote(LastPrice=900.02))
        await eventually(lambda: len(intake.ticks) == 1)
        assert RawTick(*intake.ticks[0]).instrument_id == "au2702.SHFE"
        assert source.status().filtered == 1
        with pytest.raises(InputError, match="cannot be had through CTP"):
            await source.subscribe("TSLA.US")


async def test_a_newer_list_of_the_broker_brings_new_contracts_and_lets_go_of_expired_ones(
    tmp_path: Path, front: Front
) -> None:
    source = source_of(
        tmp_path, front.address, symbols=("rb2701", "au2[78]*.SHFE"), options=("au2712C*",), list_look_s=0.05
    )
    days = ContractDays(tmp_path / "contracts")
    async with running(source) as intake:
        await eventually(lambda: source.status().trading_day == 20261123, timeout_s=PATIENCE_S)
        assert not await source.is_subscribed("au2812.SHFE")
        call = make_told("au2712C800.SHFE", option=OptionTerms("au2712.SHFE", 800.0, "call"))
        put = make_told("au2712P800.SHFE", option=OptionTerms("au2712.SHFE", 800.0, "put"))
        listed = [make_told("au2812.SHFE"), call, put, make_told("rb2701.SHFE", expire_date=20200115)]
        days.write(20261124, listed)
        await eventually(lambda: source.status().connections.get("contracts_added", 0) == 2)
        assert await source.is_subscribed("au2812.SHFE")
        assert not await source.is_subscribed("au2712P800.SHFE")
        await eventually(lambda: front.let_go == ["rb2701"])
        front.tick("au2712C800", **quote(LastPrice=21.3, Turnover=149_100.0))
        await eventually(lambda: len(intake.ticks) == 1)
        assert RawTick(*intake.ticks[0]).instrument_id == "au2712C800.SHFE"


def test_a_source_that_starts_knows_what_the_broker_listed_before(tmp_path: Path) -> None:
    ContractDays(tmp_path / "contracts").write(20261124, [make_told("au2812.SHFE")])
    source = source_of(tmp_path, "tcp://a:1", symbols=("au2812*",))
    assert source._followed == {"au2812": "au2812.SHFE"}


async def test_a_quote_that_cannot_be_read_is_kept_for_inspection(tmp_path: Path, front: Front) -> None:
    source = source_of(tmp_path, front.address)
    async with running(source) as intake:
        await signed_in(source)
        front.tick("rb2701", **quote(UpdateTime=""))
        front.tick("rb2701", **quote())
        await eventually(lambda: len(intake.ticks) == 1)
        assert [frame.detail for frame in source.quarantined()] == ["no such time of day: '', must be HH:MM:SS"]
        assert source.status().refused == {"time": 1}


async def test_a_library_that_is_not_there_stops_the_source_with_the_remedy(tmp_path: Path) -> None:
    source = source_of(tmp_path, "tcp://127.0.0.1:1", library={"binding": "tradewind.no_such_binding"})
    with pytest.raises(ConfigError, match=r"'tradewind\.no_such_binding' cannot be loaded"):
        await asyncio.wait_for(source.run(KeepingIntake()), PATIENCE_S)


def test_settings_that_cannot_work_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must name at least one front"):
        source_of(tmp_path)
    with pytest.raises(ConfigError, match="'XX9999' is no contract that CTP reaches"):
        source_of(tmp_path, "tcp://a:1", symbols=("XX9999",))
    with pytest.raises(ConfigError, match="must leave at least one contract"):
        source_of(tmp_path, "tcp://a:1", exclude_symbols=("*",))
