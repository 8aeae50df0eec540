"""The live connection against a real server that speaks as the provider's documents say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infoway_builders import infoway_settings, stand_in
from tradewind.errors import ConfigError, KeyRefusedError
from tradewind.infoway.answers import Bar, Depth, Trade
from tradewind.infoway.live import InfowayLive
from tradewind.testing.infoway_market import GOOD_KEY, Account
from tradewind.testing.infoway_server import StandIn

from waiting import eventually

CODES = ("TSLA.US", "AAPL.US")
FINAL = (502, 508, 509, 510, 511, 512, 514, 517, 518, 519, 520, 521)
PASSING = (500, 501, 513, 999)


class Line:
    """A running connection and what came of it."""

    def __init__(
        self, server: StandIn, *, codes: tuple[str, ...], must_speak: Callable[[], bool], **changes: Any
    ) -> None:
        self.rows: list[Trade | Depth | Bar] = []
        self.states: list[str] = []
        self.silence_s = changes.pop("silence_s", 0.0)
        self.live = InfowayLive(
            infoway_settings(server, **changes),
            "stock",
            codes,
            kinds=("trade", "depth", "bar"),
            on_row=self.rows.append,
            on_state=self.states.append,
            must_speak=must_speak,
            silence_s=self.silence_s,
        )
        self.task = asyncio.create_task(self.live.run())


@asynccontextmanager
async def line_of(
    server: StandIn,
    *,
    codes: tuple[str, ...] = CODES,
    must_speak: Callable[[], bool] = lambda: False,
    **changes: Any,
) -> AsyncIterator[Line]:
    line = Line(server, codes=codes, must_speak=must_speak, **changes)
    try:
        yield line
    finally:
        line.task.cancel()
        await asyncio.gather(line.task, return_exceptions=True)


def is_subscribed(server: StandIn, *codes: str) -> bool:
    return any(set(codes) <= guest.codes["bar"] for guest in server.live.guests)


async def test_trades_depth_and_bars_are_pushed_after_one_message_each() -> None:
    async with stand_in() as server, line_of(server) as line:
        await eventually(lambda: is_subscribed(server, *CODES))
        assert [frame["code"] for frame in server.live.frames] == [10_000, 10_003, 10_006]
        await server.publish("TSLA.US", 251.0, size=7)
        await server.publish("NOBODY.US", 1.0)
        await eventually(lambda: len(line.rows) == 3)
    assert [type(row) for row in line.rows] == [Trade, Depth, Bar]
    assert isinstance(line.rows[0], Trade)
    assert (line.rows[0].p, line.rows[0].v) == ("251", "7.0")


async def test_many_codes_are_subscribed_a_hundred_to_a_message() -> None:
    codes = tuple(f"A{number}.US" for number in range(230))
    async with stand_in() as server, line_of(server, codes=codes):
        await eventually(lambda: is_subscribed(server, *codes))
        sizes = [len(frame["data"]["codes"].split(",")) for frame in server.live.frames if frame["code"] == 10_000]
    assert sizes == [100, 100, 30]


async def test_after_a_break_it_connects_and_subscribes_again_by_itself() -> None:
    async with stand_in() as server, line_of(server) as line:
        for turn in range(1, 4):
            await eventually(lambda: is_subscribed(server, *CODES))
            await server.live.hang_up()
            await eventually(lambda turn=turn: line.live.counts.lost == turn)  # type: ignore[misc]
        await eventually(lambda: is_subscribed(server, *CODES))
        await server.publish("AAPL.US", 190.0)
        await eventually(lambda: bool(line.rows))
    assert line.states[:3] == ["connected", "lost", "connected"]


async def test_the_server_may_be_away_for_a_while() -> None:
    async with stand_in() as server, line_of(server) as line:
        await eventually(lambda: is_subscribed(server, *CODES))
        await server.stop()
        await eventually(lambda: line.live.counts.lost > 1)
        await server.start()
        await eventually(lambda: is_subscribed(server, *CODES))


async def test_heartbeats_keep_it_alive_where_silence_would_end_it() -> None:
    async with stand_in() as server:
        server.live.heartbeat_timeout_s = 0.2
        async with line_of(server, heartbeat_s=0.05, per_minute=1) as line:
            await eventually(lambda: any(guest.heartbeats > 8 for guest in server.live.guests))
        assert line.live.counts.lost == 0
        async with line_of(server, heartbeat_s=50.0) as mute:
            await eventually(lambda: mute.live.counts.refused > 0)


@pytest.mark.parametrize("code", FINAL)
async def test_a_final_error_is_never_tried_again(code: int) -> None:
    async with stand_in() as server:
        server.live.greet_with.append(code)
        async with line_of(server) as line:
            with pytest.raises(ConfigError) as caught:
                await line.task
        assert server.live.connects == 1
    assert isinstance(caught.value, KeyRefusedError) == (code in {508, 509, 510, 511, 517, 518, 519})


@pytest.mark.parametrize("code", PASSING)
async def test_another_error_is_tried_again(code: int) -> None:
    async with stand_in() as server:
        server.live.greet_with.extend([code, code])
        async with line_of(server):
            await eventually(lambda: is_subscribed(server, *CODES))
        assert server.live.connects == 3


@pytest.mark.parametrize("status", [401, 403])
async def test_a_handshake_refused_for_the_key_is_never_tried_again(status: int) -> None:
    async with stand_in() as server:
        server.live.refuse_handshake = status
        async with line_of(server) as line:
            with pytest.raises(KeyRefusedError, match=str(status)):
                await line.task
        assert server.live.connects == 1


async def test_a_quota_that_is_not_free_yet_is_asked_for_again_on_the_same_connection() -> None:
    async with stand_in() as server:
        server.live.on_subscribe.extend(['Subscribe fail: {"code":516,"msg":"quota"}', 516])
        async with line_of(server) as line:
            await eventually(lambda: all(server.live.guests[0].codes.values()) if server.live.guests else False)
            assert set(CODES) <= server.live.guests[0].codes["trade"]
        assert server.live.connects == 1
        assert line.live.counts.refused == 2


async def test_a_refused_subscription_is_counted_and_the_others_live_on() -> None:
    async with stand_in() as server:
        server.live.on_subscribe.append("Subscribe fail: the market is not purchased")
        async with line_of(server) as line:
            await eventually(lambda: is_subscribed(server, *CODES))
            assert server.live.guests[0].codes["trade"] == set()
            # What the server has done it tells a moment later.
            await eventually(lambda: line.live.counts.refused == 1)


async def test_silence_while_the_market_is_open_makes_the_connection_anew() -> None:
    async with stand_in() as server, line_of(server, must_speak=lambda: True, silence_s=0.08) as line:
        await eventually(lambda: line.live.counts.silent >= 2)
        await eventually(lambda: server.live.connects >= 3)
    assert "silent" in line.states


async def test_silence_while_the_market_is_closed_is_no_fault() -> None:
    looked = 0

    def is_open() -> bool:
        nonlocal looked
        looked += 1
        return False

    async with stand_in() as server, line_of(server, must_speak=is_open, silence_s=0.04) as line:
        await eventually(lambda: looked > 6)
        assert server.live.connects == 1
    assert line.live.counts.silent == 0


async def test_the_key_in_the_address_is_never_logged_or_raised(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    async with stand_in() as server:
        for greeting in (509, 512):
            server.live.greet_with.append(greeting)
            async with line_of(server) as line:
                with pytest.raises(ConfigError) as caught:
                    await line.task
            told.append(str(caught.value))
        server.live.greet_with.append(f'{{"code":509,"msg":"no such key {GOOD_KEY}"}}')
        async with line_of(server) as line:
            with pytest.raises(KeyRefusedError, match=r"no such key \*\*\*"):
                await line.task
        server.live.refuse_handshake = 500
        async with line_of(server) as line:
            await eventually(lambda: line.live.counts.lost > 1)
    assert not any(GOOD_KEY in text for text in (*told, caplog.text))


async def test_more_connections_than_the_plan_allows_are_told_as_such() -> None:
    async with stand_in() as server:
        server.market.accounts[GOOD_KEY] = Account(connections=1)
        async with line_of(server) as first:
            await eventually(lambda: is_subscribed(server, *CODES))
            async with line_of(server) as second:
                with pytest.raises(ConfigError, match="as many live connections"):
                    await second.task
            assert not first.task.done()
