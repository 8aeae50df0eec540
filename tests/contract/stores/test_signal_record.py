"""Opportunities and alerts on record, and what days and trades brought: the same on each database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from signals_builders import make_opportunity
from store_builders import T0, Line, make_fill, make_journal, make_result
from tradewind.bus.desk_topics import BOOKINGS, DAY_RESULTS
from tradewind.domain.account import Booking
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.rights import EVERYTHING
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import SignalTimes
from tradewind.domain.signal_record import Evidence, KeptAlert, KeptOpportunity, OpportunityStep, SignalWay, TickBehind
from tradewind.kernel.metrics import Metrics
from tradewind.stores.asking import Ask, Condition, Test
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.signal_record import SqlSignalRecord
from tradewind.stores.sql.store import SqlStore

DAY = 20260105
TICK = TickBehind(7, T0, T0 + 1, 450.02, 450.0, 450.04, 3)
WAY = SignalWay("rise", T0, SignalTimes(ts_recv=T0 + 1, ts_made=T0 + 2, own_ns=900))
EVIDENCE = Evidence(T0 + 2, (TICK,), None, 1_100, (WAY,))


@pytest.fixture
def records(store: SqlStore) -> Iterator[SqlRecords]:
    asked = SqlRecords(store)
    yield asked
    asked.close()


@pytest.fixture
def record(store: SqlStore) -> SqlSignalRecord:
    return SqlSignalRecord(store, Metrics())


def kept(name: str, *, at: int = T0, evidence: Evidence | None = EVIDENCE, **changes: object) -> KeptOpportunity:
    told: Opportunity = msgspec.structs.replace(make_opportunity(), opportunity_id=name, created_at=at, **changes)
    step = OpportunityStep(at, told.state.value, told.confidence, told.last_price)
    return KeptOpportunity(told, DAY, (step,), evidence)


def alert(name: str, at: int = T0) -> KeptAlert:
    told = RiskAlert(name, AlertKind.STALE_DATA, Severity.HIGH, "au2606.SHFE", at, {"actual": 3.5}, None, "tick:1")
    return KeptAlert(told, DAY)


def test_an_opportunity_is_found_again_with_what_stood_behind_it(record: SqlSignalRecord, records: SqlRecords) -> None:
    record.write([kept("o-1"), kept("o-2", at=T0 + 1)], [alert("a-1")])
    (row,) = records.page_now(
        Ask(view="opportunities", where=(Condition("opportunity_id", Test.IS, "o-1"),)), EVERYTHING
    ).rows
    assert msgspec.convert(row["evidence"], Evidence) == EVIDENCE
    assert row["strategies"] == ",".join(each.strategy for each in make_opportunity().contributions)
    (told,) = records.page_now(Ask(view="alerts"), EVERYTHING).rows
    assert (told["severity"], told["params"], told["opportunity_id"]) == ("high", {"actual": 3.5}, "")


def test_a_later_version_takes_its_place_and_what_nobody_heard_anew_stays(
    record: SqlSignalRecord, records: SqlRecords
) -> None:
    record.write([kept("o-1")], [])
    record.write([kept("o-1", evidence=None, state=OpportunityState.CLOSED, version=9)], [])
    (row,) = records.page_now(Ask(view="opportunities"), EVERYTHING).rows
    assert (row["state"], row["version"]) == ("CLOSED", 9)
    assert msgspec.convert(row["evidence"], Evidence) == EVIDENCE


def test_what_is_too_old_and_what_is_too_much_is_forgotten(record: SqlSignalRecord, records: SqlRecords) -> None:
    record.write([kept(f"o-{at}", at=T0 + at) for at in range(6)], [alert(f"a-{at}", T0 + at) for at in range(3)])
    assert record.prune(T0 + 2, most=3) == 3 + 2
    left = records.page_now(Ask(view="opportunities", is_descending=False), EVERYTHING).rows
    assert [row["opportunity_id"] for row in left] == ["o-3", "o-4", "o-5"]
    assert [row["alert_id"] for row in records.page_now(Ask(view="alerts"), EVERYTHING).rows] == ["a-2"]


def test_an_ended_day_is_a_row_of_funds_and_one_of_each_contract(
    settings: StoreSettings, tmp_path: Path, line: Line, records: SqlRecords
) -> None:
    journal = make_journal(settings, tmp_path, line)
    journal.open()
    for book in ("", "fund_a/rise"):
        journal.project(DAY_RESULTS, make_result(book=book))
    journal.project(
        BOOKINGS, Booking(make_fill(), Decimal("0.1234567"), Decimal(5), Decimal(7), 1000, trader="wang", opened_at=T0)
    )
    line.until(lambda: len(records.page_now(Ask(view="trade_results"), EVERYTHING).rows) == 1)
    journal.close()
    days = records.page_now(Ask(view="day_results"), EVERYTHING).rows
    assert {row["book"]: row["balance"] for row in days} == {"": Decimal("1008.5"), "fund_a/rise": Decimal("1008.5")}
    parts = records.page_now(Ask(view="day_parts"), EVERYTHING).rows
    assert [(row["instrument_id"], row["long_lots"], row["price"]) for row in parts] == [
        ("au2606.SHFE", 2, Decimal("451.30"))
    ] * 2
    (trade,) = records.page_now(Ask(view="trade_results"), EVERYTHING).rows
    assert (trade["trader"], trade["commission"], trade["opened_at"]) == ("wang", Decimal("0.1234567"), T0)


def test_what_was_recorded_before_there_were_ways_is_still_read() -> None:
    old = msgspec.to_builtins(Evidence(T0 + 2, (TICK,), None))
    del old["ways"], old["features_ns"]
    assert msgspec.convert(old, Evidence) == Evidence(T0 + 2, (TICK,), None)
