"""What people ask of the record: filters, search, order, pages; the same answers from each database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from real_mariadb import PASSWORD, RealMariaDb
from store_builders import DAY, T0, Line, make_account, make_act, make_fill, make_journal, make_order, make_trigger
from tradewind.audit.files import AnchorFile
from tradewind.audit.ports import AnchorPlace, Chain
from tradewind.bus.desk_topics import ACCOUNTS, ACTS, FILLS, ORDERS, TRIGGERS
from tradewind.domain.order import OrderStatus, Side
from tradewind.domain.rights import EVERYTHING
from tradewind.errors import InputError
from tradewind.kernel.clock import FakeClock
from tradewind.stores.asking import Ask, Condition, Records, Test
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.chain_rows import SqlChain
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.views import VIEWS

COUNT = 47
MINUTE = 60_000_000_000


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRecords]:
    """One store filled once: asking changes nothing."""
    settings = StoreSettings(project_ms=20)
    if request.param == "mariadb":
        server: RealMariaDb = request.getfixturevalue("mariadb")
        server.make_database("tw_queries")
        settings = StoreSettings(url=server.url("tw_queries"), password=PASSWORD)
    line, store = Line(), SqlStore(settings, tmp_path_factory.mktemp("queries"))
    schema.upgrade(store.engine)
    journal = SqlJournal(store, clock=FakeClock(T0), post=line.post)
    journal.open()
    for number in range(COUNT):
        side = Side.BUY if number % 2 else Side.SELL
        journal.append(ORDERS, make_order(request={"client_order_id": f"o-{number}", "strategy": f"s_{number % 3}%"}))
        price = Decimal(9) + number % 5  # 9, 10 … 13: as text 9 would come last
        journal.append(
            FILLS, make_fill(fill_id=str(number), client_order_id=f"o-{number}", side=side, price=price, ts_event=T0)
        )
    seq = journal.append(TRIGGERS, make_trigger(price=None))
    seq = journal.append(ORDERS, make_order(request={"client_order_id": "o-x", "price": None}, status=OrderStatus.SENT))
    seq = journal.append(ACTS, make_act())
    line.until(lambda: journal.durable_seq >= seq)
    asked = SqlRecords(store)
    yield asked
    asked.close()
    journal.close()


def ids(rows: list[dict[str, Any]], name: str = "trade_id") -> list[Any]:
    return [row[name] for row in rows]


async def all_pages(records: SqlRecords, **ask: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async for page in records.export(Ask(**ask), EVERYTHING):
        rows += page
    return rows


async def test_pages_join_without_gap_or_repetition(records: SqlRecords) -> None:
    whole = await all_pages(records, view="trades", limit=1000)
    assert len(whole) == COUNT
    for limit in (1, 7, COUNT - 1, COUNT, COUNT + 1):
        for sort in ("", "price", "volume", "trade_time", "strategy", "commission"):
            for is_descending in (True, False):
                ask = {"view": "trades", "sort": sort, "is_descending": is_descending}
                if limit == 1 and (sort or is_descending):
                    continue
                paged = await all_pages(records, limit=limit, **ask)
                assert sorted(ids(paged)) == sorted(ids(whole))
                assert paged == await all_pages(records, limit=1000, **ask)


@pytest.mark.parametrize(
    "where", [(), (Condition("direction", Test.IS, "buy"),), (Condition("price", Test.ABOVE, 99),)]
)
async def test_totals_are_the_exact_sums_of_all_pages(records: SqlRecords, where: tuple[Condition, ...]) -> None:
    rows = await all_pages(records, view="trades", where=where, limit=10)
    found = await records.totals(Ask(view="trades", where=where, limit=10, after="", search=""), EVERYTHING)
    assert found.count == len(rows)
    assert found.sums == {
        name: sum((row[name] or 0 for row in rows), 0)
        for name in ("volume", "commission", "close_pnl", "close_pnl_by_trade")
    }
    assert isinstance(found.sums["commission"], Decimal)
    assert isinstance(found.sums["volume"], int)


@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_tells_how_many_rows_fit(records: SqlRecords, view: str) -> None:
    rows = await all_pages(records, view=view)
    assert (await records.totals(Ask(view=view), EVERYTHING)).count == len(rows)


async def test_the_last_page_says_so(records: SqlRecords) -> None:
    page = await records.page(Ask(view="trades", limit=COUNT), EVERYTHING)
    assert (len(page.rows), page.next) == (COUNT, "")
    assert (await records.page(Ask(view="trades", limit=COUNT - 1), EVERYTHING)).next != ""


async def test_prices_sort_and_compare_as_numbers(records: SqlRecords) -> None:
    rows = await all_pages(records, view="trades", sort="price", is_descending=False)
    assert ids(rows, "price") == sorted(ids(rows, "price"))
    assert rows[0]["price"] == Decimal(9)
    above = await all_pages(records, view="trades", where=(Condition("price", Test.AT_LEAST, "12.5"),))
    assert {row["price"] for row in above} == {Decimal(13)}


async def test_orders_without_a_price_have_their_place_too(records: SqlRecords) -> None:
    rows = await all_pages(records, view="orders", sort="price", is_descending=False, limit=10)
    assert len(rows) == COUNT + 1
    assert rows[0]["price"] is None


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (Condition("direction", Test.IS, "buy"), 23),
        (Condition("direction", Test.IS_NOT, "buy"), 24),
        (Condition("strategy", Test.IS, "s_0%"), 16),
        (Condition("strategy", Test.CONTAINS, "_1%"), 16),
        (Condition("strategy", Test.CONTAINS, "S_1"), 16),
        (Condition("strategy", Test.BEGINS, "%"), 0),
        (Condition("strategy", Test.ONE_OF, ["s_0%", "s_1%"]), 32),
        (Condition("trading_day", Test.ONE_OF, [DAY, 1]), COUNT),
        (Condition("volume", Test.ABOVE, 2), 0),
        (Condition("volume", Test.AT_MOST, "2"), COUNT),
        (Condition("trade_time", Test.BELOW, "2026-01-02T03:45:00+00:00"), 0),
        (Condition("trade_time", Test.AT_LEAST, "2026-01-02T11:45:00+08:00"), COUNT),
        (Condition("trade_time", Test.IS, str(T0)), COUNT),
        (Condition("symbol", Test.IS, "au2606' OR '1'='1"), 0),
    ],
)
async def test_what_is_asked_for_is_what_comes(records: SqlRecords, condition: Condition, count: int) -> None:
    assert len(await all_pages(records, view="trades", where=(condition,))) == count


@pytest.mark.parametrize(("search", "count"), [("S_2", 15), ("%", COUNT), ("_", COUNT), ("\\", 0), ("' OR 1=1 --", 0)])
async def test_search_takes_wildcards_and_quotes_as_they_are(records: SqlRecords, search: str, count: int) -> None:
    assert len(await all_pages(records, view="trades", search=search)) == count


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"view": "secrets"}, "there is no view 'secrets'; allowed: trades, orders"),
        ({"view": "trades", "sort": "id; DROP TABLE trades"}, "trades has no column 'id; DROP"),
        ({"view": "journal", "sort": "payload"}, "journal has no column 'payload' to look by"),
        ({"view": "trades", "where": (Condition("volume", Test.IS, "two"),)}, "volume cannot be compared with 'two'"),
        ({"view": "trades", "where": (Condition("price", Test.IS, "NaN"),)}, "price cannot be compared with 'NaN'"),
        ({"view": "trades", "where": (Condition("trade_time", Test.IS, "soon"),)}, "a moment .* is wanted"),
        ({"view": "trades", "after": "garbage"}, "`after` is no place"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    records: SqlRecords, ask: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        await records.page(Ask(**ask), EVERYTHING)


async def test_a_place_of_another_order_is_refused(records: SqlRecords) -> None:
    place = (await records.page(Ask(view="trades", limit=1), EVERYTHING)).next
    with pytest.raises(InputError, match="another view or another order"):
        await records.page(Ask(view="orders", after=place), EVERYTHING)
    with pytest.raises(InputError, match="another view or another order"):
        await records.page(Ask(view="trades", sort="price", after=place), EVERYTHING)


async def test_each_view_answers(records: SqlRecords) -> None:
    for view in VIEWS:
        page = await records.page(Ask(view=view, search="o", limit=3), EVERYTHING)
        assert len(page.rows) <= 3
        assert all(set(row) == set(VIEWS[view].columns) for row in page.rows)


async def test_the_journal_shows_payloads_as_text_and_hashes_in_hexadecimal(records: SqlRecords) -> None:
    ask = Ask(view="journal", where=(Condition("kind", Test.IS, "acts"),))
    (row,) = (await records.page(ask, EVERYTHING)).rows
    assert msgspec.json.decode(row["payload"])["action"] == "limit_changed"
    assert len(row["hash"]) == 64
    assert row["subject"] == "limit-1"


async def test_a_day_of_the_equity_curve_is_its_last_point(
    settings: StoreSettings, tmp_path: Path, line: Line, store: SqlStore
) -> None:
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    records = SqlRecords(store)
    for number, day in enumerate((DAY, DAY, DAY + 3)):
        journal.project(ACCOUNTS, make_account(trading_day=day, balance=Decimal(number), ts_event=T0 + number * MINUTE))
        line.until(lambda number=number: len(records.page_now(Ask(view="equity"), EVERYTHING).rows) == number + 1)  # type: ignore[misc]
    daily = await records.daily_equity("A1")
    assert [(row["trading_day"], row["balance"]) for row in daily] == [(DAY, 1), (DAY + 3, 2)]
    assert await records.daily_equity("nobody") == []
    records.close()
    journal.close()


async def test_a_question_after_the_database_was_away_is_answered_at_once(mariadb: RealMariaDb, tmp_path: Path) -> None:
    mariadb.make_database("tw_cut")
    store = SqlStore(StoreSettings(url=mariadb.url("tw_cut"), password=PASSWORD), tmp_path)
    schema.upgrade(store.engine)
    asked = SqlRecords(store)
    assert (await asked.page(Ask(view="trades"), EVERYTHING)).rows == []
    with contextlib.closing(mariadb.root()) as root, root.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = 'tw_cut'")
        ours = cursor.fetchall()
        assert ours
        for (number,) in ours:
            cursor.execute(f"KILL {number}")
    assert (await asked.page(Ask(view="trades"), EVERYTHING)).rows == []
    asked.close()
    store.close()


def as_ports(store: SqlStore, path: Path) -> tuple[Records, Chain, AnchorPlace]:
    """What is offered is what the ports ask for: the type checker reads this."""
    return SqlRecords(store), SqlChain(store, "desk"), AnchorFile(path)


def test_what_the_store_offers_fits_the_ports(store: SqlStore, tmp_path: Path) -> None:
    records, chain, anchors = as_ports(store, tmp_path / "anchors")
    assert (chain.head()[0], anchors.last(chain.name)) == (0, None)
    assert isinstance(records, SqlRecords)
    records.close()
