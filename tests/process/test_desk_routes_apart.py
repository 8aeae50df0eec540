"""Every route of the desk, of the record, of notices and chat answers the same in one process and apart.

The routes are taken from OpenAPI: a new one is asked the moment it exists, and fails here while `EXAMPLES` lacks
its body. Both platforms live through the same short day first: a ticket filled, a plan started, an order that rests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from process.test_routes_apart import answers, shape
from real_redis import RealRedis
from running_platform import Running, wait_for
from tradewind.kernel.ids import new_epoch
from trading_apart import AU, PLAN, SIMULATOR, TradingApart

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

TAGS: Final = frozenset({"desk", "records", "notices", "chat"})
BUY: Final = {"instrument_id": AU, "side": "buy", "quantity": 2}
WISH: Final = {"account_id": "paper", "lines": [BUY]}
HELD: Final = {"account_id": "paper", "instrument_id": AU, "direction": "long"}
NEEDED: Final = {
    "account": "paper", "instrument": AU, "direction": "long", "name": "rise", "view": "trades",
    "room": "*", "message_id": "1", "delivery_id": "1", "table": "days",
}  # fmt: skip
EXAMPLES: Final[dict[str, Any]] = {
    "instructions": WISH,
    "plans": {"name": "fall", "params": PLAN},
    "what-if": WISH,
    "close/preview": HELD,
    "close": {**HELD, "confirmation": "of something else"},
    "instructions/cancel": {"instruction_id": "M:resting"},
    "orders/cancel": {"client_order_id": "nobody's"},
    "notices/read": {"through": 0},
    "notices/preferences": {"wishes": {}, "version": 0},
    "chat/rooms/{room}/messages": {"text": "好"},
    "chat/rooms/{room}/read": {"through": 1},
    "chat/messages/{message_id}/edit": {"text": "改", "version": 1},
    "broker-account": {"account_id": "paper", "wish": "compare"},
    "statements": {"account_id": "paper", "text": "no statement"},
    "statements/confirm": {"account_id": "paper", "trading_day": 20260105, "digest": "x"},
    "cash": {"account_id": "paper", "amount": "1000"},
    "emergency-stop": {"confirm": "STOP", "reason": "drill"},
    "trading-states": {"mode": "active", "scope": "platform", "phrase": "RESUME PLATFORM"},
}
SAMPLED: Final = "portfolio.sample_s=1"
OLDER: Final[tuple[tuple[str, str, Any], ...]] = (
    ("POST", "instructions/adjustment/", {"positions": [{"c_instrument_id": AU, "adjusted_position": 9}]}),
    ("POST", "instructions/", {"account_id": "paper", "positions": [{"c_instrument_id": AU, "adjusted_position": 8}]}),
    ("GET", "instructions/?ordering=created_at", None),
    ("GET", "instructions/1/", None),
    ("GET", "instructions/1/positions/", None),
    ("PUT", "instructions/1/status/", {"status": "approved"}),
    ("PUT", "instructions/1/status/", {"status": "accepted"}),
    ("PUT", "instructions/2/status/", {"status": "cancelled"}),
    ("PUT", "positions/1000/status/", {"status": "waived"}),
    ("GET", "instructions/77/", None),
    ("POST", "positions/", {}),
    ("GET", "trade-details/", None),
    ("GET", "contracts/", None),
    ("GET", "user/", None),
)
"""What system 004's clients ask of the instruction book."""
WRONG: Final[tuple[tuple[str, str, Any], ...]] = (
    ("GET", "/api/v1/lots?account=nobody&instrument=x&direction=long", None),
    ("POST", "/api/v1/instructions", {**WISH, "account_id": "nobody"}),
    ("POST", "/api/v1/plans/nobody/start", None),
    ("POST", "/api/v1/cash", {"account_id": "paper", "amount": "-99999999999"}),
    ("POST", "/api/v1/what-if", {**WISH, "lines": [{**BUY, "instrument_id": "gold"}]}),
    ("POST", "/api/v1/trading-states", {"mode": "active", "scope": "platform", "phrase": "please"}),
    ("GET", "/api/v1/records/nothing", None),
    ("GET", "/api/v1/chat/rooms/nowhere/messages", None),
    ("POST", "/api/v1/chat/rooms/nowhere/messages", {"text": "?"}),
    ("POST", "/api/v1/chat/messages/99/delete", None),
    ("POST", "/api/v1/notices/preferences", {"wishes": {}, "version": 7}),
    ("POST", "/api/v1/deliveries/99/retry", None),
)
"""What has to be refused, and in the same words."""


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[httpx.Client]:
    folder = tmp_path / "apart"
    (folder / "redis").mkdir(parents=True)
    redis = RealRedis(folder / "redis")
    redis.start()
    platform = TradingApart(folder, redis, SAMPLED)
    try:
        platform.start("market", "trading", "api")
        yield platform.api
    finally:
        platform.end()
        redis.kill()


@pytest.fixture
def together(tmp_path: Path, start: Callable[..., Running]) -> Iterator[httpx.Client]:
    folder = tmp_path / "together"
    folder.mkdir()
    with start(folder, SAMPLED, *(flag for flag in SIMULATOR if not flag.startswith("services."))).client() as client:
        yield client


def ask(client: httpx.Client, method: str, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or new_epoch()} if method == "POST" else {}
    return client.request(method, path, json=body, headers=headers)


def live_through(client: httpx.Client) -> None:
    """Let the desk have something to tell of everything it may be asked."""
    wait_for(lambda: answers(client) and ask(client, "POST", "/api/v1/what-if", WISH).is_success, patience_s=60)
    wait_for(lambda: client.get("/api/v1/notices/unread").is_success, patience_s=60)
    for path, body, key in (
        ("/api/v1/chat/rooms/*/messages", {"text": "早"}, "said"),
        ("/api/v1/instructions", WISH, "filled"),
        ("/api/v1/plans", {"name": "rise", "params": PLAN}, ""),
        ("/api/v1/plans/rise/start", None, ""),
    ):
        assert ask(client, "POST", path, body, key=key).is_success
    wait_for(lambda: sum(each["today"] for each in client.get("/api/v1/positions").json()) == 4, patience_s=60)
    low = {**BUY, "execution": {"limit_price": _low_price(client)}}
    assert ask(client, "POST", "/api/v1/instructions", {**WISH, "lines": [low]}, key="resting").is_success
    wait_for(lambda: client.get("/api/v1/orders?live=true").json(), patience_s=60)
    wait_for(lambda: len(client.get("/api/v1/records/orders").json()["rows"]) == 2, patience_s=60)
    wait_for(lambda: client.get("/api/v1/equity?account=paper").json()["today"], patience_s=90)
    # What a fill cost comes to its row a moment after the fill.
    wait_for(
        lambda: all(row["commission"] for row in client.get("/api/v1/records/trades").json()["rows"]), patience_s=60
    )


def _low_price(client: httpx.Client) -> str:
    """Return a price at which nobody sells, and which the gate lets pass."""
    quote = client.get(f"/api/v1/quotes/{AU}").json()
    return f"{round(quote['last_price'] * 0.995 / 0.02) * 0.02:.2f}"


def calls(client: httpx.Client) -> list[tuple[str, str, Any]]:
    """Return (method, path, body) of everything that the desk and the record offer; questions first."""
    found: list[tuple[str, str, Any]] = []
    for route, methods in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if not TAGS & set(operation.get("tags", ())):
                continue
            path = route
            for parameter in operation.get("parameters", []):
                if parameter["required"]:
                    name, value = parameter["name"], NEEDED[parameter["name"]]
                    place = f"{{{name}}}"
                    joint = "&" if "?" in path else "?"
                    path = path.replace(place, value) if place in path else f"{path}{joint}{name}={value}"
            has_body = "requestBody" in operation and operation["requestBody"]["content"]
            body = EXAMPLES[route.removeprefix("/api/v1/")] if has_body else None
            found.append((method.upper(), path, body))
    order = ("GET", *(f"/api/v1/{name}" for name in EXAMPLES))
    return sorted(found, key=lambda call: order.index(call[1]) if call[1] in order else 0)


def told(response: httpx.Response) -> tuple[int, Any]:
    is_json = "json" in response.headers.get("content-type", "")
    return response.status_code, shape(response.json()) if is_json else response.text.splitlines()[:1]


def are_alike(one: Any, other: Any, *, is_within: bool = False) -> bool:
    """Compare shapes; what a figure cannot be told from on one side (`None`: no loss yet, no spread) is any kind."""
    if is_within and (one is None or other is None):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_alike(one[key], other[key], is_within=True) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        is_body = isinstance(one, tuple)
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(are_alike(*pair, is_within=not is_body) for pair in pairs)
    return bool(one == other)


def test_every_route_of_the_desk_answers_the_same_together_and_apart(
    together: httpx.Client, apart: httpx.Client
) -> None:
    for client in (together, apart):
        live_through(client)
    wanted = calls(together)
    assert wanted == calls(apart)
    assert len(wanted) > 24
    found = {f"{call[0]} {call[1]}": tuple(told(ask(client, *call)) for client in (together, apart)) for call in wanted}
    assert {name: pair for name, pair in found.items() if not are_alike(*pair)} == {}
    refused = {name.split("/api/v1/")[1]: one[0] for name, (one, _) in found.items() if one[0] != 200}
    assert refused == {
        "plans/rise/start": 409, "plans/rise/swap": 409, "close": 409, "broker-account": 422,
        "statements": 422, "statements/confirm": 422, "orders/cancel": 422, "deliveries/1/retry": 422,
    }  # fmt: skip
    older = [
        [told(ask(client, method, f"/hsapi/wsapp/api/{path}", body)) for method, path, body in OLDER]
        for client in (together, apart)
    ]
    assert older[0] == older[1]
    assert [status for status, _ in older[0]] == [201, 201, 200, 200, 200, 403, 409, 200, 409, 404, 200, 200, 200, 200]


def test_what_is_refused_is_refused_in_the_same_words(together: httpx.Client, apart: httpx.Client) -> None:
    for client in (together, apart):
        live_through(client)
    for method, path, body in WRONG:
        one, other = (ask(client, method, path, body) for client in (together, apart))
        assert 400 <= one.status_code < 500
        assert one.status_code == other.status_code
        assert one.json()["error"]["code"] == other.json()["error"]["code"], path
        assert _without_figures(one) == _without_figures(other), path


def _without_figures(response: httpx.Response) -> str:
    message: str = response.json()["error"]["message"]
    return "".join(letter for letter in message if not letter.isdigit())
