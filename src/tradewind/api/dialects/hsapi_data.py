"""System 004's data queries (C-004-5): the statistics of the desk as tables, filtered by what the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.params import JSONBody

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.dialects.hsapi_forms import DATA, TAGS, DataForm, answered, some
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse
from tradewind.api.strictness import strictly
from tradewind.bus import hsapi_forms
from tradewind.domain.desk import AskStatistics
from tradewind.domain.rights import Permission
from tradewind.domain.statistics import StatisticsKind, StatisticsView
from tradewind.errors import SwitchedOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.api.ports import House

_MAY_VIEW: Final = signed_in(Permission.VIEW)
_K = StatisticsKind
Web = Request[Any, Any, Any]


@post(f"{DATA}/strategy_position", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def strategy_position(request: Web, house: TheHouse, data: JSONBody[DataForm]) -> Response[Any]:
    """List positions with delta and market value; `is_account_total` marks those of an account as a whole."""
    return await _one(request, house, data, "strategy_position")


@post(f"{DATA}/strategy_account", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def strategy_account(request: Web, house: TheHouse, data: JSONBody[DataForm]) -> Response[Any]:
    """List funds with risk degree and leverage, of accounts and of each product's strategies."""
    return await _one(request, house, data, "strategy_account")


@post(f"{DATA}/trade_statistic", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def trade_statistic(request: Web, house: TheHouse, data: JSONBody[DataForm]) -> Response[Any]:
    """List the day's fills summed up by account, product, strategy, contract and side."""
    return await _one(request, house, data, "trade_statistic")


@post(f"{DATA}/order_statistic", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def order_statistic(request: Web, house: TheHouse, data: JSONBody[DataForm]) -> Response[Any]:
    """List working orders summed up by account, product, strategy, contract and side."""
    return await _one(request, house, data, "order_statistic")


@post(f"{DATA}/all", opt=_MAY_VIEW, status_code=200, tags=TAGS)
async def everything(request: Web, house: TheHouse, data: JSONBody[DataForm]) -> Response[Any]:
    """Return all tables at one moment, and the positions by group."""
    form = await strictly(request, data)
    view = await _asked(request, house, form, tuple(StatisticsKind))
    return answered({"data": {name: _rows(view, name) for name in _TABLES}})


async def _one(request: Web, house: House, data: DataForm, table: str) -> Response[Any]:
    rows = await rows_of(request, house, await strictly(request, data), table)
    return answered({"count": len(rows), "data": rows})


async def rows_of(request: Web, house: House, form: DataForm, table: str) -> list[msgspec.Struct]:
    """Return the rows of a table that the form asks for and the caller may see.

    Raises: InvalidError: another day than the present. SwitchedOffError: there is no desk, or it is away.
    """
    # The accounts come along where a day is named: they know which day it is.
    kinds = dict.fromkeys((_TABLES[table][0], *((_K.ACCOUNTS,) if form.date is not None else ())))
    return _rows(await _asked(request, house, form, tuple(kinds)), table)


async def _asked(request: Web, house: House, form: DataForm, kinds: tuple[StatisticsKind, ...]) -> StatisticsView:
    if house.desk is None:
        message = "there is no trading desk here: trading.enabled is off, or a recording plays"
        raise SwitchedOffError(message)
    ask = AskStatistics(
        kinds=kinds,
        products=some(form.product_code),
        accounts=some(form.account_id),
        strategies=some(form.strategy),
        instruments=some(form.c_instrument_id),
    )
    told = await house.desk.answer(ask, caller_of(request).principal.reach(Permission.VIEW))
    # A desk in a process of its own answers in plain JSON.
    view = told if isinstance(told, StatisticsView) else msgspec.convert(told, StatisticsView)
    _require_today(form, view)
    return view


def _require_today(form: DataForm, view: StatisticsView) -> None:
    """Refuse a day the tables are not of: an empty answer would say that nothing happened on it."""
    days = sorted({row.trading_day for row in view.accounts or () if row.trading_day})
    if form.trading_day is not None and days and form.trading_day not in days:
        message = (
            f"date must be the present trading day ({', '.join(map(str, days))}), was {form.date}; "
            "fills and orders of other days are at /api/v1/records"
        )
        raise InvalidError(message, field="date", allowed=[str(day) for day in days])


_TABLES: Final[dict[str, tuple[StatisticsKind, Callable[[Any], msgspec.Struct]]]] = {
    "strategy_position": (_K.POSITIONS, hsapi_forms.position),
    "strategy_account": (_K.ACCOUNTS, hsapi_forms.account),
    "trade_statistic": (_K.TRADES, hsapi_forms.trade),
    "order_statistic": (_K.ORDERS, hsapi_forms.order),
    "pos_group_statistic": (_K.GROUPS, hsapi_forms.group),
}


def _rows(view: StatisticsView, table: str) -> list[msgspec.Struct]:
    kind, form = _TABLES[table]
    rows: Iterable[Any] = getattr(view, kind.value) or ()
    return [form(row) for row in rows]


DATA_ROUTES = (strategy_position, strategy_account, trade_statistic, order_statistic, everything)
