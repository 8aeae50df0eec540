"""The fleet over REST: every route of it, good and bad bodies, who may, what there is not, and how much is too much."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from api_builders import ApiWorld, serving
from rights_house import fleet_office
from rights_table import JOB, MODULE
from tradewind.api.routes.fleet import FLEET_ROUTES
from tradewind.domain.rights import Grant
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.store import SqlStore

PLAN: dict[str, Any] = {"codes": ["TSLA.US", "USDCNY"]}
CRON: dict[str, Any] = {"every": "cron", "cron": "0 9 * * 1-5"}
STEPS: list[dict[str, Any]] = [{"plan": PLAN, "name": "fetch"}]
STRANGE: dict[str, Any] = {"every": "trading_day", "instrument_id": "zz99.SHFE"}
SCHEDULE: dict[str, Any] = {"cadence": CRON, "plan": PLAN}


class Ask(NamedTuple):
    """One request that is as it should be, the status it ends with, and a field of its answer."""

    method: str
    path: str
    status: int = 200
    body: Any = None
    field: str = ""


LIFE = (
    Ask("GET", "/modules?state=offline&label=&search=nobody&after=&limit=1", field="modules"),
    Ask("GET", "/modules/kinds", field="kinds"),
    Ask("GET", f"/modules/{MODULE}", field="executions"),
    Ask("PUT", f"/modules/{MODULE}", body={"name": "东京", "labels": ["hk", "hk"], "version": 1}, field="labels"),
    Ask("POST", f"/modules/{MODULE}/admit", field="module_id"),
    Ask("POST", f"/modules/{MODULE}/close", status=409, field="error"),
    Ask("POST", f"/modules/{MODULE}/shutdown", status=409, field="error"),
    Ask("GET", "/control-servers", field="servers"),
    Ask("GET", "/jobs?state=waiting&module_id=&origin_id=&search=tsla&before=&limit=500", field="jobs"),
    Ask("POST", "/jobs", status=202, body={"plan": {**PLAN, "label": "hk", "spread": "each"}}, field="job_id"),
    Ask("GET", f"/jobs/{JOB}?after=&limit=1", field="executions"),
    Ask("POST", f"/jobs/{JOB}/cancel", field="state"),
    Ask("GET", "/schedules", field="schedules"),
    Ask("PUT", "/schedules/morning", body=SCHEDULE, field="next_at"),
    Ask("POST", "/schedules/reload", field="schedules"),
    Ask("DELETE", "/schedules/morning?version=1", field="done"),
    Ask("GET", "/workflows", field="workflows"),
    Ask("POST", "/workflows", status=201, body={"name": "收盘", "steps": STEPS}, field="workflow_id"),
    Ask("POST", "/workflows/{workflow}/execute", status=202, field="run_id"),
    Ask("GET", "/workflow-runs?workflow_id={workflow}&limit=1", field="runs"),
    Ask("DELETE", "/workflows/{workflow}", field="done"),
    Ask("POST", f"/modules/{MODULE}/retire", field="state"),
)
"""Every route once, in an order in which each has what it needs."""
READS = tuple(ask for ask in LIFE if ask.method == "GET")
ACTS = tuple(ask for ask in LIFE if ask.method != "GET")
WRONG: tuple[tuple[str, str, Any, str], ...] = (
    ("POST", "/jobs", {}, "plan"),
    ("POST", "/jobs", {"plan": PLAN, "more": 1}, "more"),
    ("POST", "/jobs", {"plan": {}}, "codes"),
    ("POST", "/jobs", {"plan": {"codes": []}}, "codes"),
    ("POST", "/jobs", {"plan": {"codes": "TSLA.US"}}, "codes"),
    ("POST", "/jobs", {"plan": {"codes": ["../etc"]}}, "codes"),
    ("POST", "/jobs", {"plan": {"codes": ["tsla.us"]}}, "codes"),
    ("POST", "/jobs", {"plan": {**PLAN, "kind": "telepathy"}}, "kind"),
    ("POST", "/jobs", {"plan": {**PLAN, "collection": "../realtime"}}, "collection"),
    ("POST", "/jobs", {"plan": {**PLAN, "timeout_s": 4}}, "timeout_s"),
    ("POST", "/jobs", {"plan": {**PLAN, "timeout_s": "300"}}, "timeout_s"),
    ("POST", "/jobs", {"plan": {**PLAN, "attempts": 11}}, "attempts"),
    ("POST", "/jobs", {"plan": {**PLAN, "modules": [MODULE], "label": "hk"}}, "not to both"),
    ("POST", "/jobs", {"plan": {**PLAN, "modules": ["m9"]}}, "'m9'"),
    ("POST", "/jobs", {"plan": {**PLAN, "label": "h k"}}, "label"),
    ("PUT", f"/modules/{MODULE}", {"name": "", "version": 1}, "name"),
    ("PUT", f"/modules/{MODULE}", {"name": "m"}, "version"),
    ("PUT", f"/modules/{MODULE}", {"name": "m", "version": 0}, "version"),
    ("PUT", f"/modules/{MODULE}", {"name": "m", "version": 1, "labels": ["a b"]}, "labels"),
    ("PUT", "/schedules/a", {"cadence": CRON}, "plan"),
    ("PUT", "/schedules/a", {**SCHEDULE, "workflow_id": "w1"}, "plan"),
    ("PUT", "/schedules/a", {"plan": PLAN}, "cadence"),
    ("PUT", "/schedules/a", {**SCHEDULE, "cadence": {"every": "moon"}}, "cadence"),
    ("PUT", "/schedules/a", {**SCHEDULE, "cadence": {**CRON, "cron": "61 9 * * *"}}, "cron"),
    ("PUT", "/schedules/a", {**SCHEDULE, "cadence": {**CRON, "zone": "Mars/Olympus"}}, "zone"),
    ("PUT", "/schedules/a", {**SCHEDULE, "cadence": STRANGE}, "zz99.SHFE"),
    ("PUT", "/schedules/a", {**SCHEDULE, "is_enabled": 1}, "is_enabled"),
    ("POST", "/workflows", {"name": "w", "steps": []}, "steps"),
    ("POST", "/workflows", {"name": "", "steps": STEPS}, "name"),
    ("POST", "/workflows", {"name": "w", "steps": [{"plan": PLAN, "on_failure": "pray"}]}, "on_failure"),
    ("POST", "/workflows", {"name": "w", "steps": [{"plan": {**PLAN, "kind": "telepathy"}}]}, "kind"),
    ("GET", "/modules?state=asleep", None, "state"),
    ("GET", "/modules?limit=0", None, ">= 1"),
    ("GET", "/modules?limit=501", None, "<= 500"),
    ("GET", "/modules?label=a%20b", None, "label"),
    ("GET", "/modules?stat=online", None, "unknown query parameter"),
    ("GET", "/modules?limit=1&limit=2", None, "twice"),
    ("GET", f"/modules?search={'x' * 101}", None, "search"),
    ("GET", "/jobs?state=asleep", None, "state"),
    ("GET", f"/jobs?module_id={'x' * 65}", None, "module_id"),
    ("GET", "/jobs?limit=many", None, "limit"),
    ("GET", "/workflow-runs?workflow_id=../etc", None, "workflow_id"),
    ("GET", "/workflow-runs?limit=0", None, "limit"),
)
"""Requests that cannot be, each with a word of what it must be told."""


class Caller:
    """Somebody at a house with a fleet; a key of its own goes with each request."""

    def __init__(self, world: ApiWorld, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self._sent = 0

    async def ask(self, ask: Ask, *, key: str | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        self._sent += 1
        named = {"idempotency-key": f"k{self._sent}" if key is None else key}
        who = self.world.bearer if headers is None else headers
        return await self.client.request(
            ask.method, f"/api/v1{ask.path}", json=ask.body, headers={**who, **(named if key != "" else {})}
        )

    async def refused(self, status: int, ask: Ask) -> dict[str, Any]:
        answer = await self.ask(ask)
        assert answer.status_code == status, (ask, answer.text)
        error: dict[str, Any] = answer.json()["error"]
        return error


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, of which each test takes a copy."""
    folder = tmp_path_factory.mktemp("tables")
    store = SqlStore(StoreSettings(), folder)
    store.open()
    store.close()
    return folder


@pytest.fixture
async def caller(tmp_path: Path, tables: Path) -> AsyncIterator[Caller]:
    folder = Path(shutil.copytree(tables, tmp_path / "var"))
    async with serving(folder, fleet=fleet_office(folder), settings={"rate_burst": 10_000}) as (world, client):
        yield Caller(world, client)


def shape_of(path: str) -> str:
    """Return a path with a mark where it names something, as routes and requests have it alike."""
    path = re.sub(r"\{[^}]*\}", "*", path.partition("?")[0])
    return re.sub(r"/(m0|j0|morning)(?=/|$)", "/*", path)


async def test_every_route_does_what_it_says(caller: Caller) -> None:
    offered = {(method, shape_of(path)) for one in FLEET_ROUTES for path in one.paths for method in one.http_methods}
    assert {(ask.method, f"/api/v1{shape_of(ask.path)}") for ask in LIFE} == offered

    workflow = ""
    for each in LIFE:
        ask = each._replace(path=each.path.replace("{workflow}", workflow))
        answer = await caller.ask(ask)
        assert (answer.status_code, ask.field in answer.json()) == (ask.status, True), (ask, answer.text)
        workflow = answer.json().get("workflow_id", workflow)


async def test_answers_hold_what_was_asked_for(caller: Caller) -> None:
    assert (await caller.ask(Ask("GET", "/modules/kinds"))).json() == {"kinds": ["quotes", "depth", "kline", "stream"]}
    page = (await caller.ask(Ask("GET", "/modules?limit=1"))).json()
    assert ([one["module_id"] for one in page["modules"]], page["next"]) == ([MODULE], MODULE)
    assert (await caller.ask(Ask("GET", f"/modules?limit=1&after={page['next']}"))).json() == {
        "modules": [],
        "next": "",
    }

    sent = (await caller.ask(Ask("POST", "/jobs", body={"plan": PLAN}))).json()
    assert (sent["plan"]["codes"], sent["state"], sent["origin"]) == (PLAN["codes"], "waiting", "api")
    page = (await caller.ask(Ask("GET", "/jobs?limit=1"))).json()
    older = (await caller.ask(Ask("GET", f"/jobs?limit=1&before={page['next']}"))).json()
    assert [one["job_id"] for one in (*page["jobs"], *older["jobs"])] == [sent["job_id"], JOB]
    detail = (await caller.ask(Ask("GET", f"/jobs/{sent['job_id']}"))).json()
    assert [one["execution_id"] for one in detail["executions"]] == [f"{sent['job_id']}-00000"]
    assert (await caller.ask(Ask("POST", f"/jobs/{sent['job_id']}/cancel"))).json()["state"] == "cancelled"
    cancelled = (await caller.ask(Ask("GET", "/jobs?state=cancelled"))).json()["jobs"]
    assert [one["job_id"] for one in cancelled] == [sent["job_id"]]


async def test_what_cannot_be_is_422_and_names_what_is_wrong(caller: Caller) -> None:
    for method, path, body, told in WRONG:
        error = await caller.refused(422, Ask(method, path, body=body))
        assert told in error["message"] or told in error.get("field", ""), (path, body, error)


async def test_what_there_is_not_is_named_and_what_can_be_no_name_is_refused(caller: Caller) -> None:
    for ask, name in (
        (Ask("GET", "/modules/m9"), "m9"),
        (Ask("PUT", "/modules/m9", body={"name": "m", "version": 1}), "m9"),
        *((Ask("POST", f"/modules/m9/{act}"), "m9") for act in ("admit", "close", "shutdown", "retire")),
        (Ask("GET", "/jobs/j9"), "j9"),
        (Ask("POST", "/jobs/j9/cancel"), "j9"),
        (Ask("DELETE", "/workflows/w9"), "w9"),
        (Ask("POST", "/workflows/w9/execute"), "w9"),
    ):
        error = await caller.refused(422, ask)
        assert name in error["message"], ask
    for path in ("/modules/a%20b", f"/jobs/{'x' * 65}", "/modules/%E4%B8%9C%E4%BA%AC"):
        assert (await caller.refused(422, Ask("GET", path)))["code"] == "invalid", path
    assert "none" in (await caller.refused(422, Ask("DELETE", "/schedules/none?version=1")))["message"]
    for query in ("", "?version=0", "?version=one"):
        assert "version" in (await caller.refused(422, Ask("DELETE", f"/schedules/none{query}")))["message"], query


async def test_as_much_as_is_allowed_is_taken_and_one_more_is_not(caller: Caller) -> None:
    codes = [f"A{number}" for number in range(2_001)]
    assert (await caller.ask(Ask("POST", "/jobs", body={"plan": {"codes": codes[:2_000]}}))).status_code == 202
    assert "2000" in (await caller.refused(422, Ask("POST", "/jobs", body={"plan": {"codes": codes}})))["message"]
    for count, status in ((32, 201), (33, 422)):
        ask = Ask("POST", "/workflows", body={"name": "w", "steps": STEPS * count})
        assert (await caller.ask(ask)).status_code == status
    labels = [f"l{number}" for number in range(17)]
    assert await caller.refused(
        422, Ask("PUT", f"/modules/{MODULE}", body={"name": "m", "version": 1, "labels": labels})
    )
    huge = Ask("POST", "/jobs", body={"plan": {"codes": ["A" * 12] * 20_000}})
    assert (await caller.refused(413, huge))["code"] == "too_large"


async def test_what_is_no_json_and_what_comes_without_a_key_is_refused(caller: Caller) -> None:
    world, client = caller.world, caller.client
    headers = {**world.bearer, "idempotency-key": "k", "content-type": "application/json"}
    for content, status in ((b"{", 400), (b"[]", 422), (b"\xff\xfe", 400), (b"null", 422), (b"", 422)):
        answer = await client.post("/api/v1/jobs", content=content, headers=headers)
        assert answer.status_code == status, (content, answer.text)
        assert answer.json()["error"]["code"] == {400: "malformed", 422: "invalid"}[status]
    form = await client.post("/api/v1/jobs", data={"plan": "x"}, headers={**world.bearer, "idempotency-key": "k"})
    assert (form.status_code, form.json()["error"]["code"]) == (415, "not_json")
    for ask in (
        Ask("POST", "/jobs", body={"plan": PLAN}),
        Ask("POST", "/workflows", body={"name": "w", "steps": STEPS}),
        Ask("POST", "/workflows/w9/execute"),
    ):
        answer = await caller.ask(ask, key="")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "idempotency-key"), ask


async def test_the_same_key_is_done_once_and_another_key_again(caller: Caller) -> None:
    async def ids(ask: Ask, field: str) -> list[str]:
        return [(await caller.ask(ask, key=key)).json()[field] for key in ("one", "one", "two")]

    workflows = await ids(Ask("POST", "/workflows", body={"name": "w", "steps": STEPS}), "workflow_id")
    jobs = await ids(Ask("POST", "/jobs", body={"plan": PLAN}), "job_id")
    runs = await ids(Ask("POST", f"/workflows/{workflows[0]}/execute"), "run_id")
    for first, again, other in (workflows, jobs, runs):
        assert (first == again, first == other) == (True, False)


async def test_who_saw_an_older_version_is_told_so(caller: Caller) -> None:
    change = Ask("PUT", f"/modules/{MODULE}", body={"name": "one", "version": 1})
    assert (await caller.ask(change)).json()["version"] == 2
    assert (await caller.refused(409, change))["code"] == "state_conflict"
    assert (await caller.ask(Ask("PUT", "/schedules/a", body=SCHEDULE))).json()["version"] == 1
    for body in (SCHEDULE, {**SCHEDULE, "version": 7}):
        assert (await caller.refused(409, Ask("PUT", "/schedules/a", body=body)))["code"] == "state_conflict"
    assert (await caller.refused(409, Ask("DELETE", "/schedules/a?version=7")))["code"] == "state_conflict"


async def test_nobody_is_401_who_may_see_does_not_tell_and_who_may_not_see_hears_nothing(caller: Caller) -> None:
    world, client = caller.world, caller.client
    await world.add_user("li", grants=(Grant("risk_officer"),))
    await world.add_user("wang", grants=(Grant("trader"),))
    officer, trader = await world.sign_in(client, "li"), await world.sign_in(client, "wang")
    for ask in LIFE:
        assert (await caller.ask(ask, headers={})).status_code == 401, ask
        refused = await caller.ask(ask, headers=trader)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed"), ask
    for ask in ACTS:
        refused = await caller.ask(ask, headers=officer)
        assert (refused.status_code, "operate" in refused.json()["error"]["message"]) == (403, True), ask
    for ask in READS:
        assert (await caller.ask(ask, headers=officer)).status_code == (422 if "{" in ask.path else 200), ask
    # Nothing was done by anybody who was refused.
    assert [one["job_id"] for one in (await caller.ask(Ask("GET", "/jobs"))).json()["jobs"]] == [JOB]


async def test_where_no_control_server_runs_every_route_says_so_by_a_code(tmp_path: Path) -> None:
    async with serving(tmp_path, settings={"rate_burst": 10_000}) as (world, client):
        caller = Caller(world, client)
        for ask in LIFE:
            if "{" not in ask.path:
                assert (await caller.refused(503, ask))["code"] == "switched_off", ask
