"""Opportunities that are open but not convincing: low confidence, weak momentum.

Judged while signals come (NEW, ACTIVE). In TRACKING confidence fades by itself, which the state already says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind
from tradewind.risk.episodes import Episodes, Finding, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.opportunity import Opportunity
    from tradewind.risk.settings import RiskSettings


class QualityWatch:
    """Finds open opportunities whose `measure` lies below `limit`; over once at `limit + margin` or closed."""

    def __init__(
        self,
        kind: AlertKind,
        measure: Callable[[Opportunity], float],
        *,
        limit: float,
        margin: float,
        episodes: Episodes,
    ) -> None:
        self._kind = kind
        self._measure = measure
        self._limit = limit
        self._margin = margin
        self._episodes = episodes

    def on_opportunity(self, opportunity: Opportunity) -> None:
        """Look at a new version."""
        actual = self._measure(opportunity)
        subject = opportunity.opportunity_id
        if opportunity.state is OpportunityState.CLOSED or actual >= self._limit + self._margin:
            self._episodes.clear(self._kind, subject)
            return
        if actual >= self._limit or opportunity.state is OpportunityState.TRACKING:
            return
        self._episodes.report(
            self._kind,
            Finding(
                instrument_id=opportunity.instrument_id,
                ts_event=opportunity.updated_at,
                excess=(self._limit - actual) / self._limit,
                params={
                    "actual": shown(actual),
                    "limit": self._limit,
                    "side": opportunity.side,
                    "state": str(opportunity.state),
                },
                cause=f"opportunity:{subject}:{opportunity.version}",
                opportunity_id=subject,
                subject=subject,
            ),
        )

    def forget(self, opportunity: Opportunity) -> None:
        """End the episode of an opportunity whose end was never heard of."""
        self._episodes.clear(self._kind, opportunity.opportunity_id)


def low_confidence(settings: RiskSettings, episodes: Episodes) -> QualityWatch:
    """Watch for opportunities that few reasons speak for."""
    return QualityWatch(
        AlertKind.LOW_CONFIDENCE,
        lambda opportunity: opportunity.confidence,
        limit=settings.low_confidence_limit,
        margin=settings.low_confidence_margin,
        episodes=episodes,
    )


def weak_momentum(settings: RiskSettings, episodes: Episodes) -> QualityWatch:
    """Watch for opportunities whose signals are barely beyond their thresholds."""
    return QualityWatch(
        AlertKind.WEAK_MOMENTUM,
        lambda opportunity: opportunity.strength,
        limit=settings.weak_momentum_limit,
        margin=settings.weak_momentum_margin,
        episodes=episodes,
    )
