"""When an alert is raised and when it is held back: once per episode, not again before the cooldown is over.

An episode begins when a watch finds something beyond its limit and ends when the watch says that it is well within
(each watch has its own margin). Within an episode only a higher severity is told again.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.risk.settings import RiskSettings

V = TypeVar("V")

SEVERITIES: Final = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
HELD_BACK: Final = -1
"""What `Episodes.report` returns for something real that the cooldown or the settings keep quiet."""
WORST: Final = len(SEVERITIES) - 1
_EXCESS_DIGITS: Final = 9
_RANKS: Final = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Finding(NamedTuple):
    """What a watch saw beyond a limit. `subject` is what the episode is about, by default the instrument."""

    instrument_id: str
    ts_event: int
    excess: float
    params: dict[str, float | str]
    cause: str
    opportunity_id: str | None = None
    subject: str = ""
    scope: str = ""
    """What the cooldown is about, if not the instrument."""


class Episodes:
    """Turns findings into alerts; remembers what is going on per kind and subject.

    Bounded by what the watches follow: an episode is forgotten when cleared, a cooldown when `remembered` newer
    ones have come (it would then have to be very long to matter).
    """

    def __init__(self, settings: RiskSettings, emit: Callable[[RiskAlert], None]) -> None:
        self._emit = emit
        self._cooldown_ns = round(settings.cooldown_s * NS_PER_S)
        self._escalates = settings.escalates
        self._steps = {kind: settings.steps_of(kind) for kind in AlertKind}
        self._watched = frozenset(settings.watches)
        self._remembered = settings.max_instruments * len(AlertKind)
        self._active: dict[tuple[AlertKind, str], int] = {}
        self._told_at: dict[tuple[AlertKind, str], int] = {}
        self._ids: dict[tuple[AlertKind, str], tuple[int, int]] = {}

    def report(self, kind: AlertKind, finding: Finding) -> int:
        """Note that something is beyond its limit, and raise the alert if this is news.

        Returns the severity (0 low … 3 critical) up to which the episode has been told; `WORST` when it will not
        be told again whatever happens, `HELD_BACK` when nothing has been told of it yet.
        """
        if kind not in self._watched:
            return WORST
        key = (kind, finding.subject or finding.instrument_id)
        told = self._active.get(key)
        scope = finding.scope or finding.instrument_id
        if told is None:
            if self.holds_back(kind, key[1], scope, finding.ts_event):
                return HELD_BACK
        elif not self._escalates:
            return WORST
        # A price at the very limit may be a rounding error away from it.
        rank = bisect_right(self._steps[kind], round(finding.excess, _EXCESS_DIGITS))
        if told is not None and rank <= told:
            return told
        self._active[key] = rank
        _remember(self._told_at, (kind, scope), finding.ts_event, self._remembered)
        self._emit(self._alert(kind, finding, SEVERITIES[rank]))
        return rank if self._escalates else WORST

    def holds_back(self, kind: AlertKind, subject: str, scope: str, ts_event: int) -> bool:
        """True when a new episode would be held back now: ask before putting a finding into words costs anything."""
        if kind not in self._watched or (kind, subject) in self._active:
            return False
        told_at = self._told_at.get((kind, scope))
        return told_at is not None and ts_event - told_at < self._cooldown_ns

    def clear(self, kind: AlertKind, subject: str) -> None:
        """Note that the thing is well within its limit again: the next time will be a new episode."""
        self._active.pop((kind, subject), None)

    def is_active(self, kind: AlertKind, subject: str) -> bool:
        """True between an alert and the end of what it was about."""
        return (kind, subject) in self._active

    def next_step(self, kind: AlertKind, rank: int) -> float | None:
        """Return the excess at which an episode told up to `rank` would be told again, or `None`."""
        return self._steps[kind][rank] if 0 <= rank < WORST else None

    def _alert(self, kind: AlertKind, finding: Finding, severity: Severity) -> RiskAlert:
        key = (kind, finding.instrument_id)
        last_ts, count = self._ids.get(key, (-1, 0))
        count = count + 1 if finding.ts_event == last_ts else 1
        _remember(self._ids, key, (finding.ts_event, count), self._remembered)
        name = f"{kind}:{finding.instrument_id}:{finding.ts_event}"
        return RiskAlert(
            alert_id=name if count == 1 else f"{name}:{count}",
            kind=kind,
            severity=severity,
            instrument_id=finding.instrument_id,
            ts_event=finding.ts_event,
            params=finding.params,
            opportunity_id=finding.opportunity_id,
            cause=finding.cause,
        )


def severity_rank(severity: Severity) -> int:
    """Return 0 for low … 3 for critical."""
    return _RANKS[severity]


def shown(value: float) -> float:
    """Round a measured number to eight significant digits, the same on every machine."""
    return float(f"{value:.8g}")


def _remember(memory: dict[tuple[AlertKind, str], V], key: tuple[AlertKind, str], value: V, limit: int) -> None:
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > limit:
        del memory[next(iter(memory))]
