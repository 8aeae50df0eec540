"""How routes answer: bytes that are JSON already, lists cut to size, and things that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from litestar import Response
from litestar.params import QueryParameter

from tradewind.api.error_map import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable

V = TypeVar("V")
Limit = Annotated[int | None, QueryParameter(ge=1, le=10_000, description="At most this many entries, the newest.")]
InstrumentFilter = Annotated[
    str | None, QueryParameter(min_length=1, max_length=64, description="Only this instrument, such as `IF2101.CFFEX`.")
]
JSON: Final = "application/json"


def as_json(encoded: bytes) -> Response[Any]:
    """Answer with bytes that are JSON already."""
    return Response(encoded, media_type=JSON)


def newest(values: Iterable[V], limit: int) -> list[V]:
    """Return the first `limit` of values that come newest first."""
    kept: list[V] = []
    for value in values:
        if len(kept) == limit:
            break
        kept.append(value)
    return kept


def found(value: V | None, *, what: str, name: str) -> V:
    """Return the value.

    Raises: InvalidError: there is none; answered 404.
    """
    if value is None:
        message = f"no {what} {name[:100]!r}"
        raise InvalidError(message, field="id", status=404)
    return value
