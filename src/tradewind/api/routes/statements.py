"""Brokers' statements over REST: what came of comparing them with the books, and confirming them."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta

from tradewind.api.admission import signed_in
from tradewind.api.desk_door import Web, ask, carry_out
from tradewind.api.injected import TheHouse
from tradewind.domain import desk
from tradewind.domain.message import AccountId, Text
from tradewind.domain.statement_review import AskStatements, ConfirmStatement, TakeStatement

_TAGS = ["desk"]
LARGEST_TEXT: Final = 8_000_000
"""Bytes of a statement: a hundred trades are 20 000, and the busiest account has ten thousands."""


class StatementForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement as its broker wrote it."""

    account_id: AccountId
    text: Annotated[str, Meta(min_length=1, max_length=LARGEST_TEXT)]


class ConfirmationForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which statement to confirm: exactly the one that was shown, by its digest."""

    account_id: AccountId
    trading_day: Annotated[int, Meta(ge=19900101, le=99991231)]
    digest: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Text = ""


@get("/api/v1/statements", opt=signed_in(desk.NEEDS[AskStatements]), tags=_TAGS)
async def statements(request: Web, house: TheHouse) -> Any:  # noqa: ANN401 - the desk's own structs, here and below
    """List the compared statements, each difference named, the newest day first; and those that wait."""
    return await ask(request, house, AskStatements())


@post(
    "/api/v1/statements",
    opt=signed_in(desk.NEEDS[TakeStatement]),
    status_code=200,
    tags=_TAGS,
    request_max_body_size=LARGEST_TEXT,
)
async def take_statement(request: Web, house: TheHouse, data: JSONBody[StatementForm]) -> Any:  # noqa: ANN401
    """Compare a statement that came as a file with the books."""
    return await carry_out(request, house, TakeStatement, data)


@post("/api/v1/statements/confirm", opt=signed_in(desk.NEEDS[ConfirmStatement]), status_code=200, tags=_TAGS)
async def confirm_statement(request: Web, house: TheHouse, data: JSONBody[ConfirmationForm]) -> Any:  # noqa: ANN401
    """Confirm the statement of a day, as it was shown; 409 when it is another one by now."""
    return await carry_out(request, house, ConfirmStatement, data)


STATEMENT_ROUTES = (statements, take_statement, confirm_statement)
