"""What the contract list of system 004 asks of whoever knows the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tradewind.bus.hsapi_forms import HsapiContract


class ContractList(Protocol):
    """Every contract there is, as system 004 lists them: the shipped tables', or those of a database of its own."""

    async def page(
        self, *, search: str, exchange: str, kind: str, offset: int, limit: int
    ) -> tuple[int, Sequence[HsapiContract]]:
        """Return how many contracts match, and `limit` of them from `offset` on; an empty filter lets all through.

        Raises: TransientError: the database is away.
        """
        ...

    async def find(self, name: str) -> HsapiContract | None:
        """Return a contract by its id or its symbol. Raises as `page`."""
        ...
