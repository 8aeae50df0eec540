"""No route without a declared access, and no data behind any of them for a stranger: derived from the routes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api_builders import ApiWorld, FakeReplay, serving
from tradewind.api.admission import ACCESS, PERMISSION, WHOEVER, Admission
from tradewind.api.limits import RateLimit
from tradewind.api.routes import ALL_ROUTES
from tradewind.domain.access import Access
from tradewind.domain.rights import Permission

_SEED_PATHS = {"/opportunities", "/health", "/gateway/health"}
_EXAMPLES = {
    "{instrument_id:str}": "IF2101.CFFEX",
    "{opportunity_id:str}": "opp-1",
    "{session_id:str}": "nobody",
    "{path:str}": "x",
    "{name:str}": "rise",
    "{view:str}": "trades",
    "{username:str}": "wang",
    "{code:str}": "F1",
    "{key_id:str}": "k1",
    "{grant_id:int}": "1",
    "{delivery_id:int}": "1",
    "{message_id:int}": "1",
    "{room:str}": "fund",
    "{position_id:int}": "1000",
}


def _doors(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield (method, example path, handler) of everything the application answers to."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route
        path = route.path
        for pattern, example in _EXAMPLES.items():
            path = path.replace(pattern, example)
        for handler in route.route_handlers:
            for method in handler.http_methods:
                # The framework answers OPTIONS by itself; the door refuses that method everywhere.
                if method != "OPTIONS":
                    yield str(method), path, handler


def undeclared(app: Litestar) -> list[str]:
    """Return the routes that name no access."""
    return [
        f"{method} {path}" for method, path, handler in _doors(app) if not isinstance(handler.opt.get(ACCESS), Access)
    ]


def test_every_route_declares_its_access(tmp_path: Path) -> None:
    assert undeclared(ApiWorld(tmp_path).service.application) == []


def test_the_check_finds_a_route_that_does_not() -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    assert undeclared(Litestar([forgotten], openapi_config=None)) == ["GET /forgotten"]


def test_every_route_that_needs_somebody_names_a_permission(tmp_path: Path) -> None:
    named = [
        handler.opt.get(PERMISSION)
        for _, _, handler in _doors(ApiWorld(tmp_path).service.application)
        if handler.opt[ACCESS] is not Access.PUBLIC
    ]
    assert [need for need in named if not isinstance(need, Permission) and need != WHOEVER] == []


@pytest.mark.parametrize("opt", [{}, {ACCESS: Access.SESSION}, {PERMISSION: "market"}, {ACCESS: Access.SEED}], ids=str)
async def test_a_route_that_does_not_say_who_may_is_shut_even_to_the_administrator(
    tmp_path: Path, opt: dict[str, object]
) -> None:
    @get("/forgotten", sync_to_thread=False, opt=opt)
    def forgotten() -> str:
        return "secret"

    world = ApiWorld(tmp_path)
    guard = Admission(world.gate, RateLimit(world.settings, lambda: 0.0)).guard
    app = Litestar([forgotten], guards=[guard], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # the same protocol, typed more narrowly
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8888") as client:
        answer = await client.get("/forgotten", headers=world.bearer)

    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_only_the_older_doors_and_signing_in_are_open_to_strangers(tmp_path: Path) -> None:
    doors = list(_doors(ApiWorld(tmp_path).service.application))

    assert {path for _, path, handler in doors if handler.opt[ACCESS] is Access.SEED} == _SEED_PATHS
    assert {(method, path) for method, path, handler in doors if handler.opt[ACCESS] is Access.PUBLIC} == {
        ("POST", "/api/v1/session")
    }


def test_the_older_doors_only_show(tmp_path: Path) -> None:
    doors = _doors(ApiWorld(tmp_path).service.application)

    assert {method for method, _, handler in doors if handler.opt[ACCESS] is Access.SEED} == {"GET"}


def test_every_route_is_described_in_its_own_words() -> None:
    for handler in ALL_ROUTES:
        assert inspect.getdoc(handler.fn), handler


async def test_a_stranger_gets_401_at_every_door(tmp_path: Path) -> None:
    async with serving(tmp_path, replay=FakeReplay()) as (world, client):
        for method, path, handler in _doors(world.service.application):
            if handler.opt[ACCESS] is Access.SESSION:
                answer = await client.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert answer.json()["error"]["code"] == "not_authenticated"
                assert answer.headers["www-authenticate"].startswith("Bearer")
        assert world.replay is not None
        assert world.replay.done == []


async def test_a_stranger_from_elsewhere_gets_401_at_the_older_doors_too(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"seed_clients": "token"}) as (world, client):
        for path in _SEED_PATHS:
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers=world.bearer)).status_code == 200


async def test_a_foreign_page_gets_403_at_every_door_though_the_cookie_came_along(tmp_path: Path) -> None:
    async with serving(tmp_path, replay=FakeReplay()) as (world, client):
        page = await world.browser(client)
        for method, path, _ in _doors(world.service.application):
            answer = await client.request(method, path, headers={**page, "origin": "https://evil.example"})
            assert answer.status_code == 403, (method, path)
            assert answer.json()["error"]["code"] == "origin_not_allowed"


async def test_every_answer_carries_the_security_headers(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        paths = [path for method, path, _ in _doors(world.service.application) if method == "GET"]
        for path in [*paths, "/", "/login", "/ws", "/assets/gone.js", "/api/v1/nothing"]:
            for headers in ({}, world.bearer):
                answer = await client.get(path, headers=headers)
                assert answer.headers["x-content-type-options"] == "nosniff", path
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
                assert answer.headers["referrer-policy"] == "no-referrer", path
                assert answer.headers["cross-origin-opener-policy"] == "same-origin", path
                assert "server" not in answer.headers, path
                assert "access-control-allow-origin" not in answer.headers, path


async def test_the_page_itself_is_public_and_holds_no_secret(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get("/login")

        assert answer.status_code == 200
        assert world.token not in answer.text
