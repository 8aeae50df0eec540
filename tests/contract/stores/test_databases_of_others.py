"""The databases of others on a real MariaDB: read by users that may do no more, and never written (C-004-9)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from real_mariadb import RealMariaDb
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.rights import Grant
from tradewind.errors import ConfigError, StoreAwayError, StoreError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.sql_monitor import SqlMonitorSource
from tradewind.runtime.contracts import contract_list
from tradewind.runtime.databases import DatabaseGuard, database_router
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line, build_source
from tradewind.stores.read_settings import DatabasesSettings, MonitorDatabase, PeopleDatabase, ReadDatabase
from tradewind.stores.sql.people_source import read_people
from tradewind.stores.sql.quote_table import QuoteTable
from tradewind.stores.sql.read_only import ReadOnlyStore
from tradewind.stores.sql.router import VIEWS, DatabaseRouter

from waiting import eventually

KEYWORD = "r3ad:only/@"
_MADE = """CREATE TABLE tw_monitor.market_quote (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, c_instrument_id VARCHAR(32), c_exchange_id VARCHAR(16),
    update_time DATETIME(3), trading_day VARCHAR(10), last_price VARCHAR(32), volume BIGINT,
    turnover DECIMAL(24,4), open_interest DOUBLE,
    bid_price DOUBLE, bid_volume INT, ask_price DOUBLE, ask_volume INT, open_price DOUBLE, high_price DOUBLE,
    low_price DOUBLE, pre_settlement_price DOUBLE, pre_close_price DOUBLE, pre_open_interest DOUBLE,
    upper_limit_price DOUBLE, lower_limit_price DOUBLE, settlement_price DOUBLE)"""


@pytest.fixture
def server(mariadb: RealMariaDb) -> Iterator[RealMariaDb]:
    """The shared server with two databases of others and a user for each that may read only that one."""
    for database, user in (("tw_monitor", "monitor"), ("tw_people", "people")):
        mariadb.make_database(database)
        run(
            mariadb,
            f"CREATE OR REPLACE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{KEYWORD}'",
            f"GRANT SELECT ON {database}.* TO '{user}'@'127.0.0.1'",
        )
    run(mariadb, _MADE)
    yield mariadb
    run(mariadb, "DROP USER 'monitor'@'127.0.0.1'", "DROP USER 'people'@'127.0.0.1'")


def run(server: RealMariaDb, *statements: str, values: Any = None) -> None:
    """Do as whoever owns the database."""
    with contextlib.closing(server.root()) as connection, connection.cursor() as cursor:
        for statement in statements:
            if values is None:
                cursor.execute(statement)
            else:
                cursor.executemany(statement, values)


def wall() -> datetime:
    """Return the time of the wall clock."""
    return datetime.fromtimestamp(SystemClock().now_ns() / NS_PER_S, UTC)


def place(server: RealMariaDb, user: str, database: str) -> str:
    return f"mysql://{user}@127.0.0.1:{server.port}/{database}"


def monitor(server: RealMariaDb, **changes: Any) -> ReadOnlyStore:
    settings = MonitorDatabase(url=place(server, "monitor", "tw_monitor"), password=KEYWORD, **changes)
    return ReadOnlyStore("databases.pms_monitor", settings)


def quote(at: datetime, price: object, *, volume: int = 100, instrument: str = "au2606") -> tuple[Any, ...]:
    """Return a row of gold: instrument, exchange, time in China, day, price, volume, turnover."""
    china = at.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)
    return (instrument, "SHFE", china.isoformat(" ", "milliseconds"), None, price, volume, volume * 600_000, 5_000)


def insert(server: RealMariaDb, *quotes: tuple[Any, ...]) -> None:
    names = "c_instrument_id, c_exchange_id, update_time, trading_day, last_price, volume, turnover, open_interest"
    statement = f"INSERT INTO tw_monitor.market_quote ({names}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
    run(server, statement, values=quotes)


def test_a_user_that_may_only_read_is_let_work(server: RealMariaDb) -> None:
    store = monitor(server)
    assert [row[0] for row in store.rows(text("SELECT COUNT(*) FROM market_quote"))] == [0]
    store.close()


def test_a_user_that_may_write_is_refused_with_the_remedy(server: RealMariaDb) -> None:
    run(server, "GRANT INSERT ON tw_monitor.* TO 'monitor'@'127.0.0.1'")
    with pytest.raises(
        ConfigError, match=r"INSERT on .tw_monitor.*GRANT SELECT ON .tw_monitor.*if_writable=warn"
    ) as told:
        monitor(server).open()
    assert KEYWORD not in str(told.value)


def test_where_it_is_allowed_such_a_user_works_and_still_writes_nothing(server: RealMariaDb) -> None:
    run(server, "GRANT INSERT, DELETE ON tw_monitor.* TO 'monitor'@'127.0.0.1'")
    store = monitor(server, if_writable="warn")
    assert store.rows(text("SELECT 1"))
    with pytest.raises(StoreError, match="READ ONLY"):
        store.rows(text("INSERT INTO market_quote (c_instrument_id) VALUES ('au2606')"))


def test_a_wrong_password_and_a_missing_table_say_what_to_do(server: RealMariaDb) -> None:
    wrong = ReadDatabase(url=place(server, "monitor", "tw_monitor"), password="")
    with pytest.raises(ConfigError, match="does not let us in"):
        ReadOnlyStore("databases.pms_monitor", wrong).open()
    with pytest.raises((ConfigError, StoreError), match="nothing_here"):
        monitor(server).rows(text("SELECT * FROM nothing_here"))


def test_a_database_that_is_away_is_told_as_away() -> None:
    away = ReadDatabase(url="mysql://reader@127.0.0.1:1/pms_monitor", connect_s=1)
    with pytest.raises(StoreAwayError, match="does not answer"):
        ReadOnlyStore("databases.pms_monitor", away).open()


def test_the_router_names_the_database_of_each_view(server: RealMariaDb) -> None:
    router = DatabaseRouter(
        DatabasesSettings(
            pms_monitor=MonitorDatabase(url=place(server, "monitor", "tw_monitor"), password=KEYWORD),
            dataweb_read=PeopleDatabase(url=place(server, "people", "tw_people"), password=KEYWORD),
        )
    )
    router.open()
    assert router.reader("quotes") is router.reader("contracts")
    assert router.reader("people") is not router.reader("quotes")
    assert [view for view in VIEWS if router.has(view)] == ["quotes", "contracts", "people"]
    with pytest.raises((StoreError, ConfigError), match=r"let us in|refused|denied"):
        router.reader("people").rows(text("SELECT * FROM tw_monitor.market_quote"))
    router.close()


def test_a_view_whose_database_is_not_set_says_which_setting_to_set() -> None:
    with pytest.raises(ConfigError, match=r"set databases\.dataweb_read\.url"):
        DatabaseRouter(DatabasesSettings()).reader("people")


# the quote table


def table(server: RealMariaDb, *, cursor: str = "id", batch: int = 3, from_beginning: bool = True) -> QuoteTable:
    columns = {"instrument": "c_instrument_id", "last_price": "last_price", "time": "update_time"}
    return QuoteTable(
        monitor(server),
        name="market_quote",
        columns=columns,
        cursor=cursor,
        batch=batch,
        from_beginning=from_beginning,
    )


def read_all(reading: QuoteTable) -> list[str]:
    """Return the prices of everything there is to read now."""
    found: list[str] = []
    while True:
        look = reading.look()
        found += [row["last_price"] for row in look.rows]
        if not look.is_more:
            return found


NOW = datetime(2026, 1, 5, 1, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("cursor", ["id", "update_time"])
def test_every_row_is_read_once_in_order_whatever_the_batch(server: RealMariaDb, cursor: str) -> None:
    # Ten rows share each time: more than a batch holds.
    insert(server, *(quote(NOW + timedelta(seconds=number // 10), str(number)) for number in range(25)))
    reading = table(server, cursor=cursor)
    assert sorted(map(int, read_all(reading))) == list(range(25))
    insert(server, quote(NOW + timedelta(seconds=2), "25"), quote(NOW + timedelta(seconds=3), "26"))
    assert sorted(map(int, read_all(reading))) == [25, 26]
    assert read_all(reading) == []


def test_who_begins_at_the_newest_is_told_only_what_comes(server: RealMariaDb) -> None:
    insert(server, *(quote(NOW, str(number)) for number in range(7)))
    reading = table(server, from_beginning=False)
    assert read_all(reading) == []
    insert(server, quote(NOW, "7"))
    assert read_all(reading) == ["7"]


def test_rows_that_are_replaced_are_read_by_the_time_of_their_change(server: RealMariaDb) -> None:
    insert(server, quote(NOW, "600"), quote(NOW, "700", instrument="au2608"))
    reading = table(server, cursor="update_time")
    assert sorted(read_all(reading)) == ["600", "700"]
    run(
        server,
        "UPDATE tw_monitor.market_quote SET last_price = '601', update_time = update_time + INTERVAL 1 SECOND"
        " WHERE c_instrument_id = 'au2606'",
    )
    assert read_all(reading) == ["601"]


def test_a_table_that_was_emptied_is_read_from_its_beginning(server: RealMariaDb) -> None:
    insert(server, *(quote(NOW, str(number)) for number in range(5)))
    reading = table(server)
    read_all(reading)
    run(server, "TRUNCATE TABLE tw_monitor.market_quote")
    insert(server, quote(NOW, "99"))
    look = reading.look()
    assert (look.has_begun_anew, [row["last_price"] for row in look.rows]) == (True, ["99"])


# the whole line


class Flow:
    """The line of a process that reads the quote table, and what came out of it."""

    def __init__(self, line: Line, source: SqlMonitorSource, metrics: Metrics) -> None:
        self.source = source
        self.metrics = metrics
        self.line = line
        self.prices: list[float] = []
        self.opportunities: list[Any] = []
        line.bus.subscribe(CLEAN_TICKS, lambda tick: self.prices.append(tick.last_price), group="test")
        line.bus.subscribe(OPPORTUNITIES, self.opportunities.append, group="test")


@asynccontextmanager
async def flowing(server: RealMariaDb, folder: Path, *flags: str) -> AsyncIterator[Flow]:
    """Let a line read the table from its beginning, in a market that never closes."""
    settings = load(
        TradewindSettings,
        flags=[
            f"data_dir={folder}",
            "market.source=sql_monitor",
            "market.calendar=round_the_clock",
            "market.cleaning.max_lag_s=0",
            "market.sql_monitor.poll_ms=10",
            "market.sql_monitor.start=beginning",
            f"databases.pms_monitor.url={place(server, 'monitor', 'tw_monitor')}",
            f"databases.pms_monitor.password={KEYWORD}",
            *flags,
        ],
    ).settings
    metrics = Metrics()
    line = build_line(settings, metrics=metrics)
    source = build_source(settings, line, metrics=metrics)
    assert isinstance(source, SqlMonitorSource)
    flow = Flow(line, source, metrics)
    line.attach()
    task = asyncio.create_task(source.run(line.intake))
    try:
        yield flow
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        line.detach()


async def test_quotes_written_into_mariadb_come_out_as_ticks_and_opportunities(
    server: RealMariaDb, tmp_path: Path
) -> None:
    begins = wall() - timedelta(seconds=50)
    insert(
        server,
        *(
            quote(begins + timedelta(seconds=number / 2), f"{600 + number * 0.1:.2f}", volume=100 + number * 20)
            for number in range(90)
        ),
    )
    async with flowing(server, tmp_path) as flow:
        await eventually(lambda: len(flow.prices) == 90)
        assert flow.prices == [round(600 + number * 0.1, 2) for number in range(90)]
        await eventually(lambda: bool(flow.opportunities))
        assert {event.instrument_id for event in flow.opportunities} == {"au2606.SHFE"}
        assert flow.source.status().state == "flowing"


async def test_bad_rows_are_counted_kept_and_disturb_nothing(server: RealMariaDb, tmp_path: Path) -> None:
    now = wall()
    good = [quote(now + timedelta(milliseconds=number), f"{600 + number}.00") for number in range(3)]
    nameless = ("", None, *good[0][2:])
    timeless = ("au2606", "SHFE", None, *good[0][3:])
    wordy = quote(now, "about six hundred")
    nobody = ("zz9999", None, *good[0][2:])
    insert(server, good[0], nameless, timeless, wordy, nobody, *good[1:])
    async with flowing(server, tmp_path) as flow:
        await eventually(lambda: flow.source.status().messages == 7)
        assert flow.prices == [600.0, 601.0, 602.0]
        assert flow.source.status().refused == {"instrument": 2, "time": 1, "wrong_type": 1}
        assert flow.metrics.feed_refused.total() == 4
        assert "about six hundred" in flow.source.quarantined(50)[1].detail


async def test_a_quote_that_goes_backwards_or_comes_twice_is_judged_as_of_any_feed(
    server: RealMariaDb, tmp_path: Path
) -> None:
    now = wall()
    first, second = quote(now, "600.00"), quote(now + timedelta(seconds=1), "601.00", volume=110)
    insert(server, first, second, second, first)
    async with flowing(server, tmp_path) as flow:
        await eventually(lambda: flow.source.status().messages == 4)
        assert flow.prices == [600.0, 601.0]
        assert sum(flow.line.intake.counts().rejected.values()) == 2


async def test_a_database_that_goes_and_comes_back_is_read_on_without_a_loss(tmp_path: Path) -> None:
    server = RealMariaDb(tmp_path)
    server.start()
    try:
        server.make_database("tw_monitor")
        run(
            server,
            f"CREATE USER 'monitor'@'127.0.0.1' IDENTIFIED BY '{KEYWORD}'",
            "GRANT SELECT ON tw_monitor.* TO 'monitor'@'127.0.0.1'",
            _MADE,
        )
        now = wall()
        insert(server, quote(now, "600.00"))
        async with flowing(server, tmp_path / "data") as flow:
            await eventually(lambda: flow.prices == [600.0])
            server.kill()
            await eventually(lambda: flow.source.status().connections.get("lost") == 1)
            server.start()
            insert(server, quote(now + timedelta(seconds=1), "601.00", volume=110))
            await eventually(lambda: flow.prices == [600.0, 601.0])
            assert flow.source.status().connections == {"connected": 2, "lost": 1}
    finally:
        server.kill()


# people


def people_settings(server: RealMariaDb, **changes: Any) -> PeopleDatabase:
    return PeopleDatabase(url=place(server, "people", "tw_people"), password=KEYWORD, **changes)


def test_people_come_with_their_roles_and_what_cannot_be_is_named(server: RealMariaDb) -> None:
    run(
        server,
        "CREATE TABLE tw_people.user (id INT PRIMARY KEY, username VARCHAR(150), english_name VARCHAR(64),"
        " chinese_name VARCHAR(64), email VARCHAR(254), is_active TINYINT)",
        "INSERT INTO tw_people.user VALUES (7,'zhang','Zhang San','张三','z@fund.cn',1),(8,'li','','李四',NULL,0),"
        " (9,'bad name','','','',1),(10,'zhang','','','',1)",
        "CREATE TABLE tw_people.user_role_product (id INT, user_id INT, role VARCHAR(32), product_code VARCHAR(32))",
        "INSERT INTO tw_people.user_role_product VALUES (1,7,'基金经理','p1'),(2,7,'trader','p2'),(3,8,'viewer',''),"
        " (4,8,'viewer','p1'),(5,99,'trader','p1')",
    )
    settings = people_settings(server, roles={"基金经理": "fund_manager"})
    found = read_people(ReadOnlyStore("databases.dataweb_read", settings), settings)
    zhang, li = found.users
    assert (zhang.user_id, zhang.username, zhang.chinese_name, zhang.email) == (7, "zhang", "张三", "z@fund.cn")
    assert zhang.grants == (Grant("fund_manager", "p1", "*"), Grant("trader", "p2", "*"))
    assert (li.is_disabled, li.grants) == (True, (Grant("viewer", "p1", "*"),))
    assert [(each.table, each.row) for each in found.skipped] == [
        ("user_role_product", "8 viewer"),
        ("user", "'bad name'"),
        ("user", "zhang"),
        ("user_role_product", "99"),
    ]


def test_a_column_the_settings_name_and_the_table_has_not_says_so(server: RealMariaDb) -> None:
    run(server, "CREATE TABLE tw_people.user (id INT, username VARCHAR(64))")
    settings = people_settings(server)
    with pytest.raises((ConfigError, StoreError), match="english_name"):
        read_people(ReadOnlyStore("databases.dataweb_read", settings), settings)


# the start


def router_of(server: RealMariaDb) -> DatabaseRouter:
    monitor_settings = MonitorDatabase(url=place(server, "monitor", "tw_monitor"), password=KEYWORD)
    return DatabaseRouter(DatabasesSettings(pms_monitor=monitor_settings))


async def test_a_start_with_grants_to_write_ends_with_the_remedy(server: RealMariaDb) -> None:
    run(server, "GRANT ALL ON tw_monitor.* TO 'monitor'@'127.0.0.1'")
    with pytest.raises(ConfigError, match="may do more than read"):
        await DatabaseGuard(router_of(server)).run()


async def test_a_start_with_grants_to_read_goes_on(server: RealMariaDb) -> None:
    router = router_of(server)
    task = asyncio.create_task(DatabaseGuard(router).run())
    await eventually(lambda: router.reader("quotes").is_open)
    assert not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not router.reader("quotes").is_open


# the contract list


@pytest.fixture
def contracts(server: RealMariaDb) -> TradewindSettings:
    """Settings by which the contract list is a table of the other database."""
    run(
        server,
        "CREATE TABLE tw_monitor.contract_list (c_instrument_id VARCHAR(32), c_instrument_name VARCHAR(64),"
        " c_exchange_id VARCHAR(16), c_type_name VARCHAR(16), c_stype_name VARCHAR(16)) CHARACTER SET utf8mb4",
        "INSERT INTO tw_monitor.contract_list VALUES ('au2606','黄金2606','SHFE','期货','贵金属'),"
        " ('au2606C600','黄金购600','SHFE','期权','贵金属'),('rb2605','螺纹_05','SHFE','期货','黑色'),"
        " ('x1','甲','DCE','期货',''),('x1','乙','CZCE','期货','')",
    )
    flags = [
        f"databases.pms_monitor.url={place(server, 'monitor', 'tw_monitor')}",
        f"databases.pms_monitor.password={KEYWORD}",
        "databases.pms_monitor.contract_table=contract_list",
    ]
    return load(TradewindSettings, flags=flags).settings


async def test_the_contract_list_is_the_other_databases_with_our_facts(contracts: TradewindSettings) -> None:
    stored = contract_list(contracts, InstrumentTable(), databases=database_router(contracts))
    count, rows = await stored.page(search="", exchange="SHFE", kind="期货", offset=0, limit=10)
    assert (count, [row.c_instrument_id for row in rows]) == (2, ["au2606", "rb2605"])
    assert (rows[0].c_instrument_name, rows[0].c_stype_name, rows[0].contract_multiplier) == (
        "黄金2606",
        "贵金属",
        1000,
    )
    option = await stored.find("au2606C600.SHFE")
    assert option is not None
    assert (option.c_type_name, option.contract_multiplier) == ("期权", None)


async def test_contracts_are_searched_by_what_is_typed_and_no_pattern(contracts: TradewindSettings) -> None:
    stored = contract_list(contracts, InstrumentTable(), databases=database_router(contracts))
    for typed, found in (("黄金", 2), ("_", 1), ("%", 0), ("' OR 1=1 -- ", 0)):
        count, rows = await stored.page(search=typed, exchange="", kind="", offset=0, limit=10)
        assert (count, len(rows)) == (found, found), typed


async def test_a_symbol_of_two_exchanges_is_nobody_without_its_exchange(contracts: TradewindSettings) -> None:
    stored = contract_list(contracts, InstrumentTable(), databases=database_router(contracts))
    assert await stored.find("x1") is None
    one = await stored.find("x1.CZCE")
    assert one is not None
    assert one.c_instrument_name == "乙"
