"""A database with its tables, made once for all tests: each takes a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.store import SqlStore


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    store = SqlStore(StoreSettings(), folder)
    store.open()
    store.close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, empty_tables: Path) -> Path:
    """A data folder of one test."""
    return Path(shutil.copytree(empty_tables, tmp_path / "var"))
