"""A test quote asked for by the page goes down the line, or the answer says why not (C-000-5)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from api_builders import serving


class Sent(msgspec.Struct, frozen=True):
    instrument_id: str
    seq: int


class FakeTests:
    """Knows one contract that has a quote."""

    async def send(self, instrument_id: str) -> Sent | None:
        return Sent(instrument_id, 8) if instrument_id == "IF2101.CFFEX" else None


async def test_a_test_quote_is_sent_and_named(tmp_path: Path) -> None:
    async with serving(tmp_path, tests=FakeTests()) as (world, client):
        answer = await client.post("/api/v1/quotes/IF2101.CFFEX/test", headers=world.bearer)
        assert (answer.status_code, answer.json()) == (202, {"instrument_id": "IF2101.CFFEX", "seq": 8})
        assert (await client.get("/api/v1/session", headers=world.bearer)).json()["features"]["test_quotes"] is True


async def test_a_contract_without_a_quote_is_not_found(tmp_path: Path) -> None:
    async with serving(tmp_path, tests=FakeTests()) as (world, client):
        answer = await client.post("/api/v1/quotes/au9999.SHFE/test", headers=world.bearer)
        assert answer.status_code == 404


async def test_where_there_is_no_market_the_answer_says_what_to_do(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.post("/api/v1/quotes/IF2101.CFFEX/test", headers=world.bearer)
        assert answer.status_code == 409
        assert "ask the gateway" in answer.text


async def test_the_page_is_told_how_often_to_try(tmp_path: Path) -> None:
    async with serving(tmp_path, settings={"reconnect_tries": 5}) as (world, client):
        assert (await client.get("/api/v1/session", headers=world.bearer)).json()["reconnect_tries"] == 5
