"""What of a view a reach covers, as a condition of the statement itself: what it does not cover is never read.

The condition is `domain.rights.Reach.covers` in SQL. Names are compared as they are on every database: MariaDB, left
to itself, takes a name with blanks behind it for the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, literal, or_, true

from tradewind.domain.rights import EVERY, Permission, beyond
from tradewind.errors import NotAllowedError
from tradewind.stores.asking import permission_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from tradewind.domain.rights import Reach
    from tradewind.stores.sql.views import View

_END: Final = "|"


def covered(name: str, view: View, reach: Reach) -> list[ColumnElement[bool]]:
    """Return what must hold of a row so that the reach covers it; nothing where it is whole.

    Raises: NotAllowedError: the view's rows belong to nobody in particular, and the reach is not whole.
    """
    if reach.is_whole or (reach and permission_of(name) is Permission.MARKET):
        return []
    if view.account is None or not reach:
        raise NotAllowedError(beyond(permission_of(name)))
    account = view.account
    pairs = (_one(view, account, *pair) for pair in sorted(reach.pairs))
    # Whose account nobody knows is nobody's: a trigger that traded nothing.
    return [and_(account.is_not(None), or_(*pairs))]


def _one(view: View, column: ColumnElement[Any], product: str, account: str) -> ColumnElement[bool]:
    is_ours = true() if account == EVERY else _is(column, account)
    return is_ours if product == EVERY else and_(is_ours, _is_of(view, product))


def _is_of(view: View, product: str) -> ColumnElement[bool]:
    if view.product is not None:
        return _is(func.coalesce(view.product, ""), product)
    if view.book is None or "/" in product:
        return literal(not product)
    # A book is called product/strategy, the account's own "": what stands before the first slash.
    return func.substr(view.book.concat("/"), 1, len(product) + 1) == f"{product}/"


def _is(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return and_(column == name, column.concat(_END) == f"{name}{_END}")
