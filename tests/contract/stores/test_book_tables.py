"""The instruction book in the tables of record: what people look up is what the journal says, on each database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, inspect, select

from book_builders import People, elsewhere, wish
from desk_stage import AU, RB
from sql_stage import SqlStage
from store_builders import Line, make_instruction, make_journal
from tradewind.bus.desk_topics import INSTRUCTIONS as INSTRUCTIONS_TOPIC
from tradewind.domain import book_messages as book
from tradewind.domain.rights import EVERYTHING
from tradewind.kernel.metrics import Metrics
from tradewind.stores.asking import Ask
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.book_tables import INSTRUCTION_DETAILS, INSTRUCTION_STEPS, POSITION_ADJUSTMENTS
from tradewind.stores.sql.projections import Projections
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.rebuilding import rebuild
from tradewind.stores.sql.record_tables import INSTRUCTIONS
from tradewind.stores.sql.store import SqlStore

TABLES = (INSTRUCTIONS, POSITION_ADJUSTMENTS, INSTRUCTION_DETAILS, INSTRUCTION_STEPS)


async def play(stage: SqlStage) -> Any:
    """Have an instruction written, worked in parts over a death of the process, and closed."""
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    people = People(stage)
    told = await people.accepted(wish(delta=4), wish(RB, delta=-3))
    name = told.instruction_id
    await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=1)
    await people.trader.do(book.RecordFill, name, **elsewhere("T1", 1), is_booked=True)
    stage.again()
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    people = People(stage)
    await people.trader.do(book.RecordFill, name, **elsewhere("T2", 1))
    for number in (0, 1):
        await people.trader.do(book.SendAdjustment, name, adjustment=number)
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    await people.trader.do(book.CloseInstruction, name, reason="all done")
    entry = await people.manager.entry(name)
    await stage.settled()
    stage.rooms.close("it is over")
    stage.sql.close()
    return entry


def rows(store: SqlStore) -> dict[str, list[dict[str, Any]]]:
    """Return what stands in the book's tables, but the numbers the database gives."""
    with store.engine.connect() as connection:
        found = {table.name: connection.execute(select(table)).all() for table in TABLES}
    return {
        table: sorted(({name: value for name, value in row._mapping.items() if name != "id"} for row in told), key=str)
        for table, told in found.items()
    }


async def test_its_rows_are_its_entries_and_details_add_up_to_fills(settings: StoreSettings, tmp_path: Path) -> None:
    entry = await play(SqlStage(tmp_path, settings))
    store = SqlStore(settings, tmp_path)
    records = SqlRecords(store)

    async def view(name: str) -> list[dict[str, Any]]:
        return (await records.page(Ask(view=name, limit=1_000, is_descending=False), EVERYTHING)).rows

    (told,) = await view("instructions")
    assert (told["status"], told["trader"], told["makers"]) == ("closed", "li", ["wang"])
    assert told["total_adjusted_delta_value"] == entry.total_adjusted_delta_value
    lines = await view("position_adjustments")
    assert [(line["c_instrument_id"], line["current_position"], line["adjusted_position"]) for line in lines] == [
        (AU, 0, 4),
        (RB, 0, -3),
    ]
    assert [(line["status"], line["filled_quantity"], line["left_quantity"]) for line in lines] == [
        ("done", 4, 0),
        ("done", 3, 0),
    ]
    filled = dict.fromkeys(("order", "fill", "manual"), 0)
    for detail in await view("instruction_details"):
        filled[detail["kind"]] += detail["filled_quantity"]
    assert filled == {"order": 5, "fill": 5, "manual": 2}
    steps = await view("instruction_steps")
    assert [step["act"] for step in steps][:4] == ["draft", "submit", "approve", "accept"]
    assert (steps[-1]["act"], steps[-1]["reason"], steps[-1]["status"]) == ("close", "all done", "closed")
    trades = await view("trades")
    assert sum(trade["volume"] for trade in trades) == 6, "what was booked: our own five and one made elsewhere"
    records.close()
    store.close()


async def test_its_tables_are_made_again_from_the_journal(settings: StoreSettings, tmp_path: Path) -> None:
    await play(SqlStage(tmp_path, settings))
    store = SqlStore(settings, tmp_path)
    before = rows(store)
    with store.engine.begin() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    rebuild(store, Projections(), Metrics())
    assert rows(store) == before
    store.close()


def test_instructions_of_before_the_book_stay_forward_and_back(
    fresh_settings: StoreSettings, tmp_path: Path, line: Line
) -> None:
    store = SqlStore(fresh_settings, tmp_path)
    schema.upgrade(store.engine)
    journal = make_journal(fresh_settings, tmp_path, line)
    journal.open()
    journal.append(INSTRUCTIONS_TOPIC, make_instruction())
    journal.close()
    shared = list(INSTRUCTIONS.columns)[:15]

    def kept() -> list[Any]:
        with store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*shared))]

    before = kept()
    assert len(before) == 1
    schema.downgrade(store.engine, schema.REVISIONS[schema.REVISIONS.index("0005") - 1])
    assert not {table.name for table in TABLES[1:]} & set(inspect(store.engine).get_table_names())
    assert kept() == before
    schema.upgrade(store.engine)
    assert kept() == before
    with store.engine.connect() as connection:
        row = connection.execute(select(INSTRUCTIONS)).one()
    assert (row.trader, row.makers, row.trading_day, row.total_current_delta_value) == ("", None, 0, 0)
    store.close()
