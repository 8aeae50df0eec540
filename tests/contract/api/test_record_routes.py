"""The record over REST: pages, conditions, and files that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api_builders import serving
from tradewind.domain.rights import Reach
from tradewind.errors import InputError, StoreAwayError
from tradewind.stores.asking import Ask, Condition, Page, Test

ROWS: list[dict[str, Any]] = [
    {"id": 2, "symbol": "au2606", "price": Decimal("600.02"), "note": "=HYPERLINK(1)"},
    {"id": 1, "symbol": "rb2605", "price": Decimal("-3.5"), "note": None},
]


class FakeRecords:
    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.refusal: Exception | None = None
        self.next = ""

    async def page(self, ask: Ask, reach: Reach) -> Page:
        assert reach.is_whole
        self.asked.append(ask)
        if self.refusal is not None:
            raise self.refusal
        return Page(ROWS, self.next)

    async def export(self, ask: Ask, reach: Reach) -> AsyncIterator[list[dict[str, Any]]]:
        assert reach.is_whole
        self.asked.append(ask)
        yield [{"id": 0, "symbol": "后面", "price": Decimal("1E-8"), "note": "@x"}]


async def test_a_page_is_asked_for_as_the_address_says(tmp_path: Path) -> None:
    records = FakeRecords()
    where = '[{"column": "symbol", "test": "one_of", "value": ["au2606", "rb2605"]}]'
    async with serving(tmp_path, records=records) as (world, client):
        answer = await client.get(
            "/api/v1/records/trades",
            params={"where": where, "search": "au", "sort": "price", "order": "asc", "after": "x", "limit": 2},
            headers=world.bearer,
        )
        assert answer.status_code == 200, answer.text
        assert [row["price"] for row in answer.json()["rows"]] == ["600.02", "-3.5"]
    assert records.asked == [
        Ask(
            view="trades",
            where=(Condition("symbol", Test.ONE_OF, ["au2606", "rb2605"]),),
            search="au",
            sort="price",
            is_descending=False,
            after="x",
            limit=2,
        )
    ]


async def test_a_file_has_all_rows_and_no_formula(tmp_path: Path) -> None:
    records = FakeRecords()
    records.next = "behind"
    async with serving(tmp_path, records=records) as (world, client):
        answer = await client.get("/api/v1/records/trades/csv", headers=world.bearer)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="trades.csv"' in answer.headers["content-disposition"]
        assert answer.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["note"] for row in rows] == ["'=HYPERLINK(1)", "", "'@x"]
    assert [row["price"] for row in rows] == ["600.02", "-3.5", "0.00000001"]
    assert rows[2]["symbol"] == "后面"
    assert records.asked[1].after == "behind"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("where=nonsense", "where"),
        ("where=[{}]", "where"),
        ('where=[{"column":"a","test":"like","value":1}]', "where"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("order=up", "order"),
        ("page=2", "page"),
    ],
)
async def test_a_question_that_cannot_be_is_refused_by_its_parameter(tmp_path: Path, query: str, word: str) -> None:
    records = FakeRecords()
    async with serving(tmp_path, records=records) as (world, client):
        answer = await client.get(f"/api/v1/records/trades?{query}", headers=world.bearer)
        assert answer.status_code in {400, 422}, answer.text
        assert word in answer.text
    assert records.asked == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(InputError("no view 'x'; there are: trades"), 422), (StoreAwayError("MariaDB does not answer"), 503)],
)
@pytest.mark.parametrize("path", ["/api/v1/records/x", "/api/v1/records/x/csv"])
async def test_what_the_store_refuses_is_told_with_its_words(
    tmp_path: Path, path: str, refusal: Exception, status: int
) -> None:
    records = FakeRecords()
    records.refusal = refusal
    async with serving(tmp_path, records=records) as (world, client):
        answer = await client.get(path, headers=world.bearer)
        assert (answer.status_code, answer.json()["error"]["message"]) == (status, str(refusal))


async def test_without_a_store_the_answer_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        assert (await client.get("/api/v1/records/trades", headers=world.bearer)).status_code == 503
