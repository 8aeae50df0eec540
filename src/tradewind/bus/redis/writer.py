"""Everything this process writes to Redis: one pipeline per loop turn, a bounded spool while Redis is away.

Two kinds of commands. *Lasting* ones (stream entries, groups) are kept until Redis has answered: those whose answer
was lost with the connection are sent again, in their order, so an entry may be written twice and never not at all.
*Passing* ones (Pub/Sub, acknowledgements, mirrors) are dropped when Redis is away: they are worth nothing later.

When the spool is full the oldest lasting commands are dropped and counted: newest quotes matter most, and sequence
numbers show the hole. Redis out of memory, loading or read-only holds the pipeline; it is tried again by and by.

A pipeline that Redis refuses in part would stand there out of order. So near the limit of its memory, and for a while
after a refusal, what waits is written as one transaction, taken or refused as a whole, and the next only after it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.bus.redis.resp import ReplyError, code_of
from tradewind.bus.redis.transaction import Transaction
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

E = TypeVar("E")
_LOG = get_log("bus.redis")
_FLUSH_AT: Final = 256
"""Commands after which a burst begins to leave without waiting for the loop's turn to end."""
_PASSING_MAX: Final = 65_536
"""Passing commands that may wait for one turn; more are dropped and counted."""
_CAREFUL_S: Final = 60.0
"""How long after a refusal the next one is reckoned with."""
_BYTES_PER_ENTRY: Final = 512
"""What an entry of the spool may weigh where many events are in one: a spool is bounded by count and by this."""
_HOLDING: Final = frozenset(
    {"OOM", "LOADING", "READONLY", "MISCONF", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "BUSY", "TRYAGAIN"}
    | {"EXECABORT"}
)
"""Errors that pass with time, or were another command's; the command is kept."""
_HARMLESS: Final = frozenset({"BUSYGROUP"})


class _Flight:
    """Commands written together, waiting for their answers; `commands` is empty for passing ones."""

    __slots__ = ("commands", "left", "transaction")

    def __init__(self, commands: list[bytes], left: int, transaction: Transaction | None = None) -> None:
        self.commands = commands
        self.left = left
        self.transaction = transaction


class Writer:
    """The pipeline and its spool; see the module for what is kept and what is not."""

    def __init__(
        self,
        *,
        spool: int,
        window: int,
        backoff: Backoff,
        retry_max_s: float,
        metrics: Metrics,
        many: int,
        on_many: Callable[[], None],
    ) -> None:
        """Call `on_many` when `many` lasting commands were sent since `sent` was set to 0: streams may be long."""
        self._spool_max = spool
        self._window = window
        self._backoff = backoff
        self._retry_max_s = retry_max_s
        self._metrics = metrics
        self._many = many
        self._on_many = on_many
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._spool: list[bytes] = []
        self._passing: list[bytes] = []
        self._flights: deque[_Flight] = deque()
        self._flying = 0
        self._landed = 0
        self._again: list[bytes] = []
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._refused: set[str] = set()
        self._heard_s = 0.0
        self._is_held = False
        self._held_s = 0.0
        self._is_wary = False
        self.is_careful = False
        """While true what is lasting is written as a whole or not at all, one flight at a time."""
        self.is_subscribing = False
        """While true passing commands wait: a reader of this process is about to listen to them."""
        self.held_by = ""
        """The error that holds the pipeline, in Redis' words; empty while it flows."""
        self.sent = 0
        """Lasting commands sent since somebody set this to 0."""
        self.gather: Callable[[], None] = lambda: None
        """Asked before each flush to write what was only packed so far."""
        self._is_gathering = False
        self._packed_bytes = 0
        """Bytes of packs since it was last looked whether too many wait."""

    @property
    def spooled(self) -> int:
        """Return how many lasting commands Redis has not confirmed yet."""
        return len(self._spool) + len(self._again) + self._flying

    def attach(self, link: Link) -> None:
        """Write through this connection from now on, beginning with what waited."""
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._heard_s = monotonic_s()
        self._is_held = False
        self.flush()

    def detach(self) -> None:
        """The connection is gone: what Redis may not have seen goes to the head of the spool."""
        self._link = None
        unsure = self._again
        for flight in self._flights:
            unsure += flight.commands[len(flight.commands) - flight.left :] if flight.commands else ()
        self._again = []
        self._flights.clear()
        self._flying = 0
        self._spool[:0] = unsure
        self._drop_passing("disconnected")

    def take_care(self, *, is_nearly_full: bool) -> None:
        """Be careful while Redis is nearly full, and for a while after it refused something; asked again and again."""
        self._is_wary = is_nearly_full or (self._held_s > 0 and monotonic_s() - self._held_s < _CAREFUL_S)
        self.is_careful = self.is_careful or self._is_wary
        self._relax()

    def _relax(self) -> None:
        """End the care once nothing is under way that could still be refused, and be overtaken."""
        if not self._is_wary and not self._flying and not self._again and not self._is_held:
            self.is_careful = False

    def silent_s(self) -> float:
        """Return for how long Redis has owed an answer."""
        return monotonic_s() - self._heard_s if self._flights else 0.0

    def lasting(self, command: bytes) -> None:
        """Write a command that must not be lost."""
        if not self._spool:
            self._schedule()
        elif len(self._spool) >= _FLUSH_AT:
            self.flush()
        self._spool.append(command)

    def collected(self, commands: list[bytes]) -> None:
        """Write commands that must not be lost, packs of many events: for `gather`, which is followed by a flush."""
        self._spool += commands
        self._packed_bytes += sum(map(len, commands))

    def flush_soon(self) -> None:
        """Flush when the loop's turn ends: something has been packed for `gather`."""
        if not self._is_gathering:
            self._is_gathering = True
            asyncio.get_running_loop().call_soon(self.flush)

    def passing(self, command: bytes) -> None:
        """Write a command that is worth nothing later."""
        if self._link is None:
            self._metrics.bus_dropped.add("disconnected")
            return
        if not self._passing:
            self._schedule()
        self._passing.append(command)
        if len(self._passing) > _PASSING_MAX:
            self._drop_passing("overflow")

    def entry_writer(self, prefix: bytes, encode: Callable[[E], bytes]) -> Callable[[E], None]:
        """Return the function that appends an event to the stream of `prefix`: `lasting`, without its calls."""
        spool = self._spool
        append = spool.append

        def write(event: E) -> None:
            payload = encode(event)
            if not spool:
                self._schedule()
            elif len(spool) >= _FLUSH_AT:
                self.flush()
            append(b"%b$%d\r\n%b\r\n" % (prefix, len(payload), payload))

        return write

    def when_confirmed(self, then: Callable[[], None]) -> None:
        """Call `then` once everything lasting that was written before is in Redis; at once if it is already."""
        self.gather()
        ahead = self.spooled
        if ahead:
            self._waiting.append((self._landed + ahead, then))
        else:
            then()

    async def confirmed(self) -> None:
        """Wait until everything lasting that was written so far is in Redis."""
        done = asyncio.get_running_loop().create_future()
        self.when_confirmed(lambda: None if done.done() else done.set_result(None))
        await done

    def flush(self) -> None:
        """Send what waits, as far as the window allows; called once per loop turn, and by bursts."""
        self._is_gathering = False
        self.gather()
        link = self._link
        if link is None or self._is_held or link.is_paused:
            self._bound()
            return
        out = b""
        spool = self._spool
        if spool and self._flying < (1 if self.is_careful else self._window):
            commands = spool[: self._window] if self.is_careful else spool[:]
            count = len(commands)
            whole = Transaction(count) if self.is_careful and count > 1 else None
            self._fly(_Flight(commands, count, whole))
            self._flying += count
            out = b"".join(commands) if whole is None else whole.of(commands)
            del spool[:count]
            self.sent += count
        if self._passing and not self.is_subscribing:
            self._fly(_Flight([], len(self._passing)))
            out += b"".join(self._passing)
            self._passing.clear()
        if out:
            link.write(out)
        else:
            self._bound()
        if self.sent >= self._many:
            self._on_many()

    def _fly(self, flight: _Flight) -> None:
        if not self._flights:
            self._heard_s = monotonic_s()
        self._flights.append(flight)

    def drain(self, gets: Gets) -> None:
        """Take Redis' answers."""
        flights = self._flights
        while flights and self._take(flights[0], gets):
            flights.popleft()
        self._heard_s = monotonic_s()
        if not self._again:
            if self.is_careful:
                self._relax()
            self._tell()
            if self._spool or self._passing:
                self.flush()
        elif not flights:
            self._hold()

    def _take(self, flight: _Flight, gets: Gets) -> bool:
        """Take answers to one flight; return whether all are there."""
        if flight.transaction is not None:
            return self._take_whole(flight, flight.transaction, gets)
        left = begun = flight.left
        while left and (reply := gets()) is not False:
            left -= 1
            if reply.__class__ is ReplyError:
                flight.left = left + 1
                self._fail(flight, reply)
        flight.left = left
        if flight.commands:
            self._flying -= begun - left
            self._landed += begun - left
        return not left

    def _take_whole(self, flight: _Flight, transaction: Transaction, gets: Gets) -> bool:
        """Take answers to a flight that was written as one; return whether all are there."""
        if not transaction.take(gets):
            return False
        self._flying -= len(flight.commands)
        flight.left = len(flight.commands)
        for error in transaction.verdicts():
            self._landed += 1
            if error is not None:
                self._fail(flight, error)
            flight.left -= 1
        return True

    def _schedule(self) -> None:
        if self._link is not None and self._loop is not None:
            self._loop.call_soon(self.flush)

    def _tell(self) -> None:
        if self._landed and not self._is_held:
            self._backoff.reset()
            self.held_by = ""
        waiting = self._waiting
        while waiting and waiting[0][0] <= self._landed:
            waiting.popleft()[1]()

    def _fail(self, flight: _Flight, error: Exception) -> None:
        """Keep a command that failed for a reason that passes; count and forget one that can never work."""
        code = code_of(error)
        if code in _HARMLESS or not flight.commands:
            return
        if code in _HOLDING:
            self._again.append(flight.commands[len(flight.commands) - flight.left])
            # It has not landed: taken back here, because the caller counts every answer as a landing.
            self._landed -= 1
            self._is_held = self.is_careful = True
            self._held_s = monotonic_s()
            if not self.held_by:
                _LOG.warning("redis_holds_writes", reason=str(error))
            self.held_by = str(error)
            return
        self._metrics.bus_dropped.add(code.lower())
        if code not in self._refused:
            self._refused.add(code)
            _LOG.error("redis_refused_write", reason=str(error))

    def _hold(self) -> None:
        """Wait a while with everything that Redis did not take, then try again in the same order."""
        self._spool[:0] = self._again
        self._again = []
        self._is_held = True
        if self._loop is not None:
            self._loop.call_later(min(self._backoff.next_wait_s(), self._retry_max_s), self._resume, self._link)

    def _resume(self, link: Link | None) -> None:
        if link is self._link:
            self._is_held = False
            self.flush()

    def _bound(self) -> None:
        """Drop the oldest of a full spool, some more than needed so that it is not done at every event."""
        excess = max(self.spooled - self._spool_max, self._too_heavy())
        if excess <= 0:
            return
        count = min(len(self._spool), excess + self._spool_max // 64)
        del self._spool[:count]
        # Dropped is settled: whoever waits for confirmation waits for it no longer.
        self._landed += count
        self._metrics.bus_dropped.add("spool_full", count)

    def _too_heavy(self) -> int:
        """Return how many of the oldest must go because packs hold more than as many events would weigh."""
        limit = self._spool_max * _BYTES_PER_ENTRY
        if self._packed_bytes <= limit // 4:
            return 0
        self._packed_bytes = 0
        excess = sum(map(len, self._spool)) - limit
        for count, each in enumerate(self._spool):
            if excess <= 0:
                return count
            excess -= len(each)
        return 0

    def _drop_passing(self, reason: str) -> None:
        if self._passing:
            self._metrics.bus_dropped.add(reason, len(self._passing))
            self._passing.clear()


def build_writer(settings: BusSettings, *, name: str, metrics: Metrics) -> Writer:
    """Return the writer of a process whose streams are looked at by the clock, however much it writes."""
    return Writer(
        spool=settings.spool,
        window=settings.window,
        backoff=Backoff(named_rng(0, "bus.redis.writer", name), scale=settings.retry_scale),
        retry_max_s=settings.retry_max_s,
        metrics=metrics,
        many=settings.hard_max_len,
        on_many=lambda: None,
    )
