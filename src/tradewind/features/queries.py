"""What the API and the health page may ask the features room."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.features.service import FeatureCounts, FeatureService


class FeatureQueries:
    """Answers from what the service holds; nothing is computed for a question."""

    def __init__(self, service: FeatureService) -> None:
        self._service = service

    def latest(self, instrument_id: str) -> FeatureSnapshot | None:
        """Return the newest snapshot of an instrument, or `None` before its first tick."""
        return self._service.latest.get(instrument_id)

    def all(self) -> list[FeatureSnapshot]:
        """Return the newest snapshot of every instrument, in the order they first ticked."""
        return list(self._service.latest.values())

    def counts(self) -> FeatureCounts:
        """Return how many ticks were passed over, and why."""
        return self._service.counts()
