"""Asking the broker for everything: one query at a time, again while somebody wants to know, and regularly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.execution.deadlines import Deadlines
from tradewind.execution.ports import SendOutcome
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.execution.ports import QueryAnswer
    from tradewind.execution.settings import ExecutionSettings
    from tradewind.execution.wire import Wire
    from tradewind.kernel.clock import LineClock

_KEY: Final = "query"


class Inquiry:
    """Knows what was asked and when; `is_settled` once a complete answer came since the connection stands."""

    def __init__(self, *, settings: ExecutionSettings, clock: LineClock, wire: Wire) -> None:
        self._clock = clock
        self._wire = wire
        self._count = 0
        self._asked_ts: int | None = None
        self._is_wanted = False
        self.is_settled = False
        self._overdue = Deadlines(clock, round(settings.query_after_s * NS_PER_S), self._ask_again)
        self._busy = Deadlines(clock, round(settings.busy_wait_s * NS_PER_S), self._ask_again)
        self._later = Deadlines(clock, round(settings.unknown_after_s * NS_PER_S), self._due)
        self._regular = Deadlines(clock, round(settings.reconcile_s * NS_PER_S), self._due)

    def want(self) -> None:
        """Ask as soon as nothing is being asked: what happened before now must be in the answer."""
        self._is_wanted = True
        self._ask()

    def want_later(self) -> None:
        """Ask in a while, unless that is planned."""
        if _KEY not in self._later:
            self._later.start(_KEY)

    def keep_asking(self) -> None:
        """Ask again after the regular pause, where a report may be lost."""
        if _KEY not in self._regular and self._wire.broker.loses_reports:
            self._regular.start(_KEY)

    def begin(self) -> None:
        """Start over on a new connection."""
        self.end()
        self.want()

    def end(self) -> None:
        """Forget what was asked; nothing is settled any more."""
        self._asked_ts = None
        self.is_settled = False
        for deadlines in (self._overdue, self._busy, self._later, self._regular):
            deadlines.clear()

    def answered(self, answer: QueryAnswer) -> int | None:
        """Return when a complete answer was asked for, `None` for an old or incomplete one (asked again)."""
        if self._asked_ts is None or answer.query_id != self._query_id:
            return None
        asked_ts, self._asked_ts = self._asked_ts, None
        self._overdue.stop(_KEY)
        if not answer.is_complete:
            self._is_wanted = True
            self.want_later()
            return None
        self.is_settled = True
        return asked_ts

    def go_on(self) -> None:
        """Ask again at once if somebody wanted to know while the last query was under way."""
        if self._is_wanted and _KEY not in self._later:
            self._ask()

    @property
    def _query_id(self) -> str:
        return f"q{self._count}"

    def _due(self, _key: str, _ts: int) -> None:
        self.want()

    def _ask_again(self, _key: str, _ts: int) -> None:
        self._asked_ts = None
        self.want()

    def _ask(self) -> None:
        if self._asked_ts is not None or not self._wire.is_connected or _KEY in self._busy:
            return
        self._count += 1
        self._asked_ts = self._clock.now_ns()
        self._is_wanted = False
        outcome = self._wire.query(self._query_id)
        if outcome in {SendOutcome.SENT, SendOutcome.UNKNOWN}:
            self._overdue.start(_KEY)
        else:
            self._asked_ts = None
            self._is_wanted = True
            self._busy.start(_KEY)
        self._wire.drain()
