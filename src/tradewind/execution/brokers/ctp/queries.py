"""All queries of one account in one line: one under way, the next after a pause, asked again while CTP is not ready.

CTP takes one query a second and one at a time (-2, -3), and answers 90 while it prepares; the pages of an answer come
one callback each. A query ends with all its pages, or with the reason why it has none: nothing in between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.ctp.messages import Called
    from tradewind.execution.brokers.ctp.door import Ground
    from tradewind.kernel.clock import Timer

_NOT_READY: Final = 90
_NO_NETWORK: Final = -1
ANSWER: Final = "OnRsp"
ERROR: Final = "OnRspError"
_SAFETY: Final = 1.05
"""The front counts seconds of its own."""
_URGENT_IN_A_ROW: Final = 4
"""Then one of the others has its turn: an order in doubt, asked for again and again, holds up no statement."""


class QueryResult(msgspec.Struct, frozen=True):
    """What came of a query: every row, or `error` and no rows."""

    rows: tuple[dict[str, Any], ...]
    error: str = ""
    error_id: int = 0


class _Query(msgspec.Struct):
    name: str
    fields: Mapping[str, object]
    done: Callable[[QueryResult], None]
    tries: int = 0
    rows: list[dict[str, Any]] = []


class QueryLine:
    """One account's queries; urgent ones go first, a few in a row. Nothing is asked before `begin` or after `cut`."""

    def __init__(self, ground: Ground) -> None:
        self._settings = settings = ground.settings
        self._clock = ground.clock
        self._door = ground.door
        self._ids = ground.ids
        self._spacing_ns = round(settings.query_spacing_s * NS_PER_S)
        self._urgent: deque[_Query] = deque()
        self._others: deque[_Query] = deque()
        self._urgent_run = 0
        self._current: _Query | None = None
        self._request_id = 0
        self._free_at = 0
        self._timer: Timer | None = None
        self._overdue: Timer | None = None
        self._is_open = False
        self.counts: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """Return how many wait for their turn."""
        return len(self._urgent) + len(self._others)

    @property
    def current(self) -> str:
        """Return the query under way, "" for none."""
        return "" if self._current is None else self._current.name

    def begin(self) -> None:
        """Ask from now on: logged in."""
        self._is_open = True
        self._pump()

    def cut(self, reason: str) -> None:
        """End every query: what was asked of this session nobody will answer."""
        self._is_open = False
        self._stop_timers()
        ended = [*([self._current] if self._current else []), *self._urgent, *self._others]
        self._current = None
        self._urgent.clear()
        self._others.clear()
        for query in ended:
            query.done(QueryResult((), reason))

    def allow(self, per_s: int) -> None:
        """Ask as fast as the front says it answers (QryFreq); what is no number changes nothing."""
        if per_s > 0:
            fastest = round(NS_PER_S * _SAFETY / per_s)
            self._spacing_ns = min(fastest, round(self._settings.query_spacing_s * NS_PER_S))

    def ask(
        self, name: str, fields: Mapping[str, object], done: Callable[[QueryResult], None], *, is_urgent: bool = False
    ) -> None:
        """Ask when its turn comes; `done` is called once, perhaps at once."""
        if not self._is_open or self.waiting >= self._settings.max_queries:
            reason = "not logged in" if not self._is_open else f"{self.waiting} queries wait already"
            done(QueryResult((), reason))
            return
        (self._urgent if is_urgent else self._others).append(_Query(name, fields, done))
        self._pump()

    def hear_return(self, request_id: int, code: int) -> bool:
        """Take what a Req… call returned; false where it was no query of ours."""
        query = self._of(request_id)
        if query is None:
            return False
        if code == _NO_NETWORK:
            self._end(QueryResult((), "the front is away (-1)"))
        elif code:
            self._again(query, f"too fast ({code})")
        return True

    def hear_failure(self, request_id: int, reason: str) -> bool:
        """Take that the child could not ask at all, which no later try mends; false where it was no query of ours."""
        if self._of(request_id) is None:
            return False
        self._end(QueryResult((), reason or "the child cannot ask this"))
        return True

    def hear_page(self, called: Called) -> bool:
        """Take a callback; false where it answers no query under way."""
        query = self._of(called.request_id)
        if query is None or called.name not in {ANSWER + query.name.removeprefix("Req"), ERROR}:
            return False
        if called.error_id == _NOT_READY:
            self._again(query, called.error_text)
        elif called.error_id:
            self._end(QueryResult((), called.error_text or "refused", called.error_id))
        else:
            if called.fields is not None:
                query.rows.append(called.fields)
            if called.is_last:
                self._end(QueryResult(tuple(query.rows)))
        return True

    def _of(self, request_id: int) -> _Query | None:
        return self._current if request_id and request_id == self._request_id else None

    def _again(self, query: _Query, reason: str) -> None:
        self._count("again")
        if query.tries >= self._settings.query_tries:
            self._end(QueryResult((), f"not ready after {query.tries} tries: {reason}", _NOT_READY))
            return
        query.rows.clear()
        self._release()
        self._urgent.appendleft(query)
        self._pump()

    def _end(self, result: QueryResult) -> None:
        query = self._release()
        if query is not None:
            self._count("failed" if result.error else "answered")
            query.done(result)
        self._pump()

    def _release(self) -> _Query | None:
        query, self._current, self._request_id = self._current, None, 0
        if self._overdue is not None:
            self._overdue.cancel()
        self._free_at = self._clock.now_ns() + self._spacing_ns
        return query

    def _pump(self) -> None:
        if not self._is_open or self._current is not None or not self.waiting:
            return
        now_ns = self._clock.now_ns()
        if now_ns < self._free_at:
            self._come_back()
            return
        query = self._next()
        query.tries += 1
        self._current, self._request_id = query, self._ids()
        self._overdue = self._clock.call_at(now_ns + round(self._settings.query_after_s * NS_PER_S), self._not_answered)
        if not self._door.request(query.name, query.fields, self._request_id):
            self._end(QueryResult((), "the connection is gone"))

    def _next(self) -> _Query:
        if self._urgent and (self._urgent_run < _URGENT_IN_A_ROW or not self._others):
            self._urgent_run += 1
            return self._urgent.popleft()
        self._urgent_run = 0
        return self._others.popleft()

    def _come_back(self) -> None:
        if self._timer is None or self._timer.callback is None:
            self._timer = self._clock.call_at(self._free_at, self._turn)

    def _turn(self, _ts: int) -> None:
        self._timer = None
        self._pump()

    def _not_answered(self, _ts: int) -> None:
        self._end(QueryResult((), f"no answer within {self._settings.query_after_s:g} s"))

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._overdue):
            if timer is not None:
                timer.cancel()
        self._timer = self._overdue = None

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
