"""Every REST route answers the same whether the rooms share its process or have their own: taken from OpenAPI.

A new route is asked the moment it exists; one with a parameter or a body that `EXAMPLES` does not know fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from real_redis import RealRedis
from running_platform import Running, wait_for
from services_apart import LINE, Services
from tradewind.identity import AccessTokens

pytestmark = [pytest.mark.data, pytest.mark.timeout(300)]

DAY: Final = "futures_tick/CFFEX.IF2101_20210104.parquet"
PATIENT: Final = ("strategies.cpu_budget_us=0", "strategies.hang_ms=10000", "bus.max_len=200000")
INSTRUMENT: Final = "IF2101.CFFEX"
BOOK_ACTS: Final = (
    "amend", "submit", "withdraw", "approve", "reject", "accept", "decline", "reassign", "sends", "sends/stop",
    "sends/resume", "fills", "waive", "close",
)  # fmt: skip
EXAMPLES: Final[dict[str, Any]] = {
    "instrument_id": INSTRUMENT,
    "session_id": "nobody",
    "account": "paper",
    "instrument": INSTRUMENT,
    "product_id": "IF",
    "exchange": "CFFEX",
    "direction": "long",
    "name": "nobody",
    "view": "orders",
    "username": "nobody",
    "code": "F1",
    "key_id": "nobodys",
    "grant_id": "1",
    "version": "1",
    "POST /api/v1/me/password": {"password": "wrong", "new_password": "another-horse-9"},
    "POST /api/v1/me/totp/confirm": {"code": "000000"},
    "POST /api/v1/me/totp/remove": {"password": "wrong"},
    "PUT /api/v1/me/desk": {"version": 0, "desk": {}},
    "POST /api/v1/me/keys": {"name": "x", "permissions": ["view"]},
    "POST /api/v1/admin/users": {"username": "nobody"},
    "PUT /api/v1/admin/users/{username}": {"version": 1},
    "POST /api/v1/admin/users/{username}/password": {"remove_totp": True},
    "PUT /api/v1/admin/roles/{name}": {"permissions": ["view"]},
    "PUT /api/v1/admin/products/{code}": {"name": "一号"},
    "POST /api/v1/admin/group-grants": {"group": "traders", "role": "trader"},
    "PUT /api/v1/admin/group-grants/{grant_id}": {"group": "traders", "role": "trader", "version": 1},
    "POST /api/v1/admin/group-grants/preview": {"group_grants": []},
    "POST /api/v1/session": {"token": "no token of ours"},
    "POST /api/v1/broker-account": {"account_id": "paper", "wish": "compare"},
    "POST /api/v1/statements": {"account_id": "paper", "text": "no statement"},
    "POST /api/v1/statements/confirm": {"account_id": "paper", "trading_day": 20260105, "digest": "x"},
    "POST /api/v1/main-contract": {"symbol": "au9912"},
    "POST /api/v1/replay/step": {"n": 1},
    "POST /api/v1/replay/speed": {"speed": 2.0},
    # Before or behind: this replay is over, so that both say that it only goes forward or begin it anew.
    "POST /api/v1/replay/seek": {},
    "POST /api/v1/strategies/{name}/params": {"params": {}},
    "POST /api/v1/ops/replays": {"day": "nobody"},
    "day": "19990101:nobody",
    "replay_id": "nobody",
    "table": "days",
    "POST /hsapi/wsapp/api/contract-list": {"search": "au", "page_size": 5},
    "POST /hsapi/wsapp/api/instructions": {},
    "POST /hsapi/wsapp/api/instructions/adjustment": {},
    "PUT /hsapi/wsapp/api/instructions/{instruction_id}/status": {"status": "cancelled"},
    "POST /hsapi/wsapp/api/positions": {},
    "PUT /hsapi/wsapp/api/positions/{position_id}/status": {"status": "waived"},
    "position_id": "1000",
    # Nobody runs a control server here: what is asked of it is refused alike.
    "module_id": "nobody",
    "job_id": "nobody",
    "workflow_id": "nobody",
    "PUT /api/v1/modules/{module_id}": {"name": "东京", "version": 1},
    "POST /api/v1/jobs": {"plan": {"codes": ["USDCNY"]}},
    "PUT /api/v1/schedules/{name}": {"cadence": {"every": "cron", "cron": "0 9 * * 1-5", "zone": "Asia/Shanghai"}},
    "POST /api/v1/workflows": {"name": "早盘", "steps": [{"plan": {"codes": ["USDCNY"]}}]},
    **{
        f"POST /hsapi/wsapp/data/{name}": {}
        for name in ("strategy_position", "strategy_account", "trade_statistic", "order_statistic", "all")
    },
    # Where a recording plays there is no desk, and a body without what it needs is refused alike.
    **{
        f"POST /api/v1/{name}": {}
        for name in (
            "instructions",
            "plans",
            "trading-states",
            "what-if",
            "close/preview",
            "close",
            "instructions/cancel",
            "orders/cancel",
            "emergency-stop",
            "cash",
            "instruction-book/drafts",
            "instruction-book/baskets",
            "instruction-book/from-opportunity",
            *(f"instruction-book/{{instruction_id}}/{act}" for act in BOOK_ACTS),
            "notices/read",
            "notices/preferences",
            "chat/rooms/{room}/messages",
            "chat/rooms/{room}/read",
            "chat/messages/{message_id}/edit",
        )
    },
    "instruction_id": "nobodys",
    "room": "F1",
    "message_id": "1",
    "delivery_id": "1",
}
MAPS: Final = frozenset(
    {"rejected", "repaired", "counts", "told_s", "strategy_errors", "rates", "params", "line_buckets"}
)
"""Objects whose names are data: of these only the values are compared."""
OF_THE_MOMENT: Final = frozenset({"found", "stores"})
"""What holds right now, and which folders there are already."""
ONLY_TOGETHER: Final = frozenset({"hops"})
"""Hops are timed on the bus within one process; apart the streams' positions tell the lag (`/health`)."""
ONLY_APART: Final = frozenset({"told_s", "tradewind_bus_behind_seconds"})
OTHERWISE_APART: Final = frozenset({"/api/v1/system/trial", "/api/v1/ops/logs"})
"""Routes that say apart where to go instead (a trial of all processes is `tradewind test`), or tell of each process."""
MORE_APART: Final = frozenset({"/health"})
"""Routes that apart say all that they say together, and how the one process is that answers."""

PLAYED_S: Final = 100.0
"""Two whole days are played at once, on a machine that may have other things to do."""

Call = tuple[str, str, str, Any]


@pytest.fixture
def apart(tmp_path: Path, data_dir: Path) -> Iterator[httpx.Client]:
    folder = tmp_path / "apart"
    folder.mkdir()
    redis = RealRedis(folder)
    redis.start()
    token = AccessTokens(folder / "access.json").renew()
    services = Services(folder, redis, *flags(data_dir))
    services.start(*LINE, "push", "api")
    base = f"http://127.0.0.1:{services.ports['api_port']}"
    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            for name in (*LINE, "push"):
                services.wait_connected(services.ports[f"{name}_health"])
            wait_for(lambda: answers(client), patience_s=PLAYED_S)
            services.start("market")
            yield client
    finally:
        services.end()
        redis.kill()


@pytest.fixture
def together(tmp_path: Path, data_dir: Path, start: Callable[..., Running]) -> Iterator[httpx.Client]:
    folder = tmp_path / "together"
    folder.mkdir()
    with start(folder, *flags(data_dir)).client() as client:
        yield client


def flags(data_dir: Path) -> tuple[str, ...]:
    return (*PATIENT, "market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.speed=2000")


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


def is_played(client: httpx.Client) -> bool:
    replay = client.get("/api/v1/replay")
    return replay.is_success and replay.json()["is_done"]


def calls(client: httpx.Client) -> list[Call]:
    """Return (method, route, path, body) of everything the interface offers; what ends something comes last."""
    found: list[Call] = []
    for route, methods in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            name, path = f"{method.upper()} {route}", route
            for parameter in operation.get("parameters", []):
                if parameter["required"]:
                    path = filled(path, parameter["name"], client)
            body = EXAMPLES[name] if "requestBody" in operation and operation["requestBody"]["content"] else None
            found.append((method.upper(), route, path, body))
    return sorted(found, key=lambda call: call[0] != "GET")


def filled(path: str, name: str, client: httpx.Client) -> str:
    """Put an example where the path or the query needs it."""
    value = example(name, client)
    place = f"{{{name}}}"
    if place in path:
        return path.replace(place, value)
    return f"{path}{'&' if '?' in path else '?'}{name}={value}"


def example(name: str, client: httpx.Client) -> str:
    if name == "opportunity_id":
        opportunity: str = client.get("/api/v1/opportunities").json()[0]["opportunity_id"]
        return opportunity
    value: str = EXAMPLES[name]
    return value


def shape(value: Any, name: str = "") -> Any:
    """Return what a value is made of: names and kinds, no figures; `None` stands for any kind."""
    if isinstance(value, dict):
        kinds = {
            key: shape(each, key)
            for key, each in value.items()
            if key not in ONLY_TOGETHER | ONLY_APART | OF_THE_MOMENT
        }
        if name in MAPS or name.startswith("tradewind_"):
            return {"any": merged(kinds.values())}
        return kinds
    if isinstance(value, list):
        return [merged(shape(each) for each in value)]
    return None if value is None else "number" if isinstance(value, int | float) else type(value).__name__


def merged(kinds: Any) -> Any:
    """Return one kind for many: of objects all names, of what is absent nothing."""
    one: Any = None
    for kind in kinds:
        if isinstance(one, dict) and isinstance(kind, dict):
            one = {key: merged((one.get(key), kind.get(key))) for key in {**one, **kind}}
        elif isinstance(one, list) and isinstance(kind, list):
            one = [merged((*one, *kind))]
        elif kind is not None:
            one = kind
    return one


def answer(client: httpx.Client, call: Call) -> tuple[int, Any]:
    method, _, path, body = call
    response = client.request(method, path, json=body) if body is not None else client.request(method, path)
    is_json = "json" in response.headers.get("content-type", "") and response.content
    return response.status_code, shape(response.json()) if is_json else response.headers.get("content-type")


def is_same(route: str, one: tuple[int, Any], other: tuple[int, Any]) -> bool:
    if route not in MORE_APART:
        return one == other
    return one[0] == other[0] and one[1].items() <= other[1].items()


def lists(client: httpx.Client) -> list[Any]:
    """Return what a replay makes the same everywhere."""
    return [client.get(f"/api/v1/{name}").json() for name in ("opportunities", "signals", "alerts", "quality")]


def counted(client: httpx.Client) -> Any:
    """Return what the market counted; an edge knows it a second later."""
    counters = client.get("/api/v1/system").json()["counters"]
    return [counters[f"tradewind_market_ticks_{name}_total"] for name in ("in", "clean", "rejected")]


def test_every_route_answers_the_same_together_and_apart(together: httpx.Client, apart: httpx.Client) -> None:
    wait_for(lambda: is_played(together), patience_s=PLAYED_S)
    wait_for(lambda: is_played(apart), patience_s=PLAYED_S)
    last = together.get(f"/api/v1/quotes/{INSTRUMENT}").json()
    wait_for(lambda: apart.get(f"/api/v1/quotes/{INSTRUMENT}").json() == last, patience_s=PLAYED_S)
    wait_for(lambda: lists(apart) == lists(together), patience_s=PLAYED_S)
    wait_for(lambda: counted(apart) == counted(together), patience_s=PLAYED_S)
    wanted, offered = calls(together), calls(apart)
    assert [call[:2] for call in wanted] == [call[:2] for call in offered]
    different = {
        f"{call[0]} {call[1]}": (one, other)
        for call, same in zip(wanted, offered, strict=True)
        if call[1] not in OTHERWISE_APART
        and not is_same(call[1], one := answer(together, call), other := answer(apart, same))
    }
    assert different == {}


def test_the_comparison_sees_what_is_empty_missing_or_of_another_kind() -> None:
    assert shape([]) != shape([{"name": "rsi"}])
    assert shape({"state": "running"}) != shape({"state": None, "why": "away"})
    assert is_same("/health", (200, {"status": "str"}), (200, {"status": "str", "bus": "str"}))
    assert not is_same("/health", (200, {"status": "str"}), (200, {"bus": "str"}))
    assert not is_same("/api/v1/system", (200, {"status": "str"}), (200, {"status": "str", "bus": "str"}))
    assert shape([{"at": 1}, {"at": None}]) == shape([{"at": 2.5}])
    assert shape({"rejected": {"spike": 1}}) == shape({"rejected": {"stale": 7}}) != shape({"rejected": {}})
