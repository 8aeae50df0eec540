"""What an account brought, day by day: its curve, its calendar, where profits came from, and the usual figures.

Closed days come from the record, today from the desk; who sees only some books of an account sees only those.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.desk_door import Web, ask
from tradewind.api.injected import TheHouse
from tradewind.api.ports import House
from tradewind.api.results import LAST_DAY, Ledgers, Span, arrivals_of, ledgers_of, trades_of
from tradewind.api.sheets import book_sheet
from tradewind.domain import desk
from tradewind.domain.attribution import Attribution, By, attribution, slippage_of
from tradewind.domain.day_result import DayPart, DayResult, TradeResult
from tradewind.domain.performance import (
    DAYS_PER_YEAR,
    CurvePoint,
    Drawdown,
    Performance,
    curve,
    deepest_fall,
    performance,
)
from tradewind.domain.rights import Permission, Reach

_VIEW: Final = signed_in(desk.NEEDS[desk.AskDayResults])
_TAGS = ["desk"]
AccountName = Annotated[str, QueryParameter(name="account", min_length=1, max_length=50, description="The account.")]
Book = Annotated[
    str, QueryParameter(max_length=100, description="`product/strategy`; empty: all of the account that you may see.")
]
FromDay = Annotated[int, QueryParameter(ge=0, le=LAST_DAY, description="First trading day, yyyymmdd.")]
UntilDay = Annotated[int, QueryParameter(ge=0, le=LAST_DAY, description="Last trading day, yyyymmdd.")]
OneDay = Annotated[int, QueryParameter(ge=0, le=LAST_DAY, description="The trading day; 0: the newest there is.")]
Parted = Annotated[By, QueryParameter(description="What profits are parted by.")]
Table = Annotated[Literal["days", "attribution", "trades"], QueryParameter(description="Which table.")]
Kind = Annotated[Literal["csv", "xlsx"], QueryParameter(description="Which kind of file.")]


class DayRow(msgspec.Struct, frozen=True):
    """One trading day; net = close_pnl + position_pnl − commission. `is_live`: it still goes on."""

    trading_day: int
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    commission: Decimal
    net: Decimal
    balance: Decimal
    margin: Decimal
    is_live: bool


class DaysView(msgspec.Struct, frozen=True):
    """An account's days, the oldest first, with the curve they make and its deepest fall."""

    account_id: str
    book: str
    currency: str
    days: list[DayRow]
    curve: list[CurvePoint]
    drawdown: Drawdown | None


class DayView(msgspec.Struct, frozen=True):
    """One day whole: funds, contracts, fills, each fill's slippage where it is known. `day` is null without any."""

    account_id: str
    book: str
    currency: str
    day: DayRow | None
    parts: tuple[DayPart, ...]
    trades: list[TradeResult]
    slippage: dict[str, Decimal]


class StatisticsView(msgspec.Struct, frozen=True):
    """The figures of a span, and how many days a year is taken to have."""

    from_day: int
    until_day: int
    days_per_year: int
    figures: Performance


@get("/api/v1/account/days", opt=_VIEW, tags=_TAGS)
async def account_days(
    *, request: Web, house: TheHouse, account: AccountName, book: Book = "", from_day: FromDay = 0,
    until_day: UntilDay = LAST_DAY,
) -> DaysView:  # fmt: skip
    """List an account's trading days with what each brought, the net value they make and its deepest fall."""
    span = Span(account, book, from_day, until_day)
    found, _ = await _ledgers(request, house, span)
    days = found.days
    currency = days[-1].currency if days else ""
    return DaysView(account, book, currency, _day_rows(found), curve(days), deepest_fall(days))


@get("/api/v1/account/day", opt=_VIEW, tags=_TAGS)
async def account_day(
    *, request: Web, house: TheHouse, account: AccountName, book: Book = "", day: OneDay = 0
) -> DayView:
    """Return one trading day whole: funds, what each contract brought, the fills with fees and slippage."""
    span = Span(account, book, day, day or LAST_DAY)
    found, reach = await _ledgers(request, house, span)
    rows = _day_rows(found)
    if not rows:
        return DayView(account, book, "", None, (), [], {})
    newest = found.days[-1]
    trades = await trades_of(house, Span(account, book, newest.trading_day, newest.trading_day), reach)
    arrivals = await arrivals_of(house, trades, reach)
    lost = {trade.trade_id: slippage_of(trade, arrivals) for trade in trades}
    slippage = {name: value for name, value in lost.items() if value is not None}
    return DayView(account, book, newest.currency, rows[-1], newest.parts, trades, slippage)


@get("/api/v1/account/attribution", opt=_VIEW, tags=_TAGS)
async def account_attribution(
    *, request: Web, house: TheHouse, account: AccountName, by: Parted = By.INSTRUMENT, book: Book = "",
    from_day: FromDay = 0, until_day: UntilDay = LAST_DAY,
) -> Attribution:  # fmt: skip
    """Say where profits came from: by contract, kind, product, strategy, book or trader; fees and slippage apart."""
    return await _attributed(request, house, Span(account, book, from_day, until_day), by)


@get("/api/v1/account/statistics", opt=_VIEW, tags=_TAGS)
async def account_statistics(
    *, request: Web, house: TheHouse, account: AccountName, book: Book = "", from_day: FromDay = 0,
    until_day: UntilDay = LAST_DAY,
) -> StatisticsView:  # fmt: skip
    """Return win rate, profit factor, runs, holding time, turnover, Sharpe, Sortino and Calmar of a span."""
    span = Span(account, book, from_day, until_day)
    found, reach = await _ledgers(request, house, span)
    days = found.days
    figures = performance(days, await trades_of(house, span, reach))
    first, last = (days[0].trading_day, days[-1].trading_day) if days else (0, 0)
    return StatisticsView(first, last, DAYS_PER_YEAR, figures)


@get("/api/v1/account/sheet", opt=_VIEW, tags=_TAGS)
async def account_sheet(
    *, request: Web, house: TheHouse, account: AccountName, table: Table, kind: Kind = "csv", book: Book = "",
    by: Parted = By.INSTRUMENT, from_day: FromDay = 0, until_day: UntilDay = LAST_DAY,
) -> Response[bytes]:  # fmt: skip
    """Return a table of these as a file for spreadsheets; no cell of it is a formula."""
    span = Span(account, book, from_day, until_day)
    if table == "attribution":
        told = await _attributed(request, house, span, by)
        rows: list[Any] = [*told.rows, msgspec.structs.replace(told.total, name="合计 total")]
    elif table == "days":
        rows = _day_rows((await _ledgers(request, house, span))[0])
    else:
        _, reach = await _ledgers(request, house, span)
        rows = list(await trades_of(house, span, reach))
    body, media_type = book_sheet([msgspec.structs.asdict(row) for row in rows], kind)
    headers = {"content-disposition": f'attachment; filename="{table}.{kind}"'}
    return Response(body, media_type=media_type, headers=headers)


async def _ledgers(request: Web, house: House, span: Span) -> tuple[Ledgers, Reach]:
    """Return the days of a span as far as the caller's reach covers them, and that reach."""
    told = await ask(request, house, desk.AskDayResults(account_id=span.account_id, book=span.book))
    now = msgspec.convert(msgspec.to_builtins(told), list[DayResult])
    reach = caller_of(request).principal.reach(Permission.VIEW)
    return await ledgers_of(house, span, reach, now), reach


async def _attributed(request: Web, house: House, span: Span, by: By) -> Attribution:
    found, reach = await _ledgers(request, house, span)
    trades = await trades_of(house, span, reach)
    net = sum((day.net for day in found.days), Decimal(0))
    return attribution(by, found.parted, trades, await arrivals_of(house, trades, reach), ledger_net=net)


def _day_rows(found: Ledgers) -> list[DayRow]:
    return [
        DayRow(
            trading_day=day.trading_day,
            pre_balance=day.pre_balance,
            deposit=day.deposit,
            withdraw=day.withdraw,
            close_pnl=day.close_pnl,
            position_pnl=day.position_pnl,
            commission=day.commission,
            net=day.net,
            balance=day.balance,
            margin=day.margin,
            is_live=day.trading_day == found.live_day,
        )
        for day in found.days
    ]


RESULT_ROUTES = (account_days, account_day, account_attribution, account_statistics, account_sheet)
