"""What an operator may say about how long files are kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes when its time is over; what the law or an audit asks for has no setting and never goes."""

    enabled: Annotated[bool, Meta(description="look after files by itself; off: by `tradewind retention run` only")] = (
        True
    )
    every_s: Annotated[float, Meta(ge=1, le=86_400, description="seconds between two looks")] = 3_600.0
    recordings_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="days after its trading day that a recording (.twr) goes which the archive holds whole, every "
            "file of it verified; 0: never",
        ),
    ] = 0
    archive_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="days after which an archived day's ticks and bars go, once its recording is gone; 0: never",
        ),
    ] = 0
    log_hours: Annotated[
        int, Meta(ge=1, le=8_760, description="hours after which a log file is put aside for a new one, however small")
    ] = 24
    logs_days: Annotated[int, Meta(ge=1, le=36_500, description="days that log files put aside are kept")] = 30
    pressure_percent: Annotated[
        float,
        Meta(
            ge=0,
            le=50,
            description="free share of the disk below which logs put aside go before their time, the oldest first, and "
            "then archived recordings, where recordings_days lets them go at all; 0: never",
        ),
    ] = 5.0
