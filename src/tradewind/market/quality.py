"""The quality of each instrument's data: what was accepted, rejected, repaired, and where it fell silent.

Counting costs the hot path nothing: what is accepted is the sequence number itself, everything else happens on
the careful path of cleaning.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.reasons import RejectReason, RepairReason

LimitState = Literal["up", "down"]


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's data quality since the start, for the API and the page. Times in ns UTC.

    `usual_interval_ms` is the median interval at the start of the present section; `gaps` counts silences much
    longer than it, `longest_gap_ms` is the worst. `max_lag_ms` is the longest way from the exchange's stamp to us.
    `off_tick` counts distinct prices off the contract's tick: more than 0 means that the tick is out of date.
    """

    instrument_id: str
    accepted: int
    rejected: dict[str, int]
    repaired: dict[str, int]
    snapshots: int
    gaps: int
    longest_gap_ms: float
    usual_interval_ms: float | None
    max_lag_ms: float
    last_seen_ns: int
    trading_day: int
    limit_state: LimitState | None
    limit_ticks: int
    off_tick: int


UNKNOWN_NS: Final = -1
"""The limit of a gap before the usual interval is known."""


class QualityCounts:
    """What the careful path counts for one instrument; every dict is bounded by its enum."""

    __slots__ = (
        "_gap_min_ns",
        "_intervals",
        "_sample",
        "_section_open_ns",
        "_times_usual",
        "gap_limit_ns",
        "gaps",
        "limit_state",
        "limit_ticks",
        "longest_gap_ns",
        "rejected",
        "repaired",
        "snapshots",
        "usual_ns",
    )

    def __init__(self, *, times_usual: float, gap_min_ns: int, sample: int) -> None:
        """Call a silence a gap when it lasts `times_usual` the usual interval, and at least `gap_min_ns`."""
        self.rejected: dict[RejectReason, int] = {}
        self.repaired: dict[RepairReason, int] = {}
        self.snapshots = 0
        self.gaps = 0
        self.longest_gap_ns = 0
        self.usual_ns: int | None = None
        self.gap_limit_ns = UNKNOWN_NS
        self.limit_state: LimitState | None = None
        self.limit_ticks = 0
        self._times_usual = times_usual
        self._gap_min_ns = gap_min_ns
        self._sample = sample
        self._intervals: list[int] = []
        self._section_open_ns = -1

    def reject(self, reason: RejectReason) -> None:
        """Count a rejected tick."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1

    def repair(self, reasons: list[RepairReason]) -> None:
        """Count what was repaired in one tick."""
        for reason in reasons:
            self.repaired[reason] = self.repaired.get(reason, 0) + 1

    def lock(self, state: LimitState | None) -> None:
        """Note whether the tick just accepted is locked at a limit."""
        self.limit_state = state
        if state is not None:
            self.limit_ticks += 1

    def interval(self, section_open_ns: int, before_ns: int, ts: int) -> None:
        """Learn from the time between two accepted ticks; a break between sections is no gap."""
        if section_open_ns != self._section_open_ns:
            self._section_open_ns = section_open_ns
            self._intervals.clear()
            self.usual_ns = None
            self.gap_limit_ns = UNKNOWN_NS
        if before_ns < section_open_ns:
            return
        passed_ns = ts - before_ns
        if self.usual_ns is not None:
            if passed_ns > self.gap_limit_ns:
                self.gaps += 1
                self.longest_gap_ns = max(self.longest_gap_ns, passed_ns)
            return
        self._intervals.append(passed_ns)
        if len(self._intervals) >= self._sample:
            self.usual_ns = sorted(self._intervals)[self._sample // 2]
            self.gap_limit_ns = max(round(self.usual_ns * self._times_usual), self._gap_min_ns)
            self._intervals.clear()

    def scorecard(
        self,
        *,
        instrument_id: str,
        accepted: int,
        max_lag_ns: int,
        last_seen_ns: int,
        trading_day: int,
        off_tick: int,
    ) -> Scorecard:
        """Return what is known of the quality of one instrument's data; the rest is for the cleaner to say."""
        return Scorecard(
            instrument_id=instrument_id,
            accepted=accepted,
            rejected={reason.value: count for reason, count in self.rejected.items()},
            repaired={reason.value: count for reason, count in self.repaired.items()},
            snapshots=self.snapshots,
            gaps=self.gaps,
            longest_gap_ms=self.longest_gap_ns / NS_PER_MS,
            usual_interval_ms=None if self.usual_ns is None else self.usual_ns / NS_PER_MS,
            max_lag_ms=max_lag_ns / NS_PER_MS,
            last_seen_ns=last_seen_ns,
            trading_day=trading_day,
            limit_state=self.limit_state,
            limit_ticks=self.limit_ticks,
            off_tick=off_tick,
        )
