"""Risk alerts: what the risk room wants a person to see, with a severity."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AlertKind(StrEnum):
    """The watches of the risk room."""

    LOW_CONFIDENCE = "low_confidence"
    WEAK_MOMENTUM = "weak_momentum"
    NEGATIVE_REVERSAL = "negative_reversal"
    VOLATILITY_BURST = "volatility_burst"
    STALE_DATA = "stale_data"
    NEAR_LIMIT = "near_limit"
    CROWDED_SIGNAL = "crowded_signal"


class Severity(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class RiskAlert(msgspec.Struct, frozen=True):
    """One alert. Sentences are made where they are shown: here stand the code and its numbers.

    `params` hold what was measured and the limit it passed (`actual`, `limit`, and what else the kind needs).
    """

    alert_id: str
    kind: AlertKind
    severity: Severity
    instrument_id: str
    ts_event: int
    params: dict[str, float | str]
    opportunity_id: str | None
    cause: str
