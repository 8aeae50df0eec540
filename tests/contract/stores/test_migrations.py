"""Every step of the tables, forward and back with rows in all of them, and a step that fails."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from real_mariadb import PASSWORD, RealMariaDb
from table_rows import Rows, every_table, fill_tables, is_kept, rows_there
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

_NUMBERS = itertools.count(1)


pytestmark = pytest.mark.timeout(60)  # hundreds of changes of tables, each of which MariaDB sees to the disk


@pytest.fixture(params=["sqlite", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    settings = StoreSettings()
    if request.param == "mariadb":
        server: RealMariaDb = request.getfixturevalue("mariadb")
        name = f"tw_steps_{next(_NUMBERS)}"
        server.make_database(name)
        settings = StoreSettings(url=server.url(name), password=PASSWORD)
    store = SqlStore(settings, tmp_path)
    yield store.engine
    store.close()


def test_no_step_forward_changes_a_row_that_stands(engine: Engine) -> None:
    filled: set[str] = set()
    for step in schema.REVISIONS:
        before = rows_there(engine)
        schema.upgrade(engine, step)
        after = rows_there(engine)
        assert is_kept(before, after), step
        fill_tables(engine, *(after.keys() - filled))
        filled |= after.keys()
    assert filled == set(every_table())


def test_no_step_back_changes_a_row_that_stays_and_forward_again_the_rest_is_empty(engine: Engine) -> None:
    schema.upgrade(engine)
    fill_tables(engine)
    first, *later = schema.REVISIONS
    left = [rows_there(engine)]
    for step in [first, *later][-2::-1]:
        schema.downgrade(engine, step)
        left.append(rows_there(engine))
        assert is_kept(left[-2], left[-1]), step
    stayed = left[-1]
    assert stayed.keys() < left[0].keys()
    for step in later:
        schema.upgrade(engine, step)
        assert is_kept(stayed, rows_there(engine)), step
    assert {name for name, rows in rows_there(engine).items() if rows} == stayed.keys()


def test_a_step_that_fails_half_way_leaves_what_was_before(engine: Engine) -> None:
    rows: Rows = {}
    for before, last_made in (("0004", "instruction_steps"), ("0008", "alert_records")):
        schema.upgrade(engine, before)
        fill_tables(engine, *(name for name, rows in rows_there(engine).items() if not rows))
        rows = rows_there(engine)
        with engine.begin() as connection:
            # Somebody's table is in the way of the last one that the next step makes.
            connection.exec_driver_sql(f"CREATE TABLE {last_made} (mine INTEGER)")
        tables, columns = set(inspect(engine).get_table_names()), columns_of_instructions(engine)
        with pytest.raises(SQLAlchemyError):
            schema.upgrade(engine)
        assert set(inspect(engine).get_table_names()) == tables
        assert columns_of_instructions(engine) == columns
        with engine.connect() as connection:
            assert schema.version(connection) == before
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {last_made}")
        assert rows_there(engine) == rows
    schema.upgrade(engine)
    assert is_kept(rows, rows_there(engine))


def columns_of_instructions(engine: Engine) -> list[str]:
    return [column["name"] for column in inspect(engine).get_columns("instructions")]
