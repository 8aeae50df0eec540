"""The contract list of system 004: from the instrument table that ships with us, or from a database that has its own.

The second is slow and changes seldom: in production Redis remembers its pages.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.bus.hsapi_forms import HsapiContract, contract

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.api.contract_list import ContractList
    from tradewind.bus.redis.answer_cache import AnswerCache
    from tradewind.market.contracts import InstrumentTable
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.sql.router import DatabaseRouter

KIND: Final = "contracts"
Found = tuple[int, list[HsapiContract]]


class KnownContracts:
    """`api.ports.ContractList` on the instrument table; it never changes while the process runs."""

    def __init__(self, known: InstrumentTable) -> None:
        self._known = known
        self._rows: list[HsapiContract] | None = None

    async def page(self, *, search: str, exchange: str, kind: str, offset: int, limit: int) -> Found:
        """Return how many contracts match, and those on the page."""
        if self._rows is None:
            self._rows = [contract(instrument) for instrument in self._known.all()]
        wanted = search.casefold()
        matching = [
            row
            for row in self._rows
            if (not exchange or row.c_exchange_id == exchange)
            and (not kind or row.c_type_name == kind)
            and (wanted in row.instrument_id.casefold() or wanted in row.c_instrument_name.casefold())
        ]
        return len(matching), matching[offset : offset + limit]

    async def find(self, name: str) -> HsapiContract | None:
        """Return a contract by its id or by its symbol alone, `None` where there is none or more than one."""
        instrument = self._known.find(name) or self._known.find_symbol(name)
        return None if instrument is None else contract(instrument)


class Questions(Protocol):
    """A contract table of a database (`stores.sql.contract_table`); each question waits for it."""

    def page(
        self, *, search: str, exchange: str, kind: str, offset: int, limit: int
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return how many rows match, and those of the page."""
        ...

    def find(self, symbol: str, exchange: str) -> list[dict[str, Any]]:
        """Return the rows of a symbol."""
        ...


class StoredContracts:
    """`api.ports.ContractList` on such a table; facts it has not come from ours."""

    def __init__(self, stored: Questions, known: InstrumentTable, cache: AnswerCache | None) -> None:
        """Without `cache` every question goes to the database."""
        self._stored = stored
        self._known = known
        self._cache = cache

    async def page(self, *, search: str, exchange: str, kind: str, offset: int, limit: int) -> Found:
        """Return how many contracts match, and those on the page. Raises: StoreError, ConfigError: see the table."""

        async def ask() -> bytes:
            count, rows = await asyncio.to_thread(
                self._stored.page, search=search, exchange=exchange, kind=kind, offset=offset, limit=limit
            )
            return msgspec.msgpack.encode((count, [self._contract(row) for row in rows]))

        question = msgspec.json.encode([search, exchange, kind, offset, limit]).decode()
        found: Found = msgspec.msgpack.decode(await self._answer(f"page {question}", ask), type=Found)
        return found

    async def find(self, name: str) -> HsapiContract | None:
        """Return a contract, `None` where there is none or more than one. Raises as `page`."""
        symbol, _, exchange = name.rpartition(".") if "." in name else (name, "", "")

        async def ask() -> bytes:
            rows = await asyncio.to_thread(self._stored.find, symbol, exchange)
            return msgspec.msgpack.encode(self._contract(rows[0]) if len(rows) == 1 else None)

        return msgspec.msgpack.decode(await self._answer(f"one {name}", ask), type=HsapiContract | None)

    async def _answer(self, question: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        return await ask() if self._cache is None else await self._cache.answer(KIND, question, ask)

    def _contract(self, row: dict[str, Any]) -> HsapiContract:
        symbol, exchange = str(row["instrument"] or ""), str(row["exchange"] or "")
        instrument = self._known.find(f"{symbol}.{exchange}")
        ours = None if instrument is None else contract(instrument)
        return HsapiContract(
            c_instrument_id=symbol,
            c_instrument_name=str(row["name"] or ""),
            c_exchange_id=exchange,
            c_type_name=str(row.get("kind") or "" if "kind" in row else ours.c_type_name if ours else ""),
            c_stype_name=str(row.get("product") or "" if "product" in row else ours.c_stype_name if ours else ""),
            instrument_id=f"{symbol}.{exchange}",
            contract_multiplier=ours.contract_multiplier if ours else None,
            price_tick=ours.price_tick if ours else None,
            expire_date=ours.expire_date if ours else None,
            strike_price=ours.strike_price if ours else None,
            underlying_id=ours.underlying_id if ours else None,
        )


def contract_list(
    settings: TradewindSettings,
    known: InstrumentTable,
    *,
    databases: DatabaseRouter | None,
    cache: AnswerCache | None = None,
) -> ContractList:
    """Return the contract list that the settings choose."""
    monitor = settings.databases.pms_monitor
    if databases is None or not databases.has(KIND) or not monitor.contract_table:
        return KnownContracts(known)
    from tradewind.stores.sql.contract_table import ContractTable  # noqa: PLC0415 - brings the database's library along

    return StoredContracts(ContractTable(databases.reader(KIND), monitor), known, cache)
