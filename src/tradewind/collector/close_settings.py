"""What an operator may choose about the closes that a module keeps."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class CloseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last trade of each day, kept in the collection `documents.close` when a market has closed."""

    enabled: Annotated[bool, Meta(description="whether a running module keeps closes")] = True
    codes: Annotated[
        tuple[str, ...],
        Meta(
            max_length=5_000,
            description="codes whose closes are kept, as TSLA.US, 00700.HK, 600519.SH, 000001.SZ, USDCNY; empty: those "
            "that the store has trades of that day of",
        ),
    ] = ()
    after_min: Annotated[
        float,
        Meta(ge=0, le=60, description="minutes after a market's close at which its closes are fetched"),
    ] = 1.0
    grace_s: Annotated[
        float,
        Meta(ge=0, le=600, description="seconds after a market's close in which its closing auction may be told; later "
             "trades are after hours and no close"),
    ] = 10.0  # fmt: skip
    late_h: Annotated[
        float, Meta(ge=0, le=72, description="hours after that in which closes that were missed are made up for")
    ] = 12.0
    start_s: Annotated[
        float, Meta(ge=0, le=3_600, description="seconds after a module's start before it looks for missed closes")
    ] = 30.0
    retry_scale: Annotated[
        float, Meta(gt=0, le=10, description="factor on the waits before closes that failed are tried again")
    ] = 1.0
