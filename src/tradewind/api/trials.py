"""What REST may ask of the line for `tradewind trigger`: one marked test tick, and when each hop was done with it."""

from __future__ import annotations

from typing import Protocol

import msgspec


class TrialHop(msgspec.Struct, frozen=True):
    """What one service did with a test tick, µs after it was sent; `None`: nothing."""

    service: str
    sees: str
    after_us: float | None


class TrialView(msgspec.Struct, frozen=True):
    """What came of a test tick; push tells the opportunity to who may see the market."""

    seq: int
    instrument_id: str
    strategy: str
    opportunity_id: str
    hops: tuple[TrialHop, ...]


class TrialCommands(Protocol):
    """Sends test ticks that a test strategy answers; the line's."""

    async def send(self) -> TrialView:
        """Send one and return what came of it. Raises: StateConflictError: it has no way through the line now."""
        ...
