"""The tables people look into follow from what the journal keeps, the same on each database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from store_builders import (
    T0,
    Line,
    make_account,
    make_fill,
    make_instruction,
    make_journal,
    make_order,
    make_position,
    make_refused,
    make_settlement,
    make_trigger,
)
from tradewind.bus.desk_topics import (
    ACCOUNTS,
    BOOKINGS,
    FILLS,
    INSTRUCTIONS,
    ORDERS,
    POSITIONS,
    REFUSED_ORDERS,
    SETTLEMENTS,
    TRIGGERS,
)
from tradewind.domain.account import Booking, Direction
from tradewind.domain.instruction import InstructionStatus, TriggerResult
from tradewind.domain.order import OrderStatus
from tradewind.kernel.metrics import Metrics
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import record_tables, trading_tables
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.puts import short
from tradewind.stores.sql.store import SqlStore


@pytest.fixture
def journal(settings: StoreSettings, tmp_path: Path, line: Line) -> Iterator[SqlJournal]:
    opened = make_journal(settings, tmp_path, line)
    opened.open()
    yield opened
    opened.close()


def rows(store: SqlStore, table: Table) -> list[dict[str, Any]]:
    with reading(store.engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def settle(journal: SqlJournal, line: Line, seq: int) -> None:
    line.until(lambda: journal.durable_seq >= seq)


def test_a_fill_is_a_trade_with_its_exact_price_and_the_fee_it_was_booked_with(
    journal: SqlJournal, line: Line, store: SqlStore
) -> None:
    fill = make_fill(price=Decimal("102.005"))
    settle(journal, line, journal.append(FILLS, fill))
    (trade,) = rows(store, trading_tables.TRADES)
    assert trade["commission"] is None
    journal.project(BOOKINGS, Booking(fill, Decimal("20.0250"), Decimal(0), Decimal(0)))
    line.until(lambda: rows(store, trading_tables.TRADES)[0]["commission"] is not None)
    (trade,) = rows(store, trading_tables.TRADES)
    settle(journal, line, journal.append(FILLS, fill))
    assert rows(store, trading_tables.TRADES) == [trade]
    assert trade["trade_id"] == "SHFE-20260102-17-b"
    assert (trade["order_id"], trade["account_id"], trade["symbol"]) == ("o-1", "A1", "au2606")
    assert (trade["direction"], trade["volume"]) == ("buy", 2)
    assert (trade["price"], trade["commission"]) == (Decimal("102.005"), Decimal("20.0250"))
    assert trade["trade_time"] == datetime(2026, 1, 2, 3, 45, tzinfo=UTC)


def test_the_same_fill_twice_is_one_trade(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    for _ in range(2):
        settle(journal, line, journal.append(FILLS, make_fill()))
    assert len(rows(store, trading_tables.TRADES)) == 1


def test_an_order_is_one_row_that_moves(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    settle(journal, line, journal.append(ORDERS, make_order()))
    filled = make_order(status=OrderStatus.FILLED, version=3, filled_quantity=3, turnover=Decimal("1350.06"))
    journal.append(ORDERS, filled)
    journal.append(REFUSED_ORDERS, make_refused(client_order_id="o-2", price=None))
    settle(journal, line, 3)
    first, second = rows(store, record_tables.ORDERS)
    assert (first["client_order_id"], first["status"], first["version"]) == ("o-1", "filled", 3)
    assert (first["price"], first["turnover"], first["order_id"]) == (Decimal("450.02"), Decimal("1350.06"), "880012")
    assert (second["client_order_id"], second["status"], second["price"]) == ("o-2", "refused", None)
    assert second["reason_code"] == "max_order_exceeded"
    assert second["reason"] == "max_order (account): limit 10, was 12"


def test_rows_of_an_earlier_life_move_on_beside_new_ones(settings: StoreSettings, tmp_path: Path, line: Line) -> None:
    metrics = Metrics()
    for version, status in enumerate((OrderStatus.ACCEPTED, OrderStatus.FILLED), 2):
        journal = make_journal(settings, tmp_path, line, metrics=metrics)
        journal.open()
        # What stands there already is found out only by writing it: its neighbours of the group must not suffer.
        journal.append(ORDERS, make_order(version=version, status=status))
        journal.append(ORDERS, make_order(version=2, request={"client_order_id": f"new-{version}"}))
        journal.append(FILLS, make_fill(fill_id=str(version)))
        settle(journal, line, 3 * (version - 1))
        journal.close()
    found = SqlStore(settings, tmp_path)
    orders = {row["client_order_id"]: row["status"] for row in rows(found, record_tables.ORDERS)}
    assert orders == {"o-1": OrderStatus.FILLED, "new-2": OrderStatus.ACCEPTED, "new-3": OrderStatus.ACCEPTED}
    assert len(rows(found, trading_tables.TRADES)) == 2
    assert metrics.rows_left_out.counts == {}
    found.close()


def test_a_trigger_is_one_row_of_the_older_table_whatever_becomes_of_it(
    journal: SqlJournal, line: Line, store: SqlStore
) -> None:
    journal.append(TRIGGERS, make_trigger(trigger_id="other"))
    settle(journal, line, journal.append(TRIGGERS, make_trigger()))
    done = make_trigger(result=TriggerResult.FAILED, version=2, order_id="o" * 80, error="refused: max_order")
    settle(journal, line, journal.append(TRIGGERS, done))
    _, trigger = rows(store, trading_tables.STRATEGY_TRIGGERS)
    assert (trigger["strategy_name"], trigger["execution_result"]) == ("momentum", "failed")
    assert (trigger["trigger_condition"], trigger["trigger_price"]) == ("confidence ≥ 0.6", Decimal("450.02"))
    assert (trigger["order_id"], trigger["error_message"]) == (short("o" * 80), "refused: max_order")
    assert [detail["version"] for detail in rows(store, record_tables.TRIGGER_DETAILS)] == [1, 2]


def test_instructions_and_settlements_have_their_rows(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    journal.append(INSTRUCTIONS, make_instruction())
    journal.append(INSTRUCTIONS, make_instruction(status=InstructionStatus.DONE, version=2))
    settle(journal, line, journal.append(SETTLEMENTS, make_settlement()))
    (instruction,) = rows(store, record_tables.INSTRUCTIONS)
    assert (instruction["status"], instruction["version"]) == ("done", 2)
    assert instruction["instruction_lines"][0]["execution"]["limit_price"] == "451.00"
    (settlement,) = rows(store, record_tables.SETTLEMENTS)
    assert (settlement["trading_day"], settlement["prices"]) == (20260102, {"au2606.SHFE": "451.30"})


def test_positions_and_accounts_show_their_newest_state(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    for lots in range(1, 200):
        journal.project(POSITIONS, make_position(today=lots, open_cost=Decimal(450_000) * (lots + 1)))
    journal.project(POSITIONS, make_position(direction=Direction.SHORT))
    journal.project(POSITIONS, make_position(book="P1/momentum"))
    journal.project(ACCOUNTS, make_account(balance=Decimal("999999.99")))
    line.until(lambda: len(rows(store, trading_tables.POSITIONS)) == 2)
    long, short_one = sorted(rows(store, trading_tables.POSITIONS), key=lambda row: row["direction"])
    assert (long["symbol"], long["volume"], long["avg_price"]) == ("au2606", 200, Decimal(450))
    assert (short_one["volume"], short_one["current_price"]) == (3, Decimal("450.10"))
    (account,) = rows(store, trading_tables.ACCOUNTS)
    assert (account["balance"], account["available"]) == (Decimal("999999.99"), Decimal("891995.20"))


def test_a_position_that_is_flat_has_no_row(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    journal.project(POSITIONS, make_position())
    line.until(lambda: len(rows(store, trading_tables.POSITIONS)) == 1)
    journal.project(POSITIONS, make_position(today=0, yesterday=0, open_cost=Decimal(0)))
    line.until(lambda: not rows(store, trading_tables.POSITIONS))
    journal.project(POSITIONS, make_position())
    line.until(lambda: len(rows(store, trading_tables.POSITIONS)) == 1)


def test_the_equity_curve_has_a_point_a_minute_for_each_book(journal: SqlJournal, line: Line, store: SqlStore) -> None:
    for second in (0, 20, 59, 60):
        journal.project(ACCOUNTS, make_account(balance=Decimal(second), ts_event=T0 + second * 1_000_000_000))
        line.until(
            lambda second=second: any(  # type: ignore[misc]
                row["balance"] == second for row in rows(store, record_tables.EQUITY_POINTS)
            )
        )
    journal.project(ACCOUNTS, make_account(book="P1/m"))
    line.until(lambda: len(rows(store, record_tables.EQUITY_POINTS)) == 3)
    points = [row for row in rows(store, record_tables.EQUITY_POINTS) if not row["book"]]
    assert [row["balance"] for row in sorted(points, key=lambda row: row["ts"])] == [59, 60]


def test_a_row_that_cannot_be_stored_keeps_no_entry_from_the_journal(
    journal: SqlJournal, line: Line, store: SqlStore
) -> None:
    bad = make_fill(fill_id="bad", price=Decimal("9" * 20))
    for fill in (make_fill(fill_id="1"), bad, make_fill(fill_id="2")):
        journal.append(FILLS, fill)
    settle(journal, line, 3)
    assert journal.failure is None
    assert len(list(journal.read(0))) == 3
    assert [row["trade_id"] for row in rows(store, trading_tables.TRADES)] == [
        "SHFE-20260102-1-b",
        "SHFE-20260102-2-b",
    ]


def test_what_was_written_and_what_was_left_out_is_counted(settings: StoreSettings, tmp_path: Path, line: Line) -> None:
    metrics = Metrics()
    journal = make_journal(settings, tmp_path, line, metrics=metrics)
    journal.open()
    for fill in (make_fill(fill_id="1"), make_fill(fill_id="2", price=Decimal("9" * 20))):
        journal.append(FILLS, fill)
    settle(journal, line, 2)
    journal.close()
    assert metrics.journal_entries.counts == {"": 2}
    assert metrics.rows_left_out.counts == {"trades": 1}
    assert metrics.journal_troubles.counts == {}
