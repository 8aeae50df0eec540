"""One description serves both clients: what it gives, when pages are fetched, and what a type checker says of it."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

import msgspec
import pytest

from tradewind.client import AsyncClient, Client
from tradewind.client.areas.history import History
from tradewind.client.areas.market import Market
from tradewind.client.calls import Call
from tradewind.client.modes import Async, AwaitedWay, Sync, WaitingWay
from tradewind.domain.account import Account
from tradewind.domain.instruction import Instruction
from tradewind.domain.tick import Tick
from tradewind.errors import ConfigError

from builders import make_tick

URL = "http://127.0.0.1:1"


class PagedHouse:
    """Answers each question with a page of two bars, four pages in all; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, call: Call[Any]) -> Any:
        self.asked.append(call.path)
        number = len(self.asked)
        if call.path.startswith("/api/v1/quotes/"):
            return make_tick(seq=number)
        rows = [_bar(2 * number - 1), _bar(2 * number)]
        return msgspec.convert({"rows": rows, "next": f"p{number}" if number < 4 else None}, call.answer)


def _bar(number: int) -> dict[str, Any]:
    fields = ("open", "high", "low", "close", "turnover", "open_interest")
    whole = ("trading_day", "ts_open", "ts_close", "volume", "tick_count")
    return {"instrument_id": "au", **dict.fromkeys(fields, 1.0), **dict.fromkeys(whole, number)}


def test_a_list_is_gone_through_and_a_page_fetched_only_when_it_is_reached() -> None:
    house: Any = PagedHouse()
    history: History[Sync] = History(WaitingWay(house))
    bars = history.bars("au2606.SHFE", from_day=20260105, page_size=2)
    assert house.asked == []
    assert [next(bars).volume for _ in range(3)] == [1, 2, 3]
    assert len(house.asked) == 2
    assert [bar.volume for bar in bars] == [4, 5, 6, 7, 8]
    assert "after=" not in house.asked[0]
    assert [path.rpartition("after=")[2] for path in house.asked[1:]] == ["p1", "p2", "p3"]


async def test_awaited_it_is_the_same_list() -> None:
    house: Any = PagedHouse()
    history: History[Async] = History(AwaitedWay(house))
    market: Market[Async] = Market(AwaitedWay(house))
    assert [bar.volume async for bar in history.bars("au2606.SHFE")] == list(range(1, 9))
    assert (await market.quote("au2606.SHFE")).seq == 5


def test_help_shows_a_route_as_it_is_written() -> None:
    with Client(URL, key="k") as client:
        assert "newest quote" in (inspect.getdoc(client.market.quote) or "")
        assert list(inspect.signature(client.market.quote).parameters) == ["self", "instrument_id"]


def test_a_type_checker_knows_what_each_client_gives() -> None:
    def waits(client: Client) -> None:
        assert_type(client.market.quote("x"), Tick)
        assert_type(client.trading.find("k"), Instruction | None)
        assert_type(client.funds.accounts(), list[Account])
        assert_type(client.people.notices().__next__().notice_id, int)
        assert_type(next(client.quotes(["x"])), Tick)
        bars: Iterator[object] = client.history.bars("x")
        del bars

    async def awaits(client: AsyncClient) -> None:
        assert_type(await client.market.quote("x"), Tick)
        assert_type(await client.trading.find("k"), Instruction | None)
        assert_type(await anext(client.quotes(["x"])), Tick)
        bars: AsyncIterator[object] = client.history.bars("x")
        del bars

    assert callable(waits)
    assert inspect.iscoroutinefunction(awaits)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_both_want_to_know_who_asks(kind: type[Client | AsyncClient]) -> None:
    with pytest.raises(ConfigError, match="nobody says who asks"):
        kind(URL)
