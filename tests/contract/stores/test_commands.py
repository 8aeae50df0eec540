"""`tradewind db` and `tradewind audit`, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from store_builders import Line, keep_acts, make_fill, make_journal, make_trigger
from tradewind.bus.desk_topics import FILLS, TRIGGERS
from tradewind.cli.main import main
from tradewind.domain.rights import EVERYTHING
from tradewind.runtime import auditing
from tradewind.stores.asking import Ask
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore

Said = pytest.CaptureFixture[str]


def call(folder: Path, settings: StoreSettings, *words: str) -> int:
    flags = ["--set", f"data_dir={folder}"]
    if settings.url:
        flags += ["--set", f"store.url={settings.url}", "--set", f"store.password={settings.password}"]
    return main([*words, *flags])


def fill(settings: StoreSettings, folder: Path, count: int = 10) -> None:
    line = Line()
    journal = make_journal(settings, folder, line)
    journal.open()
    keep_acts(journal, line, count)
    journal.close()


def change(settings: StoreSettings, folder: Path, statement: str) -> None:
    store = SqlStore(settings, folder)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    store.close()


def test_the_tables_are_made_looked_at_and_taken_back(
    fresh_settings: StoreSettings, tmp_path: Path, capsys: Said
) -> None:
    assert call(tmp_path, fresh_settings, "db", "status") == 1
    assert f"version   no tables (this program: {schema.HEAD})" in capsys.readouterr().out
    assert call(tmp_path, fresh_settings, "db", "upgrade") == 0
    assert call(tmp_path, fresh_settings, "db", "status") == 0
    assert "durable   yes" in capsys.readouterr().out
    assert call(tmp_path, fresh_settings, "db", "history") == 0
    assert capsys.readouterr().out.startswith("done  0001  The five tables")
    fill(fresh_settings, tmp_path)
    assert call(tmp_path, fresh_settings, "db", "downgrade", "base") == 1
    assert "holds 10 entries, which may be gone afterwards; make a backup, then say --yes" in capsys.readouterr().err
    assert call(tmp_path, fresh_settings, "db", "downgrade", "0001", "--yes") == 0
    assert "at version 0001" in capsys.readouterr().out
    assert call(tmp_path, fresh_settings, "db", "upgrade", "--to", "nowhere") == 1
    assert "cannot go to 'nowhere'" in capsys.readouterr().err


def test_a_record_as_it_was_written_passes(settings: StoreSettings, tmp_path: Path, capsys: Said) -> None:
    fill(settings, tmp_path)
    assert call(tmp_path, settings, "audit", "anchor") == 0
    assert "entry 10 of 'desk' noted in" in capsys.readouterr().out
    assert call(tmp_path, settings, "audit", "verify") == 0
    assert "10 entries of 'desk' through 10 verified" in (said := capsys.readouterr().out)
    assert "1 anchors: as they were written" in said


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE journal SET actor = 'eve' WHERE seq = 4", "entry 4: its content does not match its hash"),
        ("DELETE FROM journal WHERE seq = 4", "entry 5: entries 4 to 4 are missing"),
        ("DELETE FROM journal WHERE seq > 7", "entry 10: the journal ends at entry 7, an anchor knows entry 10"),
        ("DELETE FROM journal", "entry 10: the journal ends at entry 0, an anchor knows entry 10: cut off"),
    ],
)
def test_a_record_that_was_changed_is_told_entry_by_entry(
    settings: StoreSettings, tmp_path: Path, capsys: Said, statement: str, finding: str
) -> None:
    fill(settings, tmp_path)
    anchors = tmp_path / "elsewhere" / "anchors"
    assert call(tmp_path, settings, "audit", "anchor", "--anchor", str(anchors)) == 0
    change(settings, tmp_path, statement)
    assert call(tmp_path, settings, "audit", "verify", "--anchor", str(anchors)) == 1
    said = capsys.readouterr().out
    assert finding in said
    assert "NOT as written" in said


def test_a_part_is_verified_alone(settings: StoreSettings, tmp_path: Path, capsys: Said) -> None:
    fill(settings, tmp_path)
    change(settings, tmp_path, "UPDATE journal SET actor = 'eve' WHERE seq = 2")
    assert call(tmp_path, settings, "audit", "verify", "--from", "3", "--to", "8") == 0
    assert "6 entries of 'desk'" in capsys.readouterr().out
    assert call(tmp_path, settings, "audit", "verify", "--from", "2026-01-02T00:00+00:00") == 1
    assert call(tmp_path, settings, "audit", "verify", "--from", "2026-01-03") == 0
    assert "0 entries" in capsys.readouterr().out
    assert call(tmp_path, settings, "audit", "verify", "--from", "yesterday") == 1
    assert "'yesterday' is neither an entry number nor a moment" in capsys.readouterr().err


def test_entries_are_shown_by_whom_what_and_when(settings: StoreSettings, tmp_path: Path, capsys: Said) -> None:
    fill(settings, tmp_path)
    capsys.readouterr()
    assert call(tmp_path, settings, "audit", "show", "--subject", "limit-3", "--json") == 0
    shown = msgspec.json.decode(capsys.readouterr().out)
    assert (shown["seq"], shown["actor"], shown["kind"]) == (3, "lin", "acts")
    assert call(tmp_path, settings, "audit", "show", "--actor", "lin", "--kind", "acts", "--limit", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["10", "9", "8", "7"]
    assert "limit_changed" in lines[0]
    assert call(tmp_path, settings, "audit", "show", "--from", "2", "--to", "3") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert call(tmp_path, settings, "audit", "show", "--actor", "li%") == 0
    assert capsys.readouterr().out == ""


def test_anchors_are_kept_in_the_database_for_people_too(settings: StoreSettings, tmp_path: Path) -> None:
    fill(settings, tmp_path)
    for _ in range(2):
        assert call(tmp_path, settings, "audit", "anchor") == 0
    store = SqlStore(settings, tmp_path)
    records = SqlRecords(store)
    (row,) = records.page_now(Ask(view="anchors"), EVERYTHING).rows
    assert (row["chain"], row["seq"], len(row["hash"])) == ("desk", 10, 64)
    records.close()
    store.close()


def test_rows_are_written_again_from_the_journal(settings: StoreSettings, tmp_path: Path, capsys: Said) -> None:
    line = Line()
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    for number in range(5):
        journal.append(FILLS, make_fill(fill_id=str(number)))
    journal.append(TRIGGERS, make_trigger())
    line.until(lambda: journal.durable_seq == 6)
    assert call(tmp_path, settings, "db", "rebuild") == 1
    assert "stop it, or wait" in capsys.readouterr().err
    journal.close()
    change(settings, tmp_path, "DELETE FROM trades WHERE trade_id = 'SHFE-20260102-3-b'")
    change(settings, tmp_path, "UPDATE trades SET volume = 99")
    assert call(tmp_path, settings, "db", "rebuild") == 0
    assert "6 entries read, their rows written again, 0 of them left out" in capsys.readouterr().out
    store = SqlStore(settings, tmp_path)
    records = SqlRecords(store)
    assert [row["volume"] for row in records.page_now(Ask(view="trades"), EVERYTHING).rows] == [2] * 5
    assert len(records.page_now(Ask(view="triggers"), EVERYTHING).rows) == 1
    records.close()
    store.close()


def test_stretches_verified_side_by_side_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = StoreSettings()
    fill(settings, tmp_path, 3_000)
    monkeypatch.setattr(auditing, "_WORTH_A_PROCESS", 1_000)
    verdict = auditing.verify(settings, tmp_path, processes=2)
    assert (verdict.count, verdict.newest, verdict.findings) == (3_000, 3_000, ())
    change(settings, tmp_path, "UPDATE journal SET hash = prev_hash WHERE seq = 1500")
    change(settings, tmp_path, "DELETE FROM journal WHERE seq = 2999")
    found = auditing.verify(settings, tmp_path, processes=2).findings
    assert {1500, 1501, 3000} == {finding.seq for finding in found}
