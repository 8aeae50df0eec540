"""What an operator may tune in the risk room's watches; the defaults run embedded.

How severe an alert is follows from its *excess*, how far beyond its limit the thing is, and three steps per kind
at which `medium`, `high` and `critical` begin (below the first it is `low`):

    kind                excess
    low_confidence      (limit − confidence) / limit
    weak_momentum       (limit − strength) / limit
    negative_reversal   retraced / allowed − 1
    volatility_burst    volatility / (factor × usual) − 1
    stale_data          silence / allowed silence − 1
    near_limit          1 − distance / allowed distance (1 is at the limit price itself)
    crowded_signal      count / limit − 1
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tradewind.domain.risk import AlertKind
from tradewind.errors import ConfigError

Step = Annotated[float, Meta(ge=0.0)]
Steps = tuple[Step, Step, Step]

ALL_KINDS: Final = tuple(AlertKind)
# A signal that convinces nobody is no emergency, even at 0: the excess of these kinds is at most 1.
_NEVER_CRITICAL: Final[Steps] = (0.25, 0.5, 2.0)


class RiskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the risk room.

    Raises: ConfigError: steps of severity that do not rise.
    """

    watches: Annotated[tuple[AlertKind, ...], Meta(description="Kinds of alerts that are watched for")] = ALL_KINDS
    cooldown_s: Annotated[
        float,
        Meta(
            ge=0.0,
            le=86_400.0,
            description="Seconds from the last alert of a kind on an instrument to its next episode",
        ),
    ] = 60.0
    escalates: Annotated[
        bool, Meta(description="Alert again within one episode each time it reaches a higher severity")
    ] = True

    low_confidence_limit: Annotated[
        float, Meta(gt=0.0, le=1.0, description="low_confidence: an opportunity below this confidence")
    ] = 0.4
    low_confidence_margin: Annotated[
        float, Meta(ge=0.0, le=1.0, description="low_confidence: over once this much above the limit")
    ] = 0.05
    low_confidence_steps: Annotated[
        Steps, Meta(description="low_confidence: excess at which medium, high, critical begin; it is at most 1")
    ] = _NEVER_CRITICAL

    weak_momentum_limit: Annotated[
        float, Meta(gt=0.0, le=100.0, description="weak_momentum: an opportunity below this strength")
    ] = 40.0
    weak_momentum_margin: Annotated[
        float, Meta(ge=0.0, le=100.0, description="weak_momentum: over once this much above the limit")
    ] = 5.0
    weak_momentum_steps: Annotated[
        Steps, Meta(description="weak_momentum: excess at which medium, high, critical begin; it is at most 1")
    ] = _NEVER_CRITICAL

    reversal_fraction: Annotated[
        float,
        Meta(gt=0.0, le=10.0, description="negative_reversal: allowed retrace, as a fraction of the best gain"),
    ] = 0.5
    reversal_min_percent: Annotated[
        float,
        Meta(gt=0.0, le=100.0, description="negative_reversal: a retrace is allowed up to this percent of the entry"),
    ] = 0.15
    reversal_rearm: Annotated[
        float,
        Meta(ge=0.0, lt=1.0, description="negative_reversal: over once only this part of the allowed retrace is left"),
    ] = 0.5
    reversal_steps: Annotated[
        Steps, Meta(description="negative_reversal: excess at which medium, high, critical begin")
    ] = (0.5, 1.0, 2.0)

    volatility_window: Annotated[
        str, Meta(min_length=2, max_length=8, description="volatility_burst: features window looked at")
    ] = "60s"
    volatility_factor: Annotated[
        float, Meta(gt=1.0, le=100.0, description="volatility_burst: this many times the instrument's usual volatility")
    ] = 2.0
    volatility_floor: Annotated[
        float, Meta(ge=0.0, le=1.0, description="volatility_burst: never below this realised volatility of the window")
    ] = 0.0003
    volatility_slow_ticks: Annotated[
        int, Meta(ge=10, le=1_000_000, description="volatility_burst: ticks over which 'usual' is averaged")
    ] = 3_600
    volatility_warmup_ticks: Annotated[
        int, Meta(ge=1, le=1_000_000, description="volatility_burst: silent for an instrument's first ticks")
    ] = 600
    volatility_rearm: Annotated[
        float, Meta(gt=0.0, le=1.0, description="volatility_burst: over once below this part of its threshold")
    ] = 0.7
    volatility_steps: Annotated[
        Steps, Meta(description="volatility_burst: excess at which medium, high, critical begin")
    ] = (0.5, 1.0, 2.0)

    stale_after_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="stale_data: seconds of trading without a tick")
    ] = 30.0
    stale_intervals: Annotated[
        float,
        Meta(ge=0.0, le=10_000.0, description="stale_data: or this many of its mean tick intervals, if that is longer"),
    ] = 20.0
    stale_open_grace_s: Annotated[
        float, Meta(ge=0.0, le=3_600.0, description="stale_data: patience after a break, in seconds")
    ] = 30.0
    stale_steps: Annotated[Steps, Meta(description="stale_data: excess at which medium, high, critical begin")] = (
        1.0,
        3.0,
        9.0,
    )

    near_limit_percent: Annotated[
        float, Meta(ge=0.0, le=100.0, description="near_limit: within this percent of the limit price")
    ] = 0.5
    near_limit_ticks: Annotated[
        float, Meta(ge=0.0, le=10_000.0, description="near_limit: or within this many price ticks, if that is wider")
    ] = 5.0
    near_limit_rearm: Annotated[
        float, Meta(ge=1.0, le=100.0, description="near_limit: over once this many times the distance away")
    ] = 2.0
    near_limit_steps: Annotated[Steps, Meta(description="near_limit: excess at which medium, high, critical begin")] = (
        0.5,
        0.8,
        1.0,
    )

    crowded_strategies: Annotated[
        int, Meta(ge=2, le=1_000, description="crowded_signal: strategies all on one side of an instrument")
    ] = 4
    crowded_within_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="crowded_signal: within this many seconds")
    ] = 30.0
    crowded_instruments: Annotated[
        int, Meta(ge=1, le=100_000, description="crowded_signal: more instruments than this open on the same side")
    ] = 10
    crowded_steps: Annotated[
        Steps, Meta(description="crowded_signal: excess at which medium, high, critical begin")
    ] = (0.25, 0.5, 1.0)

    recent_alerts: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Latest alerts kept for queries; oldest forgotten")
    ] = 1_000
    max_instruments: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Instruments watched; beyond it further ones are not")
    ] = 5_000
    max_opportunities: Annotated[
        int, Meta(ge=2, le=1_000_000, description="Opportunities remembered, open and closed; oldest forgotten")
    ] = 10_000
    max_strategies: Annotated[
        int, Meta(ge=2, le=10_000, description="crowded_signal: strategies remembered an instrument; oldest forgotten")
    ] = 256

    def __post_init__(self) -> None:
        """Refuse steps that would make a worse excess less severe."""
        for kind in AlertKind:
            steps = self.steps_of(kind)
            if list(steps) != sorted(steps):
                message = f"risk: the three severity steps of {kind} must rise, were {steps}"
                raise ConfigError(message)

    def steps_of(self, kind: AlertKind) -> Steps:
        """Return the excess at which `kind` becomes medium, high and critical."""
        return {
            AlertKind.LOW_CONFIDENCE: self.low_confidence_steps,
            AlertKind.WEAK_MOMENTUM: self.weak_momentum_steps,
            AlertKind.NEGATIVE_REVERSAL: self.reversal_steps,
            AlertKind.VOLATILITY_BURST: self.volatility_steps,
            AlertKind.STALE_DATA: self.stale_steps,
            AlertKind.NEAR_LIMIT: self.near_limit_steps,
            AlertKind.CROWDED_SIGNAL: self.crowded_steps,
        }[kind]
