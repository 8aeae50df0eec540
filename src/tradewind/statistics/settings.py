"""What an operator may choose about statistics and risk figures."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class StatisticsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How options are valued, what belongs to which sector, how often prices alone are told."""

    publish_ms: Annotated[
        int, Meta(ge=1, le=60_000, description="figures of positions whose prices alone moved are told this often")
    ] = 100
    interest_rate: Annotated[
        float, Meta(ge=-0.5, le=1.0, description="yearly interest by which option deltas are counted (0.02 = 2 %)")
    ] = 0.02
    days_per_year: Annotated[
        int, Meta(ge=200, le=366, description="trading days of a year, in which the time to an option's end is counted")
    ] = 243
    sectors: Annotated[
        dict[str, Annotated[str, Meta(min_length=1, max_length=32)]],
        Meta(description='sectors of products beside or over the shipped ones, as `"SHFE.au" = "precious"`'),
    ] = {}
