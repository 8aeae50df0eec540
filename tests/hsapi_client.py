"""A client of system 004 as its people wrote it, by that system's paths and fields alone, at a desk of ours."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from api_builders import ApiWorld, serving
from desk_stage import RB, Stage
from rights_house import PrincipalGate
from tradewind.domain import desk
from tradewind.domain.rights import Principal, Reach
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.contracts import KnownContracts
from tradewind.runtime.desk.remote import AskedDesk, ToldDesk, desk_answers
from two_funds import person

ROOT: Final = "/hsapi/wsapp/api"
FLAGS: Final = (
    'trading.products=["p1","p2"]',
    'portfolio.accounts=[{"id":"paper","books":["p1/hand","p2/hand"]},{"id":"other","books":["p2/hand"]}]',
)
MANAGER: Final = person("fund_manager", ("p1", "*"), name="wang")
APPROVER: Final = person("risk_officer", ("*", "*"), name="zhao")
TRADER: Final = person("trader", ("*", "*"), name="li")
STRANGER: Final = person("administrator", ("p2", "*"), name="zhou")


class DeskApart:
    """The desk as the API meets it from another process: every message there and back is JSON."""

    def __init__(self, desk_: Any) -> None:
        self._answers = desk_answers(desk_)

    async def answer(self, question: desk.Question, reach: Reach) -> object:
        return await self._there_and_back("desk_ask", AskedDesk(question, reach))

    async def carry_out(self, command: desk.Command, reach: Reach) -> object:
        return await self._there_and_back("desk_do", ToldDesk(command, reach))

    async def _there_and_back(self, name: str, message: msgspec.Struct) -> object:
        sent = msgspec.json.decode(msgspec.json.encode(message))
        return msgspec.json.decode(msgspec.json.encode(await self._answers[name](sent)))


class OldClient:
    """Sends what system 004's pages send; `who` is who uses it."""

    def __init__(self, stage: Stage, world: ApiWorld, gate: PrincipalGate, client: httpx.AsyncClient) -> None:
        self.stage, self.world = stage, world
        self._gate, self._client = gate, client

    async def ask(self, method: str, path: str, body: Any = None, *, who: Principal = MANAGER, **more: Any) -> Any:
        """Send one request below the older root and return what came back."""
        self._gate.principal = who
        return await self._client.request(method, f"{ROOT}{path}", json=body, **more)

    async def get(self, path: str, *, who: Principal = MANAGER) -> Any:
        """Return what is there."""
        answer = await self.ask("GET", path, who=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def adjusts(self, *positions: dict[str, Any], key: str = "", **more: Any) -> Any:
        """Write an instruction to adjust positions: of gold to two lots, unless others are named."""
        body = {"product_code": "p1", "account_id": "paper", "positions": list(positions) or [wish()], **more}
        headers = {"idempotency-key": key} if key else {}
        answer = await self.ask("POST", "/instructions/adjustment/", body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def sets(self, number: int, status: str, *, who: Principal = MANAGER, **more: Any) -> httpx.Response:
        """Set an instruction's state."""
        answer: httpx.Response = await self.ask(
            "PUT", f"/instructions/{number}/status/", {"status": status, **more}, who=who
        )
        return answer

    async def accepted(self, *positions: dict[str, Any], **more: Any) -> Any:
        """Write an instruction, have it approved and taken."""
        number = (await self.adjusts(*positions, **more))["id"]
        assert (await self.sets(number, "approved", who=APPROVER)).status_code == 200
        answer = await self.sets(number, "accepted", who=TRADER)
        assert answer.status_code == 200, answer.text
        return answer.json()


def wish(name: str = "au2606", adjusted: Any = 2, **more: Any) -> dict[str, Any]:
    """Return a contract's position as it is wanted."""
    return {"c_instrument_id": name, "adjusted_position": adjusted, **more}


def detail(trade_id: str = "T1", quantity: int = 1, **more: Any) -> dict[str, Any]:
    """Return a fill made elsewhere."""
    return {"quantity": quantity, "price": 600.5, "open_close": "open", "trade_id": trade_id, **more}


@contextlib.asynccontextmanager
async def old_client(
    folder: Path, *, is_apart: bool = False, is_instant: bool = True, **changes: Any
) -> AsyncIterator[OldClient]:
    """Open a desk of two products with quotes of gold and steel, and a server before it."""
    stage = Stage(folder / "desk", *FLAGS, is_instant=is_instant)
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    gate = PrincipalGate()
    real = stage.office.office
    contracts = {"contracts": KnownContracts(InstrumentTable())}
    async with serving(folder, gate=gate, desk=DeskApart(real) if is_apart else real, apart=contracts, **changes) as (
        world,
        client,
    ):
        yield OldClient(stage, world, gate, client)
