"""Whose rows people see of the record: what the database leaves out is what Python would, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from real_mariadb import PASSWORD, RealMariaDb
from store_builders import T0, Line, make_account, make_fill, make_instruction, make_order, make_result, make_trigger
from tradewind.bus.desk_topics import ACCOUNTS, BOOKINGS, DAY_RESULTS, FILLS, INSTRUCTIONS, ORDERS, TRIGGERS
from tradewind.domain.account import Booking
from tradewind.domain.book import Act, Adjustment, Step
from tradewind.domain.rights import EVERY, EVERYTHING, NOTHING, Permission, Reach
from tradewind.errors import InputError, NotAllowedError
from tradewind.kernel.clock import FakeClock
from tradewind.stores.asking import Ask, Condition, Test, permission_of
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.sql.views import VIEWS

PRODUCTS = ("", "P1", "p1", "P10", "P%", "P_", "慧安", "P1 ")
ACCOUNTS_HELD = ("A1", "a1", "A10", "A%", "账户", "A1 ")
OWNED = (
    "trades", "orders", "triggers", "instructions", "position_adjustments", "instruction_details", "instruction_steps",
    "equity", "settlements", "accounts", "positions", "day_results", "day_parts", "trade_results",
)  # fmt: skip
ADJUSTMENT = Adjustment("au2606.SHFE", 0, 0, 3, 1000, Decimal("0.02"))
STEP = Step(Act.DRAFT, "wang", T0)
WHOLE_ONLY = ("journal", "anchors", "strategy_configs")
EVERYBODYS = ("opportunities", "alerts")
"""What belongs to the market: whoever may see anything of it sees all of these."""
names = st.sampled_from((EVERY, *PRODUCTS))
pairs = st.tuples(names, st.sampled_from((EVERY, *ACCOUNTS_HELD)))
reaches = st.frozensets(pairs, min_size=1, max_size=4).map(Reach)


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRecords]:
    """One store with a row of each product and account in each view that tells whose its rows are."""
    settings_ = StoreSettings(project_ms=20)
    if request.param == "mariadb":
        server: RealMariaDb = request.getfixturevalue("mariadb")
        server.make_database("tw_covering")
        settings_ = StoreSettings(url=server.url("tw_covering"), password=PASSWORD, project_ms=20)
    line, store = Line(), SqlStore(settings_, tmp_path_factory.mktemp("covering"))
    schema.upgrade(store.engine)
    journal = SqlJournal(store, clock=FakeClock(T0), post=line.post)
    journal.open()
    number = 0
    for product in PRODUCTS:
        for account in ACCOUNTS_HELD:
            number += 1
            whose = {"product_code": product, "account_id": account}
            ids = {"client_order_id": f"o-{number}", "instruction_id": f"B{number:06d}"}
            journal.append(ORDERS, make_order(request={**whose, **ids}))
            journal.append(FILLS, make_fill(fill_id=str(number), **whose, **ids))
            told = make_instruction(instruction_id=f"B{number:06d}", adjustments=(ADJUSTMENT,), step=STEP, **whose)
            journal.append(INSTRUCTIONS, told)
            seq = journal.append(TRIGGERS, make_trigger(trigger_id=f"t-{number}", instruction_id=f"B{number:06d}"))
            if account.strip() == account:
                book = f"{product}/rise" if product else ""
                journal.project(ACCOUNTS, make_account(account_id=account, book=book, balance=Decimal(1)))
                journal.project(DAY_RESULTS, make_result(account_id=account, book=book))
            fill = make_fill(fill_id=str(number), **whose, **ids)
            journal.project(BOOKINGS, Booking(fill, Decimal(1), Decimal(2), Decimal(3)))
    seq = journal.append(TRIGGERS, make_trigger(trigger_id="t-hold", instruction_id=""))
    line.until(lambda: journal.durable_seq >= seq)
    asked = SqlRecords(store)
    line.until(lambda: len(asked.page_now(Ask(view="equity", limit=1000), EVERYTHING).rows) == 5 * len(PRODUCTS))
    line.until(lambda: len(asked.page_now(Ask(view="day_parts", limit=1000), EVERYTHING).rows) == 5 * len(PRODUCTS))
    yield asked
    asked.close()
    journal.close()


def owner(view: str, row: dict[str, Any], instructions: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Say whose a row is by reading it, as no statement does."""
    if view == "triggers":
        return instructions.get(row["instruction_id"])
    if view in {"equity", "day_results", "day_parts"}:
        return str(row["book"]).split("/", maxsplit=1)[0], str(row["account_id"])
    return str(row.get("product_code") or ""), str(row["account_id"])


def whole(records: SqlRecords, view: str) -> list[dict[str, Any]]:
    return records.page_now(Ask(view=view, limit=1000), EVERYTHING).rows


def filtered(records: SqlRecords, view: str, reach: Reach) -> list[dict[str, Any]]:
    told = whole(records, "instructions")
    instructions = {row["instruction_id"]: (row["product_code"], row["account_id"]) for row in told}
    kept = []
    for row in whole(records, view):
        found = owner(view, row, instructions)
        if reach.is_whole or (found is not None and reach.covers(*found)):
            kept.append(row)
    return kept


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=st.sampled_from(OWNED), reach=reaches)
def test_a_filtered_page_is_the_rows_that_the_reach_covers(records: SqlRecords, view: str, reach: Reach) -> None:
    page = records.page_now(Ask(view=view, limit=1000), reach)
    assert page.rows == filtered(records, view, reach)
    assert records.totals_now(Ask(view=view), reach).count == len(page.rows)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    view=st.sampled_from(("trades", "orders", "instructions")),
    reach=reaches,
    limit=st.integers(3, 40),
    sort=st.sampled_from(("", "account_id", "product_code")),
)
def test_pages_of_what_is_covered_join_without_gap_or_repetition(
    records: SqlRecords, view: str, reach: Reach, limit: int, sort: str
) -> None:
    ask = Ask(view=view, limit=limit, sort=sort)
    joined = [row for rows in records.export_now(ask, reach) for row in rows]
    assert sorted(row["id"] for row in joined) == sorted(row["id"] for row in filtered(records, view, reach))


def test_a_place_from_a_page_of_somebody_else_leads_to_ones_own_rows_only(records: SqlRecords) -> None:
    mine = Reach(frozenset({("P1", EVERY)}))
    place = records.page_now(Ask(view="orders", limit=20), EVERYTHING).next
    after = records.page_now(Ask(view="orders", limit=1000, after=place), mine)
    assert {row["product_code"] for row in after.rows} == {"P1"}


def test_neither_conditions_nor_search_find_what_is_beyond_the_reach(records: SqlRecords) -> None:
    mine = Reach(frozenset({("P1", "A1")}))
    for where in (
        (Condition("account_id", Test.IS, "A10"),),
        (Condition("product_code", Test.IS_NOT, "P1"),),
        (Condition("client_order_id", Test.IS, "o-1"),),
    ):
        page = records.page_now(Ask(view="orders", where=where, limit=1000), mine)
        assert page.rows == []
    assert records.page_now(Ask(view="orders", search="A10", limit=1000), mine).rows == []


def test_how_many_rows_others_have_does_not_show_in_where_a_page_ends(records: SqlRecords) -> None:
    mine = Reach(frozenset({("P1", "A1")}))
    page = records.page_now(Ask(view="orders", limit=1), mine)
    assert (len(page.rows), page.next) == (1, "")


@pytest.mark.parametrize("view", WHOLE_ONLY)
def test_rows_of_nobody_in_particular_take_a_whole_reach(records: SqlRecords, view: str) -> None:
    with pytest.raises(NotAllowedError, match=f"permission {permission_of(view)} does not cover"):
        records.page_now(Ask(view=view), Reach(frozenset({(EVERY, "A1"), ("P1", EVERY)})))
    assert records.page_now(Ask(view=view), EVERYTHING).rows is not None


@pytest.mark.parametrize("view", OWNED)
def test_who_reaches_nothing_is_refused(records: SqlRecords, view: str) -> None:
    with pytest.raises(NotAllowedError):
        records.page_now(Ask(view=view), NOTHING)


@pytest.mark.parametrize("view", EVERYBODYS)
def test_what_is_of_the_market_is_for_everybody_who_sees_any_of_it(records: SqlRecords, view: str) -> None:
    assert permission_of(view) is Permission.MARKET
    assert records.page_now(Ask(view=view), Reach(frozenset({("P1", EVERY)}))).rows == []
    with pytest.raises(NotAllowedError):
        records.page_now(Ask(view=view), NOTHING)


def test_every_view_is_in_one_of_the_three_lists() -> None:
    assert set(VIEWS) == {*OWNED, *WHOLE_ONLY, *EVERYBODYS}


def test_the_journal_and_its_anchors_are_for_auditors() -> None:
    audited = {view for view in VIEWS if permission_of(view) is Permission.AUDIT}
    assert audited == {"journal", "anchors"}


def test_a_view_that_is_none_is_refused_by_its_name_whatever_the_reach(records: SqlRecords) -> None:
    with pytest.raises(InputError, match="there is no view"):
        records.page_now(Ask(view="secrets"), NOTHING)
