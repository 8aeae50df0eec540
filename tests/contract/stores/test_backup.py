"""A backup of everything, made while the desk trades, and brought back: the same state, or a refusal by name."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import inspect

from desk_stage import AU, Stage, known
from real_mariadb import PASSWORD, RealMariaDb
from sql_stage import SqlStage
from table_rows import fill_tables, rows_there
from tradewind.domain import desk
from tradewind.domain.order import Side
from tradewind.errors import ConfigError, InputError, StateConflictError, StoreError
from tradewind.kernel.settings import Loaded, load
from tradewind.market.recording_frames import MAGIC, frame_of
from tradewind.pretrade.files import STOP_NAME, HaltFiles
from tradewind.runtime.backup import creating
from tradewind.runtime.backup.creating import Maker
from tradewind.runtime.backup.manifest import Manifest, sealed, write_manifest
from tradewind.runtime.backup.restoring import Restorer
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.memory import MemoryJournal
from tradewind.stores.ports import Entry, Journal
from tradewind.stores.sql import schema
from tradewind.stores.sql.dumping import LEFT_EMPTY, forms
from tradewind.stores.sql.store import SqlStore

pytestmark = pytest.mark.timeout(60)  # some make the tables of two databases, each seen to the disk
_NUMBERS = itertools.count(1)
HEADER = {"version": 2, "trading_day": 20260102, "source": "simulator"}
Place = Callable[..., Loaded[TradewindSettings]]


def settings_in(folder: Path, name: str, *flags: str) -> Loaded[TradewindSettings]:
    return load(TradewindSettings, flags=(f"data_dir={folder / name}", f"backup.folder={folder / 'backups'}", *flags))


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Make the settings of an empty place: a data folder of this name, a database of its own, backups beside."""

    def make(name: str, *flags: str, database: str = "sqlite") -> Loaded[TradewindSettings]:
        if database == "mariadb":
            server: RealMariaDb = request.getfixturevalue("mariadb")
            made = f"tw_backup_{next(_NUMBERS)}"
            server.make_database(made)
            flags = (*flags, f"store.url={server.url(made)}", f"store.password={PASSWORD}")
        return settings_in(tmp_path, name, *flags)

    return make


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    return folder / "backups" / Maker(filled(settings_in(folder, "here"))).make().name


@pytest.fixture
def whole(made_once: Path, tmp_path: Path) -> Path:
    """A backup of everything, to be harmed."""
    return shutil.copytree(made_once, tmp_path / "harmed", symlinks=True)


def filled(loaded: Loaded[TradewindSettings]) -> Loaded[TradewindSettings]:
    """Put rows into every table and files into the data folder and among the recordings."""
    home = Path(loaded.settings.data_dir)
    (home / "rates").mkdir(parents=True)
    (home / "rates" / "20260102.json").write_text("[1]")
    (home / "logs").mkdir()
    (home / "logs" / "market.log").write_text("not kept")
    store = SqlStore(loaded.settings.store, home)
    schema.upgrade(store.engine)
    fill_tables(store.engine)
    store.close()
    return loaded


def rows_of(loaded: Loaded[TradewindSettings]) -> object:
    """Every row that a backup keeps."""
    store = SqlStore(loaded.settings.store, Path(loaded.settings.data_dir))
    found = rows_there(store.engine)
    store.close()
    return {name: rows for name, rows in found.items() if name not in {*LEFT_EMPTY, "leases"}}


def restored(made: Manifest, folder: Path, into: Loaded[TradewindSettings], *, stays_halted: bool = True) -> str:
    return Restorer(folder / made.name, into.settings).restore(stays_halted=stays_halted)


# ── the drill ───────────────────────────────────────────────────────────────────────────────────────────────────
class Recovered(Stage):
    """A stage that begins from entries somebody else wrote."""

    def __init__(self, folder: Path, entries: list[Entry]) -> None:
        self._entries = entries
        super().__init__(folder)

    def _new_journal(self, entries: list[Entry]) -> Journal:
        return MemoryJournal(self.clock, entries=[*self._entries, *entries])


@pytest.mark.parametrize("database", ["sqlite", "mariadb"])
async def test_a_desk_backed_up_while_it_trades_comes_back_as_it_was_at_that_entry(
    place: Place, tmp_path: Path, database: str
) -> None:
    here = place("here", database=database)
    with_tables = SqlStore(here.settings.store, Path(here.settings.data_dir))
    schema.upgrade(with_tables.engine)
    with_tables.close()
    stage = SqlStage(Path(here.settings.data_dir), here.settings.store)
    orders = 1
    await trade(stage, orders)
    # Whatever moment of the day the backup catches, there is something on record by then.
    await stage.settled()
    made = asyncio.ensure_future(asyncio.to_thread(Maker(here).make))
    while not made.done() or orders < 20:
        orders += 1
        await trade(stage, orders)
        if orders == 10:
            stage.rooms.keep_snapshot(is_due=True)
    manifest = made.result()
    await stage.settled()
    (head,) = manifest.heads
    entries = [entry for entry in stage.sql.read(0) if entry.seq <= head.seq]
    stage.rooms.close("the day is over")
    stage.sql.close()

    there = place("there", database=database)
    state = restored(manifest, tmp_path / "backups", there, stays_halted=False)

    assert state == manifest.state
    assert Maker(there).make().state == manifest.state
    again = SqlStage(Path(there.settings.data_dir), there.settings.store)
    assert [entry.payload for entry in again.sql.read(0)][: head.seq] == [entry.payload for entry in entries]
    assert known(again) == known(Recovered(tmp_path / "beside", entries))
    await trade(again, 1_000)
    again.rooms.close("enough")
    again.sql.close()


async def trade(stage: Stage, number: int) -> None:
    """Buy or sell two lots of gold, and wait until that is on record."""
    stage.tick(600.0)
    line = desk.WishedLine(instrument_id=AU, side=Side.BUY if number % 2 else Side.SELL, quantity=2)
    await stage.office.carry_out(
        desk.Submit(actor="li", source="test", request_id=f"r{number}", account_id="paper", lines=(line,))
    )
    stage.tick(600.0)
    await stage.settled()
    await asyncio.sleep(0)


def test_every_table_goes_from_one_kind_of_database_to_the_other_and_back(place: Place, tmp_path: Path) -> None:
    here = filled(place("here"))
    first = Maker(here).make()
    server = place("server", database="mariadb")
    restored(first, tmp_path / "backups", server, stays_halted=False)
    second = Maker(server).make()
    back = place("back")
    restored(second, tmp_path / "backups", back, stays_halted=False)
    assert first.state == second.state == Maker(back).make().state
    assert (first.database, second.database) == ("sqlite", "mysql")
    assert rows_of(back) == rows_of(here)
    assert (tmp_path / "back" / "rates" / "20260102.json").read_text() == "[1]"
    assert not (tmp_path / "back" / "logs").exists()


def test_nobody_is_signed_in_after_a_restore_and_nobody_keeps_the_journal(place: Place, tmp_path: Path) -> None:
    made = Maker(filled(place("here"))).make()
    there = place("there")
    restored(made, tmp_path / "backups", there)
    store = SqlStore(there.settings.store, tmp_path / "there")
    found = rows_there(store.engine)
    store.close()
    assert not any(found[name] for name in LEFT_EMPTY)
    assert {(row["holder"], row["expires_at"], row["is_sealed"]) for row in found["leases"]} == {("", 0, 0)}
    assert [row["epoch"] for row in found["leases"]] == [1, 2, 3]


def test_a_restored_place_does_not_trade_until_somebody_says_so(place: Place, tmp_path: Path) -> None:
    here = filled(place("here"))
    made = Maker(here).make()
    restored(made, tmp_path / "backups", place("halted"))
    order = HaltFiles(tmp_path / "halted").stop_order()
    assert (order.actor, "compare with the broker" in order.reason) == ("restore", True)
    restored(made, tmp_path / "backups", place("free"), stays_halted=False)
    assert not HaltFiles(tmp_path / "free").is_stopped()
    (tmp_path / "here" / STOP_NAME).write_text("pressed by Li")
    stopped = Maker(here).make()
    restored(stopped, tmp_path / "backups", place("as it was"), stays_halted=False)
    assert (tmp_path / "as it was" / STOP_NAME).read_text() == "pressed by Li"


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = filled(place("here"))
    store = SqlStore(here.settings.store, tmp_path / "here")
    schema.downgrade(store.engine, "0008")
    there = set(inspect(store.engine).get_table_names())
    store.close()
    before = rows_of(here)
    kept = [form for form in forms() if form.name in there]
    with monkeypatch.context() as older:
        # What the program was when 0008 was its newest step.
        older.setattr(schema, "HEAD", "0008")
        older.setattr(creating, "forms", lambda: kept)
        made = Maker(here).make()
    place_now = place("now")
    restored(made, tmp_path / "backups", place_now)
    after = rows_of(place_now)
    assert isinstance(after, dict)
    assert {name: rows for name, rows in after.items() if name in there} == before
    assert after["alert_records"] == []


# ── what is refused, and leaves everything as it is ─────────────────────────────────────────────────────────────
def cut_off(folder: Path) -> None:
    file = folder / "tables" / "journal.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-5])


def tampered(folder: Path) -> None:
    file = folder / "tables" / "accounts.jsonl.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace(b"-0.9999", b"90.9999"), mtime=0))


def same_length(folder: Path) -> None:
    file = folder / "files" / "rates" / "20260102.json"
    file.write_text("[2]")


def removed(folder: Path) -> None:
    (folder / "files" / "rates" / "20260102.json").unlink()


def added(folder: Path) -> None:
    (folder / "files" / "identity.key").write_text("mine")


def linked(folder: Path) -> None:
    file = folder / "files" / "rates" / "20260102.json"
    file.unlink()
    file.symlink_to("/etc/passwd")


def other_manifest(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace('"count": 3', '"count": 4', 1))


def written_anew(folder: Path, **changes: object) -> None:
    file = folder / "manifest.json"
    manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    file.unlink()
    write_manifest(folder, sealed(msgspec.structs.replace(manifest, **changes)))


def newer_form(folder: Path) -> None:
    written_anew(folder, format=2, program="9.0")


def newer_tables(folder: Path) -> None:
    written_anew(folder, tables="0999", program="9.0")


def climbing(folder: Path) -> None:
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    parts = [msgspec.structs.replace(part, path="files/../../out") for part in manifest.parts[-1:]]
    written_anew(folder, parts=(*manifest.parts, *parts))


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (cut_off, r"tables/journal.jsonl.gz has \d+ bytes and should have \d+: cut off, or changed"),
        (tampered, r"tables/accounts.jsonl.gz "),
        (same_length, "files/rates/20260102.json its content is not what was written"),
        (removed, "files/rates/20260102.json is missing"),
        (added, "files/identity.key the manifest does not know it"),
        (linked, "files/rates/20260102.json is a link and no file"),
        (other_manifest, r"manifest.json is not as it was written \(its seal does not fit\)"),
        (newer_form, r"made by a newer program \(9.0, format 2\); this one reads backups up to format 1"),
        (newer_tables, r"made by a newer program \(9.0\): its tables are at version 0999"),
        (climbing, r"names 'files/../../out', which lies outside"),
        (no_manifest, "is no backup: manifest.json cannot be read"),
    ],
)
def test_what_is_not_as_it_was_written_is_refused_by_name_and_nothing_is_touched(
    whole: Path, place: Place, harm: Callable[[Path], None], told: str
) -> None:
    harm(whole)
    there = place("there")
    with pytest.raises(InputError, match=told):
        Restorer(whole, there.settings).restore()
    assert not Path(there.settings.data_dir).exists()


def test_a_backup_other_than_the_one_noted_elsewhere_is_refused(whole: Path, place: Place) -> None:
    with pytest.raises(InputError, match="wanted was 00: it is another backup"):
        Restorer(whole, place("there").settings).restore(seal="00")


def test_only_an_empty_place_is_restored_into(whole: Path, place: Place, tmp_path: Path) -> None:
    recordings = f"market.recording.folder={tmp_path / 'recordings'}"
    (tmp_path / "recordings").mkdir()
    taken = {
        "a file": place("a file"),
        "a table": place("a table"),
        "a recording": place("a recording", recordings),
        "documents": place("documents"),
    }
    for name in taken:
        (tmp_path / name).mkdir()
    (tmp_path / "a file" / "access.json").write_text("{}")
    filled_store = SqlStore(taken["a table"].settings.store, tmp_path / "a table")
    schema.upgrade(filled_store.engine)
    filled_store.close()
    (tmp_path / "recordings" / "20260102_x.twr").write_bytes(b"x")
    with closing(sqlite3.connect(tmp_path / "documents" / "documents.db")) as documents, documents:
        documents.execute("CREATE TABLE realtime (id, stock_code, t, body)")
        documents.execute("INSERT INTO realtime VALUES ('a', 'a', 1, '{}')")
    found = {}
    for name, loaded in taken.items():
        with pytest.raises(StateConflictError) as refused:
            Restorer(whole, loaded.settings).restore()
        found[name] = str(refused.value)
        assert not (tmp_path / name / STOP_NAME).exists()
    assert "here is " + str(tmp_path / "a file" / "access.json") in found["a file"]
    assert "table accounts of " in found["a table"]
    assert "20260102_x.twr" in found["a recording"]
    assert "documents of realtime" in found["documents"]


def test_a_disk_that_refuses_half_way_leaves_an_empty_place(place: Place, tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "20260102_x.twr").write_bytes(b"x")
    made = Maker(filled(place("here", f"market.recording.folder={tmp_path / 'recordings'}"))).make()
    (tmp_path / "blocked").write_text("a file where a folder should be made")
    there = place("there", f"market.recording.folder={tmp_path / 'blocked' / 'recordings'}")
    with pytest.raises(StoreError, match=r"could not be restored .* what was written was taken back"):
        Restorer(tmp_path / "backups" / made.name, there.settings).restore()
    assert [path for path in (tmp_path / "there").rglob("*") if path.is_file()] == []
    with pytest.raises(ConfigError, match=r"holds recording 20260102_x.twr, .* set market.recording.folder"):
        Restorer(tmp_path / "backups" / made.name, place("nowhere").settings).restore()


# ── what a backup keeps, shares and leaves out ──────────────────────────────────────────────────────────────────
def test_market_data_that_has_not_changed_is_shared_and_outlives_the_older_backup(place: Place, tmp_path: Path) -> None:
    archive = tmp_path / "recordings" / "archive" / "ticks"
    archive.mkdir(parents=True)
    (archive / "a.parquet").write_bytes(b"a")
    (archive / "b.parquet").write_bytes(b"b")
    here = filled(place("here", f"market.recording.folder={tmp_path / 'recordings'}", "backup.keep=2"))
    first = Maker(here).make()
    (archive / "b.parquet").write_bytes(b"b2")
    second = Maker(here).make()
    kept = [tmp_path / "backups" / made.name / "archive" / "ticks" for made in (first, second)]
    assert (kept[0] / "a.parquet").samefile(kept[1] / "a.parquet")
    assert [(path / "b.parquet").read_bytes() for path in kept] == [b"b", b"b2"]
    third = Maker(here).make()
    assert Maker(here).shelf.names() == [second.name, third.name]
    restored(third, tmp_path / "backups", place("there", f"market.recording.folder={tmp_path / 'again'}"))
    assert (tmp_path / "again" / "archive" / "ticks" / "a.parquet").read_bytes() == b"a"


def test_a_recording_is_kept_to_its_last_whole_record(place: Place, tmp_path: Path) -> None:
    whole = MAGIC + b"".join(frame_of(msgspec.msgpack.encode(content), 0) for content in (HEADER, {"ticks": 1}))
    file = tmp_path / "recordings" / "20260102_simulator.twr"
    file.parent.mkdir()
    file.write_bytes(whole + whole[-9:])
    made = Maker(filled(place("here", f"market.recording.folder={file.parent}"))).make()
    assert (tmp_path / "backups" / made.name / "recordings" / file.name).read_bytes() == whole


def test_secrets_are_in_a_backup_only_when_asked_for(place: Place, tmp_path: Path) -> None:
    planted = ("store.password=planted-1", "bus.url=redis://me:planted-2@localhost/0", "infoway.api_key=planted-3")
    here = filled(place("here", *planted, "log.level=warning"))
    (tmp_path / "here" / "identity.key").write_text("planted-4")
    made = Maker(here).make()
    plain = contents_of(tmp_path / "backups" / made.name)
    assert b"planted" not in plain
    assert b'log.level = "warning"' in plain
    assert b"# store.password = " in plain
    asked = Maker(here, with_secrets=True).make()
    there = place("there")
    restored(asked, tmp_path / "backups", there)
    assert {f"planted-{number}".encode() in contents_of(tmp_path / "backups" / asked.name) for number in (1, 2, 3)} == {
        True
    }
    assert (tmp_path / "there" / "identity.key").read_text() == "planted-4"
    assert (tmp_path / "there" / "identity.key").stat().st_mode & 0o077 == 0
    assert asked.state == made.state


def contents_of(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    return b"\n".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files
    )


def test_a_backup_that_was_killed_leaves_nothing_and_two_at_once_are_refused(place: Place) -> None:
    here = filled(place("here"))
    shelf = Maker(here).shelf
    (shelf.folder / ".making-20260102T030405.000Z").mkdir(parents=True)
    with (
        shelf.room_for("20260102T030405.001Z"),
        pytest.raises(StateConflictError, match="another backup is being made"),
    ):
        Maker(here).make()
    made = Maker(here).make()
    assert sorted(path.name for path in shelf.folder.iterdir()) == [".lock", "20260102T030405.001Z", made.name]
