"""The whole desk on a real store, SQLite and MariaDB: a week with a death in it, every cent and every row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from desk_stage import AU
from desk_week import FLAGS, SUNDAY_EVENING_NS, check_week, play_week
from sql_stage import SqlStage
from tradewind.domain import desk
from tradewind.domain.order import Side
from tradewind.domain.rights import EVERYTHING
from tradewind.stores.asking import Ask
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore

from waiting import eventually


async def test_a_week_on_the_store_ends_with_every_cent_accounted_for_and_its_rows_in_the_tables(
    settings: StoreSettings, tmp_path: Path
) -> None:
    stage = SqlStage(tmp_path, settings, *FLAGS, begins_ns=SUNDAY_EVENING_NS)
    week = await play_week(stage)
    await check_week(stage, week)
    fills = {fill.key: fill for fill in week.fills()}
    stage.rooms.close("the week is over")
    stage.sql.close()

    store = SqlStore(settings, tmp_path)
    records = SqlRecords(store)
    trades = (await records.page(Ask(view="trades", limit=1_000), EVERYTHING)).rows
    assert len(trades) == len(fills)
    assert sum(row["volume"] for row in trades) == sum(fill.quantity for fill in fills.values())
    unknown = [row for row in trades if row["commission"] is None]
    assert not unknown, (len(unknown), len(trades))
    results = (await records.page(Ask(view="trade_results", limit=1_000), EVERYTHING)).rows
    closed = {row["trade_id"]: (row["close_pnl"], row["close_pnl_by_trade"]) for row in results}
    assert {row["trade_id"]: (row["close_pnl"], row["close_pnl_by_trade"]) for row in trades} == closed
    assert any(gain for gain, _ in closed.values())
    orders = (await records.page(Ask(view="orders", limit=1_000), EVERYTHING)).rows
    assert {row["status"] for row in orders} <= {"filled", "refused", "cancelled"}
    (account,) = (await records.page(Ask(view="accounts"), EVERYTHING)).rows
    assert account["margin"] == Decimal(0)
    store.close()


@pytest.mark.parametrize("has_snapshot", [False, True])
async def test_what_a_fill_cost_comes_to_its_row_although_the_process_died_before_it_was_written(
    settings: StoreSettings, tmp_path: Path, *, has_snapshot: bool
) -> None:
    patient = msgspec.structs.replace(settings, project_ms=60_000)
    stage = SqlStage(tmp_path, patient)
    stage.tick(600.0)
    line = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=2)
    await stage.office.carry_out(
        desk.Submit(actor="li", source="test", request_id="r1", account_id="paper", lines=(line,))
    )
    stage.tick(600.0)
    if has_snapshot:
        stage.rooms.keep_snapshot(is_due=True)
        await eventually(lambda: stage.sql.latest_snapshot() is not None)
    await stage.settled()
    # What would have been written next dies with the process.
    stage.sql.projected()
    stage.again()
    stage.rooms.close("enough")
    stage.sql.close()

    store = SqlStore(settings, tmp_path)
    (trade,) = (await SqlRecords(store).page(Ask(view="trades"), EVERYTHING)).rows
    assert (trade["volume"], trade["commission"], trade["close_pnl"]) == (2, Decimal(20), Decimal(0))
    store.close()
