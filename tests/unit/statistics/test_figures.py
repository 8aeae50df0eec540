"""What a position is worth and how it moves with the market; what is not known is not guessed."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from portfolio_builders import DAY_1, GOLD, make_contract, money
from statistics_builders import DAYS_PER_YEAR, RATE, make_funds, make_position, make_summary
from tradewind.domain import black76
from tradewind.domain.account import Direction
from tradewind.domain.instrument import Instrument, OptionTerms
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.calendar import build_calendar
from tradewind.statistics.expiry import TimeLeft

CALL = "au2604C608.SHFE"
MONDAY_OPEN = 1_767_574_800 * NS_PER_S
"""2026-01-05 09:00:00 in Shanghai."""
ENDS = 20260325
KEY = ("a1", "p1/s1", GOLD, Direction.LONG)
OPTION_KEY = ("a1", "p1/s1", CALL, Direction.LONG)


def make_call(**changes: object) -> Instrument:
    """Return a call on gold that ends in March, with these fields changed."""
    terms = OptionTerms(GOLD, 608.0, "call")
    fields = {"option": terms, "expire_date": ENDS, "hours_id": "night_0230", **changes}
    return make_contract(CALL, 1000, is_date_kept=True, **fields)


def test_delta_of_a_future_is_its_lots_times_multiplier_and_in_money_times_the_price() -> None:
    summary = make_summary()
    summary.place(make_position(), 0)
    row = summary.positions[KEY]
    assert [row.delta_lots, row.delta, row.delta_value] == [*money(2, 2000, 1_220_000)]
    assert row.market_value == 1_220_000
    assert (row.product_code, row.strategy, row.exchange, row.sector) == ("p1", "s1", "SHFE", "precious")
    assert row.instrument_name == "沪金2604"


def test_a_short_position_has_a_negative_delta_and_value() -> None:
    summary = make_summary()
    summary.place(make_position(direction=Direction.SHORT), 0)
    row = summary.positions["a1", "p1/s1", GOLD, Direction.SHORT]
    assert [row.delta_lots, row.delta_value, row.market_value] == [*money(-2, -1_220_000, -1_220_000)]


def test_without_a_price_there_is_neither_value_nor_delta() -> None:
    summary = make_summary()
    summary.place(make_position(last_price=None), 0)
    row = summary.positions[KEY]
    assert row.market_value is row.delta_lots is row.delta is row.delta_value is None


def test_delta_of_an_option_is_blacks_at_the_volatility_its_price_implies() -> None:
    summary = make_summary(make_call())
    summary.quote(GOLD, 610.0, 1)
    calendar = TimeLeft(build_calendar("exchange", closing_tolerance_s=3), days_per_year=DAYS_PER_YEAR)
    years = calendar.years("night_0230", ENDS, MONDAY_OPEN)
    assert years is not None
    terms = {"forward": 610.0, "strike": 608.0, "years": years, "rate": RATE, "volatility": 0.2}
    worth = black76.price(kind="call", **terms)
    summary.place(make_position(instrument_id=CALL, last_price=Decimal(worth)), MONDAY_OPEN)
    row = summary.positions[OPTION_KEY]
    assert row.delta_lots is not None
    assert float(row.delta_lots) == pytest.approx(2 * black76.delta(kind="call", **terms), abs=2e-6)
    assert row.delta_value == row.delta_lots * 1000 * 610


def test_delta_of_an_option_moves_with_its_underlying_and_so_do_groups_and_funds() -> None:
    summary = make_summary(make_call())
    summary.place(make_position(instrument_id=CALL, last_price=Decimal(20)), MONDAY_OPEN)
    summary.fund(make_funds())
    assert summary.positions[OPTION_KEY].delta is None
    assert summary.accounts["a1", ""].leverage == 0
    summary.forget_changes()
    summary.quote(GOLD, 610.0, MONDAY_OPEN)
    assert summary.positions[OPTION_KEY].delta is not None
    assert summary.changes.groups
    assert list(summary.changes.accounts) == [("a1", "")]


@pytest.mark.parametrize(
    "option",
    [
        make_call(expire_date=None),
        make_call(expire_date=20251231),
        make_call(option=OptionTerms(GOLD, 0.0, "call")),
        make_call(option=OptionTerms("au9999.SHFE", 608.0, "call")),
    ],
    ids=["end unknown", "over", "no strike", "underlying without a price"],
)
def test_where_an_options_facts_do_not_suffice_there_is_no_delta(option: Instrument) -> None:
    summary = make_summary(option)
    summary.quote(GOLD, 610.0, 1)
    summary.place(make_position(instrument_id=CALL, last_price=Decimal(20)), MONDAY_OPEN)
    row = summary.positions[OPTION_KEY]
    assert row.delta_lots is None
    assert row.market_value == 40_000


def test_a_price_that_no_volatility_explains_gives_no_delta() -> None:
    summary = make_summary(make_call())
    summary.quote(GOLD, 700.0, 1)
    summary.place(make_position(instrument_id=CALL, last_price=Decimal(20)), MONDAY_OPEN)
    assert summary.positions[OPTION_KEY].delta is None


def test_time_to_the_end_is_counted_in_trading_days_and_only_runs_while_trading() -> None:
    left = TimeLeft(build_calendar("exchange", closing_tolerance_s=3), days_per_year=243)
    friday_close = 1_767_942_000 * NS_PER_S  # 2026-01-09 15:00:00 in Shanghai
    saturday = friday_close + 86_400 * NS_PER_S
    before, after = left.years("day_only", 20260119, friday_close), left.years("day_only", 20260119, saturday)
    assert before == after == 6 / 243
    assert left.years("day_only", 20260109, friday_close) is None
    assert left.years("day_only", 20260108, saturday) is None


def test_time_to_the_end_never_grows() -> None:
    left = TimeLeft(build_calendar("exchange", closing_tolerance_s=3), days_per_year=243)
    times = [left.years("night_0230", 20260205, MONDAY_OPEN + hour * 3_600 * NS_PER_S) for hour in range(31 * 24)]
    assert all(later is not None and earlier is not None and later <= earlier for earlier, later in pairwise(times))


def test_risk_degree_is_margin_to_balance_and_leverage_all_value_to_balance() -> None:
    summary = make_summary()
    summary.place(make_position(book=""), 0)
    summary.place(make_position(book="", direction=Direction.SHORT, today=1), 0)
    summary.fund(make_funds())
    row = summary.accounts["a1", ""]
    assert row.risk_degree == Decimal("0.117647")
    assert row.gross_value == 1_830_000
    assert row.market_value == 610_000
    assert row.leverage == Decimal("1.794118")


def test_without_a_balance_there_is_no_risk_degree() -> None:
    summary = make_summary()
    summary.fund(make_funds(balance=Decimal(0)))
    assert summary.accounts["a1", ""].risk_degree is None


def test_a_group_with_an_unpriced_position_does_not_pass_a_part_off_as_the_whole() -> None:
    summary = make_summary()
    summary.place(make_position(), 0)
    summary.place(make_position(instrument_id="au2606.SHFE", last_price=None), 0)
    cell = summary.groups.row(next(iter(summary.groups.cells)), version=1, ts_event=0)
    assert (cell.positions, cell.unpriced, cell.gross_quantity) == (2, 1, 4)
    assert cell.delta_value is cell.market_value is None


def test_an_operator_sorts_products_otherwise() -> None:
    summary = make_summary(sectors={"SHFE.au": "贵金属"})
    summary.place(make_position(), DAY_1)
    assert summary.positions[KEY].sector == "贵金属"
