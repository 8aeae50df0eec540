"""The scorecard: gaps against the usual interval, learnt anew in every section."""

from __future__ import annotations

from tradewind.kernel.clock import NS_PER_S
from tradewind.market.quality import UNKNOWN_NS, QualityCounts
from tradewind.market.reasons import RejectReason, RepairReason

OPEN = 1000 * NS_PER_S


def learnt(*, usual_s: int = 1, sample: int = 5) -> QualityCounts:
    """Return counts that have seen a section begin with this interval."""
    counts = QualityCounts(times_usual=10.0, gap_min_ns=5 * NS_PER_S, sample=sample)
    for tick in range(sample):
        counts.interval(OPEN, OPEN + tick * usual_s * NS_PER_S, OPEN + (tick + 1) * usual_s * NS_PER_S)
    return counts


def test_the_usual_interval_is_the_median_of_the_first_ticks() -> None:
    counts = QualityCounts(times_usual=10.0, gap_min_ns=0, sample=5)
    at = OPEN
    for seconds in (1, 2, 90, 2, 3):
        counts.interval(OPEN, at, at + seconds * NS_PER_S)
        at += seconds * NS_PER_S
    assert counts.usual_ns == 2 * NS_PER_S
    assert counts.gap_limit_ns == 20 * NS_PER_S


def test_a_silence_much_longer_than_usual_is_a_gap() -> None:
    counts = learnt()
    counts.interval(OPEN, OPEN + 5 * NS_PER_S, OPEN + 15 * NS_PER_S)
    assert counts.gaps == 0
    counts.interval(OPEN, OPEN + 15 * NS_PER_S, OPEN + 26 * NS_PER_S)
    assert (counts.gaps, counts.longest_gap_ns) == (1, 11 * NS_PER_S)


def test_a_short_silence_is_no_gap_however_fast_the_feed() -> None:
    counts = QualityCounts(times_usual=10.0, gap_min_ns=5 * NS_PER_S, sample=3)
    for tick in range(3):
        counts.interval(OPEN, OPEN + tick, OPEN + tick + 1)
    counts.interval(OPEN, OPEN + 3, OPEN + 4 * NS_PER_S)
    assert counts.gaps == 0


def test_a_break_between_sections_is_no_gap_and_the_next_section_learns_anew() -> None:
    counts = learnt()
    afternoon = OPEN + 7200 * NS_PER_S
    counts.interval(afternoon, OPEN + 6 * NS_PER_S, afternoon + NS_PER_S)
    assert (counts.gaps, counts.usual_ns, counts.gap_limit_ns) == (0, None, UNKNOWN_NS)


def test_counts_are_kept_by_reason() -> None:
    counts = learnt()
    counts.reject(RejectReason.DUPLICATE)
    counts.reject(RejectReason.DUPLICATE)
    counts.repair([RepairReason.CROSSED_BOOK, RepairReason.TURNOVER])
    assert counts.rejected == {RejectReason.DUPLICATE: 2}
    assert counts.repaired == {RepairReason.CROSSED_BOOK: 1, RepairReason.TURNOVER: 1}


def test_locked_ticks_are_counted_until_the_lock_opens() -> None:
    counts = learnt()
    for state in ("up", "up", None):
        counts.lock(state)
    assert (counts.limit_state, counts.limit_ticks) == (None, 2)
