"""Asking an account's front anything: for statements, rates and whatever else takes its turn in the one line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tradewind.errors import InputError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.execution.brokers.ctp.queries import QueryLine, QueryResult

_QUERY = "ReqQry"


class AccountQueries:
    """The queries of one account, to be awaited."""

    def __init__(self, line: QueryLine) -> None:
        self._line = line

    async def query(self, name: str, fields: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return all rows of `name` ("ReqQryInstrumentCommissionRate"), none where the front knows of none.

        Raises:
            TransientError: it was not answered: not logged in, cut off, or the front refused; its words are in it.
            InputError: it is no query.
        """
        if not name.startswith(_QUERY):
            message = f"a query begins with {_QUERY}, was {name!r}"
            raise InputError(message)
        answered: asyncio.Future[QueryResult] = asyncio.get_running_loop().create_future()

        def done(result: QueryResult) -> None:
            if not answered.done():
                answered.set_result(result)

        self._line.ask(name, fields, done)
        result = await answered
        if result.error:
            message = f"{name}: {result.error}" + (f" ({result.error_id})" if result.error_id else "")
            raise TransientError(message)
        return list(result.rows)
