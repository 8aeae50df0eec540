"""System 004's data queries and contract list, asked of a real desk and the real table (C-004-4, C-004-5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api_builders import ApiWorld, serving
from desk_stage import AU, DAY, RB, Stage
from tradewind.domain import desk
from tradewind.domain.order import Side
from tradewind.domain.rights import Reach
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.contracts import KnownContracts
from tradewind.runtime.desk.office import Office

DATA = "/hsapi/wsapp/data"
LIST = "/hsapi/wsapp/api/contract-list/"
TABLES = ("strategy_position", "strategy_account", "trade_statistic", "order_statistic")


def buy(number: int, product: str, instrument_id: str, quantity: int) -> desk.Submit:
    """Return an instruction to buy."""
    return desk.Submit(
        actor="zhang",
        source="test",
        request_id=f"r{number}",
        account_id="paper",
        product_code=product,
        lines=(desk.WishedLine(instrument_id=instrument_id, side=Side.BUY, quantity=quantity),),
    )


class NarrowDesk:
    """The office, met by somebody whose reach is what a test says."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.reach: Reach | None = None

    async def answer(self, question: desk.Question, reach: Reach) -> object:
        return await self.office.answer(question, self.reach or reach)

    async def carry_out(self, command: desk.Command, reach: Reach) -> object:
        return await self.office.carry_out(command, reach)


class Counter:
    """A desk that traded for two products, behind a server."""

    def __init__(self, desk_: NarrowDesk, world: ApiWorld, client: httpx.AsyncClient) -> None:
        self.desk = desk_
        self._world = world
        self._client = client

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self._client.post(path, json=body, headers=self._world.bearer)

    async def rows(self, table: str, **filters: Any) -> list[dict[str, Any]]:
        answer = await self.post(f"{DATA}/{table}/", filters)
        assert answer.status_code == 200, answer.text
        body = json.loads(answer.text, parse_float=Decimal)
        assert body["count"] == len(body["data"])
        found: list[dict[str, Any]] = body["data"]
        return found

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(path, headers=self._world.bearer)


@pytest_asyncio.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    stage = Stage(tmp_path / "desk", 'trading.products=["p1", "p2"]')
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    await stage.office.carry_out(buy(1, "p1", AU, 2))
    await stage.office.carry_out(buy(2, "p2", RB, 5))
    for _ in range(6):
        stage.tick(600.0)
        stage.tick(3000.0, instrument_id=RB)
    narrow = NarrowDesk(stage.office.office)
    contracts = KnownContracts(InstrumentTable())
    async with serving(tmp_path, desk=narrow, apart={"contracts": contracts}) as (world, client):
        yield Counter(narrow, world, client)


async def test_positions_come_with_delta_and_value(counter: Counter) -> None:
    (row,) = await counter.rows("strategy_position", product_code="p1")
    assert (row["c_instrument_id"], row["c_exchange_id"], row["current_position"]) == ("au2606", "SHFE", 2)
    assert (row["delta_lots"], row["delta_value"], row["market_value"]) == (2, 1_200_000, 1_200_000)
    assert not row["is_account_total"]


async def test_funds_come_with_risk_degree_and_leverage(counter: Counter) -> None:
    total = next(row for row in await counter.rows("strategy_account") if row["is_account_total"])
    assert total["risk_degree"] == round(total["margin"] / total["balance"], 6)
    assert total["leverage"] == round(Decimal(1_350_000) / total["balance"], 6)


async def test_fills_are_summed_up_by_what_they_are_of(counter: Counter) -> None:
    told = {(row["product_code"], row["c_instrument_id"]): row for row in await counter.rows("trade_statistic")}
    assert set(told) == {("p1", "au2606"), ("p2", "rb2605")}
    row = told["p2", "rb2605"]
    assert (row["buy_sell"], row["quantity"], row["trading_day"]) == ("buy", 5, DAY)
    assert row["turnover"] == row["avg_price"] * 50


@pytest.mark.parametrize("wanted", ["rb2605", RB, [RB, "au9999"]])
async def test_a_contract_is_named_with_its_exchange_or_without(counter: Counter, wanted: Any) -> None:
    assert {row["instrument_id"] for row in await counter.rows("strategy_position", c_instrument_id=wanted)} == {RB}


async def test_everything_is_one_answer(counter: Counter) -> None:
    answer = await counter.post(f"{DATA}/all/", {})
    told = answer.json()["data"]
    assert set(told) == {*TABLES, "pos_group_statistic"}
    assert {row["group_by"] for row in told["pos_group_statistic"]} == {
        "product", "strategy", "exchange", "sector", "trader",
    }  # fmt: skip


@pytest.mark.parametrize("table", [*TABLES, "all"])
async def test_nobody_sees_a_row_beyond_their_reach(counter: Counter, table: str) -> None:
    counter.desk.reach = Reach(frozenset({("p2", "*")}))
    answer = await counter.post(f"{DATA}/{table}/", {})
    data = answer.json()["data"]
    rows = [row for each in data.values() for row in each] if table == "all" else data
    assert {row["product_code"] for row in rows} <= {"p2"}
    assert rows or table == "order_statistic"


async def test_the_present_trading_day_may_be_named_and_no_other(counter: Counter) -> None:
    for today in (DAY, str(DAY), "2025-11-20"):
        assert len(await counter.rows("trade_statistic", date=today)) == 2
    refused = await counter.post(f"{DATA}/trade_statistic/", {"date": "2025-11-19"})
    assert refused.status_code == 422
    assert refused.json()["error"]["allowed"] == [str(DAY)]


@pytest.mark.parametrize("table", [*TABLES, "all"])
@pytest.mark.parametrize(
    "body", [{"product": "p1"}, {"product_code": 7}, {"date": "yesterday"}, {"account_id": ""}, [], None]
)
async def test_a_body_that_is_no_query_is_refused(counter: Counter, table: str, body: Any) -> None:
    answer = await counter.post(f"{DATA}/{table}/", body)
    assert answer.status_code in {400, 422}, answer.text


async def test_contracts_are_listed_page_by_page_without_a_gap(counter: Counter) -> None:
    whole = (await counter.get(f"{LIST}?page_size=1000")).json()
    seen: list[str] = []
    for page in range(1, whole["count"] // 300 + 2):
        seen += [
            row["instrument_id"] for row in (await counter.get(f"{LIST}?page={page}&page_size=300")).json()["results"]
        ]
    assert seen == [row["instrument_id"] for row in whole["results"]]
    assert len(seen) == whole["count"] > 500


async def test_contracts_are_found_by_code_and_by_name(counter: Counter) -> None:
    by_name = (await counter.get(f"{LIST}?search=沪金")).json()
    by_body = (await counter.post(LIST, {"search": "AU26", "c_exchange_id": "SHFE"})).json()
    assert {row["c_stype_name"] for row in by_name["results"]} == {"au"}
    assert by_body["results"]
    assert all(row["c_instrument_id"].startswith("au26") for row in by_body["results"])


@pytest.mark.parametrize("name", ["au2606", "au2606.SHFE"])
async def test_one_contract_is_told_by_symbol_or_id(counter: Counter, name: str) -> None:
    row = (await counter.get(f"{LIST}{name}/")).json()
    shown = {key: row[key] for key in ("c_instrument_id", "c_instrument_name", "c_exchange_id", "c_type_name")}
    assert shown == {
        "c_instrument_id": "au2606",
        "c_instrument_name": "沪金2606",
        "c_exchange_id": "SHFE",
        "c_type_name": "期货",
    }


async def test_a_contract_that_is_none_is_404_and_a_wrong_page_422(counter: Counter) -> None:
    assert (await counter.get(f"{LIST}nothing")).status_code == 404
    assert (await counter.get(f"{LIST}?page=0")).status_code == 422
    assert (await counter.get(f"{LIST}?sort=up")).status_code == 422
    assert (await counter.post(LIST, {"page_size": 5000})).status_code == 422
