"""Turns what people ask into one statement: every value bound, every name looked up, wildcards escaped."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Double, Numeric, and_, cast, func, literal, or_, select, true
from sqlalchemy.types import TIMESTAMP, Integer, LargeBinary, String

from tradewind.errors import InputError
from tradewind.stores.asking import Page, Test, Totals
from tradewind.stores.sql.columns import ExactDecimal, UtcSeconds, moment
from tradewind.stores.sql.covering import covered
from tradewind.stores.sql.sums import ExactSum
from tradewind.stores.sql.views import VIEWS

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Select

    from tradewind.domain.rights import Reach
    from tradewind.stores.asking import Ask, Condition
    from tradewind.stores.sql.views import View

_BELOW_ALL: Final[dict[type, Any]] = {Decimal: -1e18, int: -(1 << 62), str: ""}
_COMPARED: Final = {
    Test.IS: "__eq__",
    Test.IS_NOT: "__ne__",
    Test.BELOW: "__lt__",
    Test.AT_MOST: "__le__",
    Test.AT_LEAST: "__ge__",
    Test.ABOVE: "__gt__",
}
_NS_DIGITS: Final = 1_000_000_000_000


def statement(ask: Ask, reach: Reach) -> Select[Any]:
    """Return the statement for one page and one row more, which tells whether there is another.

    Raises:
        InputError: no such view or column, or a value that its column cannot have.
        NotAllowedError: rows of the view belong to nobody in particular, and the reach is not whole.
    """
    view = _view(ask)
    match = _fits(ask, view, reach)
    order = [_sortable(_column(view, ask.view, name), name, view) for name in _order_names(ask, view)]
    if ask.after:
        match.append(_beyond(order, _place(ask, len(order)), is_descending=ask.is_descending))
    shown = [column.label(name) for name, column in view.columns.items()]
    places = [expression.label(f"place_{number}") for number, expression in enumerate(order)]
    directions = [expression.desc() if ask.is_descending else expression.asc() for expression in order]
    found = select(*shown, *places).select_from(view.source).where(true(), *match)
    return found.order_by(*directions).limit(ask.limit + 1)


def totals_statement(ask: Ask, reach: Reach) -> Select[Any]:
    """Return the statement for what all rows that fit come to. Raises as `statement`."""
    view = _view(ask)
    sums = [ExactSum(view.columns[name]).label(name) for name in view.summed]
    return select(func.count().label("rows"), *sums).select_from(view.source).where(true(), *_fits(ask, view, reach))


def totals_of(ask: Ask, row: Any) -> Totals:  # noqa: ANN401 - a row of the driver
    """Return what the one row of `totals_statement` says; a sum of no row is 0."""
    view = _view(ask)
    sums = {name: 0 if value is None else value for name, value in zip(view.summed, row[1:], strict=True)}
    whole = {name for name in sums if isinstance(view.columns[name].type, Integer)}
    return Totals(row[0], {name: int(value) if name in whole else Decimal(value) for name, value in sums.items()})


def page_of(ask: Ask, rows: list[Any]) -> Page:
    """Return the page that `rows`, one more than asked for, make."""
    view = _view(ask)
    names = list(view.columns)
    count = len(_order_names(ask, view))
    is_more = len(rows) > ask.limit
    kept = rows[: ask.limit]
    following = _token(ask, list(kept[-1][len(names) : len(names) + count])) if is_more else ""
    return Page([dict(zip(names, map(_shown, row), strict=False)) for row in kept], following)


def _view(ask: Ask) -> View:
    view = VIEWS.get(ask.view)
    if view is None:
        message = f"there is no view {ask.view!r}; allowed: {', '.join(VIEWS)}"
        raise InputError(message)
    return view


def _fits(ask: Ask, view: View, reach: Reach) -> list[ColumnElement[bool]]:
    """Return what must hold of a row, wherever a page begins."""
    match = covered(ask.view, view, reach)
    match += [_holds(view, ask.view, condition) for condition in ask.where]
    if ask.search:
        match.append(or_(*(view.columns[name].icontains(ask.search, autoescape=True) for name in view.searched)))
    return match


def _column(view: View, view_name: str, name: str) -> Column[Any]:
    column = view.columns.get(name)
    if column is None or isinstance(column.type, LargeBinary):
        allowed = ", ".join(name for name, column in view.columns.items() if not isinstance(column.type, LargeBinary))
        message = f"{view_name} has no column {name!r} to look by; allowed: {allowed}"
        raise InputError(message)
    return column


def _order_names(ask: Ask, view: View) -> tuple[str, ...]:
    return (ask.sort, *view.key) if ask.sort and ask.sort not in view.key[:1] else view.key


def _sortable(column: Column[Any], name: str, view: View) -> ColumnElement[Any]:
    """Return what rows are sorted and compared by: no NULL, and decimals as numbers on SQLite too."""
    if name in view.key:
        return column
    if isinstance(column.type, ExactDecimal):
        return func.coalesce(cast(column, Double()), _BELOW_ALL[Decimal])
    if isinstance(column.type, Integer):
        return func.coalesce(column, _BELOW_ALL[int])
    return func.coalesce(cast(column, String(255)), _BELOW_ALL[str])


def _holds(view: View, view_name: str, condition: Condition) -> ColumnElement[bool]:
    column = _column(view, view_name, condition.column)
    if condition.test in {Test.CONTAINS, Test.BEGINS}:
        text = str(condition.value)
        return (
            column.icontains(text, autoescape=True)
            if condition.test is Test.CONTAINS
            else column.istartswith(text, autoescape=True)
        )
    if condition.test is Test.ONE_OF:
        values = condition.value if isinstance(condition.value, list) else [condition.value]
        return column.in_([_value(column, condition.column, value) for value in values])
    value = _value(column, condition.column, condition.value)
    is_number = isinstance(column.type, ExactDecimal)
    compared: ColumnElement[Any] = cast(column, Double()) if is_number else column
    against = literal(float(value), Double()) if is_number else value
    result: ColumnElement[bool] = getattr(compared, _COMPARED[condition.test])(against)
    return result


def _value(column: Column[Any], name: str, value: Any) -> Any:  # noqa: ANN401 - as the asker gave it
    """Read a value as its column's kind."""
    try:
        if isinstance(column.type, ExactDecimal | Numeric):
            return _finite(Decimal(str(value)))
        if isinstance(column.type, Integer):
            return int(value)
        if isinstance(column.type, UtcSeconds | TIMESTAMP):
            return _moment(value)
    except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
        message = f"{name} cannot be compared with {value!r}; a {_kind(column)} is wanted"
        raise InputError(message) from error
    return str(value)


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(value)
    return value


def _moment(value: Any) -> datetime:  # noqa: ANN401 - as the asker gave it
    text = str(value)
    if text.isdigit():
        return moment(int(text)) if int(text) > _NS_DIGITS else datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, UtcSeconds):
        return "moment (2026-01-31T09:00:00+08:00, or seconds since the epoch)"
    return "whole number" if isinstance(column.type, Integer) else "number"


def _beyond(order: list[ColumnElement[Any]], place: list[Any], *, is_descending: bool) -> ColumnElement[bool]:
    """Return what holds of rows after a place: the first column beyond, or equal and the next one beyond, and so on."""
    steps = []
    for number, (expression, value) in enumerate(zip(order, place, strict=True)):
        beyond = expression < value if is_descending else expression > value
        steps.append(and_(*(order[before] == place[before] for before in range(number)), beyond))
    # Said twice, so that the database can begin at the place instead of looking for it.
    first = order[0] <= place[0] if is_descending else order[0] >= place[0]
    return and_(first, or_(*steps))


def _token(ask: Ask, place: list[Any]) -> str:
    text = msgspec.json.encode([ask.view, ask.sort, ask.is_descending, place])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _place(ask: Ask, count: int) -> list[Any]:
    """Read where to go on; it must come from a page of the same view in the same order."""
    try:
        text = base64.urlsafe_b64decode(ask.after + "=" * (-len(ask.after) % 4))
        view, sort, is_descending, place = msgspec.json.decode(
            text, type=tuple[str, str, bool, list[str | int | float]]
        )
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        message = "`after` is no place a page of ours ended; leave it out to begin anew"
        raise InputError(message) from error
    if (view, sort, is_descending) != (ask.view, ask.sort, ask.is_descending) or len(place) != count:
        message = "`after` belongs to another view or another order; leave it out to begin anew"
        raise InputError(message)
    return place


def _shown(value: Any) -> Any:  # noqa: ANN401 - any column's value
    """Show a payload as the text it is, a hash in hexadecimal."""
    if not isinstance(value, bytes):
        return value
    is_hash = len(value) == 32 and not value.startswith(b"{")  # noqa: PLR2004 - SHA-256
    return value.hex() if is_hash else value.decode(errors="replace")
