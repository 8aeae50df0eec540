"""What a module is told to do, from the journal to the result: each execution once, a bounded number at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from tradewind.collector import protocol as wire
from tradewind.collector.execution_log import ExecutionLog
from tradewind.collector.module_journal import Entry, Journal, State
from tradewind.collector.module_router import Router, as_text
from tradewind.collector.protocol_jobs import Job, job_of
from tradewind.collector.protocol_reading import execution_id_of, shown
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_MS, Clock, monotonic_s
from tradewind.kernel.log import get_log

_LOG = get_log("collector")
_PROGRESS_S: Final = 1.0
"""Progress of one job is told at most this often."""
_MOST_LOOSE: Final = 1_000
_FORGET_EVERY: Final = 100


class Result(msgspec.Struct, frozen=True):
    """A result to be sent; `execution_id` is empty where the journal does not hold it."""

    execution_id: str
    text: str
    sends: int = 0


class Counts(msgspec.Struct):
    """What a module has done since its start."""

    taken: int = 0
    repeated: int = 0
    """Executions told again: not done again."""
    refused: int = 0
    succeeded: int = 0
    failed: int = 0
    resumed: int = 0
    journal_failures: int = 0
    unreadable: int = 0
    connections: int = 0
    unconfirmed: int = 0
    reports_dropped: int = 0


class _Doing(msgspec.Struct, frozen=True):
    execution_id: str
    meta: wire.Meta
    job: Job


class Jobs:
    """The jobs of one module. `report` is told what a server of ours may hear on the way."""

    def __init__(
        self,
        settings: ModuleSettings,
        journal: Journal,
        router: Router,
        *,
        clock: Clock,
        log: ExecutionLog,
        report: Callable[[wire.Accepted | wire.Progress], None] = lambda _report: None,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._router = router
        self._clock = clock
        self._log = log
        self.report = report
        self.counts = Counts()
        self.last: dict[str, object] = {}
        self.untold = asyncio.Event()
        self._waiting: deque[_Doing] = deque()
        self._has_work = asyncio.Event()
        self._idle = asyncio.Event()
        self._running: dict[str, float] = {}
        self._stops: dict[str, asyncio.Event] = {}
        self._lasting: dict[str, asyncio.Event] = {}
        self._left: set[str] = set()
        """Executions that last and were left when the module was told to stop."""
        self._lost: set[str] = set()
        """Executions that somebody else has."""
        self._loose: deque[str] = deque(maxlen=_MOST_LOOSE)
        self._ended_unwritten: dict[str, str] = {}
        self._told_unwritten: dict[str, None] = {}
        self._nameless = 0
        self.is_stopping = False

    @property
    def open_ids(self) -> tuple[str, ...]:
        """Executions that run or wait, or have ended and are not on disk yet."""
        return (*self._running, *(doing.execution_id for doing in self._waiting), *self._ended_unwritten)

    @property
    def unsent(self) -> int:
        """Results that wait to be told; not counted while the journal cannot be read."""
        with contextlib.suppress(StoreError):
            return len(self._loose) + len(self._ended_unwritten) + self._journal.counts().get(State.ENDED, 0)
        return len(self._loose) + len(self._ended_unwritten)

    def resume(self) -> None:
        """Take up what the last run of this module left: done again where that has the effect of once, else failed.

        Raises: StoreError: the journal cannot be used.
        """
        for entry in self._journal.unfinished():
            job = job_of(entry.args)
            age_s = max(0, self._now_ms() - entry.taken_ms) / 1_000
            if isinstance(job, Job) and self._may_resume(job, age_s):
                self.counts.resumed += 1
                self._queue(_Doing(entry.execution_id, entry.meta, job.begun(entry.taken_ms)))
            else:
                reason = "interrupted: the module ended while the job ran; it is not done again, for it "
                reason += "is too old" if age_s > self._settings.resume_s else "may have had effects"
                self._end(entry.execution_id, wire.Failed(entry.meta, reason))
        self.untold.set()

    def take(self, order: wire.Execute) -> None:
        """Take one job, refuse it, or know it again; never raises and never waits."""
        execution_id = execution_id_of(order.meta) or self._name()
        try:
            known = self._journal.find(execution_id)
            if known is not None:
                self._know_again(known)
                return
            if busy := self._busy():
                self._refuse_for_now(execution_id, order.meta, busy)
                return
            taken_ms = self._now_ms()
            self._journal.take(execution_id, order.meta, order.args, taken_ms)
        except StoreError as error:
            self._refuse_unwritten(order.meta, error)
            return
        self.counts.taken += 1
        job = job_of(order.args)
        reason = job if isinstance(job, str) else self._router.why_not(job)
        if isinstance(job, str) or reason:
            self.counts.refused += 1
            _LOG.warning("job_refused", execution_id=execution_id, reason=reason)
            self._end(execution_id, wire.Failed(order.meta, f"refused: {reason}"))
            return
        self._queue(_Doing(execution_id, order.meta, job.begun(taken_ms)))
        self.report(wire.Accepted(order.meta))

    def cancel(self, order: wire.Cancel) -> None:
        """End an execution that waits or runs here; of any other there is nothing to do."""
        execution_id = execution_id_of(order.meta)
        waiting = next((doing for doing in self._waiting if doing.execution_id == execution_id), None)
        if waiting is not None:
            self._waiting.remove(waiting)
            self._end(waiting.execution_id, wire.Failed(waiting.meta, "cancelled: before it began"))
        elif execution_id in self._stops:
            _LOG.info("job_cancelled", execution_id=execution_id, is_lost=order.is_lost)
            self._left.discard(execution_id)
            if order.is_lost:
                self._lost.add(execution_id)
            self._stops[execution_id].set()

    def refuse(self, unreadable: wire.Unreadable) -> None:
        """Tell the server of an order that could not be read, where it can be told whose it was."""
        self.counts.unreadable += 1
        _LOG.warning("message_unreadable", reason=unreadable.reason)
        if execution_id_of(unreadable.meta) is not None:
            self._loosen(as_text(wire.Failed(unreadable.meta, f"refused: {unreadable.reason}")))

    async def work(self) -> None:
        """Do what waits, one job after the other, until cancelled; run as often as jobs may run at once."""
        while True:
            while not self._waiting or self.is_stopping:
                self._has_work.clear()
                await self._has_work.wait()
            doing = self._waiting.popleft()
            self._running[doing.execution_id] = monotonic_s()
            stop = self._stops[doing.execution_id] = asyncio.Event()
            if self._router.is_lasting(doing.job):
                self._lasting[doing.execution_id] = stop
            try:
                outcome = await self._router.run(doing.job, doing.meta, self._teller(doing.meta), stop)
            finally:
                begun_s = self._running.pop(doing.execution_id)
                del self._stops[doing.execution_id]
                self._lasting.pop(doing.execution_id, None)
            if doing.execution_id in self._lost:
                self._lose(doing)
            elif doing.execution_id not in self._left or isinstance(outcome, wire.Failed):
                self._end(doing.execution_id, outcome, job=doing.job, took_s=monotonic_s() - begun_s)
            self._idle.set()

    async def drain(self, patience_s: float) -> None:
        """Begin nothing more and let what runs end, for so long.

        Jobs that last store what they have and stay in the journal as begun: the next start takes them up again.
        """
        self.is_stopping = True
        for execution_id, stop in self._lasting.items():
            self._left.add(execution_id)
            stop.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._running:
                    self._idle.clear()
                    await self._idle.wait()

    def next_result(self) -> Result | None:
        """Return the result that waits longest to be told.

        Raises: StoreError: the journal cannot be read.
        """
        if self._loose:
            return Result("", self._loose[0])
        self._write_ended()
        self._write_told()
        entry = self._journal.first_untold()
        return None if entry is None or entry.result is None else Result(entry.execution_id, entry.result, entry.sends)

    def confirmed(self, result: Result) -> None:
        """Put down that the server has a result; where that cannot be written it is before anything else is told."""
        if not result.execution_id:
            with contextlib.suppress(ValueError):
                self._loose.remove(result.text)
            return
        self._told_unwritten[result.execution_id] = None
        with contextlib.suppress(StoreError):
            self._write_told()

    def unconfirmed(self, result: Result) -> None:
        """Put down that a result was sent and the server said nothing for long; after so many times it is left."""
        self.counts.unconfirmed += 1
        if not result.execution_id:
            with contextlib.suppress(ValueError):
                self._loose.remove(result.text)
            return
        self._journal.count_send(result.execution_id)
        if result.sends + 1 >= self._settings.most_sends:
            _LOG.error("result_unconfirmed", execution_id=result.execution_id, sends=result.sends + 1)
            self._journal.move(result.execution_id, State.UNCONFIRMED)

    def _know_again(self, known: Entry) -> None:
        """The same execution was told twice: it is done once, and its result is told again if it has one."""
        self.counts.repeated += 1
        _LOG.info("execution_known", execution_id=known.execution_id, state=known.state)
        if known.state is State.TAKEN:
            self.report(wire.Accepted(known.meta))
            return
        self._told_unwritten.pop(known.execution_id, None)
        if known.state is not State.ENDED:
            self._journal.move(known.execution_id, State.ENDED)
        self.untold.set()

    def _lose(self, doing: _Doing) -> None:
        """Forget an execution that somebody else has, so that it may be given back; what was stored is stored."""
        self._lost.discard(doing.execution_id)
        lost = wire.Failed(doing.meta, "lost: another module has it now")
        try:
            self._journal.lose(doing.execution_id)
        except StoreError:
            self._end(doing.execution_id, lost, job=doing.job)
        else:
            self._loosen(as_text(lost))

    def _may_resume(self, job: Job, age_s: float) -> bool:
        is_young = age_s <= self._settings.resume_s or self._router.is_lasting(job)
        return is_young and self._router.is_repeatable(job)

    def _busy(self) -> str:
        if self.is_stopping:
            return "the module is stopping"
        if len(self._waiting) >= self._settings.jobs_waiting:
            return f"{len(self._waiting)} jobs wait already, at most {self._settings.jobs_waiting} may"
        return ""

    def _refuse_for_now(self, execution_id: str, meta: wire.Meta, reason: str) -> None:
        """Refuse without putting it down: told again later, the same execution may be taken."""
        self.counts.refused += 1
        _LOG.warning("job_refused", execution_id=execution_id, reason=reason)
        self._loosen(as_text(wire.Failed(meta, f"refused: {reason}")))

    def _queue(self, doing: _Doing) -> None:
        self._waiting.append(doing)
        self._has_work.set()

    def _name(self) -> str:
        """Return an id for an execution that has none: two of them cannot be known for the same."""
        self._nameless += 1
        return f"nameless-{self._clock.now_ns()}-{self._nameless}"

    def _refuse_unwritten(self, meta: wire.Meta, error: StoreError) -> None:
        """What cannot be put down is not done: it might be done twice, or forgotten."""
        self.counts.journal_failures += 1
        _LOG.error("job_not_taken", error=str(error))
        self._loosen(as_text(wire.Failed(meta, f"store: the job was not taken: {error}")))

    def _loosen(self, text: str) -> None:
        self._loose.append(text)
        self.untold.set()

    def _end(
        self, execution_id: str, outcome: wire.Succeeded | wire.Failed, *, job: Job | None = None, took_s: float = 0.0
    ) -> None:
        text = as_text(outcome)
        is_good = isinstance(outcome, wire.Succeeded)
        if is_good:
            self.counts.succeeded += 1
        else:
            self.counts.failed += 1
        why = "" if isinstance(outcome, wire.Succeeded) else shown(outcome.message)
        self.last = {"execution_id": execution_id, "is_success": is_good, "ended_ms": self._now_ms(), "why": why}
        self._log.write(self._clock.now_ns(), execution_id, outcome, job=job, took_s=took_s)
        self._ended_unwritten[execution_id] = text
        with contextlib.suppress(StoreError):
            self._write_ended()
        self.untold.set()

    def _write_ended(self) -> None:
        """Write the results that are not on disk yet: a full disk holds them in memory, never loses them.

        Raises: StoreError: it still cannot be written.
        """
        for execution_id, text in list(self._ended_unwritten.items()):
            try:
                self._journal.end(execution_id, text, self._now_ms())
            except StoreError as error:
                self.counts.journal_failures += 1
                _LOG.error("result_not_written", execution_id=execution_id, error=str(error))
                raise
            del self._ended_unwritten[execution_id]

    def _write_told(self) -> None:
        """Write what the server has, so that it is not told again.

        Raises: StoreError: it cannot be written.
        """
        for execution_id in list(self._told_unwritten):
            self._journal.move(execution_id, State.TOLD)
            del self._told_unwritten[execution_id]
            if self.counts.taken % _FORGET_EVERY == 0:
                self._journal.forget(self._settings.keep)

    def _teller(self, meta: wire.Meta) -> Callable[[int, int], None]:
        last_s = 0.0

        def tell(done: int, whole: int) -> None:
            nonlocal last_s
            now_s = monotonic_s()
            if done >= whole or now_s - last_s >= _PROGRESS_S:
                last_s = now_s
                self.report(wire.Progress(meta, done, whole))

        return tell

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS
