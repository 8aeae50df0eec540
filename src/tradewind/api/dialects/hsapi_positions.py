"""System 004's positions, what waits to be traded, and contracts that need adjusting (C-004-3, C-004-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import WHOEVER, signed_in
from tradewind.api.dialects import hsapi_rows as rows
from tradewind.api.dialects.hsapi_book_forms import LineStatusForm, PositionsForm
from tradewind.api.dialects.hsapi_data import rows_of
from tradewind.api.dialects.hsapi_desk import (
    Web,
    answers,
    entry,
    give,
    instruction_named,
    names,
    require_may,
    signed_act,
)
from tradewind.api.dialects.hsapi_forms import API, TAGS, answered
from tradewind.api.dialects.hsapi_pages import Ordering, PageNumber, PageSize, page_of
from tradewind.api.dialects.hsapi_states import adjustment_state
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse
from tradewind.api.strictness import strictly
from tradewind.bus.hsapi_forms import HsapiPosition
from tradewind.domain import book_messages as book
from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.book_messages import MAX_LINES
from tradewind.domain.rights import Permission
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from tradewind.instructions.book_queries import BookEntry, ToAdjust, ToTrade

if TYPE_CHECKING:
    from tradewind.api.ports import House

_MAY_VIEW: Final = signed_in(Permission.VIEW)
_BY_STATE: Final = signed_in(WHOEVER)
"""Each state asks for the permission of the act that leads there (`require_may`)."""
_S = AdjustmentStatus
_LARGEST: Final = 10**15
_FILL: Final = ("quantity", "price", "open_close", "trade_id")
Status = Annotated[str, QueryParameter(name="status", max_length=32, description="Only lines in this state.")]
Product = Annotated[str, QueryParameter(max_length=32, description="Only this product's.")]
Account = Annotated[str, QueryParameter(max_length=50, description="Only this account's.")]
Worker = Annotated[str, QueryParameter(max_length=64, description="Only what they are asked to work.")]


@post(f"{API}/positions", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def positions(request: Web, house: TheHouse, data: JSONBody[PositionsForm]) -> Response[Any]:
    """List positions page by page, as `strategy_position` does; the body filters, nothing is made."""
    form = await strictly(request, data)
    found: list[Any] = list(await rows_of(request, house, form, "strategy_position"))
    return page_of(found, kind=HsapiPosition, ordering=form.ordering, page=form.page, page_size=form.page_size)


@get(f"{API}/trade-details", opt=_MAY_VIEW, tags=TAGS)
async def trade_details(
    *,
    request: Web,
    house: TheHouse,
    wanted: Status = "",
    product_code: Product = "",
    account_id: Account = "",
    trader: Worker = "",
    ordering: Ordering = "",
    page: PageNumber = 1,
    page_size: PageSize = 100,
) -> Response[Any]:
    """List what waits to be traded, line by line, closing and opening apart."""
    state = adjustment_state(wanted) if wanted else None
    told = await answers(request, house, book.AskToTrade(status=state), list[ToTrade])
    name_of = names(house)
    found = [
        row
        for each in told
        if product_code in {"", each.product_code}
        and account_id in {"", each.account_id}
        and trader in {"", each.trader}
        for row in rows.to_trade(each, name_of)
    ]
    return page_of(found, kind=rows.HsapiToTrade, ordering=ordering, page=page, page_size=page_size)


@get(f"{API}/contracts", opt=_MAY_VIEW, tags=TAGS)
async def contracts_to_adjust(
    *, request: Web, house: TheHouse, ordering: Ordering = "", page: PageNumber = 1, page_size: PageSize = 100
) -> Response[Any]:
    """List the contracts whose positions approved instructions still want changed."""
    told = await answers(request, house, book.AskToAdjust(), list[ToAdjust])
    found = [rows.to_adjust(each, names(house), await _facts(house, each.instrument_id)) for each in told]
    return page_of(found, kind=rows.HsapiToAdjust, ordering=ordering, page=page, page_size=page_size)


@put(f"{API}/positions/{{position_id:int}}/status", opt=_BY_STATE, tags=TAGS)
async def set_position_status(
    request: Web, house: TheHouse, position_id: FromPath[int], data: JSONBody[LineStatusForm]
) -> Response[Any]:
    """Give the rest of a line up, or record the fill made elsewhere that brings it on."""
    form = await strictly(request, data)
    number, place = divmod(position_id, MAX_LINES)
    if not 0 < position_id < _LARGEST or not number:
        message = f"no adjustment {position_id}"
        raise InvalidError(message, field="id", status=404)
    name = instruction_named(number)
    command = _command(request, form, name, place)
    try:
        told = await give(request, house, command)
    except StateConflictError:
        if form.version is not None or not await _is_waived(request, house, command):
            raise
        told = await entry(request, house, name)
    except InputError:
        found = await entry(request, house, name)
        if place >= len(found.adjustments):
            message = f"no adjustment {position_id}"
            raise InvalidError(message, field="id", status=404) from None
        raise
    return answered(rows.adjustment(name, told.adjustments[place], names(house)))


def _command(request: Web, form: LineStatusForm, name: str, place: int) -> book.WaiveAdjustment | book.RecordFill:
    """Return the act that leads to the state. Raises: InvalidError: 409, nobody sets it; 422, the fill lacks a part."""
    state = adjustment_state(form.status)
    if state not in {_S.WAIVED, _S.PARTLY_DONE, _S.DONE}:
        allowed = [each.value for each in (_S.WAIVED, _S.PARTLY_DONE, _S.DONE)]
        message = f"nobody sets {state}: it follows from what is sent; allowed: {', '.join(allowed)}"
        raise InvalidError(message, field="status", allowed=allowed, status=409)
    aimed: dict[str, Any] = {"instruction_id": name, "expected_version": form.version or 0, "reason": form.reason}
    aimed |= {**signed_act(request), "adjustment": place}
    if state is _S.WAIVED:
        require_may(request, book.WaiveAdjustment)
        return book.WaiveAdjustment(**aimed)
    require_may(request, book.RecordFill)
    if form.quantity is None or form.price is None or form.open_close is None or form.trade_id is None:
        missing = [each for each in _FILL if getattr(form, each) is None]
        message = f"{state} follows from fills; one made elsewhere is recorded with {', '.join(_FILL)}; missing: "
        raise InvalidError(message + ", ".join(missing), field=missing[0], allowed=list(_FILL))
    try:
        return book.RecordFill(
            **aimed,
            trade_id=form.trade_id,
            quantity=int(form.quantity),
            price=form.price,
            offset=form.open_close,
            is_booked=form.is_booked,
        )
    except ValueError as error:
        raise InvalidError(str(error), field="price") from error


async def _is_waived(request: Web, house: House, command: book.WaiveAdjustment | book.RecordFill) -> bool:
    """Say whether the rest of the line is given up already, as was asked for."""
    if not isinstance(command, book.WaiveAdjustment):
        return False
    try:
        told: BookEntry = await entry(request, house, command.instruction_id)
    except NotAllowedError:
        return False
    lines = told.adjustments
    return command.adjustment < len(lines) and lines[command.adjustment].status is _S.WAIVED


async def _facts(house: House, instrument_id: str) -> tuple[str, str]:
    """Return a contract's type and product names, empty where nobody knows them."""
    known = None if house.contracts is None else await house.contracts.find(instrument_id)
    return ("", "") if known is None else (known.c_type_name, known.c_stype_name)


POSITION_ROUTES = (positions, trade_details, contracts_to_adjust, set_position_status)
