"""The desk over REST: each route is one message of the desk, signed by whoever came in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from api_builders import ApiWorld, serving
from tradewind.domain import desk
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Algorithm
from tradewind.domain.message import Directive
from tradewind.domain.rights import Reach
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.errors import InputError, StateConflictError, TransientError

IF = "IF2101.CFFEX"
LINE = {"instrument_id": IF, "side": "buy", "quantity": 2}
PLAN = {"name": "rise", "params": {"account_id": "paper"}}
CLOSE = {"account_id": "paper", "instrument_id": IF, "direction": "long"}


class FakeDesk:
    """Remembers what it is told; answers with its own words, or refuses."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.refusal: Exception | None = None

    async def answer(self, question: desk.Question, reach: Reach) -> object:
        assert reach.is_whole
        return self._hear(question)

    async def carry_out(self, command: desk.Command, reach: Reach) -> object:
        assert reach.is_whole
        return self._hear(command)

    def _hear(self, message: msgspec.Struct) -> object:
        if self.refusal is not None:
            raise self.refusal
        self.heard.append(message)
        return {"heard": type(message).__name__, "money": Decimal("0.10")}


QUESTIONS: list[tuple[str, str, Any, msgspec.Struct]] = [
    ("GET", "/api/v1/accounts", None, desk.AskAccounts()),
    ("GET", "/api/v1/equity?account=paper", None, desk.AskEquity(account_id="paper")),
    ("GET", "/api/v1/positions", None, desk.AskPositions()),
    (
        "GET",
        f"/api/v1/lots?account=paper&instrument={IF}&direction=short&book=fund/rise",
        None,
        desk.AskLots(account_id="paper", instrument_id=IF, direction=Direction.SHORT, book="fund/rise"),
    ),
    ("GET", "/api/v1/orders?live=true", None, desk.AskOrders(is_live=True)),
    ("GET", "/api/v1/orders", None, desk.AskOrders()),
    ("GET", "/api/v1/order-queue", None, desk.AskQueue()),
    ("GET", "/api/v1/instructions", None, desk.AskInstructions()),
    ("GET", "/api/v1/plans", None, desk.AskPlans()),
    ("GET", "/api/v1/triggers", None, desk.AskTriggers()),
    ("GET", "/api/v1/limits", None, desk.AskLimits()),
    ("GET", "/api/v1/trading-states", None, desk.AskTradingStates()),
    (
        "POST",
        "/api/v1/what-if",
        {"account_id": "paper", "lines": [LINE]},
        desk.AskWhatIf(account_id="paper", lines=(msgspec.convert(LINE, desk.WishedLine),)),
    ),
    (
        "POST",
        "/api/v1/close/preview",
        CLOSE,
        desk.AskClose(account_id="paper", instrument_id=IF, direction=Direction.LONG),
    ),
]
COMMANDS: list[tuple[str, Any, type[Directive]]] = [
    ("/api/v1/close", {**CLOSE, "confirmation": "abc", "quantity": 1}, desk.Close),
    ("/api/v1/instructions", {"account_id": "paper", "lines": [LINE], "reason": "rebalance"}, desk.Submit),
    ("/api/v1/instructions/cancel", {"instruction_id": "S:rise:o1"}, desk.CancelInstruction),
    ("/api/v1/orders/cancel", {"client_order_id": "S:rise:o1-0-1"}, desk.CancelOrder),
    ("/api/v1/plans", PLAN, desk.DefinePlan),
    ("/api/v1/plans/rise/start", None, desk.StartPlan),
    ("/api/v1/plans/rise/stop", None, desk.StopPlan),
    ("/api/v1/plans/rise/swap", None, desk.SwapPlan),
    ("/api/v1/emergency-stop", {"confirm": "STOP", "reason": "drill"}, desk.SetMode),
    ("/api/v1/trading-states", {"mode": "reducing", "scope": "account", "key": "paper"}, desk.SetMode),
    ("/api/v1/cash", {"account_id": "paper", "amount": "1000.50"}, desk.MoveCash),
    ("/api/v1/broker-account", {"account_id": "paper", "wish": "compare"}, desk.TendAccount),
]


async def send(
    world: ApiWorld, client: httpx.AsyncClient, path: str, body: Any, key: str | None = "k1"
) -> httpx.Response:
    headers = {**world.bearer, **({"idempotency-key": key} if key is not None else {})}
    return await client.post(path, json=body, headers=headers) if body else await client.post(path, headers=headers)


@pytest.mark.parametrize(("method", "path", "body", "question"), QUESTIONS, ids=[row[1] for row in QUESTIONS])
async def test_each_question_reaches_the_desk_as_its_own_message(
    tmp_path: Path, method: str, path: str, body: Any, question: msgspec.Struct
) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        answer = await client.request(method, path, json=body, headers=world.bearer)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"heard": type(question).__name__, "money": "0.10"}
    assert office.heard == [question]


@pytest.mark.parametrize(("path", "body", "kind"), COMMANDS, ids=[row[0] for row in COMMANDS])
async def test_each_command_is_signed_by_who_came_in_and_carries_the_key(
    tmp_path: Path, path: str, body: Any, kind: type[Directive]
) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        answer = await send(world, client, path, body)
        assert answer.status_code == 200, answer.text
    (command,) = office.heard
    assert type(command) is kind
    assert (command.actor, command.source, command.request_id) == ("administrator", "api 127.0.0.1", "k1")


@pytest.mark.parametrize(("path", "body", "kind"), COMMANDS, ids=[row[0] for row in COMMANDS])
async def test_a_command_without_a_key_that_makes_it_happen_once_is_refused(
    tmp_path: Path, path: str, body: Any, kind: type[Directive]
) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        for key in (None, "", "x" * 65, "t\tb"):
            answer = await send(world, client, path, body, key)
            assert answer.status_code == 422, (kind, key)
            assert "Idempotency-Key" in answer.json()["error"]["message"]
    assert office.heard == []


async def test_the_emergency_stop_halts_the_platform(tmp_path: Path) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        await send(world, client, "/api/v1/emergency-stop", {"confirm": "STOP"})
    assert (office.heard[0].mode, office.heard[0].scope) == (TradingMode.HALTED, Scope.PLATFORM)


async def test_an_instruction_says_how_it_is_to_be_worked(tmp_path: Path) -> None:
    office = FakeDesk()
    execution = {"algorithm": "twap", "duration_s": 600, "limit_price": "5230.2"}
    async with serving(tmp_path, desk=office) as (world, client):
        body = {"account_id": "paper", "lines": [{**LINE, "intent": "close", "execution": execution}]}
        assert (await send(world, client, "/api/v1/instructions", body)).status_code == 200
    told = office.heard[0].lines[0].execution
    assert (told.algorithm, told.limit_price) == (Algorithm.TWAP, Decimal("5230.2"))


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/api/v1/emergency-stop", {"confirm": "yes"}, "confirm"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": []}, "lines"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": [{**LINE, "quantity": 0}]}, "quantity"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": [{**LINE, "quantity": 1.5}]}, "quantity"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": [{**LINE, "quantity": "2"}]}, "quantity"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": [{**LINE, "side": "long"}]}, "side"),
        ("/api/v1/instructions", {"account_id": "paper", "lines": [{**LINE, "lever": 9}]}, "lever"),
        ("/api/v1/plans", {"name": "rise", "params": {"account_id": "paper", "share": "2"}}, "share"),
        ("/api/v1/plans", {"name": "rise", "params": {"account_id": "paper", "lots": 0}}, "lots"),
        ("/api/v1/cash", {"account_id": "paper", "amount": "much"}, "amount"),
        ("/api/v1/close", CLOSE, "confirmation"),
    ],
)
async def test_a_body_that_cannot_be_is_refused_by_the_field_that_is_wrong(
    tmp_path: Path, path: str, body: Any, word: str
) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        answer = await send(world, client, path, body)
        assert answer.status_code in {400, 422}
        assert word in answer.text
    assert office.heard == []


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
async def test_money_that_is_no_number_never_reaches_the_desk(tmp_path: Path, amount: str) -> None:
    office = FakeDesk()
    async with serving(tmp_path, desk=office) as (world, client):
        answer = await send(world, client, "/api/v1/cash", {"account_id": "paper", "amount": amount})
        assert answer.status_code in {400, 422}
    assert office.heard == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (InputError("account 'x' is not known"), 422),
        (StateConflictError("the position has changed"), 409),
        (TransientError("the store is away"), 503),
    ],
)
async def test_what_the_desk_refuses_is_told_with_its_words(tmp_path: Path, refusal: Exception, status: int) -> None:
    office = FakeDesk()
    office.refusal = refusal
    async with serving(tmp_path, desk=office) as (world, client):
        answer = await send(world, client, "/api/v1/plans/rise/start", None)
        assert (answer.status_code, answer.json()["error"]["message"]) == (status, str(refusal))


async def test_where_there_is_no_desk_the_answer_says_how_to_have_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get("/api/v1/accounts", headers=world.bearer)
        assert answer.status_code == 503
        assert "trading.enabled" in answer.json()["error"]["message"]
