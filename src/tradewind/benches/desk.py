"""`tradewind bench desk`: how long an instruction of 50 lines takes from the manager's command to the record and back.

The whole desk as it runs: rooms, gate, office, the journal in a database with its tables. `TRADEWIND_BENCH_DATABASE`
(and `_PASSWORD`) name a MariaDB; without it only SQLite is measured. The baseline of the run is the least that keeps
the promise: the same event encoded and written into one table, one transaction each.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.result import BenchResult, pin
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain import book_messages as book
from tradewind.domain.rights import EVERYTHING
from tradewind.domain.tick import Tick
from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.execution.brokers.paper.settings import PaperSettings
from tradewind.kernel.clock import NS_PER_S, LineClock, SystemClock, perf_ns
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.office import Office
from tradewind.runtime.desk.rooms import DeskFacts, DeskRooms
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable

_MORNING_NS: Final = 1_763_600_400 * NS_PER_S
"""2025-11-20 09:00:00 in Shanghai."""
_LINES: Final = 50
_CONTRACTS: Final = (
    *(f"{product}26{month:02d}.SHFE" for product in ("rb", "cu", "al", "zn") for month in range(1, 13)),
    *("au2606.SHFE", "ag2606.SHFE"),
)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    pin(0)
    configure_logs(level="error", fmt="auto")
    result = BenchResult("desk")
    count = 20 if quick else 300
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(result, "sqlite", StoreSettings(), Path(folder), count))
        plain = _plain(Path(folder), count)
        result.figure("sqlite_plain_insert_p50_ms", plain[len(plain) // 2] / 1e6)
    url = os.environ.get("TRADEWIND_BENCH_DATABASE", "")
    if url:
        password = os.environ.get("TRADEWIND_BENCH_DATABASE_PASSWORD", "")
        told = msgspec.convert({"url": url, "password": password, "chain": "bench"}, StoreSettings)
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_measure(result, "mariadb", told, Path(folder), count))
    if not as_json:
        result.show()
    return result.as_dict()


async def _measure(result: BenchResult, name: str, told: StoreSettings, folder: Path, count: int) -> None:
    """Write instructions one after the other; each is published at once and answered when it is durable."""
    store = SqlStore(told, folder)
    schema.prepare(store.engine, store.shown) if name == "sqlite" else schema.upgrade(store.engine)
    loop = asyncio.get_running_loop()

    def post(call: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(call)

    journal = SqlJournal(store, clock=SystemClock(), post=post)
    journal.open()
    rooms, line, clock = _desk(folder, journal)
    rooms.recover()
    rooms.open()
    _quote(line, clock)
    office, published, durable = Office(rooms), [], []
    heard: list[int] = []
    rooms.bus.subscribe(INSTRUCTIONS, lambda _told: heard.append(perf_ns()), group="bench")
    for number in range(count + 5):
        begun = perf_ns()
        heard.clear()
        await office.carry_out(_command(number), EVERYTHING)
        published.append(heard[0] - begun)
        durable.append(perf_ns() - begun)
    rooms.close("measured")
    journal.close()
    for what, taken in (("published", published), ("durable", durable)):
        ordered = sorted(taken[5:])
        result.figure(f"{name}_{what}_p50_ms", ordered[len(ordered) // 2] / 1e6)
        result.figure(f"{name}_{what}_p99_ms", ordered[len(ordered) * 99 // 100] / 1e6)
    p99 = sorted(durable[5:])[(count) * 99 // 100] / 1e6
    result.goal(f"{name}_instruction_of_{_LINES}_durable_p99_ms", p99, 50.0, better="lower")


def _desk(folder: Path, journal: SqlJournal) -> tuple[DeskRooms, LocalBus, LineClock]:
    told = load(TradewindSettings, flags=[f"data_dir={folder}", "instructions.max_open=100000"]).settings
    clock, instruments = LineClock(_MORNING_NS), InstrumentTable()
    facts = DeskFacts(instruments, RateTable(instruments), build_calendar("exchange", closing_tolerance_s=3))
    line = LocalBus(on_failure=_fail)
    broker = PaperBroker(
        settings=PaperSettings(), clock=clock, instruments=instruments, calendar=facts.calendar, rates=facts.rates
    )
    rooms = DeskRooms(
        told, line=line, clock=clock, metrics=Metrics(), facts=facts, journal=journal, broker=broker, is_latched=False
    )
    return rooms, line, clock


def _command(number: int) -> book.DraftInstruction:
    wishes = tuple(book.Wish(instrument_id=name, delta=1) for name in _CONTRACTS[:_LINES])
    return book.DraftInstruction(
        actor="bench", source="bench", request_id=f"b{number}", account_id="paper", draft=book.Draft(wishes=wishes)
    )


def _quote(line: LocalBus, clock: LineClock) -> None:
    publish = line.publisher(CLEAN_TICKS)
    names = Tick.__struct_fields__
    for instrument_id in _CONTRACTS:
        ts = clock.now_ns() + NS_PER_S // 100
        clock.advance_to(ts)
        fields: dict[str, Any] = dict.fromkeys(names)
        fields |= {"instrument_id": instrument_id, "seq": 1, "ts_event": ts, "ts_recv": ts, "trading_day": 20251120}
        fields |= dict.fromkeys(("last_price", "bid_price", "ask_price", "pre_settlement_price"), 3000.0)
        fields |= {"volume": 10, "turnover": 3e5, "open_interest": 1e3, "bid_volume": 9, "ask_volume": 9, "flags": 0}
        fields |= {"volume_delta": 10, "turnover_delta": 3e5, "limit_up": 3300.0, "limit_down": 2700.0}
        publish(Tick(**fields))


def _plain(folder: Path, count: int) -> list[int]:
    """Return what one row of the same size takes, each in its own transaction on the same disk."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, payload BLOB)")
    payload = b"x" * 16_000
    taken = []
    for number in range(count):
        begun = perf_ns()
        connection.execute("INSERT INTO journal VALUES (?, ?)", (number, payload))
        taken.append(perf_ns() - begun)
    connection.close()
    return sorted(taken)


def _fail(*told: object) -> None:
    message = f"a handler failed: {told}"
    raise AssertionError(message)
