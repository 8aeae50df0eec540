"""The main contract: which it is, which it should be, and the switch (C-001-7)."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import JSONBody

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.line_ports import MainContractCommands
from tradewind.api.models import MainContractForm
from tradewind.api.ports import House
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError


@get("/api/v1/main-contract", opt=signed_in(Permission.MARKET), tags=["market"])
async def main_contract(house: TheHouse) -> Any:  # noqa: ANN401 - the runtime's own view struct
    """Return the main contract as its file says it, and the contract that today's figures speak for."""
    return await _commands(house).status()


@post("/api/v1/main-contract", opt=signed_in(Permission.OPERATE), status_code=200, tags=["market"])
async def switch_main_contract(
    request: Request[Any, Any, Any],
    house: TheHouse,
    data: JSONBody[MainContractForm],
) -> Any:  # noqa: ANN401 - the runtime's own view struct
    """Switch the main contract: file, subscription and the older Redis keys together, or nothing."""
    return await _commands(house).switch(data.symbol, expected=data.expected, by=caller_of(request).identity)


def _commands(house: House) -> MainContractCommands:
    if house.main_contract is None:
        message = "this process knows no market whose main contract it could switch; ask the gateway"
        raise StateConflictError(message)
    return house.main_contract


MAIN_CONTRACT_ROUTES = (main_contract, switch_main_contract)
