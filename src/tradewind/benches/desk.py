"""`tradewind bench desk`: from a manager's command to another user's page, and from a fill to everybody's screen.

Three parts, each with its baseline in the same run:

- the desk in one process, its journal in SQLite and in MariaDB: an instruction of 50 lines until it is on record; the
  least that keeps the promise is the same bytes written into one table, one transaction each;
- a house in production mode (`desk_house`): the same instruction over REST until another user's client has it at
  another instance (`desk_visible`), and a fill until 200 clients know all of it (`desk_fills`);
- what it costs to ask whether somebody may do something.

MariaDB and Redis are the installed ones, started in a folder of their own and stopped again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches import desk_fills, desk_visible
from tradewind.benches.desk_bare import measure_bare
from tradewind.benches.desk_house import House, open_house
from tradewind.benches.own_mariadb import own_mariadb
from tradewind.benches.result import BenchResult, percentile_ms
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain import book_messages as book
from tradewind.domain.rights import BUILT_IN_ROLES, EVERYTHING, Grant, Permission, Principal, reaches_of
from tradewind.domain.tick import Tick
from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.execution.brokers.paper.settings import PaperSettings
from tradewind.kernel.clock import NS_PER_S, LineClock, SystemClock, cpu_ns, perf_ns
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
_WARM_UP: Final = 5
_ASKED: Final = 200_000
_CONTRACTS: Final = (
    *(f"{product}26{month:02d}.SHFE" for product in ("rb", "cu", "al", "zn") for month in range(1, 13)),
    *("au2606.SHFE", "ag2606.SHFE"),
)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers.

    Raises: ConfigError: MariaDB or Redis is not installed.
    """
    configure_logs(level="error", fmt="auto", stream=sys.stderr)
    result = BenchResult("desk")
    _measure_permission(result)
    count = 20 if quick else 300
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name:
        folder = Path(name)
        asyncio.run(_measure(result, "sqlite", StoreSettings(), folder, count))
        result.figure("sqlite_plain_insert_p50_ms", percentile_ms(_plain(folder, count), 50))
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name:
        folder = Path(name)
        with own_mariadb(folder / "mariadb") as place:
            told = msgspec.convert({"url": place.url, "password": place.password, "chain": "bench"}, StoreSettings)
            asyncio.run(_measure(result, "mariadb", told, folder, count))
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name, open_house(Path(name)) as house:
        _measure_visible(result, house, Path(name), count)
        _measure_fills(result, house, Path(name), count)
    if not as_json:
        result.show()
    return result.as_dict()


def _measure_permission(result: BenchResult) -> None:
    """Ask for somebody who has three grants of one product and account each."""
    grants = [Grant("trader", f"fund{number}", f"a{number}") for number in range(3)]
    person = Principal("lin", reaches_of(grants, BUILT_IN_ROLES, sole_owners={}))
    begun = cpu_ns()
    for _ in range(_ASKED):
        person.may(Permission.TRADE, "fund2", "a2")
    taken_us = (cpu_ns() - begun) / _ASKED / 1e3
    result.figure("permission_check_us", taken_us)
    result.goal("permission_check_us", taken_us, 5.0, better="lower")


def _measure_visible(result: BenchResult, house: House, folder: Path, count: int) -> None:
    seen = desk_visible.measure(house, folder, count)
    bare = desk_visible.measure_baseline(house, seen.size, count)
    for what, taken in (("answered", seen.answered), ("visible", seen.visible), ("commit_and_publish", bare)):
        result.figure(f"instruction_{what}_p50_ms", percentile_ms(taken, 50))
        result.figure(f"instruction_{what}_p99_ms", percentile_ms(taken, 99))
    result.figure("instruction_bytes", seen.size)
    result.ratio("instruction_visible_p50", percentile_ms(seen.visible, 50) / percentile_ms(bare, 50))
    result.goal("instruction_visible_p99_ms", percentile_ms(seen.visible, 99), 150.0, better="lower")


def _measure_fills(result: BenchResult, house: House, folder: Path, count: int) -> None:
    spread = desk_fills.measure(house, folder, count)
    bare = measure_bare(folder, clients=desk_fills.CLIENTS, size=spread.frame_bytes, count=count)
    for what, taken in (("each_client", spread.each), ("last_client", spread.last), ("bare_server", bare)):
        result.figure(f"fill_{what}_p50_ms", percentile_ms(taken, 50))
        result.figure(f"fill_{what}_p99_ms", percentile_ms(taken, 99))
    result.figure("fill_bytes_a_client", spread.frame_bytes)
    result.ratio("fill_each_client_p50", percentile_ms(spread.each, 50) / percentile_ms(bare, 50))
    result.goal("fill_known_p99_ms", percentile_ms(spread.each, 99), 20.0, better="lower")


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
    for number in range(count + _WARM_UP):
        begun = perf_ns()
        heard.clear()
        await office.carry_out(_command(number), EVERYTHING)
        published.append(heard[0] - begun)
        durable.append(perf_ns() - begun)
    rooms.close("measured")
    journal.close()
    for what, taken in (("published", published), ("durable", durable)):
        result.figure(f"{name}_{what}_p50_ms", percentile_ms(taken[_WARM_UP:], 50))
        result.figure(f"{name}_{what}_p99_ms", percentile_ms(taken[_WARM_UP:], 99))
    result.goal(f"{name}_durable_p99_ms", percentile_ms(durable[_WARM_UP:], 99), 50.0, better="lower")


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
    return taken


def _fail(*told: object) -> None:
    message = f"a handler failed: {told}"
    raise AssertionError(message)
