"""Fixtures every kind of test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from real_mariadb import RealMariaDb

# How long one example takes says something about the machine, not about the code.
settings.register_profile("tradewind", deadline=None)
settings.load_profile("tradewind")

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of recorded market data; its absence is a failure, never a skip."""
    folder = Path(os.environ.get("TRADEWIND_DATA", str(REPO.parent / "shared" / "data"))).resolve()
    if not (folder / "futures_tick").is_dir():
        pytest.fail(f"recorded market data not found in {folder}; set TRADEWIND_DATA to the folder of futures_tick/")
    return folder


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMariaDb]:
    """One MariaDB for the whole run; a test makes a database of its own in it."""
    server = RealMariaDb(tmp_path_factory.mktemp("mariadb"))
    server.start()
    yield server
    server.kill()
