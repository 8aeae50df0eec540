"""Each store of documents in turn, empty: SQLite in a folder of its own, MongoDB's protocol over a real socket."""

from __future__ import annotations

import gc
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from real_mongo import RealMongo
from tradewind.stores.documents.forms import BarDocument, DepthDocument, QuoteDocument
from tradewind.stores.documents.mongo import MongoDocuments
from tradewind.stores.documents.ports import DocumentStore
from tradewind.stores.documents.settings import DocumentSettings
from tradewind.stores.documents.sqlite import SqliteDocuments

_NUMBERS = itertools.count(1)


def make_document(number: int = 0, **changes: Any) -> QuoteDocument:
    """Return the trade of seed 002's page, `number` ms later, with these fields changed."""
    fields: dict[str, Any] = {
        "s": "TSLA.US",
        "t": 1_750_177_346_523 + number,
        "p": "5188.211",
        "v": "3.0",
        "vw": "15564.6330",
        "td": 0,
        "stock_code": "TSLA.US",
        "create_time": 1_750_177_347_000,
    }
    return QuoteDocument(**{**fields, **changes})


def make_book(number: int = 0, **changes: Any) -> DepthDocument:
    """Return a book of two levels, `number` ms later, with these fields changed."""
    fields: dict[str, Any] = {
        "s": "TSLA.US",
        "t": 1_750_177_346_523 + number,
        "a": (("5188.3", "5188.4"), ("10", "20")),
        "b": (("5188.2", "5188.1"), ("30", "40")),
        "stock_code": "TSLA.US",
        "create_time": 1_750_177_347_000,
    }
    return DepthDocument(**{**fields, **changes})


def make_bar(minute: int = 0, **changes: Any) -> BarDocument:
    """Return a bar of one minute, `minute` minutes later, with these fields changed."""
    fields: dict[str, Any] = {
        "s": "TSLA.US",
        "ty": 1,
        "t": 1_750_177_320_000 + 60_000 * minute,
        "o": "5188",
        "h": "5189.5",
        "l": "5187",
        "c": "5188.2",
        "v": "300",
        "vw": "1556460",
        "pca": "-0.3",
        "stock_code": "TSLA.US",
        "create_time": 1_750_177_347_000,
    }
    return BarDocument(**{**fields, **changes})


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMongo]:
    server = RealMongo(tmp_path_factory.mktemp("mongo"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def settings_of(request: pytest.FixtureRequest) -> Callable[..., DocumentSettings]:
    def make(kind: str, **changes: Any) -> DocumentSettings:
        if kind == "sqlite":
            return DocumentSettings(**changes)
        server: RealMongo = request.getfixturevalue("mongo")
        return DocumentSettings(**{"url": server.url, "database": f"tw_{next(_NUMBERS)}", **changes})

    return make


@pytest.fixture(autouse=True)
def _sockets_of_the_driver() -> Iterator[None]:
    """PyMongo leaves a socket to the collector when nobody answers: let it be found while this test's filter holds."""
    yield
    gc.collect()


def build(settings: DocumentSettings, folder: Path) -> DocumentStore:
    return MongoDocuments(settings) if settings.url else SqliteDocuments(settings, folder)


@pytest.fixture(params=["sqlite", "mongo"])
def settings(request: pytest.FixtureRequest, settings_of: Callable[..., DocumentSettings]) -> DocumentSettings:
    return settings_of(request.param)


@pytest.fixture
async def store(settings: DocumentSettings, tmp_path: Path) -> AsyncIterator[DocumentStore]:
    opened = build(settings, tmp_path)
    await opened.open()
    yield opened
    await opened.close()
