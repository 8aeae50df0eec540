"""All documents out of a store and into another of its kind, as a backup does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from bson import Decimal128, ObjectId

from real_mongo import RealMongo
from tradewind.errors import StateConflictError, StoreAwayError, StoreError
from tradewind.kernel.settings import Loaded, load
from tradewind.runtime.backup.creating import Maker
from tradewind.runtime.backup.documents import document_copies, make_collections
from tradewind.runtime.backup.restoring import Restorer
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

from contract.documents.conftest import build, make_bar, make_book, make_document

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
Settings = Callable[..., DocumentSettings]


def place(folder: Path, documents: DocumentSettings) -> Loaded[TradewindSettings]:
    return load(
        TradewindSettings,
        flags=[f"data_dir={folder}", f"documents.url={documents.url}", f"documents.database={documents.database}"],
    )


async def fill(documents: DocumentSettings, folder: Path) -> None:
    store = build(documents, folder)
    await store.open()
    await store.put("realtime", [make_document(number) for number in range(2_500)])
    await store.put("depth", [make_book(number) for number in range(3)])
    await store.put("kline", [make_bar(number) for number in range(3)])
    await store.close()


@pytest.mark.parametrize("kind", ["sqlite", "mongo"])
def test_documents_come_back_as_they_were(settings_of: Settings, tmp_path: Path, kind: str) -> None:
    here, there = settings_of(kind), settings_of(kind)
    asyncio.run(fill(here, tmp_path / "here"))
    with_tables = SqlStore(TradewindSettings().store, tmp_path / "here")
    schema.upgrade(with_tables.engine)
    with_tables.close()
    made = Maker(place(tmp_path / "here", here)).make()
    counts = {part.name.partition(".")[0]: part.count for part in made.parts if part.kind == "documents"}
    assert counts == {"realtime": 2_500, "depth": 3, "kline": 3}
    target = place(tmp_path / "there", there)
    Restorer(tmp_path / "here" / "backups" / made.name, target.settings).restore(stays_halted=False)
    assert Maker(target).make().state == made.state
    asyncio.run(check_documents(there, tmp_path / "there"))
    # The one server is not empty for another data folder either.
    again = place(tmp_path / ("again" if there.url else "there"), there)
    with pytest.raises(StateConflictError, match="into an empty place only"):
        Restorer(tmp_path / "here" / "backups" / made.name, again.settings).restore()


async def check_documents(documents: DocumentSettings, folder: Path) -> None:
    store = build(documents, folder)
    await store.open()
    assert await store.latest("realtime", "TSLA.US", 2) == [make_document(2_499), make_document(2_498)]
    assert await store.depths("TSLA.US") == [make_book(2)]
    assert await store.bars("TSLA.US", 1) == [make_bar(2)]
    # What comes again is known.
    assert (await store.put("realtime", [make_document(7)])).known == 1
    await store.close()


def test_what_an_older_program_wrote_is_kept_to_the_byte(
    settings_of: Settings, mongo: RealMongo, tmp_path: Path
) -> None:
    here, there = settings_of("mongo"), settings_of("mongo")
    odd = {"_id": ObjectId(b"tradewind-12"), "z": Decimal128("1.10"), "a": {"二": [1, 2.5, None]}, "t": 2**40}
    with mongo.client() as client:
        client[here.database][here.realtime].insert_one(dict(odd))
    copies = document_copies(place(tmp_path, here).settings)
    (only,) = copies.read("realtime")
    document_copies(place(tmp_path, there).settings).write("realtime", [only.content[:9], only.content[9:]])
    with mongo.client() as client:
        (found,) = client[there.database][there.realtime].find()
    assert (found, list(found)) == (odd, list(odd))


@pytest.mark.parametrize(("kind", "wrong"), [("mongo", b"\x30\x00\x00\x00cut"), ("sqlite", b'["a", "b"]\n')])
def test_what_is_no_document_is_refused(settings_of: Settings, tmp_path: Path, kind: str, wrong: bytes) -> None:
    settings = place(tmp_path, settings_of(kind)).settings
    make_collections(settings)
    copies = document_copies(settings)
    with pytest.raises(StoreError, match="take another backup"):
        copies.write("realtime", [wrong])
    assert copies.collections() == []


def test_a_store_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    settings = DocumentSettings(url="mongodb://me:planted@127.0.0.1:1/", timeout_s=0.2)
    copies = document_copies(
        load(
            TradewindSettings,
            flags=[f"data_dir={tmp_path}", f"documents.url={settings.url}", "documents.timeout_s=0.2"],
        ).settings
    )
    with pytest.raises(StoreAwayError, match=r"see that documents\.url answers") as told:
        copies.collections()
    assert "planted" not in str(told.value)
