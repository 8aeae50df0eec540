"""System 004's positions, what waits to be traded, contracts to adjust (C-004-3, C-004-4), here and apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api_builders import serving
from desk_stage import DAY
from hsapi_client import APPROVER, MANAGER, ROOT, STRANGER, TRADER, OldClient, detail, old_client, wish
from store_builders import Line
from tradewind.bus.desk_topics import FILLS, INSTRUCTIONS, ORDERS
from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.rights import Principal
from tradewind.kernel.clock import FakeClock
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore
from two_funds import person

DETAILS = "/trade-details/"
WHOLE: Principal = person("administrator", ("*", "*"), name="boss")


@pytest_asyncio.fixture(params=["here", "apart"])
async def client(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OldClient]:
    async with old_client(tmp_path, is_apart=request.param == "apart") as found:
        yield found


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[OldClient]:
    async with old_client(tmp_path) as found:
        yield found


async def filled(client: OldClient, place: int = 1000, *, who: Principal = TRADER, **fill: Any) -> Any:
    """Record a fill made elsewhere at an adjustment."""
    body = {"status": "done", **detail(**fill)}
    return await client.ask("PUT", f"/positions/{place}/status/", body, who=who)


async def send(client: OldClient, name: str, quantity: int) -> None:
    """Send a part of the first line to the market at our own door, and let it fill."""
    client.world.house.gate.principal = TRADER  # type: ignore[attr-defined]  # the gate of these tests
    answer = await client._client.post(
        f"/api/v1/instruction-book/{name}/sends",
        json={"adjustment": 0, "quantity": quantity},
        headers={"idempotency-key": f"send {quantity}"},
    )
    assert answer.status_code == 200, answer.text
    client.stage.tick(600.0)
    client.stage.tick(600.0)


async def test_positions_are_listed_as_the_data_query_lists_them_page_by_page(client: OldClient) -> None:
    told = await client.accepted(wish(adjusted=3))
    await send(client, told["instruction_no"], 3)
    answer = await client.ask("POST", "/positions/", {"product_code": "p1"})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert (page["count"], page["page"], page["page_size"]) == (1, 1, 100)
    (row,) = page["results"]
    assert (row["c_instrument_id"], row["current_position"], row["delta_value"]) == ("au2606", 3, 1_800_000)
    everything = (await client.ask("POST", "/positions/", {"ordering": "-current_position"}, who=WHOLE)).json()
    assert {row["product_code"] for row in everything["results"]} == {"p1", ""}
    second = await client.ask("POST", "/positions", {"page": 2, "page_size": 1}, who=WHOLE)
    assert (second.json()["count"], len(second.json()["results"])) == (2, 1)
    today = await client.ask("POST", "/positions/", {"date": str(DAY)}, who=WHOLE)
    assert today.json()["count"] == 2
    assert (await client.ask("POST", "/positions/", {}, who=STRANGER)).json()["count"] == 0


async def test_what_waits_to_be_traded_is_listed_closing_and_opening_apart(client: OldClient) -> None:
    first = await client.accepted(wish(adjusted=3))
    await send(client, first["instruction_no"], 3)
    second = await client.accepted(wish(adjusted=-2, price=590))
    told = await client.get(DETAILS, who=TRADER)
    names = ("position_adjustment_id", "open_close", "buy_sell", "quantity", "filled_quantity", "price", "trade_id")
    assert [[row[name] for name in names] for row in told["results"]] == [
        [second["id"] * 1000, "close", "sell", 3, 0, 590, ""],
        [second["id"] * 1000, "open", "sell", 2, 0, 590, ""],
    ]
    assert told["count"] == 2
    fill = {"trade_id": "T9", "quantity": 4, "price": 600.5, "open_close": "close", "place": second["id"] * 1000}
    assert (await filled(client, **fill)).status_code == 200
    (rest,) = (await client.get(DETAILS, who=TRADER))["results"]
    assert (rest["open_close"], rest["remaining_quantity"], rest["status_name"]) == ("open", 1, "部分成交")
    for query, count in (
        ("status=部分成交", 1),
        ("status=waiting", 0),
        ("trader=li&product_code=p1&account_id=paper", 1),
        ("trader=qian", 0),
        ("product_code=p2", 0),
        ("ordering=-quantity&page=2", 1),
    ):
        assert (await client.get(f"{DETAILS}?{query}", who=TRADER))["count"] == count, query
    assert (await client.get(DETAILS, who=STRANGER))["count"] == 0


async def test_contracts_that_need_adjusting_come_with_their_names_and_lots(client: OldClient) -> None:
    assert (await client.get("/contracts/"))["count"] == 0
    await client.accepted(wish(adjusted=3), wish("rb2605", -2))
    await client.accepted(wish(adjusted=1))
    told = await client.get("/contracts/?ordering=c_instrument_id")
    names = ("c_instrument_id", "c_instrument_name", "c_exchange_id", "c_type_name", "c_stype_name")
    gold, steel = told["results"]
    assert [gold[name] for name in names][:1] + [gold[name] for name in names][2:] == ["au2606", "SHFE", "期货", "au"]
    assert (gold["buy_quantity"], gold["sell_quantity"], gold["net_quantity"]) == (4, 0, 4)
    assert (steel["net_quantity"], steel["instruction_ids"], gold["instruction_ids"]) == (-2, [1], [1, 2])
    assert (await client.get("/contracts/", who=STRANGER))["count"] == 0


async def test_a_line_is_done_by_the_fills_made_elsewhere(client: OldClient) -> None:
    told = await client.accepted(wish(adjusted=3))
    place = told["positions"][0]["id"]
    partly = await filled(client, place, trade_id="T1", quantity=2)
    assert (partly.json()["status"], partly.json()["avg_price"]) == ("partly_done", 600.5)
    done = await filled(client, place, trade_id="T2")
    assert (done.json()["status"], done.json()["status_name"]) == ("done", "已完成")
    (line,) = (await client.get(f"/instructions/{told['id']}/positions/"))["results"]
    names = ("position_adjustment_id", "open_close", "buy_sell", "quantity", "filled_quantity", "price", "trade_id")
    assert [[each[name] for name in names] for each in line["details"]] == [
        [place, "open", "buy", 2, 2, 600.5, "T1"],
        [place, "open", "buy", 1, 1, 600.5, "T2"],
    ]
    assert len({each["id"] for each in line["details"]}) == 2


async def test_a_line_is_given_up_however_often_it_is_asked(here: OldClient) -> None:
    await here.accepted()
    await filled(here)
    for word in ("waived", "已放弃", "cancelled"):
        answer = await here.ask("PUT", "/positions/1000/status/", {"status": word, "reason": "enough"}, who=TRADER)
        assert (answer.status_code, answer.json()["status"]) == (200, "waived"), answer.text
    assert (await here.get("/instructions/1/"))["status"] == "done"


async def test_orders_come_with_the_trade_ids_of_the_record(tmp_path: Path) -> None:
    store, line = SqlStore(StoreSettings(project_ms=20), tmp_path), Line()
    schema.upgrade(store.engine)
    records = SqlRecords(store)
    async with old_client(tmp_path, records=records) as client:
        told = await client.accepted()
        await send(client, told["instruction_no"], 2)
        journal = SqlJournal(store, clock=FakeClock(client.stage.clock.now_ns()), post=line.post)
        journal.open()
        kept = {topic.name: topic for topic in (INSTRUCTIONS, ORDERS, FILLS)}
        seq = 0
        for entry in client.stage.memory.durable_entries():
            if entry.kind in kept:
                seq = journal.append(kept[entry.kind], client.stage.decoder(entry.kind).decode(entry.payload))
        line.until(lambda: journal.durable_seq >= seq)
        journal.close()
        (shown,) = (await client.get(f"/instructions/{told['id']}/positions/"))["results"]
        (order,) = shown["details"]
        fills = [entry for entry in client.stage.memory.durable_entries() if entry.kind == FILLS.name]
        ids = [client.stage.decoder(FILLS.name).decode(entry.payload).fill_id for entry in fills]
        assert (order["trade_id"], order["filled_quantity"], order["status"]) == (",".join(ids), 2, "filled")
        assert order["order_no"].startswith(told["instruction_no"])
    records.close()


# what cannot be


async def test_a_state_that_follows_from_what_is_sent_is_set_by_nobody(here: OldClient) -> None:
    await here.accepted()
    for state in (AdjustmentStatus.WAITING, AdjustmentStatus.WORKING):
        answer = await here.ask("PUT", "/positions/1000/status/", {"status": state.value}, who=TRADER)
        assert (answer.status_code, answer.json()["error"]["allowed"]) == (409, ["waived", "partly_done", "done"])
        assert f"nobody sets {state}" in answer.json()["detail"]


async def test_a_fill_that_cannot_be_is_refused_in_words(here: OldClient) -> None:
    await here.accepted()
    for change, status, said in (
        ({"trade_id": None}, 422, "missing: trade_id"),
        ({"quantity": 0}, 422, "whole number of lots from 1"),
        ({"quantity": 1.5}, 422, "whole number of lots from 1"),
        ({"quantity": 3}, 409, "2 of 2 lots"),
        ({"price": 0}, 422, "price must be above 0"),
        ({"price": 600.01}, 422, "multiple of 0.02"),
        ({"price": 9000}, 422, "the day's limits"),
        ({"open_close": "sideways"}, 422, "open_close"),
        ({"status": "nowhere"}, 422, "status must be one of"),
        ({"filled": 1}, 422, "unknown field"),
        ({"version": 99}, 409, "changed by somebody"),
    ):
        answer = await here.ask("PUT", "/positions/1000/status/", {"status": "done", **detail(), **change}, who=TRADER)
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"], answer.text
    assert (await here.get("/instructions/1/"))["filled_quantity"] == 0


async def test_the_same_fill_twice_counts_once(here: OldClient) -> None:
    await here.accepted()
    first = await filled(here)
    again = await filled(here)
    assert (first.status_code, again.status_code) == (200, 409)
    assert "recorded already, here" in again.json()["detail"]
    body, key = {"status": "done", **detail("T2")}, {"idempotency-key": "once"}
    told = [await here.ask("PUT", "/positions/1000/status/", body, who=TRADER, headers=key) for _ in range(2)]
    assert [each.status_code for each in told] == [200, 200]
    assert told[0].json() == told[1].json()
    assert (await here.get("/instructions/1/"))["filled_quantity"] == 2


async def test_a_line_is_worked_by_who_took_it_and_seen_by_who_may(here: OldClient) -> None:
    await here.accepted()
    for who, status, said in (
        (person("trader", ("*", "*"), name="qian"), 409, "worked by li"),
        (MANAGER, 403, "permission trade"),
        (APPROVER, 403, "permission trade"),
        (STRANGER, 403, "does not cover"),
    ):
        answer = await filled(here, who=who)
        assert answer.status_code == status
        assert said in answer.json()["detail"]
    foreign, absent = [await filled(here, place, who=STRANGER) for place in (1000, 777_000)]
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)


async def test_a_line_that_is_none_is_404_to_who_sees_everything(here: OldClient) -> None:
    await here.accepted()
    for place in (1001, 77_000, 5, 10**20):
        assert (await filled(here, place)).status_code == 404, place


async def test_a_query_that_cannot_be_says_what_is_wrong(here: OldClient) -> None:
    for method, path, body in (
        ("POST", "/positions/", {"ordering": "nothing"}),
        ("POST", "/positions/", {"page": 0}),
        ("POST", "/positions/", {"date": "2025-11-19"}),
        ("POST", "/positions/", {"product": "p1"}),
        ("GET", f"{DETAILS}?status=nowhere", None),
        ("GET", f"{DETAILS}?ordering=nothing", None),
        ("GET", "/contracts/?ordering=instruction_ids", None),
    ):
        answer = await here.ask(method, path, body, who=WHOLE)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), (path, answer.text)
        assert answer.json()["detail"]


async def test_where_there_is_no_desk_every_route_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        for method, path, body in (
            ("GET", "/instructions/", None),
            ("GET", "/instructions/1/", None),
            ("GET", "/instructions/1/positions/", None),
            ("POST", "/instructions/adjustment/", {"positions": [wish("au2606.SHFE")]}),
            ("PUT", "/instructions/1/status/", {"status": "cancelled"}),
            ("POST", "/positions/", {}),
            ("PUT", "/positions/1000/status/", {"status": "waived"}),
            ("GET", DETAILS, None),
            ("GET", "/contracts/", None),
        ):
            answer = await client.request(method, f"{ROOT}{path}", json=body, headers=world.bearer)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "switched_off"), (path, answer.text)
