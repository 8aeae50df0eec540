"""System 004's instructions (C-004-2): listed, written, looked at and brought from state to state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import WHOEVER, caller_of, signed_in
from tradewind.api.basket import LARGEST_BODY
from tradewind.api.dialects import hsapi_rows as rows
from tradewind.api.dialects.hsapi_book_forms import AdjustmentForm, InstructionForm, StatusForm
from tradewind.api.dialects.hsapi_desk import (
    Web,
    answers,
    entries,
    entry,
    give,
    instruction_no,
    instrument_ids,
    names,
    require_may,
    signed_act,
    signed_once,
)
from tradewind.api.dialects.hsapi_forms import API, TAGS, answered
from tradewind.api.dialects.hsapi_pages import Ordering, PageNumber, PageSize, page_of
from tradewind.api.dialects.hsapi_states import SAME, SETTING, instruction_state, settable
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse, TheSettings
from tradewind.api.strictness import strictly
from tradewind.domain import book_messages as book
from tradewind.domain import desk
from tradewind.domain.book_messages import BOOK_NEEDS
from tradewind.domain.rights import Permission
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from tradewind.instructions.book_queries import BookEntry, Detail
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.asking import LARGEST_PAGE, Condition, Test
from tradewind.stores.asking import Ask as AskRecords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tradewind.api.ports import House
    from tradewind.domain.instruction import InstructionStatus

_HOME: Final = f"{API}/instructions"
_ONE: Final = f"{_HOME}/{{instruction_id:str}}"
_MAY_VIEW: Final = signed_in(Permission.VIEW)
_BY_STATE: Final = signed_in(WHOEVER)
"""Each state asks for the permission of the act that leads there (`require_may`)."""
_MAY_WRITE: Final = signed_in(BOOK_NEEDS[book.DraftInstruction])
_SEEING: Final = (book.ApproveInstruction, book.RejectInstruction)
"""Decisions about just one version of an instruction."""
Id = FromPath[str]
Status = Annotated[str, QueryParameter(name="status", max_length=200, description="States, with commas between them.")]
Product = Annotated[str, QueryParameter(max_length=32, description="Only this product's.")]
Account = Annotated[str, QueryParameter(max_length=50, description="Only this account's.")]
Contract = Annotated[str, QueryParameter(max_length=40, description="Only those with it: `au2606` or `au2606.SHFE`.")]
Writer = Annotated[str, QueryParameter(max_length=64, description="Only those that they wrote.")]
Worker = Annotated[str, QueryParameter(max_length=64, description="Only those that they are asked to work.")]


@get(_HOME, opt=_MAY_VIEW, tags=TAGS)
async def instructions(
    *,
    request: Web,
    house: TheHouse,
    wanted: Status = "",
    product_code: Product = "",
    account_id: Account = "",
    c_instrument_id: Contract = "",
    created_by: Writer = "",
    trader: Worker = "",
    ordering: Ordering = "",
    page: PageNumber = 1,
    page_size: PageSize = 100,
) -> Response[Any]:
    """List the instructions at hand, the newest first; older ones are in the record."""
    states = tuple(instruction_state(word) for word in wanted.split(",") if word)
    question = book.AskBook(
        status=states, product_code=product_code, account_id=account_id, person=created_by or trader
    )
    found = [
        rows.instruction(told)
        for told in await entries(request, house, question)
        if created_by in {"", told.actor} and trader in {"", told.trader} and _has(told, c_instrument_id)
    ]
    return page_of(found, kind=rows.HsapiInstruction, ordering=ordering, page=page, page_size=page_size)


@get(_ONE, opt=_MAY_VIEW, tags=TAGS)
async def one_instruction(request: Web, house: TheHouse, instruction_id: Id) -> Response[Any]:
    """Return one instruction with its lines, by `12` or `B000012`."""
    return _whole(house, await entry(request, house, instruction_no(instruction_id)))


@get(f"{_ONE}/positions", opt=_MAY_VIEW, tags=TAGS)
async def positions_of_instruction(
    *,
    request: Web,
    house: TheHouse,
    instruction_id: Id,
    ordering: Ordering = "",
    page: PageNumber = 1,
    page_size: PageSize = 100,
) -> Response[Any]:
    """List an instruction's lines, each with its orders, its fills made elsewhere and their trade ids."""
    told = await entry(request, house, instruction_no(instruction_id))
    details = await answers(request, house, book.AskDetails(instruction_id=told.instruction_id), list[Detail])
    trades = await _trades(request, house, told.instruction_id)
    found = rows.whole_adjustments(told, details, trades, names(house))
    return page_of(found, kind=rows.HsapiWholeAdjustment, ordering=ordering, page=page, page_size=page_size)


@post(_HOME, opt=_MAY_WRITE, status_code=201, tags=TAGS, request_max_body_size=LARGEST_BODY)
async def write_instruction(request: Web, house: TheHouse, data: JSONBody[InstructionForm]) -> Response[Any]:
    """Write an instruction, and with `submitted` hand it in at once; positions are noted as they are now."""
    form = await strictly(request, data)
    return await _written(request, house, form, is_submitted=form.status == "submitted")


@post(f"{_HOME}/adjustment", opt=_MAY_WRITE, status_code=201, tags=TAGS, request_max_body_size=LARGEST_BODY)
async def write_adjustment(request: Web, house: TheHouse, data: JSONBody[AdjustmentForm]) -> Response[Any]:
    """Write an instruction to adjust positions and hand it in; who is concerned is told once it is on record."""
    return await _written(request, house, await strictly(request, data), is_submitted=True)


@put(f"{_ONE}/status", opt=_BY_STATE, tags=TAGS)
async def set_instruction_status(
    *, request: Web, house: TheHouse, settings: TheSettings, instruction_id: Id, data: JSONBody[StatusForm]
) -> Response[Any]:
    """Bring an instruction into a state by the act that leads there, as far as the caller has the right to it."""
    form, name = await strictly(request, data), instruction_no(instruction_id)
    state = instruction_state(form.status)
    if state not in SETTING:
        may = [each.value for each in SETTING]
        message = f"nobody sets {state}: it follows from orders, fills and time; allowed: {', '.join(may)}"
        raise InvalidError(message, field="status", allowed=may, status=409)
    _, kind = SETTING[state]
    require_may(request, kind)
    version = form.version
    if version is None and kind in _SEEING:
        if settings.hsapi_needs_version:
            message = f"version is needed for {state}: the one you looked at (api.hsapi_needs_version)"
            raise InvalidError(message, field="version")
        version = (await entry(request, house, name)).version
    fields: dict[str, Any] = {"instruction_id": name, "expected_version": version or 0, "reason": form.reason}
    if kind is book.RejectInstruction and not form.reason:
        message = "reason is needed to reject: people will read why"
        raise InvalidError(message, field="reason")
    command: Any = kind(**signed_act(request), **fields)
    return _whole(house, await _brought(request, house, command, state, is_seen=form.version is not None))


async def _brought(
    request: Web,
    house: House,
    command: Any,  # noqa: ANN401 - one of many
    state: InstructionStatus,
    *,
    is_seen: bool,
) -> BookEntry:
    """Carry the act out; who asks for a state that it is in already, having named no version, is told how it is.

    Raises: InvalidError: 409, the state does not allow it; 404, there is none.
    """
    try:
        return await give(request, house, command)
    except StateConflictError as error:
        try:
            told = await entry(request, house, command.instruction_id)
        except NotAllowedError:
            raise error from None
        if not is_seen and told.status in SAME.get(state, {state}):
            return told
        raise InvalidError(str(error), field="status", allowed=settable(told.allowed_acts), status=409) from error
    except InputError:
        await entry(request, house, command.instruction_id)
        raise


async def _written(request: Web, house: House, form: AdjustmentForm, *, is_submitted: bool) -> Response[Any]:
    ids = await instrument_ids(house, (wish.c_instrument_id for wish in form.positions))
    account_id = form.account_id or await _only_account(request, house, form.product_code)
    try:
        wishes = tuple(
            book.Wish(
                instrument_id=instrument_id,
                target=int(wish.adjusted_position),
                limit_price=wish.price,
                held=None if wish.current_position is None else int(wish.current_position),
            )
            for instrument_id, wish in zip(ids, form.positions, strict=True)
        )
    except ValueError as error:
        raise InvalidError(str(error), field="positions") from error
    command = book.DraftInstruction(
        **await signed_once(request, house),
        account_id=account_id,
        product_code=form.product_code,
        strategy=form.strategy,
        is_submitted=is_submitted,
        draft=book.Draft(wishes=wishes, trader=form.trader, reason=form.reason, expires_at=_ns_of(form.expires_at)),
    )
    return _whole(house, await give(request, house, command), status=201)


async def _only_account(request: Web, house: House, product_code: str) -> str:
    """Return the account that can be meant where the client names none: the product's, or the only one in sight.

    Raises: InvalidError: there is none, or more than one.
    """
    told: list[dict[str, Any]] = msgspec.to_builtins(await answers(request, house, desk.AskAccounts(), list[Any]))
    own = {row["account_id"] for row in told if product_code and row["book"].partition("/")[0] == product_code}
    accounts = sorted(own or {row["account_id"] for row in told})
    if len(accounts) != 1:
        message = f"account_id is needed: {', '.join(accounts) or 'no account'} could be meant"
        raise InvalidError(message, field="account_id", allowed=accounts)
    only: str = accounts[0]
    return only


async def _trades(request: Web, house: House, name: str) -> Mapping[str, list[str]]:
    """Return the trade ids of each order of an instruction, as the record knows them; none where there is no record."""
    if house.records is None:
        return {}
    where = (Condition("instruction_id", Test.IS, name),)
    ask = AskRecords(view="trades", where=where, limit=LARGEST_PAGE, is_descending=False)
    page = await house.records.page(ask, caller_of(request).principal.reach(Permission.VIEW))
    found: dict[str, list[str]] = {}
    for row in page.rows:
        # The record's own key is exchange, day, the broker's number and the side, with dashes between them.
        found.setdefault(row["order_id"], []).append(row["trade_id"].split("-", 2)[2].rpartition("-")[0])
    return found


def _whole(house: House, told: BookEntry, *, status: int = 200) -> Response[Any]:
    return answered(rows.whole_instruction(told, names(house)), status=status)


def _has(told: BookEntry, contract: str) -> bool:
    return not contract or any(
        contract in {line.instrument_id, line.instrument_id.rpartition(".")[0]} for line in told.adjustments
    )


def _ns_of(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp()) * NS_PER_S + moment.microsecond * 1_000


INSTRUCTION_ROUTES = (
    instructions, write_instruction, write_adjustment, one_instruction, positions_of_instruction,
    set_instruction_status,
)  # fmt: skip
