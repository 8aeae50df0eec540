"""The tables: made, changed and taken back with what stands in them, the same on each database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from store_builders import Line, keep_acts, make_journal
from tradewind.errors import ConfigError, SchemaError, StoreError
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import probe, schema
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.record_tables import JOURNAL
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.trading_tables import ACCOUNTS, METADATA, POSITIONS, STRATEGY_CONFIGS, STRATEGY_TRIGGERS

SEED_COLUMNS = {
    "accounts": "id account_id balance available margin unrealized_pnl realized_pnl update_time",
    "positions": "id account_id symbol direction volume avg_price current_price unrealized_pnl margin open_time "
    "update_time",
    "trades": "id trade_id order_id account_id symbol direction volume price commission trade_time create_time",
    "strategy_configs": "id strategy_name config_data is_active create_time update_time",
    "strategy_triggers": "id strategy_name trigger_time trigger_condition trigger_price action_type execution_result "
    "order_id error_message create_time",
}


def test_the_older_systems_tables_have_its_columns_and_unique_keys(store: SqlStore) -> None:
    seen = inspect(store.engine)
    assert {name: [c["name"] for c in seen.get_columns(name)] for name in SEED_COLUMNS} == {
        name: columns.split() for name, columns in SEED_COLUMNS.items()
    }
    unique = {(name, tuple(key["column_names"])) for name in SEED_COLUMNS for key in seen.get_unique_constraints(name)}
    assert unique == {
        ("accounts", ("account_id",)),
        ("positions", ("account_id", "symbol", "direction")),
        ("trades", ("trade_id",)),
    }


@pytest.mark.parametrize(
    "values",
    [
        {"action_type": "short", "execution_result": "success"},
        {"action_type": "buy", "execution_result": "maybe"},
    ],
)
def test_words_outside_the_enums_are_refused(store: SqlStore, values: dict[str, str]) -> None:
    columns = "strategy_name, trigger_time, trigger_condition, action_type, execution_result"
    row = f"'s', '2026-01-02 03:04:05', 'c', '{values['action_type']}', '{values['execution_result']}'"
    with pytest.raises(SQLAlchemyError), store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO strategy_triggers ({columns}) VALUES ({row})")  # noqa: S608


def test_a_second_row_of_one_position_is_refused(store: SqlStore) -> None:
    row = {"account_id": "A", "symbol": "au2606", "direction": "long", "volume": 1, "avg_price": Decimal(1)}
    with store.engine.begin() as connection:
        connection.execute(insert(POSITIONS).values(**row))
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(insert(POSITIONS).values(**row))


def test_money_is_exact_and_what_the_older_program_wrote_is_read(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO accounts (account_id, balance, available, margin) VALUES ('X', '1000000.10', '0.01', '99')"
        )
        row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id == "X")).one()
    assert (row.balance, row.available, row.margin) == (Decimal("1000000.10"), Decimal("0.01"), Decimal(99))
    assert row.unrealized_pnl == 0
    assert abs((row.update_time - datetime.now(UTC)).total_seconds()) < 120  # noqa: TID251 - the database's own clock


def test_a_strategys_parameters_are_inactive_until_said_otherwise(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(insert(STRATEGY_CONFIGS).values(strategy_name="m", config_data={"n": [1, "二"]}))
        row = connection.execute(select(STRATEGY_CONFIGS)).one()
    assert (row.config_data, row.is_active) == ({"n": [1, "二"]}, False)


def test_the_steps_lead_to_the_tables_of_the_models(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, JOURNAL.metadata) == []


def test_the_steps_named_in_the_code_are_those_in_the_files() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert tuple(step.revision for step in reversed(list(scripts.walk_revisions()))) == schema.REVISIONS


def test_forward_and_back_keep_what_stands_in_the_tables_that_stay(
    fresh_settings: StoreSettings, tmp_path: Path, line: Line
) -> None:
    store = SqlStore(fresh_settings, tmp_path)
    schema.upgrade(store.engine, "0001")
    assert set(inspect(store.engine).get_table_names()) == {*SEED_COLUMNS, "alembic_version"}
    with store.engine.begin() as connection:
        connection.execute(
            insert(STRATEGY_TRIGGERS).values(
                strategy_name="m",
                trigger_time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                trigger_condition="价差 > 2",
                trigger_price=Decimal("450.02"),
                action_type="buy",
                execution_result="pending",
            )
        )
    with store.engine.connect() as connection:
        before = list(connection.execute(select(STRATEGY_TRIGGERS)))
    schema.upgrade(store.engine)
    journal = make_journal(fresh_settings, tmp_path, line)
    journal.open()
    keep_acts(journal, line, 3)
    journal.close()
    schema.downgrade(store.engine, "0001")
    assert set(inspect(store.engine).get_table_names()) == {*SEED_COLUMNS, "alembic_version"}
    with store.engine.connect() as connection:
        assert list(connection.execute(select(STRATEGY_TRIGGERS))) == before
    schema.upgrade(store.engine)
    with store.engine.connect() as connection:
        assert connection.execute(select(JOURNAL)).all() == []
        assert list(connection.execute(select(STRATEGY_TRIGGERS))) == before
    schema.downgrade(store.engine, "base")
    assert set(inspect(store.engine).get_table_names()) == {"alembic_version"}
    assert not any(step.is_done for step in schema.history(store.engine))
    store.close()


def test_tables_of_a_newer_program_are_left_alone(fresh_settings: StoreSettings, tmp_path: Path) -> None:
    store = SqlStore(fresh_settings, tmp_path)
    schema.upgrade(store.engine)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match=f"at version 9999, newer than this program, which knows up to {schema.HEAD}"):
        store.open()
    store.close()


def test_older_tables_are_changed_at_once_only_where_they_are_ours_alone(
    fresh_settings: StoreSettings, tmp_path: Path
) -> None:
    store = SqlStore(fresh_settings, tmp_path)
    schema.upgrade(store.engine, "0001")
    if fresh_settings.url:
        needed = f"at version 0001, this program needs {schema.HEAD}; run `tradewind db upgrade`"
        with pytest.raises(SchemaError, match=needed):
            store.open()
    else:
        store.open()
        assert set(METADATA.tables) <= set(inspect(store.engine).get_table_names())
        assert (tmp_path / f"tradewind.db.before-{schema.HEAD}-was-0001").stat().st_size > 0
    store.close()


def test_an_unknown_step_is_refused_and_nothing_changes(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="cannot go to 'nowhere'"):
        schema.upgrade(store.engine, "nowhere")
    with store.engine.connect() as connection:
        assert schema.version(connection) == schema.HEAD


def test_the_settings_that_keep_what_was_acknowledged_are_in_force(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        assert probe.doubts(connection) == []


def test_settings_that_may_lose_data_are_refused_or_told(store: SqlStore) -> None:
    with reading(store.engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA synchronous=OFF")  # outside a transaction, where it counts
        else:
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
        found = [doubt.setting for doubt in probe.doubts(connection)]
        assert found == (["synchronous"] if connection.dialect.name == "sqlite" else ["sql_mode"])
        with pytest.raises(ConfigError, match=r"may lose what it acknowledged: .* must be"):
            probe.check(connection, must_be_durable=True, shown="x")
        assert len(probe.check(connection, must_be_durable=False, shown="x")) == 1
        connection.invalidate()
