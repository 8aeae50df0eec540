"""The bodies of system 004's requests, and the shape of its answers."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import Meta

from tradewind.bus.hsapi_forms import ENCODER

One = Annotated[str, Meta(min_length=1, max_length=64)]
OneOrSome = One | Annotated[tuple[One, ...], Meta(max_length=500)]
_JSON: Final = "application/json"
API: Final = "/hsapi/wsapp/api"
DATA: Final = "/hsapi/wsapp/data"
TAGS: Final = ["hsapi"]


class DataForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows are wanted: each filter a name or a list of names, left out for all.

    `date` is the present trading day of the accounts, `20260105` or `2026-01-05`: the tables hold no other.
    """

    product_code: OneOrSome = ()
    account_id: OneOrSome = ()
    strategy: OneOrSome = ()
    c_instrument_id: OneOrSome = ()
    date: Annotated[str, Meta(pattern=r"^\d{4}-?\d{2}-?\d{2}$")] | Annotated[int, Meta(ge=19_000_101)] | None = None

    @property
    def trading_day(self) -> int | None:
        """Return the day as a number, YYYYMMDD."""
        return None if self.date is None else int(str(self.date).replace("-", ""))


class ContractForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which contracts are wanted: `search` is found in codes and names; `c_type_name` 期货, 期权 or 股票."""

    search: Annotated[str, Meta(max_length=64)] = ""
    c_exchange_id: Annotated[str, Meta(max_length=16)] = ""
    c_type_name: Annotated[str, Meta(max_length=32)] = ""
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=1_000)] = 100


def some(names: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return a filter as a list of names."""
    return (names,) if isinstance(names, str) else names


def answered(body: Any, *, status: int = 200) -> Response[Any]:  # noqa: ANN401 - whatever can be written as JSON
    """Answer in the older system's numbers: decimals are numbers, exact."""
    return Response(ENCODER.encode(body), status_code=status, media_type=_JSON)
