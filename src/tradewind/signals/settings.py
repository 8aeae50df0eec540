"""What an operator may tune in the signals room; the defaults run embedded."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.errors import ConfigError

Weight = Annotated[float, Meta(gt=0.0, le=1.0)]


class SignalsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the signals room.

    Raises: ConfigError: `refresh_every_s` < `tracking_after_s` < `expire_after_s` does not hold.
    """

    confirm_strategies: Annotated[
        int, Meta(ge=1, le=100, description="This many strategies agreeing make an opportunity ACTIVE")
    ] = 2
    confirm_confidence: Annotated[
        float, Meta(ge=0.0, le=1.0, description="This much confidence makes an opportunity ACTIVE by itself")
    ] = 0.75
    tracking_after_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="Seconds without a signal until an opportunity is only tracked")
    ] = 120.0
    expire_after_s: Annotated[
        float, Meta(gt=0.0, le=604_800.0, description="Seconds without a signal until an opportunity closes")
    ] = 900.0
    refresh_every_s: Annotated[
        float,
        Meta(gt=0.0, le=86_400.0, description="Repeated signals make a new version at most this often, in seconds"),
    ] = 30.0
    confidence_step: Annotated[
        float, Meta(ge=0.0, le=1.0, description="Smallest change of confidence worth a new version")
    ] = 0.02
    default_weight: Annotated[
        float, Meta(gt=0.0, le=1.0, description="Weight of a strategy that strategy_weights does not name")
    ] = 1.0
    strategy_weights: Annotated[
        dict[str, Weight], Meta(description="Weight of each strategy's confidence, above 0 and up to 1")
    ] = {}
    agreement_alone: Annotated[
        float, Meta(gt=0.0, le=1.0, description="Agreement factor of one strategy alone; it nears 1 as more agree")
    ] = 0.85
    freshness_half_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="Age in seconds at which a signal weighs half")
    ] = 180.0
    contribution_ttl_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="A strategy's signal older than this no longer counts, in seconds")
    ] = 600.0
    disagreement_weight: Annotated[
        float, Meta(ge=0.0, le=1.0, description="How much the opposite side's signals take from the confidence")
    ] = 0.6
    stop_percent: Annotated[
        float, Meta(gt=0.0, le=100.0, description="Close when the price moved this many percent against the entry")
    ] = 0.5
    stop_atr: Annotated[
        float, Meta(ge=0.0, le=1_000.0, description="Or this many ATR against it, if that is nearer; 0 leaves it out")
    ] = 8.0
    stop_min_percent: Annotated[
        float, Meta(ge=0.0, le=100.0, description="The ATR stop is never nearer to the entry than this, in percent")
    ] = 0.1
    track_on: Annotated[
        Literal["features", "ticks"],
        Meta(description="Where prices for the stops come from; ticks knows no ATR and needs no features room"),
    ] = "features"
    max_open: Annotated[
        int, Meta(ge=2, le=100_000, description="Open opportunities at most; beyond it the weakest, oldest is closed")
    ] = 500
    max_contributions: Annotated[
        int, Meta(ge=1, le=1_000, description="Strategies in one opportunity at most; beyond it the oldest leaves")
    ] = 32
    max_instruments: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Instruments whose price is followed; beyond it stops are not watched"),
    ] = 5_000
    remembered_signals: Annotated[
        int, Meta(ge=1, le=10_000_000, description="Signal ids remembered to know a redelivered one; oldest forgotten")
    ] = 20_000
    recent_signals: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Latest signals kept for queries; oldest forgotten")
    ] = 500
    record_days: Annotated[
        int, Meta(ge=1, le=3_650, description="Days that opportunities and risk alerts stay on record; older ones go")
    ] = 30
    record_most: Annotated[
        int,
        Meta(ge=100, le=10_000_000, description="Opportunities, and alerts, on record at most; the oldest goes first"),
    ] = 20_000
    recent_closed: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Latest closed opportunities kept for queries; oldest forgotten")
    ] = 500

    def __post_init__(self) -> None:
        """Refuse an order of deadlines under which an opportunity could outlive what it told its readers."""
        if not self.refresh_every_s < self.tracking_after_s < self.expire_after_s:
            message = (
                "signals: refresh_every_s < tracking_after_s < expire_after_s must hold, were "
                f"{self.refresh_every_s:g}, {self.tracking_after_s:g}, {self.expire_after_s:g}"
            )
            raise ConfigError(message)
