"""The one thread that writes a journal: takes what waits, commits it as a group, says how far it is durable.

Nothing is ever tried again blindly. After a failure the newest entry of the table tells whether the group is in; only
where it certainly is not, it is written once more. A disk that broke its word (a failed fsync), a chain that is not
ours any more, or a lease that another holds ends the writing until a new start.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.stores.chain import COLUMNS, link
from tradewind.stores.ports import Snapshot
from tradewind.stores.sql import lease as leases
from tradewind.stores.sql import snapshots
from tradewind.stores.sql.failures import Reaction, explain, reaction
from tradewind.stores.sql.reading import hash_at, head

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.lease import Lease
    from tradewind.stores.sql.projecting import Projecting
    from tradewind.stores.sql.store import SqlStore

_LOG = get_log("stores.writer")
_INSERT: Final = f"INSERT INTO journal (chain, {', '.join(COLUMNS)}) VALUES (?, {', '.join('?' * len(COLUMNS))})"  # noqa: S608 - no value from outside
_WAIT_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5)
_LEASES_A_LIFE: Final = 3
"""A lease is renewed three times before it would run out."""
_STOP: Final = object()
Waiting = tuple[int, int, str, str, str, str, bytes, object]
"""seq, ts, kind, actor, source, subject, payload, event: an entry on its way."""


class Keeper(Protocol):
    """Whom the writer tells; from its own thread."""

    def committed(self, seq: int) -> None:
        """Everything through `seq` is durable."""
        ...

    def troubled(self, message: str | None) -> None:
        """Nothing can be written for now; `None`: it can again."""
        ...

    def ended(self, message: str) -> None:
        """Nothing will be written any more in this life."""
        ...

    def projected(self) -> list[tuple[str, object]]:
        """Return the newest positions and accounts since the last call."""
        ...


class EndedError(Exception):
    """Writing is over in this life."""


class Group:
    """What goes into one transaction."""

    def __init__(self, chain: str, epoch: int, newest: tuple[int, bytes]) -> None:
        self.before = newest
        self.rows: list[tuple[Any, ...]] = []
        self.events: list[tuple[str, object]] = []
        self.snapshot: Snapshot | None = None
        self._chain = chain
        self._epoch = epoch
        self.newest = newest

    def add(self, waiting: Waiting) -> None:
        """Link one entry to those before."""
        seq, ts, kind, actor, source, subject, payload, event = waiting
        prev = self.newest[1]
        own = link(prev, seq, ts, self._epoch, kind, actor, source, subject, payload)
        self.rows.append((self._chain, seq, ts, self._epoch, kind, actor, source, subject, payload, prev, own))
        self.events.append((kind, event))
        self.newest = (seq, own)


class Writer:
    """One life of a journal's writing; `run` belongs to a thread of its own."""

    def __init__(
        self, store: SqlStore, lease: Lease, newest: tuple[int, bytes], projecting: Projecting, keeper: Keeper
    ) -> None:
        self._store = store
        self._lease = lease
        self._newest = newest
        self._projecting = projecting
        self._keeper = keeper
        self._settings = store.settings
        is_sqlite = store.engine.dialect.name == "sqlite"
        self._insert = _INSERT if is_sqlite else _INSERT.replace("?", "%s")
        self._connection: Connection | None = None
        self._closing = threading.Event()
        self._renewed_s = self._projected_s = monotonic_s()
        self.begun_s: float | None = None
        """Since when it has been writing one group; `None` while it waits for entries."""
        self.queue: SimpleQueue[Any] = SimpleQueue()

    def stop(self) -> None:
        """Write what waits, give the lease back and end; where nothing can be written, end without."""
        self._closing.set()
        self.queue.put(_STOP)

    def run(self) -> None:
        """Write groups until told to stop, or until nothing may be written any more."""
        try:
            while not self._one_group():
                pass
            self._seal()
        except EndedError as error:
            self._keeper.ended(str(error))
        except Exception as error:  # noqa: BLE001 - the thread's boundary: whatever it is, nobody may go on as if it wrote
            _LOG.exception("journal_writer_failed")
            self._keeper.ended(f"the journal's writer failed ({type(error).__name__}: {error}); start again")
        finally:
            self._drop_connection()

    def _one_group(self) -> bool:
        """Write what waits; return whether that was the last."""
        group = Group(self._settings.chain, self._lease.epoch, self._newest)
        is_last = self._gather(group)
        now_s = monotonic_s()
        # With a snapshot everything before it: a start reads only what came after.
        is_due = is_last or group.snapshot is not None
        is_project_due = is_due or now_s - self._projected_s >= self._settings.project_ms / 1000
        projected = self._keeper.projected() if is_project_due else []
        if is_project_due:
            self._projected_s = now_s
        is_lease_due = now_s - self._renewed_s >= self._settings.lease_s / _LEASES_A_LIFE
        if group.rows or group.snapshot or projected or is_lease_due:
            group.events += projected
            self._write(group)
        return is_last

    def _gather(self, group: Group) -> bool:
        """Wait for the first, then take what is there, or what comes within the allowed latency."""
        patience_s = min(self._settings.project_ms / 1000, self._settings.lease_s / _LEASES_A_LIFE)
        until_s = None
        while len(group.rows) < self._settings.group:
            try:
                if until_s is None:
                    item = self.queue.get(timeout=patience_s)
                    until_s = monotonic_s() + self._settings.commit_latency_ms / 1000
                elif (left_s := until_s - monotonic_s()) > 0:
                    item = self.queue.get(timeout=left_s)
                else:
                    item = self.queue.get_nowait()
            except Empty:
                return False
            if item is _STOP:
                return True
            if isinstance(item, Snapshot):
                group.snapshot = item
            else:
                group.add(item)
        return False

    def _write(self, group: Group) -> None:
        """Write a group, however long it takes; it is in exactly once when this returns.

        Raises: EndedError: it is not, and never will be.
        """
        failures = 0
        self.begun_s = begun_s = monotonic_s()
        while True:
            try:
                self._commit(group, is_in_doubt=failures > 0)
                break
            except SQLAlchemyError as error:
                self._projecting.forget()
                self._meet(error, is_lasting=monotonic_s() - begun_s > self._settings.busy_s)
                self._wait(failures)
                failures += 1
        self.begun_s = None
        self._renewed_s = monotonic_s()
        if failures:
            self._keeper.troubled(None)
        self._newest = group.newest
        if group.rows:
            self._keeper.committed(group.newest[0])

    def _commit(self, group: Group, *, is_in_doubt: bool) -> None:
        connection = self._connected()
        with connection.begin():
            # First, so that the row is locked: from here on nobody else can take the lease before we are done.
            if not leases.renew(connection, self._lease, lease_s=self._settings.lease_s):
                message = "another process has taken over the journal; this one wrote nothing since and has to end"
                raise EndedError(message)
            # Only now, with the lock, is a commit of ours that may still have been under way over for certain.
            if is_in_doubt and self._is_in(connection, group):
                return
            if group.rows:
                connection.exec_driver_sql(self._insert, group.rows)
            if group.snapshot is not None:
                self._write_snapshot(connection, group)
            if group.events:
                self._projecting.write(connection, group.events)

    def _write_snapshot(self, connection: Connection, group: Group) -> None:
        snapshot = group.snapshot
        anchor = None if snapshot is None else hash_at(connection, self._settings.chain, snapshot.seq)
        if snapshot is None or anchor is None:
            _LOG.error("snapshot_of_unknown_entry", seq=snapshot.seq if snapshot else 0)
            return
        ts = group.rows[-1][2] if group.rows else 0
        keep = self._settings.snapshots
        snapshots.write(connection, self._settings.chain, snapshot, anchor=anchor, ts=ts, keep=keep)

    def _is_in(self, connection: Connection, group: Group) -> bool:
        """Ask the table itself what became of a commit that nobody answered.

        Raises: EndedError: the chain is neither where it was nor where we would have left it.
        """
        found = head(connection, self._settings.chain)
        if found == group.newest and group.rows:
            return True
        if found == group.before:
            return False
        message = (
            f"the journal's newest entry is {found[0]}, {group.before[0]} was expected: somebody else wrote or removed "
            "entries; start again, `tradewind audit verify` tells more"
        )
        raise EndedError(message)

    def _meet(self, error: SQLAlchemyError, *, is_lasting: bool) -> None:
        """Tell what is wrong and make ready for another try.

        Raises: EndedError: another try would be wrong.
        """
        self._drop_connection()
        told = explain(error, self._store.shown)
        kind = reaction(error)
        if kind is Reaction.RETRY and not is_lasting:
            _LOG.info("journal_commit_again", reason=str(told))
            return
        if kind not in {Reaction.RETRY, Reaction.AWAY, Reaction.FULL, Reaction.REFUSED}:
            message = f"the journal cannot be written any more: {told}; start again when that is mended"
            raise EndedError(message) from error
        self._keeper.troubled(str(told))

    def _wait(self, failures: int) -> None:
        if self._closing.is_set() and failures >= len(_WAIT_S):
            message = "the journal was closed while its database could not be written; what waited was not acknowledged"
            raise EndedError(message)
        wait_s = _WAIT_S[min(failures, len(_WAIT_S) - 1)]
        if not self._closing.wait(wait_s):
            return
        # Closing waits for nobody but a lock that is given back at once.
        threading.Event().wait(min(wait_s, _WAIT_S[1]))

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._store.engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except SQLAlchemyError as error:
                _LOG.info("journal_connection_dropped", reason=str(error).partition("\n")[0])

    def _seal(self) -> None:
        try:
            connection = self._connected()
            with connection.begin():
                leases.give_back(connection, self._lease, is_sealed=True)
        except SQLAlchemyError as error:
            _LOG.warning("journal_not_sealed", reason=str(explain(error, self._store.shown)))
