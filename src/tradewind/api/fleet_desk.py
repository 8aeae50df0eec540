"""What the REST edge asks about collector modules; the wiring connects it to the control server."""

from __future__ import annotations

from typing import Protocol

from tradewind.domain.fleet import FleetCommand, FleetQuestion
from tradewind.domain.rights import Principal


class FleetDesk(Protocol):
    """Collector modules, their jobs, schedules and workflows; the control server's, here or in its own process."""

    async def answer(self, question: FleetQuestion, who: Principal) -> object:
        """Return what was asked for.

        Raises: InputError: there is no such thing. NotAllowedError: not theirs to see. TransientError: not now.
        """
        ...

    async def carry_out(self, command: FleetCommand, who: Principal) -> object:
        """Do it, once for each `request_id`; it is on record when this returns.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: not by them. TransientError: not now.
        """
        ...
