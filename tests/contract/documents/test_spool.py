"""What waits on disk while the store is away: in order, whole, once."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real_mongo import RealMongo
from tradewind.errors import SpoolFullError, StoreAwayError, StoreError
from tradewind.stores.documents.forms import QuoteDocument, Stored
from tradewind.stores.documents.mongo import MongoDocuments
from tradewind.stores.documents.ports import Collection
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments
from tradewind.stores.documents.sqlite import SqliteDocuments

from contract.documents.conftest import make_document
from waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
ROOM = 1 << 20


def all_of(spool: Spool) -> list[bytes]:
    found = []
    while (record := spool.first()) is not None:
        found.append(record)
        spool.drop_first(record)
    return found


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=40), st.integers(0, 40), st.integers(100, 2_000))
def test_records_come_out_as_they_went_in_whatever_restarts_between(
    records: list[bytes], dropped: int, segment_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder) / "spool", []
        for record in records:
            Spool(place, max_bytes=ROOM, segment_bytes=segment_bytes).append(record)
        for _ in range(min(dropped, len(records))):
            spool = Spool(place, max_bytes=ROOM, segment_bytes=segment_bytes)
            first = spool.first()
            assert first is not None
            out.append(first)
            spool.drop_first(first)
        rest = Spool(place, max_bytes=ROOM, segment_bytes=segment_bytes)
        assert rest.waiting == len(records) - len(out)
        assert out + all_of(rest) == records
        assert rest.waiting == 0
        assert all_of(Spool(place, max_bytes=ROOM)) == []


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=8), st.data())
def test_a_crash_in_the_middle_of_a_record_loses_that_record_alone(records: list[bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        spool = Spool(place, max_bytes=ROOM)
        for record in records:
            spool.append(record)
        (file,) = place.glob("*.spool")
        whole = file.read_bytes()
        torn = data.draw(st.integers(len(whole) - len(records[-1]) - 7, len(whole) - 1))
        file.write_bytes(whole[:torn])
        again = Spool(place, max_bytes=ROOM)
        again.append(b"after")
        assert all_of(again) == [*records[:-1], b"after"]


def test_a_file_that_was_scribbled_on_ends_where_the_scribble_begins(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=ROOM)
    for record in (b"one", b"two", b"three"):
        spool.append(record)
    (file,) = tmp_path.glob("*.spool")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert all_of(Spool(tmp_path, max_bytes=ROOM)) == [b"one", b"two"]


def test_a_full_spool_takes_nothing_more_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=1_000)
    for number in range(9):
        spool.append(bytes([number]) * 100)
    with pytest.raises(SpoolFullError, match=r"documents\.spool_bytes"):
        spool.append(b"x" * 100)
    assert [record[0] for record in all_of(spool)] == list(range(9))
    spool.append(b"room again")
    assert all_of(spool) == [b"room again"]


@contextmanager
def no_larger_files_than(size: int) -> Iterator[None]:
    """Let the system itself refuse, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_tears_no_record(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=ROOM)
    spool.append(b"a" * 100)
    with no_larger_files_than(150), pytest.raises(SpoolFullError, match="nothing can be kept"):
        spool.append(b"b" * 100)
    spool.append(b"c" * 100)
    assert [record[:1] for record in all_of(Spool(tmp_path, max_bytes=ROOM))] == [b"a", b"c"]


_WRITER = """
import sys
from pathlib import Path
from tradewind.stores.documents.spool import Spool
spool = Spool(Path(sys.argv[1]), max_bytes=1 << 24, segment_bytes=5_000)
for number in range(100_000):
    spool.append(number.to_bytes(4, "big") * 20)
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    acknowledged = 0
    for turn in range(3):
        folder = tmp_path / str(turn)
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(40 + 13 * turn):
            acknowledged = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdout.close()
        numbers = [int.from_bytes(record[:4], "big") for record in all_of(Spool(folder, max_bytes=1 << 24))]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > acknowledged


class Moody:
    """A store that is away, refuses, or stores and then says that it is away, as it is told."""

    def __init__(self) -> None:
        self.mood = "well"
        self.batches: list[tuple[Collection, list[QuoteDocument]]] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def put(self, collection: Collection, documents: list[QuoteDocument]) -> Stored:
        if self.mood == "away":
            raise StoreAwayError(self.mood)
        if self.mood == "refuses":
            raise StoreError(self.mood)
        self.batches.append((collection, list(documents)))
        if self.mood == "forgets to answer":
            raise StoreAwayError(self.mood)
        return Stored(stored=len(documents))

    async def latest(self, _collection: Collection, _code: str, _limit: int = 1) -> list[QuoteDocument]:
        return []

    async def count(self, _collection: Collection) -> int:
        return sum(len(documents) for _, documents in self.batches)

    def times(self) -> list[int]:
        return [document.t - make_document().t for _, documents in self.batches for document in documents]


async def test_while_the_store_is_away_documents_wait_and_then_follow_in_order(tmp_path: Path) -> None:
    store = Moody()
    spooled = SpooledDocuments(store, Spool(tmp_path, max_bytes=ROOM))  # type: ignore[arg-type]  # a list is a sequence
    assert await spooled.put("realtime", [make_document(0)]) == Stored(stored=1)
    store.mood = "away"
    assert await spooled.put("realtime", [make_document(1)]) == Stored(spooled=1)
    assert await spooled.put("close", [make_document(2)]) == Stored(spooled=1)
    with pytest.raises(StoreAwayError):
        await spooled.drain()
    store.mood = "well"
    # Behind those that wait, though the store is back: the order is kept.
    assert await spooled.put("realtime", [make_document(3)]) == Stored(spooled=1)
    assert await spooled.drain() == 3
    assert store.times() == [0, 1, 2, 3]
    assert [collection for collection, _ in store.batches] == ["realtime", "realtime", "close", "realtime"]
    assert await spooled.put("realtime", [make_document(4)]) == Stored(stored=1)


async def test_what_the_store_does_not_want_does_not_stand_in_the_way_of_the_rest(tmp_path: Path) -> None:
    store = Moody()
    spooled = SpooledDocuments(store, Spool(tmp_path, max_bytes=ROOM))  # type: ignore[arg-type]  # a list is a sequence
    store.mood = "away"
    await spooled.put("realtime", [make_document(1)])
    store.mood = "refuses"
    assert await spooled.drain() == 1
    assert (spooled.refused, spooled.waiting) == (1, 0)
    with pytest.raises(StoreError):
        await spooled.put("realtime", [make_document(2)])


async def test_an_answer_that_was_lost_doubles_nothing(tmp_path: Path) -> None:
    store = SqliteDocuments(DocumentSettings(), tmp_path)
    await store.open()
    deaf = Moody()
    deaf.mood = "forgets to answer"
    spooled = SpooledDocuments(deaf, Spool(tmp_path / "spool", max_bytes=ROOM))  # type: ignore[arg-type]  # a list is a sequence
    documents = [make_document(number) for number in range(20)]
    await spooled.put("realtime", documents)
    for collection, batch in deaf.batches:
        await store.put(collection, batch)
    spooled.store = store
    await spooled.drain()
    assert await store.count("realtime") == 20
    await store.close()


@pytest.mark.timeout(90)
async def test_a_server_killed_again_and_again_ends_with_every_document_once(tmp_path: Path) -> None:
    # Without the flag this server keeps an acknowledged write in memory for a moment, whatever it was asked for.
    server = RealMongo(tmp_path / "mongo", "--sync-on-commit")
    server.start()
    settings = DocumentSettings(url=server.url, timeout_s=1.0)
    spooled = SpooledDocuments(MongoDocuments(settings), Spool(tmp_path / "spool", max_bytes=ROOM), scale=0.01)
    runner = asyncio.create_task(spooled.run())
    try:
        number = 0
        for turn in range(2):
            for _ in range(3):
                await spooled.put("realtime", [make_document(number + at) for at in range(50)])
                number += 50
            await asyncio.to_thread(server.kill)
            await spooled.put("realtime", [make_document(number + at) for at in range(50)])
            number += 50
            assert spooled.waiting > 0, turn
            await asyncio.to_thread(server.start)
        await eventually(lambda: spooled.waiting == 0, timeout_s=20.0)
        assert await spooled.store.count("realtime") == number
        newest = await spooled.store.latest("realtime", "TSLA.US", number)
        assert [one.t - make_document().t for one in newest] == list(range(number))[::-1]
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        await spooled.store.close()
        server.kill()


def test_two_processes_on_one_folder_have_a_place_each_and_what_one_left_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    first, second = (Spool.in_free_place(folder, max_bytes=1 << 20) for _ in range(2))
    first.append(b"one")
    second.append(b"two")
    assert (first.first(), second.first()) == (b"one", b"two")
    second.close()
    third = Spool.in_free_place(folder, max_bytes=1 << 20)
    assert third.first() == b"two"
    first.close()
    third.close()


def test_a_folder_that_too_many_use_is_refused(tmp_path: Path) -> None:
    taken = [Spool.in_free_place(tmp_path / "spool", max_bytes=1 << 20) for _ in range(16)]
    with pytest.raises(SpoolFullError, match="one process each"):
        Spool.in_free_place(tmp_path / "spool", max_bytes=1 << 20)
    for spool in taken:
        spool.close()
