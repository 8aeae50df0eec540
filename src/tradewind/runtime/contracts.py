"""The contract list of system 004 from the instrument table that ships with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.hsapi_forms import HsapiContract, contract

if TYPE_CHECKING:
    from tradewind.market.contracts import InstrumentTable


class KnownContracts:
    """`api.ports.ContractList` on the instrument table; it never changes while the process runs."""

    def __init__(self, table: InstrumentTable) -> None:
        self._table = table
        self._rows: list[HsapiContract] | None = None

    async def page(
        self, *, search: str, exchange: str, kind: str, offset: int, limit: int
    ) -> tuple[int, list[HsapiContract]]:
        """Return how many contracts match, and those on the page."""
        if self._rows is None:
            self._rows = [contract(instrument) for instrument in self._table.all()]
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
        instrument = self._table.find(name) or self._table.find_symbol(name)
        return None if instrument is None else contract(instrument)
