"""Pages of system 004's lists: `{"count", "page", "page_size", "results"}`, sorted by `ordering`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from litestar import Response
from litestar.params import QueryParameter

from tradewind.api.dialects.hsapi_forms import answered
from tradewind.api.error_map import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

R = TypeVar("R", bound="msgspec.Struct")
PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=100_000, description="The first page is 1.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=1_000, description="Rows on a page.")]
Ordering = Annotated[str, QueryParameter(max_length=40, description="A field, with `-` before it descending.")]


def page_of(rows: Sequence[R], *, kind: type[R], ordering: str, page: int, page_size: int) -> Response[Any]:
    """Answer with one page of rows; equal rows stay in the order they came.

    Raises: InvalidError: no such field to sort by, or one that holds a list.
    """
    found = ordered(rows, kind, ordering) if ordering else rows
    begin = (page - 1) * page_size
    results = found[begin : begin + page_size]
    return answered({"count": len(found), "page": page, "page_size": page_size, "results": results})


def ordered(rows: Sequence[R], kind: type[R], ordering: str) -> list[R]:
    """Return rows sorted by a field; those without a value come last."""
    name = ordering.removeprefix("-")
    fields = [field for field in kind.__struct_fields__ if not field.endswith(("_ids", "allowed_status", "details"))]
    if name not in fields:
        message = f"ordering must be one of {', '.join(fields)}, with - before it descending, was {ordering!r}"
        raise InvalidError(message, field="ordering", allowed=fields)
    told = [row for row in rows if getattr(row, name) is not None]
    rest = [row for row in rows if getattr(row, name) is None]
    return [*sorted(told, key=lambda row: getattr(row, name), reverse=ordering != name), *rest]
