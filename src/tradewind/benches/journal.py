"""`tradewind bench journal`: appending, being durable, starting again with a million entries, verifying them.

Entries are orders as the line writes them, with their rows in the tables where a figure says so. The baselines are
SQLite's own module with the same durable settings on the same disk: one row a commit, and all rows of a group at once.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.result import BenchResult
from tradewind.bus.desk_topics import DESK_TOPICS, ORDERS
from tradewind.kernel.clock import SystemClock, perf_ns
from tradewind.runtime.auditing import verify
from tradewind.stores.ports import Snapshot
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.projections import Projections
from tradewind.stores.sql.store import SqlStore
from tradewind.testing.order_samples import sample_order, sample_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.order import Order

_EVENTS: Final = 1_000_000
_QUICK_EVENTS: Final = 50_000
_ORDERS: Final = 20_000
_SINGLE: Final = 2_000
_TAIL: Final = 10_000
_GROUP: Final = 1_000
_DDL: Final = "CREATE TABLE rows (seq INTEGER PRIMARY KEY, ts INTEGER, kind TEXT, payload BLOB, hash BLOB)"


class _Line:
    """The line's thread of this bench."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.post = self._calls.put

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            try:
                self._calls.get(timeout=0.1)()
            except Empty:
                continue


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure and, unless `as_json`, print a table; return the result as a dictionary."""
    result = BenchResult("journal")
    events = _QUICK_EVENTS if quick else _EVENTS
    # Not below /tmp, which is memory on many machines: a durable commit there says nothing.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-journal-") as folder:
        place = Path(folder)
        _measure_rows(result, place / "rows", _ORDERS)
        _measure_latency(result, place / "latency")
        _measure_many(result, place / "many", events)
        _measure_baselines(result, place, result.figures["entry_bytes"])
    figures = result.figures
    result.ratio("appends_to_executemany", figures["durable_per_s"] / figures["sqlite_executemany_rows_per_s"])
    result.ratio("appends_to_single_commits", figures["durable_per_s"] / figures["sqlite_single_commits_per_s"])
    result.goal("restart_s", figures["restart_s"], 1.0, better="lower")
    result.goal("replay_per_s", figures["replay_per_s"], 200_000, better="higher")
    if not as_json:
        result.show()
    return result.as_dict()


def _open(place: Path, line: _Line, projections: Projections | None = None) -> SqlJournal:
    journal = SqlJournal(
        SqlStore(StoreSettings(buffer=2_000_000), place), clock=SystemClock(), post=line.post, projections=projections
    )
    journal.open()
    return journal


def _measure_rows(result: BenchResult, place: Path, count: int) -> None:
    """Append orders with a row each in the table of orders: what the line does."""
    line = _Line()
    journal = _open(place, line)
    orders = [_order(number) for number in range(count)]
    begun = perf_ns()
    for order in orders:
        journal.append(ORDERS, order)
    appended = perf_ns()
    line.until(lambda: journal.durable_seq >= count)
    result.figure("append_us", (appended - begun) / count / 1e3)
    result.figure("durable_with_rows_per_s", count * 1e9 / (perf_ns() - begun))
    journal.close()


def _measure_latency(result: BenchResult, place: Path) -> None:
    """Append one, wait until it is durable, and again."""
    line = _Line()
    journal = _open(place, line)
    took: list[int] = []
    for number in range(_SINGLE):
        order = _order(number)
        begun = perf_ns()
        done: list[int] = []
        journal.when_durable(journal.append(ORDERS, order), lambda done=done: done.append(perf_ns()))  # type: ignore[misc]
        line.until(lambda done=done: bool(done))  # type: ignore[misc]
        took.append(done[0] - begun)
    journal.close()
    took.sort()
    result.figure("durable_p50_us", took[len(took) // 2] / 1e3)
    result.figure("durable_p99_us", took[len(took) * 99 // 100] / 1e3)


def _measure_many(result: BenchResult, place: Path, events: int) -> None:
    """Write many entries without rows, start again with a snapshot before the tail, read and verify all."""
    line = _Line()
    journal = _open(place, line, _NoRows())
    orders = [_order(number) for number in range(1_000)]
    result.figure("entry_bytes", len(msgspec.json.encode(orders[0])))
    begun = perf_ns()
    for number in range(events):
        seq = journal.append(ORDERS, orders[number % 1_000])
        if seq == events - _TAIL:
            journal.keep_snapshot(Snapshot(seq, {"portfolio": b"x" * 1_000_000}))
    line.until(lambda: journal.durable_seq >= events)
    result.figure("events", events)
    result.figure("durable_per_s", events * 1e9 / (perf_ns() - begun))
    journal.close()
    decode = {name: msgspec.json.Decoder(topic.event).decode for name, topic in DESK_TOPICS.items()}
    begun = perf_ns()
    journal = _open(place, line)
    snapshot = journal.latest_snapshot()
    tail = [decode[entry.kind](entry.payload) for entry in journal.read(snapshot.seq if snapshot else 0)]
    result.figure("restart_s", (perf_ns() - begun) / 1e9)
    result.figure("restart_tail", len(tail))
    del tail
    begun = perf_ns()
    count = sum(1 for _ in journal.read(0))
    result.figure("replay_per_s", count * 1e9 / (perf_ns() - begun))
    begun = perf_ns()
    for entry in journal.read(0):
        decode[entry.kind](entry.payload)
    result.figure("replay_with_decoding_per_s", count * 1e9 / (perf_ns() - begun))
    journal.close()
    begun = perf_ns()
    verdict = verify(StoreSettings(), place)
    result.figure("verify_per_s", verdict.count * 1e9 / (perf_ns() - begun))
    if verdict.findings or count != events:
        message = f"the bench's own journal is not as it was written: {verdict.findings[:3]}"
        raise RuntimeError(message)


def _measure_baselines(result: BenchResult, place: Path, size: float) -> None:
    payload = b"x" * int(size)
    connection = sqlite3.connect(place / "raw.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _DDL):
        connection.execute(statement)
    insert = "INSERT INTO rows VALUES (?, ?, ?, ?, ?)"
    begun = perf_ns()
    for seq in range(_SINGLE):
        connection.execute(insert, (seq, seq, "orders", payload, b"h" * 32))
    result.figure("sqlite_single_commits_per_s", _SINGLE * 1e9 / (perf_ns() - begun))
    begun = perf_ns()
    for first in range(_SINGLE, _SINGLE + 100 * _GROUP, _GROUP):
        connection.execute("BEGIN IMMEDIATE")
        rows = [(seq, seq, "orders", payload, b"h" * 32) for seq in range(first, first + _GROUP)]
        connection.executemany(insert, rows)
        connection.execute("COMMIT")
    result.figure("sqlite_executemany_rows_per_s", 100 * _GROUP * 1e9 / (perf_ns() - begun))
    connection.close()


class _NoRows(Projections):
    """Entries alone, no tables."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = {}


def _order(number: int) -> Order:
    return sample_order(
        sample_request(
            client_order_id=f"S:momentum:{number}-0-1", instruction_id=f"S:momentum:{number}", cause="opportunity"
        ),
        order_id="880012",
    )
