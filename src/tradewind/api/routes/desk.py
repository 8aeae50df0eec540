"""The trading desk over REST: funds, positions, orders, instructions, plans, limits; and what people do there.

Everything is asked of the desk in its own messages (`domain/desk.py`), here or in its own process. What changes
something needs an `Idempotency-Key`: the same key again is the same act, and is answered, not done, again.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import WHOEVER, signed_in
from tradewind.api.desk_door import Web, ask, carry_out, reach_of, signed, the_desk
from tradewind.api.desk_forms import (
    CancelInstructionForm,
    CancelOrderForm,
    CashForm,
    CloseForm,
    ClosePreviewForm,
    EmergencyStopForm,
    ModeForm,
    PlanForm,
    SubmitForm,
    TendForm,
    WhatIfForm,
)
from tradewind.api.injected import TheHouse
from tradewind.api.strictness import strictly
from tradewind.domain import desk
from tradewind.domain.account import Direction
from tradewind.domain.trading_state import Scope, TradingMode

_EACH = signed_in(WHOEVER)
"""Which permission is needed is told by the message: `desk.needs`."""
_TAGS = ["desk"]
AccountName = Annotated[str, QueryParameter(name="account", min_length=1, max_length=50, description="The account.")]
InstrumentName = Annotated[
    str, QueryParameter(name="instrument", min_length=1, max_length=40, description="Such as `au2604.SHFE`.")
]
Which = Annotated[Direction, QueryParameter(description="`long` or `short`.")]
Book = Annotated[str, QueryParameter(max_length=100, description="`product/strategy`; empty: the account itself.")]
IsLive = Annotated[bool, QueryParameter(name="live", description="Only orders that may still fill.")]


@get("/api/v1/accounts", opt=signed_in(desk.NEEDS[desk.AskAccounts]), tags=_TAGS)
async def accounts(request: Web, house: TheHouse) -> Any:  # noqa: ANN401 - the desk's own structs, here and below
    """List the funds of every account and of its books, both ways of counting profit side by side."""
    return await ask(request, house, desk.AskAccounts())


@get("/api/v1/equity", opt=signed_in(desk.NEEDS[desk.AskEquity]), tags=_TAGS)
async def equity(request: Web, house: TheHouse, account: AccountName, book: Book = "") -> Any:  # noqa: ANN401
    """List an account's equity: today's course, and the end of each past day."""
    return await ask(request, house, desk.AskEquity(account_id=account, book=book))


@get("/api/v1/positions", opt=signed_in(desk.NEEDS[desk.AskPositions]), tags=_TAGS)
async def positions(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the positions that have lots, of accounts (`book` empty) and of their books."""
    return await ask(request, house, desk.AskPositions())


@get("/api/v1/lots", opt=signed_in(desk.NEEDS[desk.AskLots]), tags=_TAGS)
async def lots(
    *,
    request: Web,
    house: TheHouse,
    account: AccountName,
    instrument: InstrumentName,
    direction: Which,
    book: Book = "",
) -> Any:  # noqa: ANN401
    """List the lots of one position: when each was opened, at what price, and what it has earned since."""
    return await ask(
        request, house, desk.AskLots(account_id=account, instrument_id=instrument, direction=direction, book=book)
    )


@get("/api/v1/orders", opt=signed_in(desk.NEEDS[desk.AskOrders]), tags=_TAGS)
async def orders(*, request: Web, house: TheHouse, live: IsLive = False) -> Any:  # noqa: ANN401
    """List the orders that are live or ended lately."""
    return await ask(request, house, desk.AskOrders(is_live=live))


@get("/api/v1/order-queue", opt=signed_in(desk.NEEDS[desk.AskQueue]), tags=_TAGS)
async def order_queue(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """Return what waits to be sent, and how the broker is."""
    return await ask(request, house, desk.AskQueue())


@get("/api/v1/instructions", opt=signed_in(desk.NEEDS[desk.AskInstructions]), tags=_TAGS)
async def instructions(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the instructions that are live or ended lately, with the progress of each line."""
    return await ask(request, house, desk.AskInstructions())


@get("/api/v1/plans", opt=signed_in(desk.NEEDS[desk.AskPlans]), tags=_TAGS)
async def plans(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the trading plans: which run, with what, and what their next start will use."""
    return await ask(request, house, desk.AskPlans())


@get("/api/v1/triggers", opt=signed_in(desk.NEEDS[desk.AskTriggers]), tags=_TAGS)
async def triggers(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List what plans did lately: condition, price, action, result (C-001-4)."""
    return await ask(request, house, desk.AskTriggers())


@get("/api/v1/limits", opt=signed_in(desk.NEEDS[desk.AskLimits]), tags=_TAGS)
async def limits(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the limits of the risk gate with how much of each is used, and the regulatory counters."""
    return await ask(request, house, desk.AskLimits())


@get("/api/v1/trading-states", opt=signed_in(desk.NEEDS[desk.AskTradingStates]), tags=_TAGS)
async def trading_states(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the scopes that are reducing or halted, by whom and why."""
    return await ask(request, house, desk.AskTradingStates())


@post("/api/v1/what-if", opt=signed_in(desk.NEEDS[desk.AskWhatIf]), status_code=200, tags=_TAGS)
async def what_if(request: Web, house: TheHouse, data: JSONBody[WhatIfForm]) -> Any:  # noqa: ANN401
    """Judge a wish without sending it: each order's decision, and margin, funds and limits after all of them."""
    return await ask(request, house, desk.AskWhatIf(**msgspec.structs.asdict(await strictly(request, data))))


@post("/api/v1/close/preview", opt=signed_in(desk.NEEDS[desk.AskClose]), status_code=200, tags=_TAGS)
async def preview_close(request: Web, house: TheHouse, data: JSONBody[ClosePreviewForm]) -> Any:  # noqa: ANN401
    """Say what closing a position would mean; `confirmation` lets exactly this be done."""
    return await ask(request, house, desk.AskClose(**msgspec.structs.asdict(await strictly(request, data))))


@post("/api/v1/close", opt=signed_in(desk.NEEDS[desk.Close]), status_code=200, tags=_TAGS)
async def close(request: Web, house: TheHouse, data: JSONBody[CloseForm]) -> Any:  # noqa: ANN401
    """Close a position as it was previewed; 409 when it has changed meanwhile."""
    return await carry_out(request, house, desk.Close, data)


@post("/api/v1/instructions", opt=signed_in(desk.NEEDS[desk.Submit]), status_code=200, tags=_TAGS)
async def submit(request: Web, house: TheHouse, data: JSONBody[SubmitForm]) -> Any:  # noqa: ANN401
    """Begin an instruction; its orders pass the gate one by one."""
    return await carry_out(request, house, desk.Submit, data)


@post("/api/v1/instructions/cancel", opt=signed_in(desk.NEEDS[desk.CancelInstruction]), status_code=200, tags=_TAGS)
async def cancel_instruction(request: Web, house: TheHouse, data: JSONBody[CancelInstructionForm]) -> Any:  # noqa: ANN401
    """Take an instruction back: nothing more is sent, its live orders are cancelled."""
    return await carry_out(request, house, desk.CancelInstruction, data)


@post("/api/v1/orders/cancel", opt=signed_in(desk.NEEDS[desk.CancelOrder]), status_code=200, tags=_TAGS)
async def cancel_order(request: Web, house: TheHouse, data: JSONBody[CancelOrderForm]) -> Any:  # noqa: ANN401
    """Take one order back; what is left of it is not asked for again."""
    return await carry_out(request, house, desk.CancelOrder, data)


@post("/api/v1/plans", opt=signed_in(desk.NEEDS[desk.DefinePlan]), status_code=200, tags=_TAGS)
async def define_plan(request: Web, house: TheHouse, data: JSONBody[PlanForm]) -> Any:  # noqa: ANN401
    """Make a plan, or set the parameters of its next start."""
    return await carry_out(request, house, desk.DefinePlan, data)


@post("/api/v1/plans/{name:str}/start", opt=signed_in(desk.NEEDS[desk.StartPlan]), status_code=200, tags=_TAGS)
async def start_plan(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401
    """Start a plan with the parameters that waited."""
    return await carry_out(request, house, desk.StartPlan, None, name=name)


@post("/api/v1/plans/{name:str}/stop", opt=signed_in(desk.NEEDS[desk.StopPlan]), status_code=200, tags=_TAGS)
async def stop_plan(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401
    """Stop a plan; what it has under way is taken back, its positions stay."""
    return await carry_out(request, house, desk.StopPlan, None, name=name)


@post("/api/v1/plans/{name:str}/swap", opt=signed_in(desk.NEEDS[desk.SwapPlan]), status_code=200, tags=_TAGS)
async def swap_plan(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401
    """Give a running plan its changed parameters without a stop."""
    return await carry_out(request, house, desk.SwapPlan, None, name=name)


@post("/api/v1/emergency-stop", opt=signed_in(desk.NEEDS[desk.SetMode]), status_code=200, tags=_TAGS)
async def emergency_stop(request: Web, house: TheHouse, data: JSONBody[EmergencyStopForm]) -> Any:  # noqa: ANN401
    """Stop all plans, cancel all live orders, refuse new ones until somebody releases it (C-001-9)."""
    command = desk.SetMode(
        **signed(request),
        mode=TradingMode.HALTED,
        scope=Scope.PLATFORM,
        key="",
        reason=(await strictly(request, data)).reason,
    )
    return await the_desk(house).carry_out(command, reach_of(request, command))


@post("/api/v1/trading-states", opt=_EACH, status_code=200, tags=_TAGS)
async def set_mode(request: Web, house: TheHouse, data: JSONBody[ModeForm]) -> Any:  # noqa: ANN401
    """Halt, reduce or release one scope; a release needs the typed phrase."""
    return await carry_out(request, house, desk.SetMode, data)


@post("/api/v1/cash", opt=signed_in(desk.NEEDS[desk.MoveCash]), status_code=200, tags=_TAGS)
async def move_cash(request: Web, house: TheHouse, data: JSONBody[CashForm]) -> Any:  # noqa: ANN401
    """Pay money into an account, or take it out; more than is available is refused."""
    return await carry_out(request, house, desk.MoveCash, data)


@post("/api/v1/broker-account", opt=signed_in(desk.NEEDS[desk.TendAccount]), status_code=200, tags=_TAGS)
async def tend_account(request: Web, house: TheHouse, data: JSONBody[TendForm]) -> Any:  # noqa: ANN401
    """Compare an account's holdings at its broker now, or log in again after a refusal that somebody mended."""
    return await carry_out(request, house, desk.TendAccount, data)


DESK_ROUTES = (
    accounts, equity, positions, lots, orders, order_queue, instructions, plans, triggers, limits, trading_states,
    what_if, preview_close, close, submit, cancel_instruction, cancel_order, define_plan, start_plan, stop_plan,
    swap_plan, emergency_stop, set_mode, move_cash, tend_account,
)  # fmt: skip
