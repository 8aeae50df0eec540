"""The archive gives back every tick as it came, in the order it came, or says clearly what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.domain.tick import RawTick
from tradewind.errors import InputError, ReplayFileError, StateConflictError, StoreError
from tradewind.stores.ticks.manifest import read_manifest
from tradewind.stores.ticks.places import ArchivePlaces, instrument_folder, instrument_of_folder
from tradewind.stores.ticks.reading import ArchivedDay, Place, read_ticks
from tradewind.stores.ticks.writing import Origin, RecordingArchiver, archive_lock

from builders import MORNING_NS, make_raw_tick

DAY = 20210104
ORIGIN = Origin(source="simulator", name="day.twr", bytes=1)

PRICES = st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
COUNTS = st.none() | st.integers(-(1 << 63), (1 << 63) - 1)
LEVELS = st.tuples(PRICES, st.integers(0, 1 << 40), PRICES, st.integers(0, 1 << 40))
DEPTHS = st.none() | st.lists(LEVELS, max_size=9).map(tuple)
TICKS = st.builds(
    RawTick,
    instrument_id=st.sampled_from(["IF2101.CFFEX", "au2602.SHFE", "m2605-C-2700.DCE"]),
    ts_event=st.integers(0, 1 << 62),
    ts_recv=st.integers(1, 1 << 62),
    trading_day=st.sampled_from([0, DAY]),
    depth=DEPTHS,
    **dict.fromkeys(("volume", "bid_volume", "ask_volume"), COUNTS),
    **{
        name: PRICES
        for name in RawTick._fields
        if name not in {"instrument_id", "ts_event", "ts_recv", "trading_day", "depth"} and "volume" not in name
    },
)


def archived(folder: Path, ticks: list[RawTick], recording: str = "simulator") -> ArchivePlaces:
    places = ArchivePlaces(folder)
    with archive_lock(places):
        archiver = RecordingArchiver(places, trading_day=DAY, recording=recording)
        archiver.add(ticks)
        archiver.commit(ORIGIN)
    return places


def played(places: ArchivePlaces, recording: str = "simulator", *, batch_rows: int = 4096) -> list[RawTick]:
    day = ArchivedDay(places.manifest(DAY, recording), batch_rows=batch_rows)
    return [RawTick._make(tick) for batch in day.batches() for tick in batch]


def two_contracts(count: int) -> list[RawTick]:
    ids = ("IF2101.CFFEX", "au2602.SHFE")
    return [make_raw_tick(instrument_id=ids[n * n % 3 % 2], ts_recv=MORNING_NS + n, volume=n) for n in range(count)]


@settings(max_examples=40, deadline=None)
@given(st.lists(TICKS, min_size=1, max_size=12))
def test_every_tick_comes_back_as_it_was_in_the_order_it_came(
    tmp_path_factory: pytest.TempPathFactory, ticks: list[RawTick]
) -> None:
    assert played(archived(tmp_path_factory.mktemp("a"), ticks)) == ticks


def test_instruments_that_tick_in_turn_are_merged_over_many_batches(tmp_path: Path) -> None:
    ticks = two_contracts(5_000)
    assert played(archived(tmp_path, ticks), batch_rows=300) == ticks


def test_each_day_and_instrument_has_its_folder(tmp_path: Path) -> None:
    archived(tmp_path, two_contracts(3))
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")) == [
        "ticks/trading_day=20210104/instrument=IF2101.CFFEX/simulator.parquet",
        "ticks/trading_day=20210104/instrument=au2602.SHFE/simulator.parquet",
    ]


@pytest.mark.parametrize("name", ["../../etc", "a/b.SHFE", "SP m2605&m2609.DCE", "螺纹.SHFE"])
def test_no_name_of_a_contract_leads_out_of_its_folder(name: str) -> None:
    folder = instrument_folder(name)
    assert "/" not in folder
    assert instrument_of_folder(folder) == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_what_is_no_name_of_a_contract_is_left_out_and_counted(tmp_path: Path, name: str) -> None:
    ticks = [make_raw_tick(instrument_id=name), make_raw_tick()]
    manifest = read_manifest(archived(tmp_path, ticks).manifest(DAY, "simulator"))
    assert (manifest.ticks, manifest.left_out) == (1, 1)


@pytest.mark.parametrize("change", [{"volume": 1 << 63}, {"depth": ((1.0, 1, 1.0, 1),) * 10}, {"last_price": "x"}])
def test_a_tick_that_no_column_can_hold_is_left_out_and_spoils_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    ticks = [make_raw_tick(volume=1), make_raw_tick(**change), make_raw_tick(volume=2)]
    places = archived(tmp_path, ticks)
    assert [tick.volume for tick in played(places)] == [1, 2]
    assert "1 ticks fit no column" in ArchivedDay(places.manifest(DAY, "simulator")).remark


def test_a_day_made_again_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    archived(tmp_path, two_contracts(10), "other")
    archived(tmp_path, two_contracts(10))
    places = archived(tmp_path, [make_raw_tick()])
    assert len(played(places)) == 1
    assert len(played(places, "other")) == 10


def test_one_who_gives_up_leaves_what_was_there(tmp_path: Path) -> None:
    places = archived(tmp_path, two_contracts(10))
    with archive_lock(places):
        archiver = RecordingArchiver(places, trading_day=DAY, recording="simulator")
        archiver.add([make_raw_tick()])
        archiver.abandon()
    assert len(played(places)) == 10
    assert not list(places.making.rglob("*.parquet"))


def test_two_never_change_an_archive_at_once(tmp_path: Path) -> None:
    with (
        archive_lock(ArchivePlaces(tmp_path)),
        pytest.raises(StateConflictError, match="another process"),
        archive_lock(ArchivePlaces(tmp_path)),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match=r"cannot be an archive \(Not a directory\)"),
        archive_lock(ArchivePlaces(tmp_path / "file" / "archive")),
    ):
        pass


def test_a_truncated_file_is_refused_by_name(tmp_path: Path) -> None:
    places = archived(tmp_path, two_contracts(100))
    path = places.part(DAY, "simulator", "IF2101.CFFEX")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReplayFileError, match=r"IF2101.CFFEX/simulator.parquet: damaged after row 0: .*repair"):
        played(places)


def test_foreign_columns_and_wrong_types_are_refused_by_name(tmp_path: Path) -> None:
    places = archived(tmp_path, [make_raw_tick()])
    path = places.part(DAY, "simulator", "IF2101.CFFEX")
    pq.write_table(pa.table({"arrival": ["first"], "price": [1.0]}), path)
    with pytest.raises(ReplayFileError, match="arrival must be int64, was string; instrument_id must be"):
        played(places)


def test_a_day_with_a_file_missing_is_refused(tmp_path: Path) -> None:
    places = archived(tmp_path, two_contracts(10))
    places.part(DAY, "simulator", "au2602.SHFE").unlink()
    with pytest.raises(ReplayFileError, match=r"files are missing of au2602.SHFE"):
        played(places)


@settings(max_examples=20, deadline=None)
@given(limit=st.integers(1, 40), begin=st.integers(0, 100), length=st.integers(0, 120))
def test_pages_put_together_are_the_span_without_gap_or_duplicate(
    tmp_path_factory: pytest.TempPathFactory, limit: int, begin: int, length: int
) -> None:
    ticks = two_contracts(100)
    places = archived(tmp_path_factory.mktemp("pages"), ticks)
    from_ns, until_ns = MORNING_NS + begin, MORNING_NS + begin + length
    found: list[RawTick] = []
    after: Place | None = None
    while True:
        page = read_ticks(places, "IF2101.CFFEX", from_ns=from_ns, until_ns=until_ns, limit=limit, after=after)
        found += [RawTick._make(tick) for _, tick in page.rows]
        after = page.next
        if after is None:
            break
        assert len(page.rows) == limit
    wanted = [tick for tick in ticks if tick.instrument_id == "IF2101.CFFEX" and from_ns <= tick.ts_recv < until_ns]
    assert found == wanted


def test_a_manifest_that_is_none_or_newer_is_refused(tmp_path: Path) -> None:
    places = archived(tmp_path, [make_raw_tick()])
    path = places.manifest(DAY, "simulator")
    text = path.read_text()
    path.write_text(text.replace('"version": 1', '"version": 2'))
    with pytest.raises(ReplayFileError, match="archived with schema 2; this program reads schema 1"):
        played(places)
    path.write_text(text[:-10])
    with pytest.raises(ReplayFileError, match="no manifest of an archived day"):
        played(places)


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 65])
def test_a_recordings_name_is_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="a recording's name is"):
        RecordingArchiver(ArchivePlaces(tmp_path), trading_day=DAY, recording=name)
