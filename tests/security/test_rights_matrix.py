"""Every role, with every, one, another and no product, at every door: what may be is done, nothing else ever is."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api_builders import ApiWorld, FakeFeed, FakeReplay, make_opportunity
from desk_stage import AU
from rights_table import ACCOUNT, CASES, COVERED, GRANTS, MAY, VIEWS, Case, is_allowed
from store_builders import T0, Line, make_account, make_fill, make_instruction, make_order, make_trigger
from tradewind.bus.desk_topics import ACCOUNTS, FILLS, INSTRUCTIONS, ORDERS, TRIGGERS
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import ANONYMOUS, BUILT_IN_ROLES, Principal
from tradewind.identity.ports import AccessRequest, SignedIn
from tradewind.kernel.clock import FakeClock
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.contracts import KnownContracts
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore
from two_funds import TwoFunds, person

from builders import make_tick

PEOPLE = list(itertools.product(MAY, GRANTS))
FOREIGN = {"one": "fund_b", "other": "fund_a"}
OWNERS = ("fund_a", "fund_b")


class PrincipalGate:
    """Lets everybody in as whoever the test says."""

    def __init__(self) -> None:
        self.principal: Principal = ANONYMOUS

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        return headers, peer

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        return Admitted(ANONYMOUS if request.access is Access.PUBLIC else self.principal)

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        del token, headers, peer
        return Refused(401, "wrong_token", "not here")

    def csrf_for(self, headers: Mapping[str, str]) -> str:
        del headers
        return ""

    def token_handle(self) -> str:
        return "nobody's token"

    def clearing_cookie(self) -> str:
        return "gone=1"


class FakeMainContract:
    async def status(self) -> object:
        return {"main_contract": "au2606"}

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> object:
        return {"main_contract": symbol, "expected": expected, "by": by}


class FakeTests:
    async def send(self, instrument_id: str) -> object | None:
        return {"instrument_id": instrument_id, "seq": 8}


class House:
    """A server in this very process, and whoever is asking it."""

    def __init__(self, world: ApiWorld, gate: PrincipalGate, client: httpx.AsyncClient) -> None:
        self.world = world
        self._gate = gate
        self._client = client
        self._keys = itertools.count(1)

    async def ask(self, principal: Principal, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send one request as somebody, with a key of its own."""
        self._gate.principal = principal
        headers = {"idempotency-key": f"k{next(self._keys)}"}
        return await self._client.request(method, path, json=body, headers=headers)

    async def case(self, principal: Principal, case: Case, fund: str) -> httpx.Response:
        """Send the request of a case about things of a fund."""
        return await self.ask(principal, case.method, case.path(fund), case.json(fund))


def fill_record(folder: Path) -> tuple[SqlRecords, SqlJournal]:
    """Keep a row of each fund in each view that tells whose its rows are."""
    line, store = Line(), SqlStore(StoreSettings(project_ms=20), folder)
    schema.upgrade(store.engine)
    journal = SqlJournal(store, clock=FakeClock(T0), post=line.post)
    journal.open()
    for fund in OWNERS:
        whose = {"product_code": fund, "account_id": ACCOUNT[fund]}
        ids = {"client_order_id": f"o {fund}", "instruction_id": f"i {fund}"}
        journal.append(ORDERS, make_order(request={**whose, **ids}))
        journal.append(FILLS, make_fill(fill_id=fund, **whose, **ids))
        journal.append(INSTRUCTIONS, make_instruction(instruction_id=f"i {fund}", **whose))
        seq = journal.append(TRIGGERS, make_trigger(trigger_id=f"t {fund}", instruction_id=f"i {fund}"))
        journal.project(ACCOUNTS, make_account(account_id=ACCOUNT[fund], book=""))
    line.until(lambda: journal.durable_seq >= seq)
    return SqlRecords(store), journal


@contextlib.asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Furnish a whole house: the real desk with two funds, the real record, the real routes."""
    stage = TwoFunds(folder)
    await stage.fill()
    records, journal = fill_record(folder)
    gate = PrincipalGate()
    world = ApiWorld(
        folder,
        gate=gate,
        desk=stage.desk,
        records=records,
        replay=FakeReplay(),
        feed=FakeFeed(),
        main_contract=FakeMainContract(),
        apart={"contracts": KnownContracts(InstrumentTable())},
        tests=FakeTests(),
        settings={"rate_burst": 1_000_000},
    )
    world.service.attach()
    world.bus.publisher(CLEAN_TICKS)(make_tick(instrument_id=AU, seq=1))
    world.bus.publisher(OPPORTUNITIES)(make_opportunity())

    async def door(scope: Any, receive: Any, send: Any) -> None:
        # A server gives each request a state of its own.
        await world.service.door({**scope, "state": {}}, receive, send)

    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8888") as client:
        yield House(world, gate, client)
    records.close()
    journal.close()


def doors(app: Litestar) -> set[tuple[str, str]]:
    """Return (method, path) of everything the application answers to."""
    return {
        (str(method), route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        # The framework answers OPTIONS by itself; the door refuses that method everywhere.
        if method != "OPTIONS"
    }


def test_every_route_of_the_application_has_its_case(tmp_path: Path) -> None:
    assert doors(ApiWorld(tmp_path).service.application) == {(case.method, case.route) for case in CASES}


def test_the_table_knows_every_role_there_is() -> None:
    assert {role: {str(each) for each in permissions} for role, permissions in BUILT_IN_ROLES.items()} == MAY


@pytest.mark.parametrize(("role", "scope"), PEOPLE)
async def test_each_route_lets_those_in_who_may_and_nobody_else(tmp_path: Path, role: str, scope: str) -> None:
    principal = person(role, *GRANTS[scope])
    async with open_house(tmp_path) as house:
        for case in CASES:
            for fund in OWNERS if case.whose == "fund" else OWNERS[:1]:
                answer = await house.case(principal, case, fund)
                told = (case.method, case.path(fund), case.needs, answer.status_code, answer.text[:300])
                if is_allowed(case.needs, case.whose, role=role, scope=scope, fund=fund):
                    assert answer.status_code in case.ends, told
                else:
                    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), told
                    assert f"permission {case.needs}" in answer.json()["error"]["message"], told
                if scope in FOREIGN:
                    assert_tells_nothing_of(FOREIGN[scope], answer.text, told)


@pytest.mark.parametrize(("role", "scope"), PEOPLE)
async def test_each_view_of_the_record_shows_ones_own_rows(tmp_path: Path, role: str, scope: str) -> None:
    principal = person(role, *GRANTS[scope])
    async with open_house(tmp_path) as house:
        for view, (needs, whose) in VIEWS.items():
            for path in (f"/api/v1/records/{view}", f"/api/v1/records/{view}/csv"):
                answer = await house.ask(principal, "GET", path)
                told = (path, answer.status_code, answer.text[:300])
                if not is_allowed(needs, whose, role=role, scope=scope, fund="fund_a"):
                    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), told
                    continue
                assert answer.status_code == 200, told
                if scope in FOREIGN:
                    assert_tells_nothing_of(FOREIGN[scope], answer.text, told)
                if view in {"trades", "orders", "instructions"}:
                    assert {fund for fund in OWNERS if fund in answer.text} == COVERED[scope], told


async def test_lists_of_the_desk_hold_all_that_is_covered(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for name in ("accounts", "positions", "orders", "instructions", "plans"):
            for scope in ("every", "one", "other"):
                answer = await house.ask(person("viewer", *GRANTS[scope]), "GET", f"/api/v1/{name}")
                assert {fund for fund in OWNERS if fund in answer.text} == COVERED[scope], name


async def test_tables_of_system_004_hold_all_that_is_covered_and_nothing_else(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for case in CASES:
            if "/hsapi/wsapp/data/" not in case.route:
                continue
            for scope in ("every", "one", "other"):
                answer = await house.case(person("viewer", *GRANTS[scope]), case, "fund_a")
                assert {fund for fund in OWNERS if fund in answer.text} == COVERED[scope], case.route


FUND_CASES = [case for case in CASES if case.whose == "fund"]


@pytest.mark.parametrize("case", FUND_CASES, ids=[f"{case.needs} {case.route}" for case in FUND_CASES])
async def test_what_is_foreign_is_answered_exactly_as_what_does_not_exist(tmp_path: Path, case: Case) -> None:
    mine = person("administrator", ("fund_a", "*"))
    async with open_house(tmp_path) as house:
        foreign = await house.case(mine, case, "fund_b")
        absent = await house.case(mine, case, "fund_x")
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    assert foreign.status_code == 403


async def test_somebody_with_no_grant_at_all_may_know_who_they_are_and_that_we_are_well(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        nobody = Principal("nobody", {})
        passed = {
            (case.method, case.route) for case in CASES if (await house.case(nobody, case, "fund_a")).status_code != 403
        }
    assert passed == {
        ("GET", "/health"),
        ("GET", "/gateway/health"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/openapi.json/openapi.json"),
        ("GET", "/api/v1/openapi.json/{path:str}"),
        ("POST", "/api/v1/session"),
        ("GET", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
    }


async def test_the_page_is_told_what_it_may_show(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.ask(person("viewer", ("fund_a", "*")), "GET", "/api/v1/session")
        assert answer.json()["permissions"] == {
            name: [["", "A1"], ["fund_a", "*"]] for name in ("chat", "market", "view")
        }
        answer = await house.ask(Principal("nobody", {}), "GET", "/api/v1/session")
        assert answer.json()["permissions"] == {}


def assert_tells_nothing_of(fund: str, text: str, told: object) -> None:
    """Fail where a body names another fund or its account, in whatever field."""
    assert fund not in text, told
    assert f'"{ACCOUNT[fund]}"' not in text, told
