"""Fixtures every kind of test may use."""

from __future__ import annotations

import json
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failures-to", metavar="FILE", help="write the ids of the tests that failed there, as JSON")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Note which tests failed, for `run_all` to try them once more."""
    if named := config.getoption("--failures-to"):
        reports = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
        Path(named).parent.mkdir(exist_ok=True)
        Path(named).write_text(json.dumps(sorted({each.nodeid for each in reports})), encoding="utf-8")


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
