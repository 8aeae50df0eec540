"""What an operator may choose about backups."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where backups are kept, how many, and whether market data is part of them."""

    folder: Annotated[
        str,
        Meta(
            description="folder that holds the backups, one folder each; empty: `backups` in data_dir. Another disk or "
            "machine is better"
        ),
    ] = ""
    keep: Annotated[
        int,
        Meta(ge=0, le=10_000, description="backups that are kept: a new one takes the place of the oldest; 0: all"),
    ] = 14
    market_data: Annotated[
        bool,
        Meta(
            description="recordings and the archive too; what has not changed since the backup before is shared with "
            "it (hard links) and takes no room again"
        ),
    ] = True
