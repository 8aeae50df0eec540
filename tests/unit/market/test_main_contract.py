"""The rule for the main contract, and what was really done in three years of 64 products."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tradewind.domain.instrument import Instrument
from tradewind.market.calendar import ExchangeCalendar, day_number, yyyymmdd
from tradewind.market.contracts import InstrumentTable
from tradewind.market.main_contract import ContractDay, Proposal, RollRule, days_left, is_later, propose

TABLE = InstrumentTable()
DAY = 20260310


def make_day(symbol: str, open_interest: float, volume: int = 1_000) -> ContractDay:
    found = TABLE.find_symbol(symbol)
    assert found is not None
    return ContractDay(found, volume, open_interest)


def test_the_one_with_most_open_interest_and_volume_is_proposed() -> None:
    proposal = propose("au2604", [make_day("au2604", 100, 50), make_day("au2606", 101, 60)], trading_day=DAY)

    assert proposal == Proposal(
        symbol="au2606",
        exchange="SHFE",
        trading_day=DAY,
        reason="volume_too",
        open_interest=101,
        volume=60,
        current_open_interest=100,
        current_volume=50,
    )


def test_a_little_more_open_interest_with_less_volume_is_not_enough() -> None:
    days = [make_day("au2604", 100, 60), make_day("au2606", 110, 50)]

    assert propose("au2604", days, trading_day=DAY) is None
    clearly = propose("au2604", [days[0], make_day("au2606", 111, 50)], trading_day=DAY)
    assert clearly is not None
    assert clearly.reason == "clearly_more"


def test_it_never_goes_back_to_a_nearer_month() -> None:
    assert propose("au2606", [make_day("au2604", 900), make_day("au2606", 100)], trading_day=DAY) is None


def test_one_about_to_expire_is_left_for_the_best_of_the_others() -> None:
    days = [make_day("IF2603", 900), make_day("IF2604", 100, 5), make_day("IF2606", 90, 9)]

    leaving = propose("IF2603", days, trading_day=20260316)
    assert leaving is not None
    assert (leaving.symbol, leaving.reason) == ("IF2604", "expires")
    assert propose("IF2603", days, trading_day=20260310) is None


def test_one_about_to_expire_is_never_proposed() -> None:
    proposal = propose("au2604", [make_day("au2604", 10, 1), make_day("au2606", 5, 9)], trading_day=20260412)

    assert proposal is not None
    assert proposal.symbol == "au2606"
    assert propose(None, [make_day("au2604", 10)], trading_day=20260412) is None


def test_of_two_with_as_many_the_nearer_is_taken_first() -> None:
    first = propose(None, [make_day("au2608", 10), make_day("au2606", 10)], trading_day=DAY)

    assert first is not None
    assert (first.symbol, first.reason) == ("au2606", "first")


@pytest.mark.parametrize(
    ("symbol", "than", "expected"),
    [
        ("au2606", "au2604", True),
        ("au2604", "au2604", False),
        ("au2604", "au2606", False),
        ("au2701", "au2612", True),
        ("SR701", "SR609", True),
        ("SR001", "SR909", True),
        ("SR909", "SR001", False),
        ("IF2603", "SR605", False),
    ],
)
def test_later_is_by_month_also_over_the_end_of_a_decade(symbol: str, than: str, expected: bool) -> None:  # noqa: FBT001 - a parameter of the example
    assert is_later(symbol, than) is expected


@pytest.mark.parametrize(
    ("symbol", "trading_day", "left"), [("SR001", 20291230, 16), ("SR909", 20291230, -106), ("SR605", 20260510, 5)]
)
def test_a_month_with_one_digit_of_its_year_is_the_nearest(symbol: str, trading_day: int, left: int) -> None:
    unlisted = InstrumentTable(listed={}).require(f"{symbol}.CZCE")

    assert days_left(unlisted, trading_day) == left


@pytest.mark.parametrize(("symbol", "left"), [("IF2002", 1), ("T2003", 22), ("cu2002", -5)])
def test_where_no_table_says_the_last_day_the_exchanges_rule_does(symbol: str, left: int) -> None:
    unlisted = InstrumentTable(listed={}).find_symbol(symbol)
    assert unlisted is not None

    assert days_left(unlisted, 20200220) == left


def history(data_dir: Path) -> dict[str, list[tuple[int, str]]]:
    """Return per product the recorded switches as (date, symbol), the first of them the start."""
    told: dict[str, dict[str, list[dict[str, Any]]]] = json.loads((data_dir / "reference/wt_hots.json").read_text())
    return {
        f"{exchange}.{product}": [(entry["date"], entry["to"]) for entry in entries]
        for exchange, products in told.items()
        for product, entries in products.items()
    }


@pytest.mark.data
def test_no_recorded_switch_ever_went_back(data_dir: Path) -> None:
    switches = [(before[1], after[1]) for entries in history(data_dir).values() for before, after in pairwise(entries)]

    assert len(switches) > 800
    assert [pair for pair in switches if not is_later(pair[1], pair[0])] == []


def last_day_before(calendar: ExchangeCalendar, day: int) -> int:
    """Return the last trading day whose close was known when a switch of that date was made."""
    moment = (day_number(day) * 86_400 - 8 * 3_600 - 3_600) * 10**9
    return calendar.trading_day_at("index_futures", moment)


@pytest.mark.data
def test_the_rule_makes_every_recorded_switch_on_its_day(data_dir: Path) -> None:
    # The figures themselves are not recorded; what the rule sees are the ones that the history implies: the leading
    # contract leads until the close before the switch, from then on the next one does.
    calendar = ExchangeCalendar()
    made = 0
    for entries in history(data_dir).values():
        contracts = [_contract(symbol, entries) for _, symbol in entries]
        current = entries[0][1]
        for index, (day, symbol) in enumerate(entries[1:], start=1):
            close = last_day_before(calendar, day)
            leader, next_one = contracts[index - 1], contracts[index]
            eve = yyyymmdd(day_number(close) - 1)
            others = [ContractDay(contract, 1, 1.0) for contract in contracts[index + 1 : index + 4]]
            quiet = [ContractDay(leader, 90, 100.0), ContractDay(next_one, 80, 95.0), *others]
            crossed = [ContractDay(leader, 80, 95.0), ContractDay(next_one, 90, 100.0), *others]

            assert propose(current, quiet, trading_day=eve, rule=RollRule(expiry_days=0)) is None
            proposal = propose(current, crossed, trading_day=close)
            assert proposal is not None
            assert (proposal.symbol, proposal.trading_day) == (symbol, close)
            current = proposal.symbol
            made += 1
    assert made > 800


def _contract(symbol: str, entries: list[tuple[int, str]]) -> Instrument:
    """Return a contract that is far from expiring while it is talked of: the tables know no expiry of 2019."""
    until = max(day for day, _ in entries)
    far = date(until // 10_000, until // 100 % 100, until % 100) + timedelta(days=400)
    return Instrument(symbol, symbol, "SHFE", "x", symbol, 1, 1.0, "x", 0, is_date_kept=False, expire_date=_int(far))


def _int(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


RECORDED = [("au1912.SHFE", "au1906"), ("cu2002.SHFE", "cu2001"), ("IF2003.CFFEX", "IF2002"), ("m2005.DCE", "m2001")]


@pytest.mark.data
@pytest.mark.parametrize(("instrument_id", "before"), RECORDED)
def test_with_the_recorded_figures_of_the_next_contract_the_switch_falls_on_its_day(
    data_dir: Path, instrument_id: str, before: str
) -> None:
    # Of each pair only the later contract is recorded. The earlier one is held just below what the later had at the
    # close that decided it, so a switch on any other day would be the rule's own doing.
    symbol, _, exchange = instrument_id.partition(".")
    later = TABLE.require(instrument_id)
    earlier = TABLE.require(f"{before}.{exchange}")
    switched = next(day for entries in history(data_dir).values() for day, to in entries if to == symbol)
    closes = _recorded_closes(data_dir, instrument_id)
    decided = max(day for day in closes if day < switched)
    level = closes[decided][1] - 1.0
    proposed = [
        day
        for day, (volume, interest) in closes.items()
        if day <= decided
        and propose(
            before,
            [ContractDay(earlier, volume - 1, level), ContractDay(later, volume, interest)],
            trading_day=day,
            rule=RollRule(expiry_days=-1),
        )
    ]

    assert proposed == [decided]


def _recorded_closes(data_dir: Path, instrument_id: str) -> dict[int, tuple[int, float]]:
    """Return volume and open interest at the close of each recorded trading day."""
    import pyarrow.parquet as pq

    symbol, _, exchange = instrument_id.partition(".")
    table = pq.read_table(data_dir / f"futures_bar/{exchange}.{symbol}_1m.parquet")
    calendar = ExchangeCalendar()
    hours_id = TABLE.require(instrument_id).hours_id
    closes: dict[int, tuple[int, float]] = {}
    columns = (table.column(name).to_pylist() for name in ("datetime", "volume", "close_oi"))
    for ts, volume, interest in zip(*columns, strict=True):
        day = calendar.trading_day_at(hours_id, int(ts))
        closes[day] = (closes.get(day, (0, 0.0))[0] + int(volume), float(interest))
    return closes
