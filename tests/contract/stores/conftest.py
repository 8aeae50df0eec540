"""Each store in turn: SQLite in a folder of its own, MariaDB with tables that are empty again for each test."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from real_mariadb import PASSWORD, RealMariaDb
from store_builders import Line
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.trading_tables import METADATA

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def mariadb_settings(mariadb: RealMariaDb, tmp_path_factory: pytest.TempPathFactory) -> StoreSettings:
    mariadb.make_database("tw_shared")
    settings = StoreSettings(url=mariadb.url("tw_shared"), password=PASSWORD)
    store = SqlStore(settings, tmp_path_factory.mktemp("none"))
    schema.upgrade(store.engine)
    store.close()
    return settings


@pytest.fixture
def settings_of(request: pytest.FixtureRequest) -> Callable[[str], StoreSettings]:
    """Make settings of an empty store that is up to date, or makes itself so."""

    def make(kind: str) -> StoreSettings:
        if kind == "sqlite":
            return StoreSettings(project_ms=20)
        shared: StoreSettings = request.getfixturevalue("mariadb_settings")
        server: RealMariaDb = request.getfixturevalue("mariadb")
        with contextlib.closing(server.root()) as connection, connection.cursor() as cursor:
            for name in METADATA.tables:
                cursor.execute(f"DELETE FROM tw_shared.{name}")  # noqa: S608 - names of our own
        return StoreSettings(url=shared.url, password=shared.password, project_ms=20)

    return make


@pytest.fixture(params=["sqlite", "mariadb"])
def settings(request: pytest.FixtureRequest, settings_of: Callable[[str], StoreSettings]) -> StoreSettings:
    return settings_of(request.param)


@pytest.fixture
def fresh_settings(request: pytest.FixtureRequest, settings: StoreSettings) -> StoreSettings:
    """Settings of a store without any table, for tests that change them."""
    if not settings.url:
        return settings
    server: RealMariaDb = request.getfixturevalue("mariadb")
    name = f"tw_{next(_NUMBERS)}"
    server.make_database(name)
    return StoreSettings(url=server.url(name), password=PASSWORD)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def store(settings: StoreSettings, tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(settings, tmp_path)
    opened.open()
    yield opened
    opened.close()
