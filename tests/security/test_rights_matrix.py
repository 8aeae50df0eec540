"""Every role, with every, one, another and no product, at every door: what may be is done, nothing else ever is."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api_builders import ApiWorld
from rights_house import OWNERS, PEOPLE, open_house
from rights_table import ACCOUNT, CASES, COVERED, GRANTS, INSTRUCTION, MAY, VIEWS, Case, is_allowed
from tradewind.domain.rights import BUILT_IN_ROLES, Principal
from two_funds import person

EVERYBODY = list(itertools.product(MAY, GRANTS))
TELL_WHOSE = {
    "trades", "orders", "instructions", "position_adjustments", "instruction_details", "instruction_steps",
}  # fmt: skip
ABOUT_ONESELF = ("/api/v1/session", "/api/v1/me", "/api/v1/tickets", "/api/v1/notices", "/hsapi/wsapp/api/user")
FOREIGN = {"one": "fund_b", "other": "fund_a"}


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


@pytest.mark.parametrize(("role", "scope"), EVERYBODY)
async def test_each_route_lets_those_in_who_may_and_nobody_else(tmp_path: Path, role: str, scope: str) -> None:
    principal = li(role, *GRANTS[scope])
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


@pytest.mark.parametrize(("role", "scope"), EVERYBODY)
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
                if view in TELL_WHOSE:
                    assert {fund for fund in OWNERS if fund in answer.text} == COVERED[scope], told


async def test_lists_of_the_desk_hold_all_that_is_covered(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for name in ("accounts", "positions", "orders", "instructions", "plans", "instruction-book", "chat/rooms"):
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
    assert {door for door in passed if not door[1].startswith(ABOUT_ONESELF)} == {
        ("GET", "/health"),
        ("GET", "/gateway/health"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/openapi.json/openapi.json"),
        ("GET", "/api/v1/openapi.json/{path:str}"),
    }


async def test_ones_sessions_are_ones_own_and_everybodys_for_who_administers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        ids = {one.identity: one.session_id for one in house.world.sessions.live()}
        narrow, wide = li("administrator", ("fund_a", "*")), li("administrator", ("*", "*"))
        shown = await house.ask(narrow, "GET", "/api/v1/sessions")
        assert [one["session_id"] for one in shown.json()] == [ids["li"]]
        foreign = await house.ask(narrow, "DELETE", f"/api/v1/sessions/{ids['zhou']}")
        absent = await house.ask(narrow, "DELETE", "/api/v1/sessions/nobody")
        assert foreign.json() == {"error": {**absent.json()["error"], "message": foreign.json()["error"]["message"]}}
        assert foreign.status_code == absent.status_code == 404
        shown = await house.ask(wide, "GET", "/api/v1/sessions")
        assert {one["session_id"] for one in shown.json()} == set(ids.values())
        for who, name in ((wide, "zhou"), (narrow, "li")):
            assert (await house.ask(who, "DELETE", f"/api/v1/sessions/{ids[name]}")).status_code == 204
        assert house.world.sessions.live() == []


async def test_notices_and_keys_are_shown_to_their_own_and_to_nobody_else_whatever_they_may(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        everything = li("administrator", ("*", "*"))
        mine = (await house.ask(everything, "GET", "/api/v1/notices")).json()
        assert [one["subject"] for one in mine["notices"]] == ["for li"]
        await house.ask(everything, "POST", "/api/v1/notices/read", {"through": 1_000})
        zhou = Principal("zhou", {}, user_id=PEOPLE["zhou"])
        theirs = (await house.ask(zhou, "GET", "/api/v1/notices")).json()
        assert ([one["subject"] for one in theirs["notices"]], theirs["unread"]) == (["for zhou"], 1)
        for who, names in ((everything, []), (zhou, ["of zhou"])):
            keys = (await house.ask(who, "GET", "/api/v1/me/keys")).json()
            assert [key["name"] for key in keys] == names


async def test_the_page_is_told_what_it_may_show(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.ask(person("viewer", ("fund_a", "*")), "GET", "/api/v1/session")
        assert answer.json()["permissions"] == {
            name: [["", "A1"], ["fund_a", "*"]] for name in ("chat", "market", "view")
        }
        answer = await house.ask(Principal("nobody", {}), "GET", "/api/v1/session")
        assert answer.json()["permissions"] == {}


def li(role: str, *grants: tuple[str, str]) -> Principal:
    """Return the user li with a built-in role for these products and accounts."""
    return msgspec.structs.replace(person(role, *grants, name="li"), user_id=PEOPLE["li"])


def assert_tells_nothing_of(fund: str, text: str, told: object) -> None:
    """Fail where a body names another fund or its account, in whatever field."""
    assert fund not in text, told
    assert f'"{ACCOUNT[fund]}"' not in text, told
    assert INSTRUCTION[fund] not in text, told
