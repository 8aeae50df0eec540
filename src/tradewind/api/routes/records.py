"""The record over REST: trades, orders, instructions, triggers, equity, journal; filter, search, sort, export.

A page goes on behind the last row of the one before (`after`), so that the thousandth costs what the first does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from tradewind.api.admission import WHOEVER, caller_of, signed_in
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse
from tradewind.api.ports import House
from tradewind.api.sheets import BOM, book_sheet, cell, csv_text
from tradewind.domain.rights import Reach, lacks
from tradewind.errors import NotAllowedError, SwitchedOffError
from tradewind.stores.asking import LARGEST_PAGE, Ask, Condition, Page, Records, Totals, permission_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_EACH = signed_in(WHOEVER)
"""Which permission a view needs is told by the view."""
_LARGEST_SHEET: Final = 20_000
"""Rows of a file that is made whole before it is sent; CSV has no such end."""
_CONDITIONS: Final = msgspec.json.Decoder(tuple[Condition, ...])

Where = Annotated[
    str,
    QueryParameter(
        max_length=4_000,
        description='Conditions as JSON: `[{"column": "symbol", "test": "is", "value": "au2606"}]`; tests: is, is_not, '
        "below, at_most, at_least, above, one_of, contains, begins.",
    ),
]
Search = Annotated[str, QueryParameter(max_length=200, description="Text that one of the row's names contains.")]
Sort = Annotated[str, QueryParameter(max_length=64, description="A column; empty: the order in which rows came.")]
Order = Annotated[Literal["asc", "desc"], QueryParameter(description="`desc` shows the newest first.")]
After = Annotated[str, QueryParameter(max_length=500, description="`next` of the page before.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="Rows of a page.")]


@get("/api/v1/records/{view:str}", opt=_EACH, tags=["records"])
async def records(
    *,
    request: Request[Any, Any, Any],
    house: TheHouse,
    view: FromPath[str],
    where: Where = "",
    search: Search = "",
    sort: Sort = "",
    order: Order = "desc",
    after: After = "",
    limit: PageSize = 100,
) -> Page:
    """Return a page of trades, orders, triggers, instructions, equity, settlements, journal, accounts or positions."""
    reach = _reach(request, view)
    ask = _ask(where, view=view, search=search, sort=sort, is_descending=order == "desc", after=after, limit=limit)
    return await _records(house).page(ask, reach)


@get("/api/v1/records/{view:str}/totals", opt=_EACH, tags=["records"])
async def totals(
    *, request: Request[Any, Any, Any], house: TheHouse, view: FromPath[str], where: Where = "", search: Search = ""
) -> Totals:
    """Return how many rows fit and what they come to: lots, fees and profit of trades, lots of orders."""
    reach = _reach(request, view)
    return await _records(house).totals(_ask(where, view=view, search=search), reach)


@get("/api/v1/records/{view:str}/csv", opt=_EACH, tags=["records"], media_type="text/csv")
async def export(
    *,
    request: Request[Any, Any, Any],
    house: TheHouse,
    view: FromPath[str],
    where: Where = "",
    search: Search = "",
    sort: Sort = "",
    order: Order = "desc",
) -> Stream:
    """Return all rows that fit as a CSV file for spreadsheets; cells that look like formulas are made text."""
    reach = _reach(request, view)
    ask = _ask(where, view=view, search=search, sort=sort, is_descending=order == "desc", limit=LARGEST_PAGE)
    # The first page is asked for before anything is sent: what is wrong with the request is told as an error.
    asked = _records(house)
    first = await asked.page(ask, reach)
    headers = {"content-disposition": f'attachment; filename="{view}.csv"'}
    return Stream(_rows(asked, ask, reach, first), media_type="text/csv; charset=utf-8", headers=headers)


@get("/api/v1/records/{view:str}/xlsx", opt=_EACH, tags=["records"])
async def export_sheet(
    *,
    request: Request[Any, Any, Any],
    house: TheHouse,
    view: FromPath[str],
    where: Where = "",
    search: Search = "",
    sort: Sort = "",
    order: Order = "desc",
) -> Response[bytes]:
    """Return the rows that fit as an XLSX file, the first 20 000 at most; no cell of it is a formula."""
    reach = _reach(request, view)
    ask = _ask(where, view=view, search=search, sort=sort, is_descending=order == "desc", limit=LARGEST_PAGE)
    found: list[dict[str, Any]] = []
    async for rows in _records(house).export(ask, reach):
        found += rows[: _LARGEST_SHEET - len(found)]
        if len(found) >= _LARGEST_SHEET:
            break
    body, media_type = book_sheet(found, "xlsx")
    headers = {"content-disposition": f'attachment; filename="{view}.xlsx"'}
    return Response(body, media_type=media_type, headers=headers)


async def _rows(asked: Records, ask: Ask, reach: Reach, first: Page) -> AsyncIterator[bytes]:
    names = list(first.rows[0]) if first.rows else []
    yield csv_text([names] if names else [], begin=BOM)
    yield csv_text([[cell(row[name]) for name in names] for row in first.rows])
    if first.next:
        async for rows in asked.export(msgspec.structs.replace(ask, after=first.next), reach):
            yield csv_text([[cell(row[name]) for name in names] for row in rows])


def _ask(where: str, **fields: Any) -> Ask:  # noqa: ANN401 - the fields of `Ask`
    try:
        conditions = _CONDITIONS.decode(where) if where else ()
    except msgspec.MsgspecError as error:
        message = f"where must be a JSON list of conditions: {error}"
        raise InvalidError(message, field="where") from error
    return Ask(where=conditions, **fields)


def _reach(request: Request[Any, Any, Any], view: str) -> Reach:
    """Return what the caller's permission for a view covers.

    Raises: NotAllowedError: nothing.
    """
    permission = permission_of(view)
    principal = caller_of(request).principal
    if not principal.may_somewhere(permission):
        raise NotAllowedError(lacks(permission))
    return principal.reach(permission)


def _records(house: House) -> Records:
    if house.records is None:
        message = "there are no records here: trading.enabled is off, or a recording plays"
        raise SwitchedOffError(message)
    return house.records


RECORD_ROUTES = (records, totals, export, export_sheet)
