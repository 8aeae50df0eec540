"""The newest version of each opportunity that is still open: what somebody may turn into an instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.opportunity import OpportunityState
from tradewind.errors import InputError, StateConflictError

if TYPE_CHECKING:
    from tradewind.domain.opportunity import Opportunity


class OpenOpportunities:
    """At most `most` of them, the newest; nothing of it is of record, the signals room tells it anew."""

    def __init__(self, *, most: int = 5_000) -> None:
        self._most = most
        self._open: dict[str, Opportunity] = {}

    def heard(self, opportunity: Opportunity) -> None:
        """Take a version in; one that is closed is forgotten."""
        name = opportunity.opportunity_id
        known = self._open.pop(name, None)
        if known is not None and known.version > opportunity.version:
            opportunity = known
        if opportunity.state is not OpportunityState.CLOSED:
            self._open[name] = opportunity
            while len(self._open) > self._most:
                del self._open[next(iter(self._open))]

    def require(self, opportunity_id: str, now_ns: int) -> Opportunity:
        """Return one that may be followed now.

        Raises: InputError: none of that id is open. StateConflictError: it has expired.
        """
        found = self._open.get(opportunity_id)
        if found is None:
            message = f"no opportunity {opportunity_id[:80]!r} is open; it is closed, or was never heard of here"
            raise InputError(message)
        if found.expires_at and found.expires_at <= now_ns:
            message = f"opportunity {opportunity_id} expired at {found.expires_at}, it is {now_ns}"
            raise StateConflictError(message)
        return found
