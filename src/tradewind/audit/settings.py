"""What an operator may choose about the audit chain's anchors."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the head of the chain is noted outside the database, so that a cut tail shows."""

    anchor_file: Annotated[
        str,
        Meta(
            description="file to which the newest entry's number and hash are appended; best on another disk or "
            "machine and owned by another user; empty: anchors.jsonl in data_dir"
        ),
    ] = ""
    anchor_s: Annotated[float, Meta(gt=0, description="seconds between two anchors, where anything was written")] = 60.0
    syslog: Annotated[bool, Meta(description="tell the system's log each anchor too")] = False
