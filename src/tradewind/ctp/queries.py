"""What is asked of an account's front beside orders: statements, rates, contracts; each query waits for its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class CtpQueries(Protocol):
    """One account's queries."""

    async def query(self, name: str, fields: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return all rows of `name` ("ReqQryInstrument"), none where the front knows of none.

        Raises: TransientError: it was not answered.
        """
        ...


class StatementBroker(Protocol):
    """A broker whose accounts have statements to confirm."""

    def queries(self, account_id: str) -> CtpQueries:
        """Return the way to ask an account's front.

        Raises: InputError: there is no such account.
        """
        ...

    def confirm(self, account_id: str) -> None:
        """Confirm the account's last statement at the broker.

        Raises: InputError: there is no such account.
        """
        ...

    def wants_confirmation(self, account_id: str) -> bool:
        """Say whether an account that works may not trade, as its front waits for the confirmation.

        Raises: InputError: there is no such account.
        """
        ...
