"""One writer alone: who comes second is refused, who was taken over from writes nothing any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from store_builders import Line, keep_acts, make_act, make_journal
from tradewind.bus.desk_topics import ACTS
from tradewind.errors import CorruptJournalError, StoreHeldError
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.record_tables import LEASES
from tradewind.stores.sql.store import SqlStore


def test_a_second_process_is_refused_while_the_first_lives(settings: StoreSettings, tmp_path: Path, line: Line) -> None:
    first, second = make_journal(settings, tmp_path, line), make_journal(settings, tmp_path, line)
    first.open()
    with pytest.raises(StoreHeldError, match=r"journal 'desk' is kept by process \d+ on .*; stop it, or wait"):
        second.open()
    keep_acts(first, line, 1)
    first.close()
    second.open()
    assert (second.epoch, second.durable_seq) == (first.epoch + 1, 1)
    second.close()


def test_another_chain_in_the_same_database_has_a_writer_of_its_own(
    settings: StoreSettings, tmp_path: Path, line: Line
) -> None:
    import msgspec

    first = make_journal(settings, tmp_path, line)
    second = make_journal(msgspec.structs.replace(settings, chain="other"), tmp_path, line)
    first.open()
    second.open()
    keep_acts(first, line, 3)
    keep_acts(second, line, 2)
    assert [len(list(journal.read(0))) for journal in (first, second)] == [3, 2]
    first.close()
    second.close()


def test_a_writer_whose_lease_was_taken_writes_nothing_and_says_so(
    settings: StoreSettings, tmp_path: Path, line: Line
) -> None:
    told: list[str | None] = []
    old = make_journal(settings, tmp_path, line, on_state=told.append)
    old.open()
    keep_acts(old, line, 2)
    store = SqlStore(settings, tmp_path)
    with store.engine.begin() as connection:  # as if it had been silent for too long
        connection.execute(update(LEASES).values(expires_at=0))
    store.close()
    new = make_journal(settings, tmp_path, line)
    new.open()
    called: list[int] = []
    old.when_durable(old.append(ACTS, make_act(99)), lambda: called.append(99))
    line.until(lambda: bool(told))
    assert old.failure is not None
    assert "taken over" in old.failure
    keep_acts(new, line, 1, first=3)
    assert [entry.subject for entry in new.read(0)] == ["limit-1", "limit-2", "limit-3"]
    assert called == []
    old.close()
    new.close()


def test_entries_put_in_behind_the_writers_back_end_it(settings: StoreSettings, tmp_path: Path, line: Line) -> None:
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    keep_acts(journal, line, 1)
    store = SqlStore(settings, tmp_path)
    with store.engine.begin() as connection:
        copied = "chain, 2, ts, epoch, kind, actor, source, subject, payload, prev_hash, hash"
        connection.exec_driver_sql(f"INSERT INTO journal SELECT {copied} FROM journal")  # noqa: S608 - no value
    store.close()
    journal.append(ACTS, make_act(2))
    line.until(lambda: journal.failure is not None)
    assert journal.failure is not None
    assert "cannot be written any more" in journal.failure
    journal.close()


def test_a_newest_entry_that_was_changed_is_found_at_the_start(
    settings: StoreSettings, tmp_path: Path, line: Line
) -> None:
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    keep_acts(journal, line, 3)
    journal.close()
    store = SqlStore(settings, tmp_path)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE journal SET actor = 'eve' WHERE seq = 3")
    store.close()
    again = make_journal(settings, tmp_path, line)
    with pytest.raises(CorruptJournalError, match="the content of entry 3 does not match its hash"):
        again.open()
    assert again.failure is not None
    again.close()
