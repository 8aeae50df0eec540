"""000's REST: contracts, status, tests and exports, under its paths and in its shapes.

Accounts and positions have no source in this edition: their pages are empty and say so, nothing is made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

import msgspec

from tradewind.api.error_map import Problem, ProblemAnswer
from tradewind.bus.quote_form import seed_quote
from tradewind.quotes.events import Refusal, resolve
from tradewind.quotes.rows import (
    ACCOUNT_COLUMNS,
    POSITION_COLUMNS,
    InstrumentPage,
    InstrumentRow,
    Page,
    as_csv,
    fields_of,
    is_hit,
    page_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.domain.instrument import Instrument
    from tradewind.quotes.desk import Desk
    from tradewind.quotes.ports import Contracts
    from tradewind.quotes.rooms import Rooms
    from tradewind.quotes.settings import QuotesSettings

JSON: Final = "application/json"
TEST_PATH: Final = "/api/realtime/test"
_CSV: Final = "text/csv; charset=utf-8"
_MAX_PAGE: Final = 1_000_000
_LONGEST_SEARCH: Final = 100
_TEST_STATUS: Final = {
    "unknown_symbol": 404,
    "no_quote_yet": 409,
    "too_many_requests": 429,
    "unavailable": 503,
    "test_lost": 504,
}
_encode: Final = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """What goes back: a body, and what to call the file if it is one."""

    status: int
    body: bytes
    media_type: str = JSON
    file_name: str = ""


class BadQueryError(Exception):
    """A parameter of the query may not stand there; never leaves this module."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem("invalid", message, field)


class Query:
    """The parameters of a request; unknown ones are let pass, as 000 does."""

    def __init__(self, query_string: bytes) -> None:
        self._values = parse_qs(query_string.decode("latin-1"), max_num_fields=50)

    def text(self, name: str) -> str:
        """Return a parameter, empty if it is not there."""
        value = self._values.get(name, [""])[0].strip()
        if len(value) > _LONGEST_SEARCH:
            message = f"{name} may have {_LONGEST_SEARCH} characters, this has {len(value)}"
            raise BadQueryError(name, message)
        return value

    def number(self, name: str, *, default: int, largest: int) -> int:
        """Return a whole number from 1 on."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
            message = f"{name} must be a whole number 1 … {largest}, was {text[:40]!r}"
            raise BadQueryError(name, message)
        return int(text)


def problem(status: int, code: str, message: str, *, allowed: list[str] | None = None) -> Answer:
    """Return an answer that is no success."""
    return Answer(status, _encode(ProblemAnswer(Problem(code, message, allowed=allowed))))


class Rest:
    """Every path below `/api/`."""

    def __init__(self, *, settings: QuotesSettings, contracts: Contracts, rooms: Rooms, desk: Desk) -> None:
        self._settings = settings
        self._contracts = contracts
        self._rooms = rooms
        self._desk = desk
        self._paths: dict[str, Callable[[Query], Answer | Awaitable[Answer]]] = {
            "/api/instruments": self._instruments,
            "/api/accounts": self._empty_page,
            "/api/positions": self._empty_page,
            "/api/investors": self._empty_page,
            "/api/accounts/summary": self._accounts_summary,
            "/api/position_stats": self._position_stats,
            "/api/stats": self._stats,
            "/api/health/db": self._database_health,
            "/api/realtime/status": self._status,
            TEST_PATH: self._test,
            "/api/export/csv": self._instruments_csv,
            "/api/export/positions/csv": lambda _query: _csv("positions.csv", POSITION_COLUMNS, []),
            "/api/export/accounts": lambda _query: _csv("accounts.csv", ACCOUNT_COLUMNS, []),
        }
        self._of_one: dict[str, Callable[[str, Query], Answer]] = {
            "/api/instrument/": self._instrument,
            "/api/account/history/": lambda _name, query: self._empty_page(query),
            "/api/account/": lambda name, _query: problem(404, "not_found", f"no account {name[:60]!r}"),
            "/api/position/": lambda name, _query: problem(404, "not_found", f"no position {name[:60]!r}"),
        }

    async def answer(self, path: str, query_string: bytes) -> Answer:
        """Answer a GET."""
        try:
            query = Query(query_string)
            path = path.rstrip("/")
            handler = self._paths.get(path)
            if handler is not None:
                answer = handler(query)
                return answer if isinstance(answer, Answer) else await answer
            for prefix, of_one in self._of_one.items():
                if path.startswith(prefix) and "/" not in path[len(prefix) :]:
                    return of_one(unquote(path[len(prefix) :]), query)
        except BadQueryError as error:
            return Answer(422, _encode(ProblemAnswer(error.problem)))
        except ValueError:
            return problem(422, "invalid", "too many query parameters")
        return problem(
            404, "not_found", "no such path", allowed=[*self._paths, *(f"{name}ID" for name in self._of_one)]
        )

    def _instruments(self, query: Query) -> Answer:
        search, exchange = query.text("search"), query.text("exchange_id") or query.text("exchange")
        found = [
            instrument
            for instrument in self._all_contracts()
            if (not search or is_hit(instrument, search))
            and (not exchange or instrument.exchange.casefold() == exchange.casefold())
        ]
        page = self._page(found, query)
        return _json(msgspec.structs.replace(page, data=[InstrumentRow(**fields_of(row)) for row in page.data]))

    def _instrument(self, name: str, _query: Query) -> Answer:
        known, _ = resolve((name,), self._contracts)
        instrument = self._contracts.find(known[0]) if known else None
        if instrument is None:
            return problem(404, "not_found", f"no instrument {name[:60]!r}")
        tick = self._rooms.book.newest(instrument.instrument_id)
        return _json(
            InstrumentPage(**fields_of(instrument), market_data=None if tick is None else seed_quote(tick)),
        )

    def _instruments_csv(self, query: Query) -> Answer:
        search = query.text("search")
        rows = [
            msgspec.to_builtins(InstrumentRow(**fields_of(instrument)))
            for instrument in self._all_contracts()
            if not search or is_hit(instrument, search)
        ]
        columns = [field.encode_name for field in msgspec.structs.fields(InstrumentRow)]
        return _csv("instruments.csv", columns, rows)

    def _stats(self, _query: Query) -> Answer:
        contracts = self._all_contracts()
        exchanges: dict[str, int] = {}
        for instrument in contracts:
            exchanges[instrument.exchange] = exchanges.get(instrument.exchange, 0) + 1
        return _json(
            {
                "total_instruments": len(contracts),
                "total_products": len({(instrument.exchange, instrument.product_id) for instrument in contracts}),
                "quoted_instruments": len(self._rooms.book),
                "exchanges": exchanges,
                "total_accounts": 0,
                "total_positions": 0,
            }
        )

    def _empty_page(self, query: Query) -> Answer:
        query.text("search")
        return _json(self._page([], query))

    def _accounts_summary(self, _query: Query) -> Answer:
        return _json({"data": [], "total": 0})

    def _position_stats(self, _query: Query) -> Answer:
        return _json({"data": [], "total": 0, "total_positions": 0})

    def _database_health(self, _query: Query) -> Answer:
        return _json({"status": "not_configured", "message": "no table of accounts or positions is kept here"})

    def _status(self, _query: Query) -> Answer:
        return _json(self._desk.market_status())

    async def _test(self, query: Query) -> Answer:
        symbol = query.text("symbol") or query.text("instrument_id")
        report = await self._desk.send_test(symbol or None)
        if isinstance(report, Refusal):
            allowed = list(report.allowed) or None
            return problem(_TEST_STATUS.get(report.code, 422), report.code, report.message, allowed=allowed)
        return _json(report)

    def _page(self, rows: list[Any], query: Query) -> Page:
        settings = self._settings
        return page_of(
            rows,
            page=query.number("page", default=1, largest=_MAX_PAGE),
            per_page=query.number(
                "per_page", default=min(settings.page_rows, settings.max_page_rows), largest=settings.max_page_rows
            ),
        )

    def _all_contracts(self) -> list[Instrument]:
        """Return every listed contract, then those that are quoted though no list has them any more."""
        listed = {instrument.instrument_id: instrument for instrument in self._contracts.all()}
        for instrument_id in self._rooms.book.instrument_ids():
            if instrument_id not in listed:
                instrument = self._contracts.find(instrument_id)
                if instrument is not None:
                    listed[instrument_id] = instrument
        return list(listed.values())


def _json(value: Any) -> Answer:  # noqa: ANN401 - any message of ours
    return Answer(200, _encode(value))


def _csv(name: str, columns: Any, rows: list[dict[str, Any]]) -> Answer:  # noqa: ANN401 - a list or a tuple of names
    return Answer(200, as_csv(columns, rows), _CSV, name)
