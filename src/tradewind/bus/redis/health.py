"""What the health page says of the bus: is Redis there, what waits, who reads what, which holes there were."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.bus.redis.gaps import GapRecord

BusState = Literal["connecting", "connected", "degraded", "stopped"]


class BusHealth(msgspec.Struct, frozen=True):
    """The Redis bus at one moment.

    `reason` says why it is not `connected`: in the degraded state this process goes on, what it writes waits in the
    spool (`spooled` of `spool`, then the oldest are dropped), and nothing comes in from other processes.
    """

    state: BusState
    reason: str
    address: str
    member: str
    since_s: float
    """Seconds in this state."""
    spooled: int
    spool: int
    dropped: int
    reconnects: int
    shards: dict[str, tuple[int, ...]]
    """Group → shards this process reads."""
    gaps: tuple[GapRecord, ...]
    """The newest, oldest first."""
