"""What the edges may ask the risk room about alerts; newest first, bounded."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.risk.episodes import severity_rank

if TYPE_CHECKING:
    from collections.abc import Sequence


class AlertCounts(msgspec.Struct, frozen=True):
    """Alerts raised since the start, by kind and by severity."""

    total: int
    by_kind: dict[str, int]
    by_severity: dict[str, int]


class AlertLog:
    """The latest alerts in a ring of `capacity` (the oldest is forgotten) and counts of all of them."""

    def __init__(self, capacity: int) -> None:
        self._alerts: deque[RiskAlert] = deque(maxlen=capacity)
        self._by_kind = dict.fromkeys(AlertKind, 0)
        self._by_severity = dict.fromkeys(Severity, 0)
        self.total = 0

    def add(self, alert: RiskAlert) -> None:
        """Keep an alert."""
        self._alerts.append(alert)
        self.total += 1
        self._by_kind[alert.kind] += 1
        self._by_severity[alert.severity] += 1

    def latest(self) -> Sequence[RiskAlert]:
        """Return what is kept, newest first."""
        return list(self._alerts)[::-1]

    def counts(self) -> AlertCounts:
        """Return how many there were of each kind and severity."""
        return AlertCounts(
            total=self.total,
            by_kind={str(kind): count for kind, count in self._by_kind.items()},
            by_severity={str(severity): count for severity, count in self._by_severity.items()},
        )


class RiskQueries:
    """Reads of the risk room; holds nothing of its own."""

    def __init__(self, log: AlertLog) -> None:
        self._log = log

    @property
    def revision(self) -> int:
        """Goes up with every alert: cache encoded answers by it."""
        return self._log.total

    def recent_alerts(
        self,
        *,
        limit: int = 100,
        kind: AlertKind | None = None,
        min_severity: Severity = Severity.LOW,
        instrument_id: str | None = None,
        opportunity_id: str | None = None,
    ) -> list[RiskAlert]:
        """Return the latest alerts that pass every filter given, newest first, at most `limit`."""
        rank = severity_rank(min_severity)
        found = [
            alert
            for alert in self._log.latest()
            if (kind is None or alert.kind is kind)
            and severity_rank(alert.severity) >= rank
            and (instrument_id is None or alert.instrument_id == instrument_id)
            and (opportunity_id is None or alert.opportunity_id == opportunity_id)
        ]
        return found[:limit]

    def counts(self) -> AlertCounts:
        """Return how many alerts there were since the start."""
        return self._log.counts()
