"""What the edges may ask the signals room; answers are frozen messages, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.signal import Signal

if TYPE_CHECKING:
    from tradewind.signals.aggregator import Aggregator


class SignalsStatistics(msgspec.Struct, frozen=True):
    """How many opportunities are open in which state, what was kept, what was passed over and why."""

    open: int
    by_state: dict[str, int]
    closed_kept: int
    signals_refused: dict[str, int]
    revision: int


class SignalsQueries:
    """Reads of the signals room; holds nothing of its own."""

    def __init__(self, aggregator: Aggregator) -> None:
        self._aggregator = aggregator

    @property
    def revision(self) -> int:
        """Goes up whenever any answer about opportunities may have changed: cache encoded answers by it."""
        return self._aggregator.revision

    def open_opportunities(
        self,
        *,
        instrument_id: str | None = None,
        state: OpportunityState | None = None,
        min_confidence: float = 0.0,
    ) -> list[Opportunity]:
        """Return open opportunities that pass every filter given, last updated first."""
        found = [
            opportunity
            for opportunity in self._aggregator.open_opportunities()
            if (instrument_id is None or opportunity.instrument_id == instrument_id)
            and (state is None or opportunity.state is state)
            and opportunity.confidence >= min_confidence
        ]
        return sorted(found, key=lambda each: (-each.updated_at, each.opportunity_id))

    def recent(self, *, limit: int = 100, instrument_id: str | None = None) -> list[Opportunity]:
        """Return open and recently closed opportunities, last updated first, at most `limit`."""
        every = [*self._aggregator.open_opportunities(), *self._aggregator.closed_opportunities()]
        found = [each for each in every if instrument_id is None or each.instrument_id == instrument_id]
        return sorted(found, key=lambda each: (-each.updated_at, each.opportunity_id))[:limit]

    def find(self, opportunity_id: str) -> Opportunity | None:
        """Return the newest version of an open or recently closed opportunity, or `None`."""
        for opportunity in (*self._aggregator.open_opportunities(), *self._aggregator.closed_opportunities()):
            if opportunity.opportunity_id == opportunity_id:
                return opportunity
        return None

    def recent_signals(
        self, *, limit: int = 100, instrument_id: str | None = None, strategy: str | None = None
    ) -> list[Signal]:
        """Return the latest signals heard, newest first."""
        found = [
            signal
            for signal in self._aggregator.intake.recent()
            if (instrument_id is None or signal.instrument_id == instrument_id)
            and (strategy is None or signal.strategy == strategy)
        ]
        return found[::-1][:limit]

    def statistics(self) -> SignalsStatistics:
        """Return the room's counts."""
        opened = list(self._aggregator.open_opportunities())
        return SignalsStatistics(
            open=len(opened),
            by_state={
                str(state): sum(each.state is state for each in opened)
                for state in OpportunityState
                if state is not OpportunityState.CLOSED
            },
            closed_kept=len(list(self._aggregator.closed_opportunities())),
            signals_refused=dict(self._aggregator.intake.refused),
            revision=self._aggregator.revision,
        )
