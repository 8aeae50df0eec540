"""Holes that this bus could not prevent, made visible: counted, logged, kept on Redis beside the stream."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.bus.redis.keys import gaps_key
from tradewind.bus.redis.resp import command
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from tradewind.bus.redis.writer import Writer
    from tradewind.kernel.metrics import Metrics

GapReason = Literal["trimmed", "trimmed_pending", "stream_lost"]
_LOG = get_log("bus.redis")
_KEPT: Final = 100
_KEPT_ON_REDIS: Final = 1_000


class GapRecord(msgspec.Struct, frozen=True):
    """A group of a stream did not get everything.

    `stream_lost`: Redis was emptied, or a replica took over that lacked the newest entries.
    `after` is the last entry it got, `lost` how many entries after it are gone (`None`: nobody can tell).
    """

    key: str
    group: str
    reason: GapReason
    after: str
    lost: int | None


class Gaps:
    """Where gaps are reported; the newest are kept for the health page."""

    def __init__(self, writer: Writer, metrics: Metrics) -> None:
        self._writer = writer
        self._metrics = metrics
        self.newest: deque[GapRecord] = deque(maxlen=_KEPT)

    def report(self, gap: GapRecord) -> None:
        """Count, log and keep one gap."""
        self._metrics.bus_gaps.add(f"{gap.group}/{gap.reason}", 1 if gap.lost is None else gap.lost)
        self.newest.append(gap)
        _LOG.error("stream_gap", key=gap.key, group=gap.group, reason=gap.reason, after=gap.after, lost=gap.lost)
        self._writer.lasting(
            command(
                *("XADD", gaps_key(gap.key), "MAXLEN", "~", _KEPT_ON_REDIS, "*"),
                *("payload", msgspec.json.encode(gap)),
            )
        )
