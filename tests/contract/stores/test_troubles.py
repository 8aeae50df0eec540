"""What stands in the way of the writer: locks, a full buffer, two who change one thing at once."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from store_builders import T0, Acknowledged, Line, keep_acts, make_act, make_journal
from tradewind.bus.desk_topics import ACTS
from tradewind.errors import CorruptJournalError
from tradewind.stores.ports import Snapshot
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.engine import FILE_NAME
from tradewind.stores.sql.record_tables import LEASES
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.transactions import in_transaction

THREADS, TIMES = 4, 100


def test_two_who_change_one_number_at_once_never_undo_each_other(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(insert(LEASES).values(name="n", epoch=0, holder="", expires_at=0, is_sealed=True))

    def add_one(connection: Connection) -> None:
        found = connection.execute(select(LEASES.c.epoch).where(LEASES.c.name == "n").with_for_update()).scalar_one()
        connection.execute(update(LEASES).where(LEASES.c.name == "n").values(epoch=found + 1))

    def work() -> None:
        for _ in range(TIMES):
            in_transaction(store, add_one)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.engine.begin() as connection:
        assert connection.execute(select(LEASES.c.epoch)).scalar_one() == THREADS * TIMES


def test_a_lock_of_somebody_else_is_waited_for_and_nothing_is_lost(tmp_path: Path, line: Line) -> None:
    journal = make_journal(StoreSettings(busy_s=0.05), tmp_path, line)
    journal.open()
    acknowledged = Acknowledged(journal, line)
    other = SqlStore(StoreSettings(), tmp_path)
    with other.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE leases SET name = name")
        for _ in range(20):
            acknowledged.append(in_flight=100)
        line.until(lambda: journal.failure is not None)
        assert "another process holds its lock" in str(journal.failure)
        assert journal.durable_seq == 0
    acknowledged.wait_for_all()
    assert [entry.seq for entry in journal.read(0)] == list(range(1, 21))
    other.close()
    journal.close()


def test_a_new_file_that_another_is_setting_up_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    # Its log still inside the file, as one has that was made a moment ago.
    other.execute("CREATE TABLE made_first (number)")
    other.execute("BEGIN IMMEDIATE")
    soon = threading.Timer(0.3, other.execute, ("COMMIT",))
    soon.start()
    store = SqlStore(StoreSettings(), tmp_path)
    store.open()
    store.close()
    soon.join()
    other.close()


def test_one_entry_more_than_the_buffer_holds_ends_the_journal(tmp_path: Path, line: Line) -> None:
    told: list[str | None] = []
    journal = make_journal(StoreSettings(buffer=1_000, lease_s=60), tmp_path, line, on_state=told.append)
    journal.open()
    keep_acts(journal, line, 1)
    other = SqlStore(StoreSettings(), tmp_path)
    called: list[int] = []
    with other.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE leases SET name = name")
        for number in range(1_001):
            seq = journal.append(ACTS, make_act(number))
            journal.when_durable(seq, lambda: called.append(1))
        assert journal.failure is not None
        assert "1000 entries wait for the database (store.buffer)" in journal.failure
    line.until(lambda: bool(told))
    lost = journal.append(ACTS, make_act())
    journal.when_durable(lost, lambda: called.append(lost))
    journal.close()
    assert lost not in called
    again = make_journal(StoreSettings(), tmp_path, line)
    again.open()
    entries = list(again.read(0))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    again.close()
    other.close()


def test_an_event_too_large_for_the_table_is_refused_before_it_gets_there(tmp_path: Path, line: Line) -> None:
    journal = make_journal(StoreSettings(), tmp_path, line)
    journal.open()
    journal.append(ACTS, make_act(after="x" * (9 << 20)))
    assert "an event of acts has" in str(journal.failure)
    journal.close()


def test_before_it_is_open_and_after_it_is_closed_nothing_may_be_sent(tmp_path: Path, line: Line) -> None:
    journal = make_journal(StoreSettings(), tmp_path, line)
    assert "not open yet" in str(journal.failure)
    journal.open()
    assert journal.failure is None
    keep_acts(journal, line, 1)
    journal.close()
    journal.close()
    assert "not open" in str(journal.failure)
    called: list[int] = []
    journal.when_durable(journal.append(ACTS, make_act()), lambda: called.append(1))
    assert called == []


def test_a_snapshot_that_was_damaged_is_passed_over_for_the_one_before(
    settings: StoreSettings, tmp_path: Path, line: Line, store: SqlStore
) -> None:
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    for number in range(1, 7):
        keep_acts(journal, line, 1, first=number)
        journal.keep_snapshot(Snapshot(number, {"a": bytes([number])}))
    keep_acts(journal, line, 1, first=7)
    with store.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM snapshots").scalar() == 3
        connection.exec_driver_sql("UPDATE snapshot_parts SET data = 'x' WHERE seq = 6")
        connection.exec_driver_sql("UPDATE snapshots SET hash = digest WHERE seq = 5")
    assert journal.latest_snapshot() == Snapshot(4, {"a": b"\x04"})
    journal.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE journal SET payload = 'x' WHERE seq = 5000", "the content of entry 5000 does not match"),
        ("DELETE FROM journal WHERE seq = 4001", "entry 4002 follows entry 4000: 1 in between are missing"),
    ],
)
def test_reading_stops_at_an_entry_that_was_changed(
    settings: StoreSettings, tmp_path: Path, *, store: SqlStore, change: str, message: str
) -> None:
    line = Line()
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    keep_acts(journal, line, 6_000)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    seen = []
    with pytest.raises(CorruptJournalError, match=message):
        seen += [entry.seq for entry in journal.read(0)]
    with pytest.raises(CorruptJournalError, match="no entry 9000 to go on from: its end was cut off"):
        next(journal.read(9_000))
    journal.close()


def test_a_damaged_file_is_found_though_the_start_does_not_wait_for_it(tmp_path: Path, line: Line) -> None:
    told: list[str | None] = []
    journal = make_journal(StoreSettings(), tmp_path, line)
    journal.open()
    keep_acts(journal, line, 2_000)
    journal.close()
    store = SqlStore(StoreSettings(), tmp_path)
    with store.engine.begin() as connection:
        connection.execute(update(LEASES).values(is_sealed=False))
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name LIKE 'ix_journal%'").scalar()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar()
    store.close()
    with (tmp_path / "tradewind.db").open("r+b") as file:
        file.seek((int(str(page)) - 1) * int(str(size)))
        file.write(b"\xff" * int(str(size)))
    again = make_journal(StoreSettings(), tmp_path, line, on_state=told.append)
    again.open()
    line.until(lambda: bool(told))
    assert "the database file is damaged" in str(again.failure)
    again.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tradewind.db").write_bytes(b"not a database at all" * 1_000)
    journal = make_journal(StoreSettings(), tmp_path)
    with pytest.raises(CorruptJournalError, match="is damaged"):
        journal.open()
    journal.close()


def test_waiting_for_more_entries_makes_larger_groups(tmp_path: Path, line: Line) -> None:
    journal = make_journal(StoreSettings(commit_latency_ms=30), tmp_path, line)
    journal.open()
    seen: list[int] = []
    for number in range(20):
        seq = journal.append(ACTS, make_act(number))
        journal.when_durable(seq, lambda: seen.append(journal.durable_seq))
    line.until(lambda: len(seen) == 20)
    assert set(seen) == {20}
    assert all(entry.ts == T0 for entry in journal.read(0))
    journal.close()
