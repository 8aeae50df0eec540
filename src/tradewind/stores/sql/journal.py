"""The journal of record in SQL: `stores.ports.Journal` over one table, one hash chain, one writer thread.

The line's thread only puts entries into a bounded buffer; the writer commits them in groups and what waited is called
back on the line's thread. Until `open` has returned, and whenever `failure` says something, nothing may be sent.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from tradewind.domain.account import Booking
from tradewind.domain.day_result import DayResult
from tradewind.errors import StoreError
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.metrics import Metrics
from tradewind.stores.chain import clean
from tradewind.stores.sql import lease as leases
from tradewind.stores.sql import snapshots
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.projecting import Projecting
from tradewind.stores.sql.projections import Projections
from tradewind.stores.sql.reading import entries, verify_head
from tradewind.stores.sql.record_tables import KIND_LENGTH, NAME_LENGTH
from tradewind.stores.sql.transactions import in_transaction
from tradewind.stores.sql.watch import FileWatch
from tradewind.stores.sql.writer import Writer
from tradewind.stores.subjects import about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import Clock
    from tradewind.stores.ports import Entry, Snapshot
    from tradewind.stores.sql.store import SqlStore

_LOG = get_log("stores.journal")
_LARGEST_PAYLOAD: Final = 8 << 20
_CLOSED: Final = "the journal is not open yet: nothing can be kept, so nothing may be sent"


class SqlJournal:
    """One chain. All methods but `read` and those of opening and closing belong to the line's thread.

    `post` runs a function on the line's thread (`loop.call_soon_threadsafe`); `on_state` hears there of each change of
    `failure`.
    """

    def __init__(
        self,
        store: SqlStore,
        *,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
        projections: Projections | None = None,
        metrics: Metrics | None = None,
        on_state: Callable[[str | None], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._post = post
        self._on_state = on_state or (lambda _failure: None)
        projections = projections or Projections(equity_s=store.settings.equity_s)
        self._metrics = metrics or Metrics()
        self._projecting = Projecting(projections, self._metrics)
        self._chain = store.settings.chain
        self._encode = msgspec.json.Encoder().encode
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._newest: dict[tuple[Any, ...], tuple[str, object]] = {}
        self._newest_lock = threading.Lock()
        self._writer: Writer | None = None
        self._thread: threading.Thread | None = None
        self._watch: FileWatch | None = None
        self._next = 1
        self._ended: str | None = _CLOSED
        self._trouble: str | None = None
        self.durable_seq = 0
        self.epoch = 0

    # ── opening and closing: they wait for the database, so not on the line's thread while it runs ──────────────
    def open(self) -> None:
        """Open the store, take the lease, find the end of the chain and begin to write.

        Raises:
            StoreAwayError: the database does not answer; try again.
            StoreHeldError: another process keeps this journal; try again, or end.
            ConfigError, SchemaError: only a person can help.
            CorruptJournalError: the newest entry is not as it was written.
        """
        self._store.open()
        shown, settings = self._store.shown, self._store.settings
        lease = in_transaction(self._store, lambda one: leases.take(one, self._chain, lease_s=settings.lease_s))
        try:
            newest = verify_head(self._store.engine, self._chain, shown)
        except StoreError:
            with contextlib.suppress(StoreError):
                in_transaction(self._store, lambda one: leases.give_back(one, lease, is_sealed=lease.was_sealed))
            raise
        self.epoch, self.durable_seq, self._next = lease.epoch, newest[0], newest[0] + 1
        self._ended = self._trouble = None
        self._writer = Writer(self._store, lease, newest, self._projecting, self)
        self._thread = threading.Thread(target=self._writer.run, name=f"journal {self._chain}", daemon=True)
        self._thread.start()
        if not lease.was_sealed and self._store.engine.dialect.name == "sqlite":
            self._watch = FileWatch(self._store.engine, self.ended)
        _LOG.info("journal_opened", chain=self._chain, seq=newest[0], epoch=lease.epoch, was_sealed=lease.was_sealed)

    def close(self) -> None:
        """Write what waits, give the lease back and let go of the database; safe to call twice."""
        if self._watch is not None:
            self._watch.stop()
        if self._writer is not None and self._thread is not None:
            self._writer.stop()
            self._thread.join()
        self._writer = None
        self._ended = self._ended or _CLOSED
        self._store.close()

    # ── the port ────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def last_seq(self) -> int:
        """Return the newest entry appended."""
        return self._next - 1

    @property
    def failure(self) -> str | None:
        """Return why nothing can be written now: it ended, it cannot, or it has been at it for too long."""
        told = self._ended or self._trouble
        begun_s = self._writer.begun_s if self._writer is not None else None
        if told is None and begun_s is not None:
            for_s = monotonic_s() - begun_s
            if for_s > self._store.settings.stall_s:
                return f"the database {self._store.shown} has been writing one group for {for_s:.1f} s (store.stall_s)"
        return told

    @property
    def has_ended(self) -> bool:
        """True when nothing will be written any more, until a new start: another has the lease, or too much waits."""
        return self._ended is not None

    def append(self, topic: Topic[Any], event: object, *, actor: str = "", source: str = "line") -> int:
        """Add an event; never waits. With the buffer full the journal ends: what the rooms know would not be on it."""
        seq = self._next
        payload = self._encode(event)
        if self._ended is not None or self._writer is None:
            return seq
        if seq - self.durable_seq > self._store.settings.buffer or len(payload) > _LARGEST_PAYLOAD:
            self.ended(self._overflow(topic, len(payload)))
            return seq
        self._next = seq + 1
        actor, source, subject = about(topic.name, event, actor, source)
        self._writer.queue.put(
            (
                *(seq, self._clock.now_ns(), topic.name, clean(actor, NAME_LENGTH), clean(source, KIND_LENGTH)),
                *(clean(subject, NAME_LENGTH), payload, event),
            )
        )
        return seq

    def when_durable(self, seq: int, call: Callable[[], None]) -> None:
        """Call back once everything up to `seq` is durable; at once where it is."""
        if seq <= self.durable_seq and not self._waiting:
            call()
        else:
            self._waiting.append((seq, call))

    def project(self, topic: Topic[Any], event: Any) -> None:  # noqa: ANN401 - a position or an account
        """Offer what is not of record to its table: of several of one name the last is written."""
        own: tuple[object, ...]
        if isinstance(event, Booking):
            own = event.fill.key
        elif isinstance(event, DayResult):
            own = (event.account_id, event.book, event.trading_day)
        else:
            own = (event.account_id, event.book, getattr(event, "instrument_id", ""), getattr(event, "direction", ""))
        with self._newest_lock:
            self._newest[(topic.name, *own)] = (topic.name, event)

    def read(self, after: int) -> Iterator[Entry]:
        """Yield the durable entries after `after`, each link verified; from any thread."""
        return entries(self._store.engine, self._chain, after=after, shown=self._store.shown)

    def latest_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot that fits the journal."""
        try:
            with reading(self._store.engine) as connection:
                return snapshots.latest(connection, self._chain)
        except SQLAlchemyError as error:
            raise explain(error, self._store.shown) from error

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep one with the next group."""
        if self._writer is not None and self._ended is None:
            self._writer.queue.put(snapshot)

    # ── what the writer tells, from its thread ──────────────────────────────────────────────────────────────────
    def committed(self, seq: int) -> None:
        """Note how far the record is durable; wake the line."""
        self._metrics.journal_entries.add(amount=seq - self.durable_seq)
        self._metrics.journal_groups.add()
        self.durable_seq = seq
        self._tell(self._deliver)

    def troubled(self, message: str | None) -> None:
        """Note that nothing can be written for now, or that it can again."""
        if message == self._trouble:
            return
        self._trouble = message
        if message is None:
            _LOG.info("journal_writes_again", chain=self._chain)
        else:
            self._metrics.journal_troubles.add()
            _LOG.error("journal_cannot_write", chain=self._chain, reason=message)
        self._tell(partial(self._on_state, message))

    def ended(self, message: str) -> None:
        """Note that nothing will be written any more."""
        if self._ended is None:
            self._ended = message
            _LOG.error("journal_ended", chain=self._chain, reason=message)
            self._tell(partial(self._on_state, message))

    def projected(self) -> list[tuple[str, object]]:
        """Hand over the newest positions and accounts."""
        with self._newest_lock:
            newest, self._newest = self._newest, {}
        return list(newest.values())

    def _deliver(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= self.durable_seq:
            waiting.popleft()[1]()

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            self._post(call)
        except RuntimeError as error:  # the line's loop is closed: there is nobody to tell
            _LOG.info("journal_line_is_gone", reason=str(error))

    def _overflow(self, topic: Topic[Any], size: int) -> str:
        if size > _LARGEST_PAYLOAD:
            return f"an event of {topic.name} has {size} bytes, at most {_LARGEST_PAYLOAD}; start again"
        return (
            f"{self._store.settings.buffer} entries wait for the database (store.buffer) and one more came: what the "
            "rooms know is not on record; start again when the database writes"
        )
