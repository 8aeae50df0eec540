"""000's REST in its shapes, and what it says to queries that cannot be meant."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import pytest

from quotes_builders import FakeTests
from quotes_fakes import AU, IF, RoomsWorld
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import FakeClock
from tradewind.market.contracts import InstrumentTable
from tradewind.quotes.desk import Desk
from tradewind.quotes.ports import BusState
from tradewind.quotes.rest import Rest
from tradewind.quotes.settings import QuotesSettings


class Office:
    """REST on rooms and a desk, with a clock of its own."""

    def __init__(self, *, has_tests: bool = True, **settings: Any) -> None:
        chosen = QuotesSettings(**settings)
        self.world = RoomsWorld()
        self.now_s = 100.0
        self.bus_state = BusState("local", is_connected=True)
        self.tests = FakeTests(self.world.rooms.on_tick)
        self.desk = Desk(
            self.world.rooms,
            settings=chosen,
            contracts=InstrumentTable(),
            tests=self.tests if has_tests else None,
            bus_state=lambda: self.bus_state,
            clock=FakeClock(1_609_723_800_000_000_000),
            now_s=lambda: self.now_s,
        )
        self.rest = Rest(settings=chosen, contracts=InstrumentTable(), rooms=self.world.rooms, desk=self.desk)

    def tick(self, seq: int, instrument_id: str = IF, **changes: Any) -> None:
        self.tests.newest[instrument_id] = self.world.tick(seq, instrument_id, **changes)

    async def get(self, path: str, query: str = "") -> tuple[int, Any]:
        answer = await self.rest.answer(path, query.encode())
        return answer.status, json.loads(answer.body)

    async def text(self, path: str) -> tuple[str, str, str]:
        answer = await self.rest.answer(path, b"")
        return answer.media_type, answer.file_name, answer.body.decode()


async def test_contracts_come_in_pages_under_ctps_names() -> None:
    status, page = await Office().get("/api/instruments", "page=2&per_page=3&search=au25")
    assert status == 200
    assert {key: page[key] for key in ("total", "page", "per_page", "pages")} == {
        "total": 7, "page": 2, "per_page": 3, "pages": 3,
    }  # fmt: skip
    first = page["data"][0]
    assert (first["ExchangeID"], first["ProductID"], first["VolumeMultiple"]) == ("SHFE", "au", 1000)
    assert first["instrument"] == f"{first['InstrumentID']}.SHFE"


async def test_a_page_beyond_the_last_is_empty_and_says_how_many_there_are() -> None:
    _, page = await Office().get("/api/instruments", "page=999&search=au25")
    assert (page["data"], page["total"], page["per_page"]) == ([], 7, 20)


async def test_a_search_finds_names_in_any_case_and_an_exchange_narrows_it() -> None:
    office = Office()
    assert (await office.get("/api/instruments", "search=%E6%B2%AA%E9%87%91"))[1]["total"] == 8
    assert (await office.get("/api/instruments", "search=AU2512"))[1]["total"] == 1
    assert (await office.get("/api/instruments", "exchange_id=cffex&per_page=1"))[1]["data"][0]["ExchangeID"] == "CFFEX"


async def test_a_contract_that_is_quoted_is_listed_though_no_list_has_it_any_more() -> None:
    office = Office()
    assert (await office.get("/api/instruments", "search=IF2101"))[1]["total"] == 0
    office.tick(1)
    assert (await office.get("/api/instruments", "search=IF2101"))[1]["total"] == 1


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=1.5", "page=x", "per_page=1001", "page=%D9%A1", "search=" + "a" * 101]
)
async def test_a_parameter_that_cannot_be_meant_is_named_with_what_is_allowed(query: str) -> None:
    status, answer = await Office().get("/api/instruments", query)
    assert status == 422
    assert answer["error"]["field"] == query.partition("=")[0]


async def test_more_parameters_than_anybody_means_are_refused() -> None:
    status, _ = await Office().get("/api/instruments", "&".join(f"a{n}=1" for n in range(100)))
    assert status == 422


async def test_a_parameter_nobody_reads_is_let_pass_as_older_clients_expect() -> None:
    status, _ = await Office().get("/api/instruments", "_=1700000000&search=")
    assert status == 200


async def test_one_contract_comes_with_its_newest_quote() -> None:
    office = Office()
    _, before = await office.get("/api/instrument/IF2101")
    office.tick(1)
    _, after = await office.get("/api/instrument/IF2101.CFFEX")
    assert before["market_data"] is None
    assert (after["InstrumentID"], after["market_data"]["last_price"]) == ("IF2101", 5230.0)


async def test_a_contract_nobody_knows_is_404() -> None:
    status, answer = await Office().get("/api/instrument/nope")
    assert (status, answer["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/accounts", "/api/positions", "/api/investors", "/api/account/history/li"])
async def test_what_has_no_source_yet_is_an_empty_page_and_nothing_made_up(path: str) -> None:
    status, page = await Office().get(path, "page=1&per_page=50&search=x&investor_id=1&broker_id=2")
    assert (status, page) == (200, {"data": [], "total": 0, "page": 1, "per_page": 50, "pages": 0})


@pytest.mark.parametrize("path", ["/api/account/li", "/api/position/1", "/api/nothing", "/api/instrument/a/b", "/api/"])
async def test_what_is_not_there_is_404(path: str) -> None:
    assert (await Office().get(path))[0] == 404


async def test_statistics_count_what_is_there() -> None:
    office = Office()
    office.tick(1)
    _, stats = await office.get("/api/stats")
    assert stats["total_instruments"] == sum(stats["exchanges"].values())
    assert (stats["quoted_instruments"], stats["total_accounts"]) == (1, 0)


async def test_contracts_go_out_as_a_file_that_a_spreadsheet_opens() -> None:
    media_type, name, text = await Office().text("/api/export/csv")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert (media_type, name, text[0]) == ("text/csv; charset=utf-8", "instruments.csv", "\ufeff")
    assert rows[0]["InstrumentID"]
    assert len(rows) > 700


@pytest.mark.parametrize("path", ["/api/export/positions/csv", "/api/export/accounts"])
async def test_an_export_of_nothing_has_its_columns(path: str) -> None:
    _, _, text = await Office().text(path)
    assert text.startswith("\ufeffBrokerID,")
    assert text.count("\n") == 1


async def test_the_status_has_000s_fields_and_the_metrics() -> None:
    office = Office()
    client, _ = office.world.socket_client()
    office.world.rooms.subscribe(client, None)
    for seq in range(1, 11):
        office.tick(seq)
    office.now_s += 2.0
    office.desk.sample()
    office.desk.is_attached = office.desk.is_serving = True
    _, status = await office.get("/api/realtime/status")
    assert (status["redis_connected"], status["thread_running"], status["thread_alive"]) == (True, True, True)
    assert (status["subscribers"], status["active_subscribers"]) == (1, 1)
    assert (status["messages_received"], status["messages_per_second"], status["uptime"]) == (10, 5.0, 2.0)


async def test_a_bus_that_is_away_shows_in_the_status() -> None:
    office = Office()
    office.bus_state = BusState("redis", is_connected=False)
    _, status = await office.get("/api/realtime/status")
    assert (status["redis_connected"], status["bus"], status["thread_alive"]) == (False, "redis", False)


async def test_a_test_quote_goes_down_the_line_and_comes_back_marked() -> None:
    office = Office()
    client, wire = office.world.socket_client()
    office.world.rooms.subscribe(client, (IF,))
    office.tick(1)
    status, report = await office.get("/api/realtime/test")
    assert (status, report["status"], report["instrument"], report["seq"]) == (200, "success", IF, 2)
    assert report["data"]["is_test"]
    [(first, _), (second, quote), (third, told)] = wire.events()
    assert (first, second, third) == ("market_data", "market_data", "test_message")
    assert (quote["is_test"], quote["seq"], told["seq"]) == (True, 2, 2)


async def test_a_test_quote_may_name_its_contract() -> None:
    office = Office()
    office.tick(1)
    office.tick(1, AU)
    assert (await office.get("/api/realtime/test", "symbol=au2512"))[1]["instrument"] == AU
    assert (await office.get("/api/realtime/test", "symbol=nope"))[0] == 404
    assert (await office.get("/api/realtime/test", "symbol=rb2601"))[0] == 409


async def test_before_the_first_quote_there_is_nothing_a_test_could_repeat() -> None:
    status, answer = await Office().get("/api/realtime/test")
    assert (status, answer["error"]["code"]) == (409, "no_quote_yet")


async def test_a_test_quote_that_never_comes_through_is_said_to_be_lost() -> None:
    office = Office(test_wait_s=0.01)
    office.tick(1)
    office.tests.is_lossy = True
    status, answer = await office.get("/api/realtime/test")
    assert (status, answer["error"]["code"]) == (504, "test_lost")


async def test_a_test_quote_that_takes_its_time_is_waited_for() -> None:
    office = Office()
    office.tick(1)
    office.tests.is_lossy = True
    asking = asyncio.create_task(office.get("/api/realtime/test"))
    await asyncio.sleep(0)
    office.tick(2, flags=int(TickFlag.TEST))
    assert (await asking)[0] == 200


async def test_test_quotes_are_few_and_need_somebody_to_send_them() -> None:
    office = Office(tests_per_minute=1)
    office.tick(1)
    assert (await office.get("/api/realtime/test"))[0] == 200
    assert (await office.get("/api/realtime/test"))[0] == 429
    office.now_s += 60.0
    office.tests.is_reachable = False
    assert (await office.get("/api/realtime/test"))[0] == 503
    assert (await Office(has_tests=False).get("/api/realtime/test"))[0] == 503
