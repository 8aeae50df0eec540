"""How people ask for records: which view, what to keep, how to sort, where to go on.

A page goes on after the last row of the one before, by key: the thousandth page costs what the first does, and a row
that arrives meanwhile neither shifts nor repeats another.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta

from tradewind.domain.rights import Permission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tradewind.domain.rights import Reach

LARGEST_PAGE = 1_000
_AUDITED: Final = frozenset({"journal", "anchors"})
_OF_THE_MARKET: Final = frozenset({"opportunities", "alerts"})


def permission_of(view: str) -> Permission:
    """Return the permission that looking through a view asks for, whether there is such a view or not."""
    if view in _OF_THE_MARKET:
        return Permission.MARKET
    return Permission.AUDIT if view in _AUDITED else Permission.VIEW


class Test(StrEnum):
    """How a column is compared."""

    IS = "is"
    IS_NOT = "is_not"
    BELOW = "below"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    ABOVE = "above"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    BEGINS = "begins"

    __test__ = False  # pytest: no tests in here


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that must hold of a row; `value` as text or number, for `one_of` a list."""

    column: str
    test: Test
    value: str | int | list[str | int]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of one view. `search` looks into the view's texts, whatever the case; wildcards mean themselves."""

    view: str
    where: tuple[Condition, ...] = ()
    search: Annotated[str, Meta(max_length=200)] = ""
    sort: str = ""
    """A column; "" for the order in which rows came."""
    is_descending: bool = True
    after: Annotated[str, Meta(max_length=500)] = ""
    """`next` of the page before; "" for the first."""
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = 100


class Page(msgspec.Struct, frozen=True):
    """Rows by column name; money and prices are Decimal, moments have a zone. `next` is "" on the last page."""

    rows: list[dict[str, Any]]
    next: str


class Totals(msgspec.Struct, frozen=True):
    """What all rows that fit come to: how many they are, and the sums of the columns that may be added up, exactly."""

    count: int
    sums: dict[str, Any]


class Records(Protocol):
    """What the API may ask; no call keeps the loop waiting.

    `reach` is what the asker's permission for the view (`permission_of`) covers: no other row is counted, found,
    sorted or gone on from.
    """

    async def page(self, ask: Ask, reach: Reach) -> Page:
        """Return one page.

        Raises:
            InputError: no such view or column, or a value its column cannot have.
            NotAllowedError: the view's rows belong to nobody in particular, and the reach is not whole.
            StoreError: the database does not answer.
        """
        ...

    async def totals(self, ask: Ask, reach: Reach) -> Totals:
        """Return what all rows that fit come to, whatever page and order are asked for. Raises as `page`."""
        ...

    def export(self, ask: Ask, reach: Reach) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield all rows from there on in pieces; `limit` is the size of a piece. Raises as `page`."""
        ...
