"""System 004's contract list (C-004-4): every contract we know the facts of, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.answers import found
from tradewind.api.dialects.hsapi_forms import API, TAGS, ContractForm, answered
from tradewind.api.injected import TheHouse
from tradewind.api.strictness import strictly
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from tradewind.api.contract_list import ContractList
    from tradewind.api.ports import House

_MAY_SEE: Final = signed_in(Permission.MARKET)
Search = Annotated[str, QueryParameter(max_length=64, description="A part of a code or a name.")]
ExchangeName = Annotated[str, QueryParameter(max_length=16, description="Such as `SHFE`.")]
TypeName = Annotated[str, QueryParameter(max_length=32, description="期货, 期权 or 股票.")]
PageNumber = Annotated[int, QueryParameter(ge=1, le=100_000, description="The first page is 1.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=1_000, description="Contracts on a page.")]


@get(f"{API}/contract-list", opt=_MAY_SEE, tags=TAGS)
async def contract_list(
    *,
    house: TheHouse,
    search: Search = "",
    c_exchange_id: ExchangeName = "",
    c_type_name: TypeName = "",
    page: PageNumber = 1,
    page_size: PageSize = 100,
) -> Response[Any]:
    """List contracts, in the order of the exchanges' tables."""
    form = ContractForm(
        search=search, c_exchange_id=c_exchange_id, c_type_name=c_type_name, page=page, page_size=page_size
    )
    return await _page(house, form)


@post(f"{API}/contract-list", opt=_MAY_SEE, status_code=200, tags=TAGS)
async def search_contracts(
    request: Request[Any, Any, Any], house: TheHouse, data: JSONBody[ContractForm]
) -> Response[Any]:
    """List contracts as the same list does, with the filters in the body; nothing is made."""
    return await _page(house, await strictly(request, data))


@get(f"{API}/contract-list/{{instrument_id:str}}", opt=_MAY_SEE, tags=TAGS)
async def one_contract(house: TheHouse, instrument_id: FromPath[str]) -> Response[Any]:
    """Return one contract, by `au2606` or `au2606.SHFE`."""
    return answered(found(await _contracts(house).find(instrument_id), what="contract", name=instrument_id))


async def _page(house: House, form: ContractForm) -> Response[Any]:
    count, rows = await _contracts(house).page(
        search=form.search,
        exchange=form.c_exchange_id,
        kind=form.c_type_name,
        offset=(form.page - 1) * form.page_size,
        limit=form.page_size,
    )
    return answered({"count": count, "page": form.page, "page_size": form.page_size, "results": rows})


def _contracts(house: House) -> ContractList:
    if house.contracts is None:
        message = "this process knows no contracts; ask the gateway"
        raise StateConflictError(message)
    return house.contracts


CONTRACT_ROUTES = (contract_list, search_contracts, one_contract)
